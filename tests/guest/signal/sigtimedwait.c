/* sigwaitinfo/sigtimedwait: pending and later signals, timeouts, EINTR by another handler, errors.
 */
#include "../test.h"

static void on(int sig)
{
	(void)sig;
}

int main(void)
{
	sigset_t set = sigset_of(SIGUSR1);
	struct timespec ts = {0, 3000000}, bad = {0, 1000000000}, neg = {-1, 0};
	siginfo_t si;
	int64_t start;

	block_signal(SIGUSR1);
	start = now_ns(CLOCK_MONOTONIC);
	CHECK_ERR(sigtimedwait(&set, &si, &ts), EAGAIN);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 3000000);
	CHECK_ERR(sigtimedwait(&set, &si, &bad), EINVAL);
	CHECK_ERR(sigtimedwait(&set, &si, &neg), EINVAL);

	pid_t parent = getpid(), pid = test_fork();
	if (pid == 0) {
		SYS(kill(parent, SIGUSR1));
		_exit(0);
	}
	CHECK_EQ(sigwaitinfo(&set, &si), SIGUSR1);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_code, SI_USER);
	CHECK_EXIT(pid, 0);

	/* An interval timer whose handler interrupts the wait, however late it starts. */
	struct itimerval it = {{0, 2000}, {0, 2000}};
	on_signal(SIGALRM, on, SA_RESTART);
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	CHECK_ERR(sigwaitinfo(&set, &si), EINTR);
	memset(&it, 0, sizeof it);
	SYS(setitimer(ITIMER_REAL, &it, NULL));

	int sig = 0;
	SYS(raise(SIGUSR1));
	CHECK_EQ(sigwait(&set, &sig), 0);
	CHECK_EQ(sig, SIGUSR1);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, 8, NULL, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 7), EINVAL);
	return 0;
}
