/* POSIX timers: signal with value, overrun, SIGEV_NONE, SIGEV_THREAD_ID, absolute time, delete,
 * errors. */
#include "../test.h"

#include <limits.h>
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void by_signal(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN,
		.sigev_value = {.sival_int = 4711}};
	struct itimerspec its = {{0, 0}, {0, 1000000}}, cur;
	sigset_t set = sigset_of(SIGRTMIN);
	siginfo_t si;
	timer_t t;

	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &t));
	SYS(timer_settime(t, 0, &its, NULL));
	CHECK_EQ(sigwaitinfo(&set, &si), SIGRTMIN);
	CHECK_EQ(si.si_code, SI_TIMER);
	CHECK_EQ(si.si_value.sival_int, 4711);
	CHECK_EQ(si.si_overrun, 0);
	SYS(timer_gettime(t, &cur));
	CHECK_EQ(cur.it_value.tv_nsec, 0);

	/* A periodic one while blocked: a single signal, the rest are overruns. */
	its.it_interval.tv_nsec = 1000000;
	SYS(timer_settime(t, 0, &its, NULL));
	int64_t end = now_ns(CLOCK_MONOTONIC) + 30000000;
	while (now_ns(CLOCK_MONOTONIC) < end)
		;
	CHECK_EQ(sigwaitinfo(&set, &si), SIGRTMIN);
	CHECK(si.si_overrun >= 20);
	CHECK(timer_getoverrun(t) >= 20);
	SYS(timer_delete(t));
	while (sigtimedwait(&set, &si, &(struct timespec){0, 0}) == SIGRTMIN)
		;
	CHECK_ERR(sigtimedwait(&set, &si, &(struct timespec){0, 0}), EAGAIN);
}

static void absolute(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	struct itimerspec its = {{0, 0}, {0, 1}};
	sigset_t set = sigset_of(SIGUSR1);
	siginfo_t si;
	timer_t t;

	ev.sigev_notify_thread_id = gettid();
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(timer_create(CLOCK_REALTIME, &ev, &t));
	/* Long past: fires at once. */
	SYS(timer_settime(t, TIMER_ABSTIME, &its, NULL));
	CHECK_EQ(sigwaitinfo(&set, &si), SIGUSR1);
	SYS(timer_delete(t));
	ev.sigev_notify_thread_id = 0x3ffffff0;
	CHECK_ERR(timer_create(CLOCK_REALTIME, &ev, &t), EINVAL);
}

/* A start in the past: every interval since then has expired. */
static void long_past(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
	struct itimerspec its = {{0, 1}, {0, 0}};
	sigset_t set;
	siginfo_t info;
	timer_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(timer_create(CLOCK_REALTIME, &ev, &t));
	clock_gettime(CLOCK_REALTIME, &its.it_value);
	its.it_value.tv_sec -= 5; /* more nanoseconds than an int holds */
	SYS(timer_settime(t, TIMER_ABSTIME, &its, NULL));
	CHECK_EQ(SYS(sigwaitinfo(&set, &info)), SIGUSR2);
	CHECK_EQ(info.si_overrun, INT_MAX);
	CHECK_EQ(timer_getoverrun(t), INT_MAX);
	SYS(timer_delete(t));
	CHECK(sigtimedwait(&set, &info, &(struct timespec){0, 0}) != 0);
	SYS(timer_create(CLOCK_REALTIME, &ev, &t));
	its.it_interval = (struct timespec){2, 0};
	SYS(timer_settime(t, TIMER_ABSTIME, &its, NULL));
	CHECK_EQ(SYS(sigwaitinfo(&set, &info)), SIGUSR2);
	CHECK(info.si_overrun >= 2 && info.si_overrun <= 30);
	SYS(timer_delete(t));
	SYS(sigprocmask(SIG_UNBLOCK, &set, NULL));
}

int main(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	struct itimerspec its = {{0, 0}, {100, 0}}, old;
	timer_t t;
	int raw;

	by_signal();
	absolute();
	long_past();
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &t));
	SYS(timer_settime(t, 0, &its, NULL));
	SYS(timer_gettime(t, &old));
	CHECK(old.it_value.tv_sec >= 98 && old.it_value.tv_sec <= 100);
	its.it_value.tv_sec = 0;
	SYS(timer_settime(t, 0, &its, &old));
	CHECK(old.it_value.tv_sec >= 98);
	its.it_value.tv_nsec = 1000000000;
	CHECK_ERR(timer_settime(t, 0, &its, NULL), EINVAL);
	SYS(timer_delete(t));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = SIGUSR2;
	its = (struct itimerspec){{50, 0}, {100, 0}};
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &t));
	SYS(timer_settime(t, 0, &its, NULL));
	SYS(timer_gettime(t, &old));
	CHECK_EQ(old.it_interval.tv_sec, 50);
	its.it_value.tv_sec = 0;
	SYS(timer_settime(t, 0, &its, NULL));
	SYS(timer_gettime(t, &old));
	CHECK_EQ(old.it_value.tv_sec, 0);
	SYS(timer_delete(t));
	CHECK_ERR(syscall(SYS_timer_delete, 12345), EINVAL);
	CHECK_ERR(syscall(SYS_timer_create, 77, &ev, &raw), EINVAL);
	ev.sigev_signo = 99;
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &raw), EINVAL);
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 8), EFAULT);
	return 0;
}
