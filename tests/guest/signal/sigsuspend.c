/* sigsuspend swaps the mask atomically, returns EINTR after the handler and restores the mask. */
#include "../test.h"

static volatile sig_atomic_t got;

static void on(int sig)
{
	sigset_t set;

	got = sig;
	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, SIGUSR2) && sigismember(&set, SIGUSR1));
}

int main(void)
{
	sigset_t wait, set;

	on_signal(SIGUSR1, on, 0);
	block_signal(SIGUSR1);
	wait = sigset_of(SIGUSR2);
	SYS(raise(SIGUSR1));
	CHECK_EQ(got, 0);
	CHECK_ERR(sigsuspend(&wait), EINTR);
	CHECK_EQ(got, SIGUSR1);
	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2));

	/* From another process; an ignored signal does not end the wait. */
	got = 0;
	pid_t parent = getpid(), pid = test_fork();
	if (pid == 0) {
		for (int i = 0; i < 50; i++)
			SYS(kill(parent, SIGWINCH));
		SYS(kill(parent, SIGUSR1));
		_exit(0);
	}
	CHECK_ERR(sigsuspend(&wait), EINTR);
	CHECK_EQ(got, SIGUSR1);
	CHECK_EXIT(pid, 0);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, 8, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, &wait, 4), EINVAL);
	return 0;
}
