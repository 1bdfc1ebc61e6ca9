/* Faults with no handler, with SIG_IGN, or while blocked, kill the process by that signal. */
#include "../test.h"

static volatile int zero;

static void segv(void)
{
	*(volatile char *)(uintptr_t)zero = 1;
}

static void segv_ignored(void)
{
	signal(SIGSEGV, SIG_IGN);
	segv();
}

static void on(int sig)
{
	(void)sig;
	_exit(1);
}

static void segv_blocked(void)
{
	on_signal(SIGSEGV, on, 0);
	block_signal(SIGSEGV);
	segv();
}

static void in_handler(int sig)
{
	(void)sig;
	segv();
}

static void segv_in_handler(void)
{
	on_signal(SIGSEGV, in_handler, 0);
	segv();
}

static void ill(void)
{
	__asm__ volatile("ud2");
}

static void fpe(void)
{
	__asm__ volatile("xor %%edx, %%edx\n\tmov $1, %%eax\n\tdivl %0"
			 :
			 : "m"(zero)
			 : "eax", "edx");
}

static void trap_ignored(void)
{
	signal(SIGTRAP, SIG_IGN);
	__asm__ volatile("int3");
}

static void aborts(void)
{
	signal(SIGABRT, SIG_IGN);
	abort();
}

int main(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	CHECK_CHILD_KILLED(segv, SIGSEGV);
	CHECK_CHILD_KILLED(segv_ignored, SIGSEGV);
	CHECK_CHILD_KILLED(segv_blocked, SIGSEGV);
	CHECK_CHILD_KILLED(segv_in_handler, SIGSEGV);
	CHECK_CHILD_KILLED(ill, SIGILL);
	CHECK_CHILD_KILLED(fpe, SIGFPE);
	CHECK_CHILD_KILLED(trap_ignored, SIGTRAP);
	CHECK_CHILD_KILLED(aborts, SIGABRT);
	return 0;
}
