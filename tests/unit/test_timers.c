/* Interval timers, POSIX timers and sleeping, with the clock moved by hand. */
#include "fakehost.h"
#include "kernel/signal.h"
#include "kernel/sigqueue.h"

#include <check.h>
#include <sys/syscall.h>

#define MS NSEC_PER_MSEC
#define RT_SIGNAL 34

static struct task *task;

static void setup(void)
{
	task = fake_task_create();
	task->blocked = ~0ull; /* signals stay where they can be counted */
}

static void teardown(void)
{
	siginfo_t info;

	while (signal_dequeue(task, ~0ull, &info))
		;
	ck_assert_uint_eq(sigqueue_user_count(0), 0);
	fake_task_destroy(task);
	fake_fini();
}

static int take(siginfo_t *info)
{
	return signal_dequeue(task, ~0ull, info);
}

static void arm_itimer(u64 value_ms, u64 interval_ms)
{
	struct itimerval *v = FAKE_PTR(0);

	v->it_value = (struct timeval){value_ms / 1000, value_ms % 1000 * 1000};
	v->it_interval = (struct timeval){interval_ms / 1000, interval_ms % 1000 * 1000};
	ck_assert_int_eq(CALL(setitimer, ITIMER_REAL, FAKE_BUF(0), 0), 0);
}

START_TEST(alarm_fires_once_at_its_time)
{
	siginfo_t info;

	ck_assert_int_eq(CALL(alarm, 2), 0);
	fake_advance(1999 * MS);
	ck_assert_int_eq(take(&info), 0);
	fake_advance(1 * MS);
	ck_assert_int_eq(take(&info), SIGALRM);
	fake_advance(10000 * MS);
	ck_assert_int_eq(take(&info), 0);
}
END_TEST

START_TEST(alarm_returns_the_rest_of_the_old_one)
{
	CALL(alarm, 10);
	fake_advance(3600 * MS);
	ck_assert_int_eq(CALL(alarm, 0), 6);
	ck_assert_int_eq(CALL(alarm, 0), 0);
}
END_TEST

START_TEST(interval_keeps_its_phase)
{
	struct itimerval *v = FAKE_PTR(1);
	siginfo_t info;

	arm_itimer(10, 10);
	for (int i = 0; i < 3; i++) {
		fake_advance(10 * MS);
		ck_assert_int_eq(take(&info), SIGALRM);
	}
	fake_advance(4 * MS);
	ck_assert_int_eq(CALL(getitimer, ITIMER_REAL, FAKE_BUF(1)), 0);
	ck_assert_int_eq(v->it_value.tv_usec, 6000);
	ck_assert_int_eq(v->it_interval.tv_usec, 10000);
	arm_itimer(0, 0);
}
END_TEST

START_TEST(invalid_times_are_refused)
{
	struct itimerval *v = FAKE_PTR(0);

	memset(v, 0, sizeof(*v));
	v->it_value.tv_usec = 1000000;
	ck_assert_int_eq(CALL(setitimer, ITIMER_REAL, FAKE_BUF(0), 0), -EINVAL);
	v->it_value.tv_usec = -1;
	ck_assert_int_eq(CALL(setitimer, ITIMER_REAL, FAKE_BUF(0), 0), -EINVAL);
	ck_assert_int_eq(CALL(setitimer, 3, 0, 0), -EINVAL);
	ck_assert_int_eq(CALL(setitimer, ITIMER_REAL, 8, 0), -EFAULT);
}
END_TEST

static int create_timer(int notify, int sig)
{
	struct sigevent *ev = FAKE_PTR(0);
	int *id = FAKE_PTR(1);

	memset(ev, 0, sizeof(*ev));
	ev->sigev_notify = notify;
	ev->sigev_signo = sig;
	ev->sigev_value.sival_int = 77;
	ck_assert_int_eq(CALL(timer_create, CLOCK_MONOTONIC, FAKE_BUF(0), FAKE_BUF(1)), 0);
	return *id;
}

static void set_timer(int id, u64 value_ns, u64 interval_ns, int flags)
{
	struct itimerspec *its = FAKE_PTR(0);

	its->it_value = (struct timespec){value_ns / NSEC_PER_SEC, value_ns % NSEC_PER_SEC};
	its->it_interval =
		(struct timespec){interval_ns / NSEC_PER_SEC, interval_ns % NSEC_PER_SEC};
	ck_assert_int_eq(CALL(timer_settime, id, flags, FAKE_BUF(0), 0), 0);
}

START_TEST(timer_signal_carries_value_and_id)
{
	int id = create_timer(SIGEV_SIGNAL, SIGUSR1);
	siginfo_t info;

	set_timer(id, 5 * MS, 0, 0);
	fake_advance(5 * MS);
	ck_assert_int_eq(take(&info), SIGUSR1);
	ck_assert_int_eq(info.si_code, SI_TIMER);
	ck_assert_int_eq(info.si_value.sival_int, 77);
	ck_assert_int_eq(info.si_timerid, id);
	ck_assert_int_eq(info.si_overrun, 0);
	ck_assert_int_eq(CALL(timer_delete, id), 0);
}
END_TEST

