/* File locks: ranges that split and join, conflicts between owners, waiting, circles, and what
 * close(2) takes away. */
#include "fs/fdtable.h"
#include "fs/flock.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <stdio.h>
#include <sys/syscall.h>

static struct task *a, *b;

static void setup(void)
{
	a = fake_task_create();
	b = fake_task_create_peer(a);
	ck_assert_int_eq(CALL(open, fake_str("/f"), O_CREAT | O_RDWR, 0644), 0);
	current = b;
	ck_assert_int_eq(CALL(open, fake_str("/f"), O_RDWR, 0), 0);
	current = a;
}

static void teardown(void)
{
	fake_task_destroy(b);
	fake_task_destroy(a);
	fake_fini();
}

static long lock_cmd(struct task *t, int fd, int cmd, short type, s64 start, s64 len)
{
	struct flock fl = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	struct task *old = current;
	long ret;

	current = t;
	memcpy(FAKE_PTR(6), &fl, sizeof(fl));
	ret = CALL(fcntl, fd, cmd, FAKE_BUF(6));
	current = old;
	return ret;
}

static long lock(struct task *t, short type, s64 start, s64 len)
{
	return lock_cmd(t, 0, F_SETLK, type, start, len);
}

static char text[512];

static void show(const struct flock_info *l, void *arg)
{
	char line[64];

	snprintf(line, sizeof(line), "%c%c%llu-%lld ", l->type[0], l->write ? 'w' : 'r',
		(unsigned long long)l->start, (long long)l->end);
	strcat(text, line);
}

static const char *locks(void)
{
	text[0] = 0;
	flock_for_each(show, NULL);
	return text;
}

START_TEST(ranges_split_join_and_change_type)
{
	ck_assert_int_eq(lock(a, F_WRLCK, 10, 30), 0);
	ck_assert_str_eq(locks(), "Pw10-39 ");
	ck_assert_int_eq(lock(a, F_UNLCK, 20, 5), 0);
	ck_assert_str_eq(locks(), "Pw10-19 Pw25-39 ");
	ck_assert_int_eq(lock(a, F_WRLCK, 20, 5), 0);
	ck_assert_str_eq(locks(), "Pw10-39 ");
	ck_assert_int_eq(lock(a, F_RDLCK, 0, 15), 0);
	ck_assert_str_eq(locks(), "Pw15-39 Pr0-14 ");
	ck_assert_int_eq(lock(a, F_UNLCK, 0, 0), 0);
	ck_assert_str_eq(locks(), "");
	ck_assert_int_eq(lock(a, F_WRLCK, 5, 0), 0);
	ck_assert_str_eq(locks(), "Pw5--1 ");
	ck_assert_int_eq(lock(a, F_UNLCK, 100, 0), 0);
	ck_assert_str_eq(locks(), "Pw5-99 ");
	ck_assert_int_eq(lock(a, F_WRLCK, -1, 5), -EINVAL);
	ck_assert_int_eq(lock(a, F_WRLCK, 3, -5), -EINVAL);
	ck_assert_int_eq(lock(a, 7, 0, 1), -EINVAL);
}
END_TEST

START_TEST(owners_conflict_unless_both_read)
{
	struct flock fl;

	ck_assert_int_eq(lock(a, F_RDLCK, 0, 10), 0);
	ck_assert_int_eq(lock(b, F_RDLCK, 5, 10), 0);
	ck_assert_int_eq(lock(b, F_WRLCK, 5, 10), -EAGAIN);
	ck_assert_int_eq(lock(b, F_WRLCK, 10, 10), 0);
	ck_assert_int_eq(lock_cmd(b, 0, F_GETLK, F_WRLCK, 0, 0), 0);
	memcpy(&fl, FAKE_PTR(6), sizeof(fl));
	ck_assert_int_eq(fl.l_type, F_RDLCK);
	ck_assert_int_eq(fl.l_start, 0);
	ck_assert_int_eq(fl.l_len, 10);
	ck_assert_int_eq(fl.l_pid, a->tg->pid);
	ck_assert_int_eq(lock_cmd(b, 0, F_GETLK, F_RDLCK, 0, 5), 0);
	memcpy(&fl, FAKE_PTR(6), sizeof(fl));
	ck_assert_int_eq(fl.l_type, F_UNLCK);
}
END_TEST

