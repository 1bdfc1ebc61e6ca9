/* The line discipline under a driver made of memory: what typing shows and what reading gives. */
#include "kernel/tty/tty.h"
#include "tests/unit/fakehost.h"

#include <check.h>

static struct task *task;
static struct tty *tty;
static struct file *file;

static void output(struct tty *t)
{
}

static const struct tty_ops ops = {.output = output};

static void setup(void)
{
	task = fake_task_create();
	current = task;
	tty = tty_create(&ops, NULL, 0x500);
	ck_assert_ptr_nonnull(tty);
	ck_assert_int_eq(
		file_anon("tty", &tty_file_ops, NULL, O_RDWR | O_NONBLOCK, S_IFCHR, &file), 0);
	ck_assert_int_eq(tty_open_file(tty, file, false), 0);
}

static void teardown(void)
{
	file_put(file);
	tty_put(tty);
	fake_task_destroy(task);
	fake_fini();
}

static void type(const char *s)
{
	ck_assert_uint_eq(tty_receive(tty, (const u8 *)s, strlen(s)), strlen(s));
}

/* What has been shown since the last time. */
static const char *shown(void)
{
	static char text[4096];
	size_t len = 0, n;
	const u8 *at;

	while ((n = ring_peek(&tty->out, &at)) > 0 && len + n < sizeof(text)) {
		memcpy(text + len, at, n);
		len += n;
		ring_drop(&tty->out, n);
	}
	text[len] = 0;
	tty_output_room(tty);
	return text;
}

/* One read: its text, or an error's number as text. */
static const char *reads(void)
{
	static char text[8192];
	struct uio u;
	ssize_t n;

	uio_kernel(&u, text, sizeof(text) - 1);
	n = ldisc_read(tty, file, &u);
	if (n < 0)
		return n == -EAGAIN ? "EAGAIN" : "error";
	text[n] = 0;
	return text;
}

static void set(u32 lset, u32 lclear)
{
	struct abi_termios2 old = tty->termios;

	tty->termios.lflag = (old.lflag | lset) & ~lclear;
	ldisc_termios_changed(tty, &old);
}

START_TEST(a_line_is_read_when_it_ends)
{
	type("ab");
	ck_assert_str_eq(reads(), "EAGAIN");
	type("c\r");
	ck_assert_str_eq(reads(), "abc\n");
	ck_assert_str_eq(shown(), "abc\r\n");
}
END_TEST

START_TEST(erase_word_and_kill_edit_the_line)
{
	type("one two three\027four\n");
	ck_assert_str_eq(reads(), "one two four\n");
	type("gone\025kept\n");
	ck_assert_str_eq(reads(), "kept\n");
	type("x\177\177\177y\n"); /* nothing left to erase */
	ck_assert_str_eq(reads(), "y\n");
}
END_TEST

START_TEST(erasing_a_tab_moves_to_where_the_text_ended)
{
	tty->ld.column = 3; /* a prompt */
	type("ab\tc\177\177");
	ck_assert_str_eq(shown(), "ab\tc\b \b\b\b\b");
}
END_TEST

START_TEST(erase_takes_a_whole_utf8_character)
{
	tty->termios.iflag |= IUTF8;
	type("a\342\202\254\177\n");
	ck_assert_str_eq(shown(), "a\342\202\254\b \b\r\n");
	ck_assert_str_eq(reads(), "a\n");
}
END_TEST

START_TEST(end_of_file_ends_a_line_without_a_character)
{
	type("ab\004cd\004\004");
	ck_assert_str_eq(reads(), "ab");
	ck_assert_str_eq(reads(), "cd");
	ck_assert_str_eq(reads(), "");
	ck_assert_str_eq(reads(), "EAGAIN");
}
END_TEST

START_TEST(an_overlong_line_keeps_its_end)
{
	for (int i = 0; i < 5000; i++)
		type("x");
	type("\n");
	ck_assert_uint_eq(strlen(reads()), 4096);
	type("next\n");
	ck_assert_str_eq(reads(), "next\n");
}
END_TEST

START_TEST(input_waits_behind_unread_lines)
{
	char line[101];
	unsigned total = 0;

	memset(line, 'l', 99);
	strcpy(line + 99, "\n");
	for (int i = 0; i < 100; i++)
		type(line);
	while (strcmp(reads(), "EAGAIN"))
		total++;
	ck_assert_uint_eq(total, 100);
}
END_TEST

START_TEST(typed_text_counts_as_a_line_when_the_mode_changes)
{
	set(0, ICANON);
	type("raw");
	set(ICANON, 0);
	ck_assert_str_eq(reads(), "raw");
	type("half");
	set(0, ICANON);
	ck_assert_str_eq(reads(), "half");
}
END_TEST

START_TEST(literal_next_disarms_a_control_character)
{
	type("\026\004\026\177\n");
	ck_assert_str_eq(reads(), "\004\177\n");
	ck_assert_str_eq(shown(), "^\b^D^\b^?\r\n");
}
END_TEST

START_TEST(echo_waits_while_output_is_stopped)
{
	type("\023ab");
	ck_assert_str_eq(shown(), "");
	type("\021");
	ck_assert_str_eq(shown(), "ab");
}
END_TEST

START_TEST(a_full_output_stops_echo_but_not_input)
{
	u8 fill[1024] = {0};

	while (ring_room(&tty->out))
		tty_out_put(tty, fill, sizeof(fill));
	type("line\n");
	ck_assert_str_eq(reads(), "line\n");
}
END_TEST

START_TEST(output_maps_newlines_and_tabs)
{
	tty->termios.oflag |= XTABS;
	ck_assert_uint_eq(ldisc_write(tty, (const u8 *)"a\tb\n\tc", 6), 6);
	ck_assert_str_eq(shown(), "a       b\r\n        c");
}
END_TEST

START_TEST(hanging_up_ends_reading)
{
	type("half");
	tty_hangup(tty);
	ck_assert_str_eq(reads(), "");
	ck_assert_ptr_null(tty_of(file));
}
END_TEST

Suite *suite_ldisc(void)
{
	Suite *s = suite_create("ldisc");
	TCase *t = tcase_create("ldisc");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_line_is_read_when_it_ends);
	tcase_add_test(t, erase_word_and_kill_edit_the_line);
	tcase_add_test(t, erasing_a_tab_moves_to_where_the_text_ended);
	tcase_add_test(t, erase_takes_a_whole_utf8_character);
	tcase_add_test(t, end_of_file_ends_a_line_without_a_character);
	tcase_add_test(t, an_overlong_line_keeps_its_end);
	tcase_add_test(t, input_waits_behind_unread_lines);
	tcase_add_test(t, typed_text_counts_as_a_line_when_the_mode_changes);
	tcase_add_test(t, literal_next_disarms_a_control_character);
	tcase_add_test(t, echo_waits_while_output_is_stopped);
	tcase_add_test(t, a_full_output_stops_echo_but_not_input);
	tcase_add_test(t, output_maps_newlines_and_tabs);
	tcase_add_test(t, hanging_up_ends_reading);
	suite_add_tcase(s, t);
	return s;
}
