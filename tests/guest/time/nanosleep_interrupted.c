/* An interrupted nanosleep reports the rest; a stop and continue does not end it early. */
#include "../test.h"

static volatile sig_atomic_t got;

static void on(int sig)
{
	got = sig;
}

int main(void)
{
	struct timespec ts = {30, 0}, rem = {0, 0};
	struct itimerval it = {{0, 3000}, {0, 3000}}, zero = {{0, 0}, {0, 0}};

	on_signal(SIGALRM, on, SA_RESTART);
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	CHECK_ERR(nanosleep(&ts, &rem), EINTR);
	/* Interrupted at once, the rest may include the timer slack. */
	CHECK(got && rem.tv_sec >= 29 && rem.tv_sec <= 30);
	rem.tv_sec = 0;
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, 0, &ts, &rem), EINTR);
	CHECK(rem.tv_sec >= 29 && rem.tv_sec <= 30);
	/* In place. */
	CHECK_ERR(nanosleep(&ts, &ts), EINTR);
	CHECK(ts.tv_sec >= 29 && ts.tv_sec <= 30);
	/* The remainder of an absolute sleep is not written. */
	ts = (struct timespec){1L << 40, 0};
	rem.tv_sec = 1234;
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, &rem), EINTR);
	CHECK_EQ(rem.tv_sec, 1234);
	SYS(setitimer(ITIMER_REAL, &zero, NULL));

	pid_t pid = test_fork();
	if (pid == 0) {
		int64_t start = now_ns(CLOCK_MONOTONIC);

		ts = (struct timespec){0, 300000000};
		SYS(nanosleep(&ts, NULL));
		_exit(now_ns(CLOCK_MONOTONIC) - start >= 300000000 ? 0 : 1);
	}
	for (int i = 0; i < 10; i++) {
		SYS(kill(pid, SIGSTOP));
		CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
		SYS(kill(pid, SIGCONT));
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
