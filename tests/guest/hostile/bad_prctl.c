/* Every prctl and arch_prctl number with odd arguments, in children: errors, effects on the child
 * at most. */
#include "../test.h"
#include <sys/prctl.h>

static unsigned long bad[] = {0, 1, -1ul, 0xffff888000000000, 8};

static void all(void)
{
	for (int op = 0; op < 90; op++) {
		if (op == PR_SET_SECCOMP || op == 59)
			continue;
		for (int i = 0; i < 5; i++)
			syscall(SYS_prctl, op, bad[i], bad[(i + 1) % 5], bad[(i + 2) % 5], 0);
	}
	_exit(0);
}

static void arch(void)
{
	/* ARCH_CPUID off, shadow stacks, LAM... */
	int ops[] = {0x1011, 0x1012, 0x1021, 0x1022, 0x1023, 0x1024, 0x2001, 0x2002, 0x4001, 0x4002,
		0x4003, 0x5001, 0x5002, 0x5003};

	for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
		for (int i = 0; i < 5; i++)
			syscall(SYS_arch_prctl, ops[k], bad[i], bad[(i + 1) % 5]);
	syscall(SYS_exit_group, 0);
}

static void fs_base(void)
{
	CHECK_EQ(syscall(SYS_arch_prctl, 0x1002, -1ul), -1);
	CHECK_EQ(errno, EPERM);
	CHECK_ERR(syscall(SYS_arch_prctl, 0x1002, 0x8000000000000000), EPERM);
}

int main(void)
{
	test_in_child(all);
	test_in_child(arch);
	CHECK_CHILD(fs_base);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
	return 0;
}
