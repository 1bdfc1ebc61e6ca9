/* Copies to and from guest memory, strings, and struct uio over one or many buffers. */
#include "kernel/uaccess.h"

#include "tests/unit/fakehost.h"

#include <check.h>

static struct task *t;

static void setup(void)
{
	t = fake_task_create();
}

static void teardown(void)
{
	fake_task_destroy(t);
	fake_fini();
}

#define END (FAKE_MEM + FAKE_MEM_SIZE)

START_TEST(bad_ranges_are_efault)
{
	char b[16];

	ck_assert_int_eq(copy_from_user(b, END - 16, 16), 0);
	ck_assert_int_eq(copy_from_user(b, END - 15, 16), -EFAULT);
	ck_assert_int_eq(copy_from_user(b, 0, 1), -EFAULT);
	ck_assert_int_eq(copy_from_user(b, 0, 0), 0);
	ck_assert_int_eq(copy_from_user(b, ~0ull, 1), -EFAULT);
	ck_assert_int_eq(copy_to_user(~0ull - 4, b, 16), -EFAULT);
	ck_assert_int_eq(clear_user(END - 8, 8), 0);
	ck_assert_int_eq(clear_user(END - 8, 9), -EFAULT);
}
END_TEST

START_TEST(strings_end_before_memory_does)
{
	char b[600];
	char *name;

	strcpy(fake_mem + FAKE_MEM_SIZE - 6, "hello");
	ck_assert_int_eq(strncpy_from_user(b, END - 6, sizeof(b)), 5);
	ck_assert_str_eq(b, "hello");
	ck_assert_int_eq(strncpy_from_user(b, END - 6, 5), -ENAMETOOLONG);
	fake_mem[FAKE_MEM_SIZE - 1] = '!';
	ck_assert_int_eq(strncpy_from_user(b, END - 6, sizeof(b)), -EFAULT);
	memset(fake_mem, 'x', 500);
	fake_mem[500] = 0;
	ck_assert_int_eq(strncpy_from_user(b, FAKE_MEM, sizeof(b)), 500);
	ck_assert_int_eq(getname(FAKE_MEM, &name), 0);
	ck_assert_uint_eq(strlen(name), 500);
	free(name);
	memset(fake_mem, 'x', 5000);
	ck_assert_int_eq(getname(FAKE_MEM, &name), -ENAMETOOLONG);
}
END_TEST

static void put_iov(unsigned i, u64 base, size_t len)
{
	struct iovec v = {.iov_base = (void *)base, .iov_len = len};

	memcpy((char *)FAKE_PTR(1) + i * sizeof(v), &v, sizeof(v));
}

START_TEST(vectors_are_checked)
{
	struct iovec *array;
	struct uio u;

	put_iov(0, FAKE_MEM, 5);
	put_iov(1, FAKE_MEM, ~0ull);
	ck_assert_int_eq(uio_user_vec(&u, FAKE_BUF(1), 1025, &array), -EINVAL);
	ck_assert_int_eq(uio_user_vec(&u, FAKE_BUF(1), 2, &array), -EINVAL);
	ck_assert_int_eq(uio_user_vec(&u, END, 1, &array), -EFAULT);
	put_iov(1, ~0ull - 3, 100);
	ck_assert_int_eq(uio_user_vec(&u, FAKE_BUF(1), 2, &array), -EFAULT);
	put_iov(0, 0, 0x7fffffff);
	put_iov(1, 0, 0x7fffffff);
	ck_assert_int_eq(uio_user_vec(&u, FAKE_BUF(1), 2, &array), 0);
	ck_assert_uint_eq(u.left, UIO_MAX_BYTES);
	free(array);
	ck_assert_int_eq(uio_user_vec(&u, 0, 0, &array), 0);
	ck_assert_uint_eq(u.left, 0);
	free(array);
}
END_TEST

START_TEST(scattered_buffers_are_filled_in_order)
{
	struct iovec *array;
	struct uio u;
	char all[64], *p = FAKE_PTR(2);

	for (unsigned i = 0; i < 40; i++)
		put_iov(i, FAKE_BUF(2) + i * 4, i % 3 == 2 ? 0 : 2);
	ck_assert_int_eq(uio_user_vec(&u, FAKE_BUF(1), 40, &array), 0);
	ck_assert_uint_eq(u.left, 54);
	for (int i = 0; i < 64; i++)
		all[i] = (char)('0' + i);
	ck_assert_int_eq(uio_put(&u, all, 3), 3);
	ck_assert_int_eq(uio_put(&u, all + 3, 61), 51);
	ck_assert_uint_eq(u.left, 0);
	ck_assert_mem_eq(p, "01", 2);
	ck_assert_mem_eq(p + 4, "23", 2);
	ck_assert_mem_eq(p + 12, "45", 2);
	ck_assert_int_eq(uio_put(&u, all, 1), 0);
	free(array);
}
END_TEST

START_TEST(a_fault_in_the_middle_is_a_short_copy)
{
	struct uio u;
	char b[100];

	uio_user(&u, END - 10, 100);
	ck_assert_int_eq(uio_get(&u, b, 100), 10);
	ck_assert_uint_eq(u.left, 90);
	ck_assert_int_eq(uio_get(&u, b, 90), -EFAULT);
	uio_user(&u, END - 10, 100);
	ck_assert_int_eq(uio_put_zeros(&u, 100), 10);
	uio_kernel(&u, b, sizeof(b));
	ck_assert_int_eq(uio_put_zeros(&u, 60), 60);
	ck_assert_int_eq(uio_put(&u, "z", 1), 1);
	ck_assert_int_eq(b[60], 'z');
}
END_TEST

Suite *suite_uaccess(void);
Suite *suite_uaccess(void)
{
	Suite *s = suite_create("uaccess");
	TCase *tc = tcase_create("uaccess");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, bad_ranges_are_efault);
	tcase_add_test(tc, strings_end_before_memory_does);
	tcase_add_test(tc, vectors_are_checked);
	tcase_add_test(tc, scattered_buffers_are_filled_in_order);
	tcase_add_test(tc, a_fault_in_the_middle_is_a_short_copy);
	suite_add_tcase(s, tc);
	return s;
}
