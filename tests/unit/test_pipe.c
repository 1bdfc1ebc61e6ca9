/* Pipes through their system calls: transfer, ends, capacity, packets, sleeping and waking. */
#include "fs/fdtable.h"
#include "kernel/pipe.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <sys/syscall.h>

static struct task *task, *peer;
static int fd[2];

static void make_pipe(u32 flags)
{
	ck_assert_int_eq(CALL(pipe2, FAKE_BUF(0), flags), 0);
	memcpy(fd, FAKE_PTR(0), sizeof(fd));
}

static void setup(void)
{
	task = fake_task_create();
	peer = fake_task_create_peer(task);
	current = task;
	make_pipe(0);
}

static void teardown(void)
{
	fake_task_destroy(peer);
	fake_task_destroy(task);
	fake_fini();
}

static long put(const char *s)
{
	size_t len = strlen(s);

	memcpy(FAKE_PTR(1), s, len);
	return CALL(write, fd[1], FAKE_BUF(1), len);
}

static long get(size_t len)
{
	memset(FAKE_PTR(2), 0, 64);
	return CALL(read, fd[0], FAKE_BUF(2), len);
}

START_TEST(bytes_come_out_in_order)
{
	ck_assert_int_eq(put("hello "), 6);
	ck_assert_int_eq(put("world"), 5);
	ck_assert_int_eq(get(3), 3);
	ck_assert_str_eq(FAKE_PTR(2), "hel");
	ck_assert_int_eq(get(100), 8);
	ck_assert_str_eq(FAKE_PTR(2), "lo world");
}
END_TEST

START_TEST(many_sizes_wrap_around_correctly)
{
	u8 *in = FAKE_PTR(3), *out = FAKE_PTR(5);
	unsigned sent = 0, got = 0;

	for (unsigned round = 1; round < 3000; round += 7) {
		size_t n = round % 2500 + 1;

		for (size_t i = 0; i < n; i++)
			in[i] = sent++;
		ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(3), n), n);
		ck_assert_int_eq(CALL(read, fd[0], FAKE_BUF(5), 5000), n);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(out[i], (u8)got++);
	}
}
END_TEST

START_TEST(read_without_writers_is_end_of_file)
{
	put("x");
	CALL(close, fd[1]);
	ck_assert_int_eq(get(10), 1);
	ck_assert_int_eq(get(10), 0);
}
END_TEST

START_TEST(write_without_readers_gives_epipe)
{
	CALL(close, fd[0]);
	ck_assert_int_eq(put("x"), -EPIPE);
	ck_assert(signal_pending_set(task) & SIGBIT(SIGPIPE));
}
END_TEST

START_TEST(small_writes_are_all_or_nothing)
{
	CALL(close, fd[0]);
	CALL(close, fd[1]);
	make_pipe(O_NONBLOCK);
	ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(3), 65000), 65000);
	ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(3), 4096), -EAGAIN);
	ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(3), 500), 500);
	ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(3), 65000), 36);
	ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(3), 1), -EAGAIN);
}
END_TEST

START_TEST(a_faulting_buffer_moves_nothing)
{
	ck_assert_int_eq(CALL(write, fd[1], 8, 5), -EFAULT);
	put("abc");
	ck_assert_int_eq(CALL(read, fd[0], 8, 5), -EFAULT);
	ck_assert_int_eq(get(5), 3);
}
END_TEST

START_TEST(packets_keep_their_borders)
{
	CALL(close, fd[0]);
	CALL(close, fd[1]);
	make_pipe(O_DIRECT | O_NONBLOCK);
	put("one");
	put("second");
	ck_assert_int_eq(get(2), 2); /* its rest is lost */
	ck_assert_int_eq(get(100), 6);
	ck_assert_int_eq(get(100), -EAGAIN);
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(put("p"), 1);
	ck_assert_int_eq(put("p"), -EAGAIN);
}
END_TEST

START_TEST(resizing_keeps_the_contents)
{
	struct file *f = fd_file(fd[0]);

	put("0123456789");
	get(5);
	ck_assert_int_eq(pipe_fcntl(f, F_SETPIPE_SZ, 1 << 20), 1 << 20);
	ck_assert_int_eq(pipe_fcntl(f, F_SETPIPE_SZ, 100), 4096);
	ck_assert_int_eq(pipe_fcntl(f, F_SETPIPE_SZ, 1ull << 31 | 1), -EINVAL);
	ck_assert_int_eq(get(50), 5);
	ck_assert_str_eq(FAKE_PTR(2), "56789");
	file_put(f);
}
END_TEST

static long result;

static void reader(void *arg)
{
	result = CALL(read, fd[0], FAKE_BUF(2), 100);
}

static void writer(void *arg)
{
	result = CALL(write, fd[1], FAKE_BUF(3), 20000);
}

START_TEST(a_reader_sleeps_until_data_comes)
{
	ck_assert(!fake_run(task, reader, NULL));
	put("late");
	fake_run_all();
	ck_assert_int_eq(result, 4);
}
END_TEST

START_TEST(a_reader_sleeps_until_the_writer_leaves)
{
	ck_assert(!fake_run(task, reader, NULL));
	result = -1;
	CALL(close, fd[1]);
	fake_run_all();
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(a_writer_sleeps_until_there_is_room)
{
	ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(3), 65000), 65000);
	result = -1;
	ck_assert(!fake_run(task, writer, NULL));
	ck_assert_int_eq(CALL(read, fd[0], FAKE_BUF(5), 10000), 10000);
	fake_run_all();
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(CALL(read, fd[0], FAKE_BUF(5), 65536), 65536);
	fake_run_all();
	ck_assert_int_eq(result, 20000);
}
END_TEST

Suite *suite_pipe(void)
{
	Suite *s = suite_create("pipe");
	TCase *t = tcase_create("pipe");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bytes_come_out_in_order);
	tcase_add_test(t, many_sizes_wrap_around_correctly);
	tcase_add_test(t, read_without_writers_is_end_of_file);
	tcase_add_test(t, write_without_readers_gives_epipe);
	tcase_add_test(t, small_writes_are_all_or_nothing);
	tcase_add_test(t, a_faulting_buffer_moves_nothing);
	tcase_add_test(t, packets_keep_their_borders);
	tcase_add_test(t, resizing_keeps_the_contents);
	tcase_add_test(t, a_reader_sleeps_until_data_comes);
	tcase_add_test(t, a_reader_sleeps_until_the_writer_leaves);
	tcase_add_test(t, a_writer_sleeps_until_there_is_room);
	suite_add_tcase(s, t);
	return s;
}