START_TEST(periods_nobody_took_are_the_overrun)
{
	int id = create_timer(SIGEV_SIGNAL, RT_SIGNAL);
	siginfo_t info;

	set_timer(id, 10 * MS, 10 * MS, 0);
	fake_advance(55 * MS);
	ck_assert_int_eq(take(&info), RT_SIGNAL);
	ck_assert_int_eq(info.si_overrun, 4);
	ck_assert_int_eq(CALL(timer_getoverrun, id), 4);
	ck_assert_int_eq(take(&info), 0);
	fake_advance(5 * MS);
	ck_assert_int_eq(take(&info), RT_SIGNAL);
	ck_assert_int_eq(info.si_overrun, 0);
	CALL(timer_delete, id);
}
END_TEST

START_TEST(tiny_interval_costs_one_expiry_until_it_is_taken)
{
	int id = create_timer(SIGEV_SIGNAL, RT_SIGNAL);
	siginfo_t info;

	set_timer(id, 1, 1, 0);
	fake_advance(1000 * MS);
	ck_assert_int_eq(take(&info), RT_SIGNAL);
	ck_assert_int_ge(info.si_overrun, 999 * 1000 * 1000);
	CALL(timer_delete, id);
}
END_TEST

START_TEST(absolute_time_in_the_past_fires_at_once)
{
	int id = create_timer(SIGEV_SIGNAL, SIGUSR2);
	siginfo_t info;

	fake_advance(50 * MS);
	set_timer(id, 10 * MS, 0, TIMER_ABSTIME);
	fake_advance(1);
	ck_assert_int_eq(take(&info), SIGUSR2);
	CALL(timer_delete, id);
}
END_TEST

START_TEST(deleted_timer_leaves_its_signal)
{
	int id = create_timer(SIGEV_SIGNAL, SIGUSR1);
	siginfo_t info;

	set_timer(id, 1 * MS, 1 * MS, 0);
	fake_advance(1 * MS);
	ck_assert_int_eq(CALL(timer_delete, id), 0);
	ck_assert_int_eq(CALL(timer_delete, id), -EINVAL);
	fake_advance(100 * MS);
	ck_assert_int_eq(take(&info), SIGUSR1);
	ck_assert_int_eq(take(&info), 0);
}
END_TEST

START_TEST(timer_without_a_signal_counts_down)
{
	int id = create_timer(SIGEV_NONE, 0);
	struct itimerspec *its = FAKE_PTR(2);
	siginfo_t info;

	set_timer(id, 10 * MS, 4 * MS, 0);
	fake_advance(3 * MS);
	CALL(timer_gettime, id, FAKE_BUF(2));
	ck_assert_int_eq(its->it_value.tv_nsec, 7 * MS);
	fake_advance(8 * MS);
	CALL(timer_gettime, id, FAKE_BUF(2));
	ck_assert_int_eq(its->it_value.tv_nsec, 3 * MS);
	ck_assert_int_eq(take(&info), 0);
	CALL(timer_delete, id);
}
END_TEST

static long slept;

static void sleep_100ms(void *arg)
{
	struct timespec *ts = FAKE_PTR(0);

	*ts = (struct timespec){.tv_nsec = 100 * MS};
	slept = CALL(nanosleep, FAKE_BUF(0), FAKE_BUF(1));
}

START_TEST(interrupted_sleep_goes_on_to_its_old_deadline)
{
	struct timespec *rem = FAKE_PTR(1);
	siginfo_t info;

	task->blocked = 0;
	task->sighand->action[SIGUSR1 - 1].handler = 0x1000;
	ck_assert(!fake_run(task, sleep_100ms, NULL));
	fake_advance(40 * MS);
	signal_send_task(task, SIGUSR1, NULL);
	fake_run_all();
	ck_assert_int_eq(slept, -ERESTART_RESTARTBLOCK);
	ck_assert_int_eq(rem->tv_nsec, 60 * MS);
	ck_assert_int_eq(signal_dequeue(task, ~0ull, &info), SIGUSR1);
	fake_advance(20 * MS);
	ck_assert(!fake_run(task, sleep_100ms, NULL)); /* the restarted call */
	fake_advance(39 * MS);
	ck_assert_int_eq(slept, -ERESTART_RESTARTBLOCK);
	fake_advance(1 * MS);
	ck_assert_int_eq(slept, 0);
}
END_TEST

Suite *suite_timers(void);
Suite *suite_timers(void)
{
	Suite *s = suite_create("timers");
	TCase *i = tcase_create("itimer"), *p = tcase_create("posix"), *n = tcase_create("sleep");

	tcase_add_checked_fixture(i, setup, teardown);
	tcase_add_test(i, alarm_fires_once_at_its_time);
	tcase_add_test(i, alarm_returns_the_rest_of_the_old_one);
	tcase_add_test(i, interval_keeps_its_phase);
	tcase_add_test(i, invalid_times_are_refused);
	tcase_add_checked_fixture(p, setup, teardown);
	tcase_add_test(p, timer_signal_carries_value_and_id);
	tcase_add_test(p, periods_nobody_took_are_the_overrun);
	tcase_add_test(p, tiny_interval_costs_one_expiry_until_it_is_taken);
	tcase_add_test(p, absolute_time_in_the_past_fires_at_once);
	tcase_add_test(p, deleted_timer_leaves_its_signal);
	tcase_add_test(p, timer_without_a_signal_counts_down);
	tcase_add_checked_fixture(n, setup, teardown);
	tcase_add_test(n, interrupted_sleep_goes_on_to_its_old_deadline);
	suite_add_tcase(s, i);
	suite_add_tcase(s, p);
	suite_add_tcase(s, n);
	return s;
}
