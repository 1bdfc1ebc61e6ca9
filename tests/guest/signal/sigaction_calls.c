/* sigaction: old action is returned, bad numbers, sizes and pointers fail, SIG_IGN drops pending.
 */
#include "../test.h"

static void on(int sig)
{
	(void)sig;
	FAIL("an ignored signal was delivered");
}

int main(void)
{
	struct sigaction sa = {.sa_handler = on, .sa_flags = SA_RESTART | SA_NODEFER}, old;
	sigset_t set;

	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGTERM);
	sigaddset(&sa.sa_mask, SIGKILL);
	SYS(sigaction(SIGUSR1, &sa, NULL));
	SYS(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == on);
	CHECK_EQ(old.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO), SA_RESTART | SA_NODEFER);
	CHECK(sigismember(&old.sa_mask, SIGTERM) && !sigismember(&old.sa_mask, SIGKILL));
	CHECK_ERR(syscall(SYS_rt_sigaction, 0, NULL, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, 8, 8), EFAULT);
	SYS(syscall(SYS_rt_sigaction, SIGKILL, NULL, NULL, 8));

	block_signal(SIGUSR1);
	SYS(raise(SIGUSR1));
	SYS(sigpending(&set));
	CHECK(sigismember(&set, SIGUSR1));
	signal(SIGUSR1, SIG_IGN);
	SYS(sigpending(&set));
	CHECK(!sigismember(&set, SIGUSR1));
	signal(SIGUSR1, on);
	unblock_signal(SIGUSR1);

	/* SIGCHLD at SIG_DFL drops a pending one too. */
	signal(SIGCHLD, on);
	block_signal(SIGCHLD);
	SYS(raise(SIGCHLD));
	signal(SIGCHLD, SIG_DFL);
	signal(SIGCHLD, on);
	unblock_signal(SIGCHLD);
	return 0;
}
