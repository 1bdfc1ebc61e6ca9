/* The token bucket: rate over time, bursts, debt, and slow rates that make less than a token a
 * call. */
#include "kernel/net/shaper.h"

#include <check.h>

#define SEC NSEC_PER_SEC

/* Bytes that pass in packets of len within span, asking whenever the shaper says so. */
static u64 pass(struct shaper *s, u64 *now, u64 span, size_t len)
{
	u64 end = *now + span, bytes = 0;

	for (;;) {
		u64 at = shaper_wait(s, *now);

		if (at >= end)
			return bytes;
		if (at) {
			if (at <= *now) /* an assertion here costs libcheck a system call, a million
					   times */
				ck_abort_msg("waits until the past");
			*now = at;
			continue;
		}
		shaper_passed(s, len);
		bytes += len;
	}
}

START_TEST(the_rate_is_kept_whatever_the_packets)
{
	static const u64 rates[] = {1000, 125000, 12500000, 125000000};
	static const size_t sizes[] = {60, 1514, 65000};

	for (unsigned r = 0; r < ARRAY_SIZE(rates); r++) {
		for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct shaper s = {.rate = rates[r]};
			u64 now = 5 * SEC, sent = pass(&s, &now, SEC, sizes[i]);

			ck_assert_uint_le(sent, rates[r] + rates[r] / 100 + sizes[i]);
			ck_assert_uint_ge(sent + sizes[i], rates[r]);
		}
	}
}
END_TEST

START_TEST(what_is_more_than_a_burst_is_waited_for)
{
	struct shaper s = {.rate = 100000};
	u64 now = 5 * SEC;

	ck_assert_uint_eq(shaper_wait(&s, now), 0);
	shaper_passed(&s, 1000); /* the burst */
	ck_assert_uint_eq(shaper_wait(&s, now), 0);
	shaper_passed(&s, 50000);
	ck_assert_uint_eq(shaper_wait(&s, now), now + SEC / 2);
	ck_assert_uint_eq(shaper_wait(&s, now + SEC / 2), 0);
}
END_TEST

START_TEST(no_rate_is_no_limit)
{
	struct shaper s = {.rate = 0};

	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_eq(shaper_wait(&s, SEC), 0);
		shaper_passed(&s, 65000);
	}
}
END_TEST

Suite *suite_shaper(void)
{
	Suite *s = suite_create("shaper");
	TCase *tc = tcase_create("bucket");

	tcase_add_test(tc, the_rate_is_kept_whatever_the_packets);
	tcase_add_test(tc, what_is_more_than_a_burst_is_waited_for);
	tcase_add_test(tc, no_rate_is_no_limit);
	suite_add_tcase(s, tc);
	return s;
}
