/* The CPU quota: what a period gives, debt, and the machine frozen in between. */
#include "kernel/freeze.h"
#include "kernel/quota.h"
#include "tests/unit/fakehost.h"

#include <check.h>

#define MS NSEC_PER_MSEC
#define PERIOD (100 * MS)

static struct task *task;
static u64 start;

static void setup(void)
{
	task = fake_task_create();
	quota_set(500);
	start = fake_clock_ns;
}

static void teardown(void)
{
	quota_set(0);
	ck_assert_uint_eq(machine_frozen, 0);
	fake_task_destroy(task);
	fake_fini();
}

START_TEST(within_the_quota_nothing_happens)
{
	u64 next = quota_check(start + 10 * MS, 5 * MS);

	ck_assert(!quota_exhausted());
	ck_assert_uint_gt(next, 0);
	ck_assert_uint_le(next, 90 * MS);
	for (int i = 1; i < 100; i++) {
		quota_check(start + (u64)i * PERIOD, 49 * MS);
		ck_assert(!quota_exhausted());
	}
}
END_TEST

START_TEST(a_used_up_quota_freezes_until_the_period_ends)
{
	quota_check(start + 50 * MS, 51 * MS);
	ck_assert(quota_exhausted());
	quota_check(start + 99 * MS, 0);
	ck_assert(quota_exhausted());
	quota_check(start + PERIOD, 0);
	ck_assert(!quota_exhausted());
}
END_TEST

START_TEST(debt_is_paid_by_the_periods_that_follow)
{
	quota_check(start + 90 * MS, 170 * MS); /* 120 too much */
	quota_check(start + PERIOD, 0);
	ck_assert(quota_exhausted());
	quota_check(start + 2 * PERIOD, 0);
	ck_assert(quota_exhausted());
	quota_check(start + 3 * PERIOD, 0);
	ck_assert(!quota_exhausted());
	ck_assert_uint_ge(quota_stats.throttled_ns, 200 * MS);
}
END_TEST

START_TEST(what_is_not_used_does_not_add_up)
{
	quota_check(start + 50 * PERIOD, 0);
	ck_assert(!quota_exhausted());
	quota_check(start + 50 * PERIOD + 60 * MS, 51 * MS);
	ck_assert(quota_exhausted());
}
END_TEST

START_TEST(a_pause_outlasts_the_period)
{
	machine_freeze();
	quota_check(start + 50 * MS, 51 * MS);
	quota_check(start + PERIOD, 0);
	ck_assert_uint_eq(machine_frozen, FREEZE_PAUSE);
	machine_thaw();
}
END_TEST

START_TEST(who_had_more_than_its_share_goes_on_after_the_others)
{
	struct task *other = fake_task_create();
	struct tgroup *greedy = task->tg, *modest = other->tg;

	greedy->metered_ns += 45 * MS;
	modest->metered_ns += 6 * MS;
	quota_check(start + 60 * MS, 51 * MS);
	ck_assert_uint_le(quota_check(start + PERIOD, 0), 25 * MS);
	ck_assert(!quota_exhausted());
	ck_assert(greedy->held && !modest->held);
	ck_assert(quota_holds());
	quota_check(start + PERIOD + 12 * MS, 0); /* a quarter of what the quota leaves */
	ck_assert(greedy->held);
	quota_check(start + PERIOD + 13 * MS, 0);
	ck_assert(!greedy->held && !quota_holds());
	fake_task_destroy(other);
}
END_TEST

START_TEST(who_runs_alone_is_not_held)
{
	task->tg->metered_ns += 51 * MS;
	quota_check(start + 60 * MS, 51 * MS);
	quota_check(start + PERIOD, 0);
	ck_assert(!task->tg->held && !quota_holds());
}
END_TEST

Suite *suite_quota(void)
{
	Suite *s = suite_create("quota");
	TCase *tc = tcase_create("cpu");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, within_the_quota_nothing_happens);
	tcase_add_test(tc, a_used_up_quota_freezes_until_the_period_ends);
	tcase_add_test(tc, debt_is_paid_by_the_periods_that_follow);
	tcase_add_test(tc, what_is_not_used_does_not_add_up);
	tcase_add_test(tc, a_pause_outlasts_the_period);
	tcase_add_test(tc, who_had_more_than_its_share_goes_on_after_the_others);
	tcase_add_test(tc, who_runs_alone_is_not_held);
	suite_add_tcase(s, tc);
	return s;
}
