/* Hundreds of timers with nanosecond intervals, as signals and timerfds: the others still get on.
 */
#include "../test.h"
#include <sys/timerfd.h>

static void flood(void)
{
	struct itimerspec its = {{0, 1}, {0, 1}};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	sigset_t set = sigset_of(SIGRTMIN);
	timer_t t;

	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	block_signal(SIGALRM);
	for (int i = 0; i < 100; i++) {
		if (timer_create(CLOCK_MONOTONIC, &ev, &t) == 0)
			timer_settime(t, 0, &its, NULL);
		int fd = timerfd_create(CLOCK_MONOTONIC, 0);
		if (fd >= 0)
			timerfd_settime(fd, 0, &its, NULL);
	}
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 1}, {0, 1}}, NULL);
	for (;;)
		pause();
}

int main(void)
{
	pid_t pid = test_fork();
	if (pid == 0)
		flood();
	int64_t start = now_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < 50; i++) {
		pid_t other = test_fork();

		if (other == 0)
			_exit(0);
		CHECK_EXIT(other, 0);
	}
	CHECK(now_ns(CLOCK_MONOTONIC) - start < 10000000000);
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	return 0;
}