START_TEST(any_close_drops_posix_locks_but_not_ofd_ones)
{
	long fd = CALL(open, fake_str("/f"), O_RDWR, 0);

	ck_assert_int_eq(lock(a, F_WRLCK, 0, 10), 0);
	ck_assert_int_eq(lock_cmd(a, 0, F_OFD_SETLK, F_WRLCK, 20, 10), 0);
	ck_assert_int_eq(CALL(close, fd), 0);
	ck_assert_str_eq(locks(), "Ow20-29 ");
	ck_assert_int_eq(lock_cmd(a, 0, F_OFD_SETLK, F_WRLCK, 0, 5), 0);
	ck_assert_int_eq(lock(a, F_WRLCK, 25, 1), -EAGAIN);
	ck_assert_int_eq(CALL(close, 0), 0);
	ck_assert_str_eq(locks(), "");
}
END_TEST

static long got;

static void wait_for_lock(void *arg)
{
	got = lock_cmd(current, 0, F_SETLKW, F_WRLCK, (long)arg, 1);
}

START_TEST(a_waiter_gets_the_lock_when_it_is_released)
{
	got = -1;
	ck_assert_int_eq(lock(a, F_WRLCK, 0, 10), 0);
	ck_assert(!fake_run(b, wait_for_lock, (void *)5));
	ck_assert_int_eq(lock(a, F_UNLCK, 0, 5), 0);
	fake_run_all();
	ck_assert_int_eq(got, -1);
	ck_assert_int_eq(lock(a, F_UNLCK, 5, 1), 0);
	fake_run_all();
	ck_assert_int_eq(got, 0);
	ck_assert_int_eq(lock(a, F_RDLCK, 5, 1), -EAGAIN);
}
END_TEST

START_TEST(a_circle_of_waiters_is_refused)
{
	ck_assert_int_eq(lock(a, F_WRLCK, 0, 1), 0);
	ck_assert_int_eq(lock(b, F_WRLCK, 1, 1), 0);
	ck_assert(!fake_run(b, wait_for_lock, (void *)0));
	ck_assert(fake_run(a, wait_for_lock, (void *)1));
	ck_assert_int_eq(got, -EDEADLK);
	ck_assert_int_eq(lock(a, F_UNLCK, 0, 0), 0);
	fake_run_all();
	ck_assert_int_eq(got, 0);
}
END_TEST

static void wait_for_flock(void *arg)
{
	got = CALL(flock, 0, 2);
}

START_TEST(flock_belongs_to_the_open_file)
{
	got = -1;
	ck_assert_int_eq(CALL(flock, 0, 1), 0);
	ck_assert_int_eq(CALL(dup, 0), 1);
	ck_assert_int_eq(lock(a, F_WRLCK, 0, 0), 0); /* another kind: no conflict */
	ck_assert(!fake_run(b, wait_for_flock, NULL));
	ck_assert_int_eq(CALL(close, 0), 0);
	fake_run_all();
	ck_assert_int_eq(got, -1);
	ck_assert_int_eq(CALL(flock, 1, 2 | 4), 0); /* upgrade: alone on it */
	ck_assert_int_eq(CALL(close, 1), 0);
	fake_run_all();
	ck_assert_int_eq(got, 0);
	ck_assert_int_eq(CALL(open, fake_str("/f"), O_RDONLY, 0), 0);
	ck_assert_int_eq(CALL(flock, 0, 1 | 4), -EAGAIN);
	ck_assert_int_eq(CALL(flock, 0, 3), -EINVAL);
}
END_TEST

Suite *suite_flock(void);
Suite *suite_flock(void)
{
	Suite *s = suite_create("flock");
	TCase *tc = tcase_create("locks");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ranges_split_join_and_change_type);
	tcase_add_test(tc, owners_conflict_unless_both_read);
	tcase_add_test(tc, any_close_drops_posix_locks_but_not_ofd_ones);
	tcase_add_test(tc, a_waiter_gets_the_lock_when_it_is_released);
	tcase_add_test(tc, a_circle_of_waiters_is_refused);
	tcase_add_test(tc, flock_belongs_to_the_open_file);
	suite_add_tcase(s, tc);
	return s;
}
