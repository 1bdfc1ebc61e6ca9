/* The handler's ucontext holds the mask to restore; changing it there changes it after return. */
#include "../test.h"
#include <ucontext.h>

static void on(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;

	(void)sig, (void)si;
	CHECK(sigismember(&u->uc_sigmask, SIGUSR2));
	CHECK(!sigismember(&u->uc_sigmask, SIGUSR1));
	sigaddset(&u->uc_sigmask, SIGTERM);
	sigdelset(&u->uc_sigmask, SIGUSR2);
	sigaddset(&u->uc_sigmask, SIGKILL);
}

int main(void)
{
	unsigned long set = 0;

	on_siginfo(SIGUSR1, on, 0);
	block_signal(SIGUSR2);
	SYS(raise(SIGUSR1));
	SYS(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8));
	CHECK(set & (1ul << (SIGTERM - 1)));
	CHECK(!(set & (1ul << (SIGUSR2 - 1))));
	CHECK(!(set & (1ul << (SIGKILL - 1))));
	return 0;
}
