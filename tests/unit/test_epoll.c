/* epoll over eventfds: modes, lifetime, nesting, sleeping, and timerfd on a clock moved by hand. */
#include "kernel/os.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <sys/syscall.h>

static struct task *task;
static int ep, ev;
static struct epoll_event *const got = FAKE_PTR(4);

static void setup(void)
{
	task = fake_task_create();
	current = task;
	ep = CALL(epoll_create1, 0);
	ev = CALL(eventfd2, 0, O_NONBLOCK);
}

static void teardown(void)
{
	fake_task_destroy(task);
	fake_fini();
}

static long ctl(int epfd, int op, int fd, u32 events)
{
	struct epoll_event e = {.events = events, .data.fd = fd};

	memcpy(FAKE_PTR(0), &e, sizeof(e));
	return CALL(epoll_ctl, epfd, op, fd, FAKE_BUF(0));
}

static long poll_now(int epfd)
{
	return CALL(epoll_wait, epfd, FAKE_BUF(4), 8, 0);
}

static void post(int fd)
{
	*(u64 *)FAKE_PTR(1) = 1;
	ck_assert_int_eq(CALL(write, fd, FAKE_BUF(1), 8), 8);
}

static void take(int fd)
{
	ck_assert_int_eq(CALL(read, fd, FAKE_BUF(1), 8), 8);
}

START_TEST(level_triggered_repeats_until_taken)
{
	ck_assert_int_eq(ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN), 0);
	ck_assert_int_eq(poll_now(ep), 0);
	post(ev);
	ck_assert_int_eq(poll_now(ep), 1);
	ck_assert_int_eq(poll_now(ep), 1);
	take(ev);
	ck_assert_int_eq(poll_now(ep), 0);
}
END_TEST

START_TEST(edge_triggered_tells_once_per_event)
{
	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN | EPOLLET);
	post(ev);
	ck_assert_int_eq(poll_now(ep), 1);
	ck_assert_int_eq(poll_now(ep), 0);
	post(ev);
	ck_assert_int_eq(poll_now(ep), 1);
}
END_TEST

START_TEST(oneshot_is_silent_until_rearmed)
{
	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN | EPOLLONESHOT);
	post(ev);
	ck_assert_int_eq(poll_now(ep), 1);
	post(ev);
	ck_assert_int_eq(poll_now(ep), 0);
	ctl(ep, EPOLL_CTL_MOD, ev, EPOLLIN | EPOLLONESHOT);
	ck_assert_int_eq(poll_now(ep), 1);
}
END_TEST

START_TEST(closing_the_last_descriptor_unregisters)
{
	int copy = CALL(dup, ev);

	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN);
	post(ev);
	CALL(close, ev);
	ck_assert_int_eq(poll_now(ep), 1);
	CALL(close, copy);
	ck_assert_int_eq(poll_now(ep), 0);
}
END_TEST

START_TEST(ready_files_take_turns)
{
	int other = CALL(eventfd2, 1, 0);

	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN);
	ctl(ep, EPOLL_CTL_ADD, other, EPOLLIN);
	post(ev);
	ck_assert_int_eq(CALL(epoll_wait, ep, FAKE_BUF(4), 1, 0), 1);
	int first = got->data.fd;
	ck_assert_int_eq(CALL(epoll_wait, ep, FAKE_BUF(4), 1, 0), 1);
	ck_assert_int_ne(first, got->data.fd);
}
END_TEST

START_TEST(nesting_reports_and_refuses_loops)
{
	int outer = CALL(epoll_create1, 0);

	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN);
	ck_assert_int_eq(ctl(outer, EPOLL_CTL_ADD, ep, EPOLLIN), 0);
	ck_assert_int_eq(poll_now(outer), 0);
	post(ev);
	ck_assert_int_eq(poll_now(outer), 1);
	ck_assert_int_eq(ctl(ep, EPOLL_CTL_ADD, outer, EPOLLIN), -ELOOP);
	ck_assert_int_eq(ctl(ep, EPOLL_CTL_ADD, ep, EPOLLIN), -EINVAL);
}
END_TEST

START_TEST(a_fault_while_reporting_loses_nothing)
{
	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN | EPOLLET);
	post(ev);
	ck_assert_int_eq(CALL(epoll_wait, ep, 8, 8, 0), -EFAULT);
	ck_assert_int_eq(poll_now(ep), 1);
}
END_TEST

static long result;

static void waits(void *arg)
{
	result = CALL(epoll_wait, ep, FAKE_BUF(4), 8, (int)(intptr_t)arg);
}

START_TEST(a_waiter_wakes_for_an_event)
{
	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN);
	ck_assert(!fake_run(task, waits, (void *)-1));
	post(ev);
	fake_run_all();
	ck_assert_int_eq(result, 1);
	ck_assert_int_eq(got->data.fd, ev);
}
END_TEST

