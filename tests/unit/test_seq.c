/* fs/seq.c: growing text buffers. */
#include "fs/seq.h"

#include <check.h>

START_TEST(text_grows_as_it_is_written)
{
	struct seq s = {0};

	for (int i = 0; i < 5000; i++)
		seq_printf(&s, "%d,", i % 10);
	ck_assert(!s.failed);
	ck_assert_uint_eq(s.len, 10000);
	ck_assert(!memcmp(s.buf, "0,1,2,3,", 8));
	ck_assert(!memcmp(s.buf + 9990, "5,6,7,8,9,", 10));
	seq_fini(&s);
	ck_assert_ptr_null(s.buf);
}
END_TEST

START_TEST(a_line_longer_than_the_stack_buffer_is_whole)
{
	struct seq s = {0};
	char *text = malloc(100001);

	memset(text, 'x', 100000);
	text[100000] = '\0';
	seq_printf(&s, "<%s>", text);
	ck_assert_uint_eq(s.len, 100002);
	ck_assert(s.buf[0] == '<' && s.buf[100001] == '>' && s.buf[50000] == 'x');
	free(text);
	seq_fini(&s);
}
END_TEST

START_TEST(escapes_are_octal)
{
	struct seq s = {0};

	seq_escape(&s, "a b\\c\nd", " \n\\");
	seq_putc(&s, '\0');
	ck_assert_str_eq(s.buf, "a\\040b\\134c\\012d");
	seq_fini(&s);
}
END_TEST

START_TEST(an_absurd_size_fails_and_stays_failed)
{
	struct seq s = {0};

	seq_puts(&s, "text");
	ck_assert_ptr_null(seq_reserve(&s, (size_t)1 << 40));
	ck_assert(s.failed);
	seq_puts(&s, "more");
	ck_assert_uint_eq(s.len, 4);
	seq_fini(&s);
}
END_TEST

Suite *suite_seq(void);
Suite *suite_seq(void)
{
	Suite *s = suite_create("seq");
	TCase *t = tcase_create("seq");

	tcase_add_test(t, text_grows_as_it_is_written);
	tcase_add_test(t, a_line_longer_than_the_stack_buffer_is_whole);
	tcase_add_test(t, escapes_are_octal);
	tcase_add_test(t, an_absurd_size_fails_and_stays_failed);
	suite_add_tcase(s, t);
	return s;
}
