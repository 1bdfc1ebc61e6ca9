/* Descriptor tables: lowest free number, limits, dup, close-on-exec, copies, close_range. */
#include "fs/fdtable.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <sys/syscall.h>

static struct task *t;
static unsigned released;

static void count_release(struct file *f)
{
	released++;
}

static const struct file_ops counting_ops = {.release = count_release, .stream = true};

static long open_one(void)
{
	struct file *f;
	int fd;

	ck_assert_int_eq(file_anon("anon_inode:[test]", &counting_ops, NULL, O_RDWR, 0600, &f), 0);
	fd = fd_install(f, 0, false);
	if (fd < 0)
		file_put(f);
	return fd;
}

static void setup(void)
{
	t = fake_task_create();
	released = 0;
}

static void teardown(void)
{
	fake_task_destroy(t);
	fake_fini();
}

START_TEST(the_lowest_free_number_is_taken)
{
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(open_one(), i);
	ck_assert_int_eq(CALL(close, 1), 0);
	ck_assert_int_eq(CALL(close, 3), 0);
	ck_assert_int_eq(CALL(dup, 0), 1);
	ck_assert_int_eq(CALL(dup, 0), 3);
	ck_assert_int_eq(CALL(dup, 0), 5);
	ck_assert_int_eq(CALL(fcntl, 0, F_DUPFD, 100), 100);
	ck_assert_int_eq(CALL(fcntl, 0, F_DUPFD, 100), 101);
	ck_assert_int_eq(CALL(dup, 0), 6);
	ck_assert_int_eq(CALL(close, 99), -EBADF);
	ck_assert_int_eq(CALL(close, -1), -EBADF);
	ck_assert_int_eq(CALL(dup, 99), -EBADF);
}
END_TEST

START_TEST(the_limit_is_emfile_and_nothing_leaks)
{
	t->tg->rlim[RLIMIT_NOFILE].rlim_cur = 40;
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(open_one(), i);
	ck_assert_int_eq(open_one(), -EMFILE);
	ck_assert_uint_eq(released, 1);
	ck_assert_int_eq(CALL(dup, 0), -EMFILE);
	ck_assert_int_eq(CALL(fcntl, 0, F_DUPFD, 40), -EINVAL);
	ck_assert_int_eq(CALL(dup2, 0, 40), -EBADF);
	ck_assert_int_eq(CALL(dup2, 0, 39), 39);
	ck_assert_uint_eq(released, 2);
}
END_TEST

START_TEST(dup2_closes_and_dup3_checks)
{
	open_one();
	open_one();
	ck_assert_int_eq(CALL(dup2, 0, 1), 1);
	ck_assert_uint_eq(released, 1);
	ck_assert_int_eq(CALL(dup2, 0, 0), 0);
	ck_assert_int_eq(CALL(dup2, 5, 5), -EBADF);
	ck_assert_int_eq(CALL(dup3, 0, 0, 0), -EINVAL);
	ck_assert_int_eq(CALL(dup3, 0, 7, O_CLOEXEC), 7);
	ck_assert_int_eq(CALL(fcntl, 7, F_GETFD), 1);
	ck_assert_int_eq(CALL(fcntl, 1, F_GETFD), 0);
	files_close_on_exec(t->files);
	ck_assert_int_eq(CALL(fcntl, 7, F_GETFD), -EBADF);
}
END_TEST

START_TEST(a_copy_keeps_files_open)
{
	struct files *copy;

	open_one();
	ck_assert_int_eq(CALL(dup2, 0, 200), 200);
	copy = files_copy(t->files);
	ck_assert_int_eq(CALL(close, 0), 0);
	ck_assert_int_eq(CALL(close, 200), 0);
	ck_assert_uint_eq(released, 0);
	files_put(copy);
	ck_assert_uint_eq(released, 1);
}
END_TEST

START_TEST(close_range_closes_marks_and_unshares)
{
	for (int i = 0; i < 10; i++)
		open_one();
	ck_assert_int_eq(CALL(close_range, 8, ~0u, 0), 0);
	ck_assert_uint_eq(released, 2);
	ck_assert_int_eq(CALL(close_range, 2, 3, 4), 0);
	ck_assert_int_eq(CALL(fcntl, 2, F_GETFD), 1);
	ck_assert_int_eq(CALL(fcntl, 4, F_GETFD), 0);
	struct files *shared = files_get(t->files);
	ck_assert_int_eq(CALL(close_range, 0, ~0u, 2), 0);
	ck_assert_uint_eq(released, 2);
	ck_assert_ptr_ne(shared, t->files);
	files_put(shared);
	ck_assert_uint_eq(released, 10);
	ck_assert_int_eq(CALL(close_range, 3, 2, 0), -EINVAL);
}
END_TEST

START_TEST(anonymous_files_have_their_name_and_number)
{
	struct file *f;
	char buf[64];

	ck_assert_int_eq(
		file_anon("pipe:[42]", &counting_ops, NULL, O_RDWR, S_IFIFO | 0600, &f), 0);
	ck_assert_str_eq(d_path(&f->path, buf, sizeof(buf)), "pipe:[42]");
	ck_assert_uint_eq(f->inode->ino, 42);
	file_put(f);
}
END_TEST

Suite *suite_fdtable(void);
Suite *suite_fdtable(void)
{
	Suite *s = suite_create("fdtable");
	TCase *tc = tcase_create("descriptors");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_lowest_free_number_is_taken);
	tcase_add_test(tc, the_limit_is_emfile_and_nothing_leaks);
	tcase_add_test(tc, dup2_closes_and_dup3_checks);
	tcase_add_test(tc, a_copy_keeps_files_open);
	tcase_add_test(tc, close_range_closes_marks_and_unshares);
	tcase_add_test(tc, anonymous_files_have_their_name_and_number);
	suite_add_tcase(s, tc);
	return s;
}
