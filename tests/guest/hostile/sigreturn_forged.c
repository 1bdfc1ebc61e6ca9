/* rt_sigreturn with forged or missing frames: the child dies of a signal or runs on as the frame
 * says; kernel selectors and addresses gain nothing. */
#include "../test.h"
#include <ucontext.h>

static volatile unsigned seed = 1;

static unsigned next(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

static void no_frame(void)
{
	__asm__ volatile("syscall" : : "a"(SYS_rt_sigreturn) : "memory");
	_exit(0);
}

static void no_stack(void)
{
	__asm__ volatile("xor %%esp, %%esp\n\tsyscall\n\tud2" : : "a"(SYS_rt_sigreturn) : "memory");
}

static void random_frame(void)
{
	static char area[65536] __attribute__((aligned(64)));

	for (size_t i = 0; i < sizeof area; i++)
		area[i] = (char)next();
	__asm__ volatile("mov %0, %%rsp\n\tsyscall\n\tud2"
			 :
			 : "r"(area + 32768), "a"(SYS_rt_sigreturn)
			 : "memory");
}

static void on(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;
	greg_t *r = u->uc_mcontext.gregs;

	(void)sig;
	switch (si->si_value.sival_int) {
	case 0:
		r[REG_CSGSFS] = 0x10;
		break;
	case 1:
		r[REG_RIP] = (greg_t)0xffffffff81000000;
		break;
	case 2:
		r[REG_RIP] = (greg_t)0x8000000000000000;
		break;
	case 3:
		r[REG_EFL] = -1;
		r[REG_RIP] = 0;
		break;
	case 4:
		r[REG_RSP] = (greg_t)0xffff888000000000;
		r[REG_RIP] = 0;
		break;
	case 5:
		u->uc_mcontext.fpregs = (void *)0xffff888000000000;
		break;
	case 6:
		u->uc_mcontext.fpregs = (void *)8;
		break;
	case 7:
		memset(u->uc_mcontext.fpregs, 0xff, 512);
		break;
	case 8:
		memset(u->uc_mcontext.fpregs, 0xff, 2500);
		break;
	case 9:
		r[REG_CSGSFS] = 0x002b000000000023;
		break;
	case 10:
		memset(u, 0xff, 200);
		break;
	case 11:
		r[REG_CSGSFS] = -1;
		break;
	}
}

int main(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	test_in_child(no_frame);
	int st = test_in_child(no_stack);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
	for (int i = 0; i < 20; i++) {
		seed = i;
		st = test_in_child(random_frame);
		CHECK(WIFSIGNALED(st));
	}
	on_siginfo(SIGRTMIN, on, 0);
	for (int i = 0; i < 12; i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
			_exit(0);
		}
		st = test_wait(pid, 0);
		/* 5..8: the fpstate may be refused or cleaned; the rest cannot go on. */
		if (i < 5 || i == 10)
			CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
		CHECK(WIFSIGNALED(st) || st == 0);
	}
	return 0;
}
