/* The kernel's part of the machine's memory: what is charged for it, and where it ends. */
#include "fs/fdtable.h"
#include "kernel/charge.h"
#include "kernel/meminfo.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <sys/syscall.h>

#define MIB (1ul << 20)

static struct task *task;
static struct mem_charges before;

static u64 charged(void)
{
	return mem_charges.pages + mem_charges.buffers + mem_charges.files;
}

static void setup(void)
{
	task = fake_task_create();
	before = mem_charges;
}

static void teardown(void)
{
	machine_mem_limit = 0;
	fake_task_destroy(task);
	fake_fini();
	ck_assert_uint_eq(charged(), 0);
}

static int make_file(const char *name)
{
	return (int)CALL(openat, (u64)AT_FDCWD, fake_str(name), O_RDWR | O_CREAT, 0644);
}

static long put(int fd, size_t len, u64 pos)
{
	return CALL(pwrite64, fd, FAKE_BUF(0), len, pos);
}

START_TEST(a_file_in_memory_is_charged_until_it_is_gone)
{
	int fd = make_file("f");

	ck_assert_int_eq(put(fd, PAGE_SIZE, 0), PAGE_SIZE);
	ck_assert_uint_ge(mem_charges.pages, before.pages + PAGE_SIZE);
	ck_assert_int_eq(CALL(unlinkat, (u64)AT_FDCWD, fake_str("f"), 0), 0);
	ck_assert_uint_ge(mem_charges.pages, before.pages + PAGE_SIZE);
	CALL(close, fd);
	ck_assert_uint_lt(mem_charges.pages, before.pages + PAGE_SIZE);
}
END_TEST

START_TEST(a_large_file_moves_its_charge_to_the_host_file)
{
	int fd = make_file("f");

	ck_assert_int_eq(put(fd, PAGE_SIZE, 0), PAGE_SIZE);
	ck_assert_int_eq(put(fd, PAGE_SIZE, 2 * MIB), PAGE_SIZE);
	ck_assert_uint_gt(mem_charges.files, before.files);
	ck_assert_uint_lt(mem_charges.pages, before.pages + PAGE_SIZE);
	ck_assert_int_eq(CALL(ftruncate, fd, 0), 0);
	ck_assert_uint_eq(mem_charges.files, before.files);
	CALL(close, fd);
}
END_TEST

START_TEST(a_file_past_the_limit_gives_enomem_and_room_again_once_it_is_removed)
{
	int fd = make_file("f");
	u64 pos = 0;
	long ret;

	machine_mem_limit = MIB;
	fake_advance(NSEC_PER_SEC);
	while ((ret = put(fd, PAGE_SIZE, pos)) == PAGE_SIZE)
		pos += PAGE_SIZE;
	ck_assert_int_eq(ret, -ENOMEM);
	ck_assert_uint_le(charged(), MIB * 7 / 8);
	ck_assert_uint_gt(charged(), MIB * 3 / 4);
	ck_assert_int_eq(CALL(ftruncate, fd, 0), 0);
	ck_assert_int_eq(put(fd, PAGE_SIZE, 0), PAGE_SIZE);
	CALL(close, fd);
}
END_TEST

START_TEST(pipe_buffers_are_charged)
{
	int fd[2];

	ck_assert_int_eq(CALL(pipe2, FAKE_BUF(1), 0), 0);
	memcpy(fd, FAKE_PTR(1), sizeof(fd));
	ck_assert_uint_eq(mem_charges.buffers, before.buffers);
	ck_assert_int_eq(CALL(write, fd[1], FAKE_BUF(0), 10000), 10000);
	ck_assert_uint_ge(mem_charges.buffers, before.buffers + 10000);
	CALL(close, fd[0]);
	CALL(close, fd[1]);
	ck_assert_uint_eq(mem_charges.buffers, before.buffers);
}
END_TEST

START_TEST(meminfo_shows_the_limit)
{
	struct meminfo m;

	machine_mem_limit = 16 * MIB;
	ck_assert_int_eq(meminfo_get(&m), 0);
	ck_assert_uint_eq(m.total, 16 * MIB);
	ck_assert_uint_le(m.free, m.total);
}
END_TEST

Suite *suite_charge(void)
{
	Suite *s = suite_create("charge");
	TCase *tc = tcase_create("memory");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_in_memory_is_charged_until_it_is_gone);
	tcase_add_test(tc, a_large_file_moves_its_charge_to_the_host_file);
	tcase_add_test(tc, a_file_past_the_limit_gives_enomem_and_room_again_once_it_is_removed);
	tcase_add_test(tc, pipe_buffers_are_charged);
	tcase_add_test(tc, meminfo_shows_the_limit);
	suite_add_tcase(s, tc);
	return s;
}