START_TEST(a_waiter_wakes_at_its_timeout)
{
	ctl(ep, EPOLL_CTL_ADD, ev, EPOLLIN);
	result = -1;
	ck_assert(!fake_run(task, waits, (void *)50));
	fake_advance(49 * NSEC_PER_MSEC);
	ck_assert_int_eq(result, -1);
	fake_advance(2 * NSEC_PER_MSEC);
	ck_assert_int_eq(result, 0);
}
END_TEST

/* ---- timerfd ---- */

static int timer_create_fd(int clock, u64 value_ms, u64 interval_ms, int flags)
{
	int fd = CALL(timerfd_create, clock, O_NONBLOCK);
	struct itimerspec *its = FAKE_PTR(6);

	its->it_value.tv_sec = value_ms / 1000;
	its->it_value.tv_nsec = value_ms % 1000 * NSEC_PER_MSEC;
	its->it_interval.tv_sec = interval_ms / 1000;
	its->it_interval.tv_nsec = interval_ms % 1000 * NSEC_PER_MSEC;
	ck_assert_int_eq(CALL(timerfd_settime, fd, flags, FAKE_BUF(6), 0), 0);
	return fd;
}

static long ticks(int fd)
{
	long n = CALL(read, fd, FAKE_BUF(7), 8);

	return n == 8 ? *(long *)FAKE_PTR(7) : n;
}

START_TEST(a_timer_expires_once)
{
	int fd = timer_create_fd(CLOCK_MONOTONIC, 10, 0, 0);

	fake_advance(9 * NSEC_PER_MSEC);
	ck_assert_int_eq(ticks(fd), -EAGAIN);
	fake_advance(NSEC_PER_MSEC);
	ck_assert_int_eq(ticks(fd), 1);
	fake_advance(NSEC_PER_SEC);
	ck_assert_int_eq(ticks(fd), -EAGAIN);
}
END_TEST

START_TEST(a_periodic_timer_counts_what_was_missed)
{
	int fd = timer_create_fd(CLOCK_MONOTONIC, 10, 5, 0);

	fake_advance(27 * NSEC_PER_MSEC); /* at 10, 15, 20, 25 */
	ck_assert_int_eq(ticks(fd), 4);
	ck_assert_int_eq(ticks(fd), -EAGAIN);
	fake_advance(3 * NSEC_PER_MSEC);
	ck_assert_int_eq(ticks(fd), 1);
}
END_TEST

START_TEST(an_unread_short_interval_costs_one_wakeup)
{
	int fd = timer_create_fd(CLOCK_MONOTONIC, 1, 1, 0);

	fake_advance(NSEC_PER_MSEC);
	ck_assert_uint_eq(kernel_next_timer_ns(), UINT64_MAX);
	fake_advance(NSEC_PER_SEC);
	ck_assert_int_eq(ticks(fd), 1001);
	ck_assert_uint_ne(kernel_next_timer_ns(), UINT64_MAX);
	CALL(close, fd);
	ck_assert_uint_eq(kernel_next_timer_ns(), UINT64_MAX);
}
END_TEST

START_TEST(an_absolute_time_in_the_past_expires_at_once)
{
	int fd = timer_create_fd(CLOCK_REALTIME, 1000, 0, 1);

	fake_advance(0);
	ck_assert_int_eq(ticks(fd), 1);
}
END_TEST

START_TEST(a_timer_wakes_epoll)
{
	int fd = timer_create_fd(CLOCK_BOOTTIME, 20, 0, 0);

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLIN);
	result = -1;
	ck_assert(!fake_run(task, waits, (void *)-1));
	fake_advance(20 * NSEC_PER_MSEC);
	ck_assert_int_eq(result, 1);
}
END_TEST

Suite *suite_epoll(void)
{
	Suite *s = suite_create("epoll");
	TCase *t = tcase_create("epoll"), *timer = tcase_create("timerfd");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, level_triggered_repeats_until_taken);
	tcase_add_test(t, edge_triggered_tells_once_per_event);
	tcase_add_test(t, oneshot_is_silent_until_rearmed);
	tcase_add_test(t, closing_the_last_descriptor_unregisters);
	tcase_add_test(t, ready_files_take_turns);
	tcase_add_test(t, nesting_reports_and_refuses_loops);
	tcase_add_test(t, a_fault_while_reporting_loses_nothing);
	tcase_add_test(t, a_waiter_wakes_for_an_event);
	tcase_add_test(t, a_waiter_wakes_at_its_timeout);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(timer, setup, teardown);
	tcase_add_test(timer, a_timer_expires_once);
	tcase_add_test(timer, a_periodic_timer_counts_what_was_missed);
	tcase_add_test(timer, an_unread_short_interval_costs_one_wakeup);
	tcase_add_test(timer, an_absolute_time_in_the_past_expires_at_once);
	tcase_add_test(timer, a_timer_wakes_epoll);
	suite_add_tcase(s, timer);
	return s;
}
