/* run: fast-path */
/* The GS base is the program's own, however many calls it makes, and its threads' and children's.
 */
#include "../test.h"
#include <asm/prctl.h>

static unsigned long block[2][512];

static unsigned long gs_word(void)
{
	unsigned long v;

	__asm__ volatile("mov %%gs:16, %0" : "=r"(v));
	return v;
}

static void many_calls(void)
{
	pid_t pid = getpid();

	for (int i = 0; i < 3000; i++)
		CHECK_EQ(syscall(SYS_getpid), pid);
}

int main(void)
{
	unsigned long base = 1;

	many_calls();
	SYS(syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
	CHECK_EQ(base, 0);
	for (int i = 0; i < 2; i++) {
		block[i][2] = 4711 + (unsigned long)i;
		SYS(syscall(SYS_arch_prctl, ARCH_SET_GS, block[i]));
		CHECK_EQ(gs_word(), 4711 + (unsigned long)i);
		many_calls();
		CHECK_EQ(gs_word(), 4711 + (unsigned long)i);
		SYS(syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
		CHECK_EQ(base, (unsigned long)block[i]);
	}
	pid_t pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(gs_word(), 4712);
		many_calls();
		CHECK_EQ(gs_word(), 4712);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_GET_GS, 8), EFAULT);
	CHECK_ERR(syscall(SYS_arch_prctl, ARCH_SET_GS, -1ul), EPERM);
	return 0;
}
