/* run: guest-only */
/* Jumping into the low range where the runner's own code lies, with chosen registers: the child
 * dies or gets an error, gains nothing, and the parent carries on. */
#include "../test.h"

#define START 0x100000ul
#define END 0x108000ul

static void jump(unsigned long addr, long rax)
{
	__asm__ volatile(
		"mov %[addr], %%r15\n\t"
		"mov %[rax], %%rax\n\t"
		"mov $-1, %%rdi\n\tmov $9, %%rsi\n\txor %%edx, %%edx\n\txor %%r10d, %%r10d\n\t"
		"xor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\t"
		"jmp *%%r15"
		:
		: [addr] "r"(addr), [rax] "r"(rax)
		: "memory");
}

int main(void)
{
	long calls[] = {SYS_kill, SYS_clone, SYS_execve, SYS_exit_group, SYS_rt_sigreturn, SYS_mmap,
		SYS_openat};
	int nr = sizeof calls / sizeof *calls, n = 0;

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	for (unsigned long addr = START; addr < END; addr += 16 + n % 5) {
		pid_t pid = test_fork();

		if (pid == 0) {
			/* Short: a jump into an idle loop must not hold up the test. */
			setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 200000}}, NULL);
			jump(addr, calls[n % nr]);
			_exit(0);
		}
		int st = test_wait(pid, 0);
		CHECK(WIFEXITED(st) || WIFSIGNALED(st));
		if (++n == 300)
			break;
	}
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
	return 0;
}
