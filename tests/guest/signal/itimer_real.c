/* setitimer(ITIMER_REAL): one shot, interval, get, disarm, old value, EINVAL; alarm shares it. */
#include "../test.h"

static volatile sig_atomic_t ticks;

static void on(int sig)
{
	(void)sig;
	ticks++;
}

int main(void)
{
	struct itimerval it = {{0, 0}, {0, 5000}}, old, zero = {{0, 0}, {0, 0}};
	sigset_t alrm = sigset_of(SIGALRM), none;

	on_signal(SIGALRM, on, 0);
	SYS(alarm(0));
	SYS(sigprocmask(SIG_BLOCK, &alrm, &none));
	int64_t start = now_ns(CLOCK_MONOTONIC);
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	SYS(getitimer(ITIMER_REAL, &old));
	CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec <= 5000);
	while (!ticks)
		sigsuspend(&none);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 5000000);
	SYS(getitimer(ITIMER_REAL, &old));
	CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);

	it = (struct itimerval){{0, 3000}, {0, 1000}};
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	ticks = 0;
	while (ticks < 10)
		sigsuspend(&none);
	SYS(setitimer(ITIMER_REAL, &zero, &old));
	CHECK(old.it_interval.tv_usec == 3000);
	SYS(getitimer(ITIMER_REAL, &old));
	CHECK(old.it_value.tv_usec == 0 && old.it_interval.tv_usec == 0);

	CHECK_EQ(alarm(100), 0);
	SYS(getitimer(ITIMER_REAL, &old));
	CHECK(old.it_value.tv_sec >= 98 && old.it_value.tv_sec <= 100);
	CHECK(alarm(0) >= 99);
	it = (struct itimerval){{0, 0}, {0, 1000000}};
	CHECK_ERR(setitimer(ITIMER_REAL, &it, NULL), EINVAL);
	it.it_value = (struct timeval){-1, 0};
	CHECK_ERR(setitimer(ITIMER_REAL, &it, NULL), EINVAL);
	CHECK_ERR(setitimer(5, &zero, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_getitimer, ITIMER_REAL, 8), EFAULT);
	return 0;
}
