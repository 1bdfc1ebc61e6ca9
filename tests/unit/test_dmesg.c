/* kernel/dmesg.c: the ring of kernel messages. */
#include "kernel/dmesg.h"

#include <check.h>
#include <stdio.h>

static void add(const char *text)
{
	dmesg_add(6, text, strlen(text));
}

START_TEST(records_are_numbered_and_kept)
{
	u64 first = dmesg_next();
	const struct dmesg_record *r;

	add("one\nsecond line is cut");
	add("two");
	ck_assert_uint_eq(dmesg_next(), first + 2);
	r = dmesg_get(first);
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->text, "one");
	ck_assert_uint_eq(r->prio, 6);
	ck_assert_str_eq(dmesg_get(first + 1)->text, "two");
	ck_assert_ptr_null(dmesg_get(first + 2));
	dmesg_fini();
}
END_TEST

START_TEST(the_oldest_record_gives_way)
{
	char text[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(text, sizeof(text), "message %d", i);
		add(text);
	}
	ck_assert_uint_eq(dmesg_next(), 2000);
	ck_assert_uint_gt(dmesg_first(), 0);
	ck_assert_ptr_null(dmesg_get(dmesg_first() - 1));
	snprintf(text, sizeof(text), "message %d", (int)dmesg_first());
	ck_assert_str_eq(dmesg_get(dmesg_first())->text, text);
	ck_assert_str_eq(dmesg_get(1999)->text, "message 1999");
	dmesg_fini();
}
END_TEST

START_TEST(clearing_hides_what_was_there)
{
	add("old");
	dmesg_clear();
	ck_assert_uint_eq(dmesg_cleared(), 1);
	add("new");
	ck_assert_str_eq(dmesg_get(dmesg_cleared())->text, "new");
	ck_assert_ptr_nonnull(dmesg_get(0)); /* /dev/kmsg still has it */
	dmesg_fini();
}
END_TEST

START_TEST(formatting_measures_before_it_writes)
{
	char buf[128];
	size_t need;

	add("text");
	need = dmesg_format(dmesg_get(0), NULL, 0);
	ck_assert_uint_eq(dmesg_format(dmesg_get(0), buf, sizeof(buf)), need);
	ck_assert(!memcmp(buf, "<6>[", 4));
	ck_assert(!memcmp(buf + need - 7, "] text\n", 7));
	dmesg_fini();
}
END_TEST

START_TEST(a_long_text_is_cut)
{
	char text[3000];

	memset(text, 'y', sizeof(text));
	dmesg_add(4, text, sizeof(text));
	ck_assert_uint_eq(dmesg_get(0)->len, DMESG_TEXT_MAX);
	dmesg_fini();
}
END_TEST

Suite *suite_dmesg(void);
Suite *suite_dmesg(void)
{
	Suite *s = suite_create("dmesg");
	TCase *t = tcase_create("dmesg");

	tcase_add_test(t, records_are_numbered_and_kept);
	tcase_add_test(t, the_oldest_record_gives_way);
	tcase_add_test(t, clearing_hides_what_was_there);
	tcase_add_test(t, formatting_measures_before_it_writes);
	tcase_add_test(t, a_long_text_is_cut);
	suite_add_tcase(s, t);
	return s;
}
