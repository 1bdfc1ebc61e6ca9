/* tmpfs contents, directories, limits, xattrs and memfds, through the system calls. */
#include "fs/fdtable.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/os.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <stdio.h>
#include <sys/syscall.h>

static struct task *task;

static void setup(void)
{
	task = fake_task_create();
	ck_assert_int_eq(fs_register(&tmpfs_fs_type), 0);
}

static void teardown(void)
{
	fake_task_destroy(task);
	fake_fini();
}

static long open_(const char *p, int flags)
{
	return CALL(open, fake_str(p), flags, 0644);
}
static long create(const char *p)
{
	return open_(p, O_CREAT | O_RDWR);
}
static struct stat fstat_(long fd)
{
	struct stat st;

	ck_assert_int_eq(CALL(fstat, fd, FAKE_BUF(0)), 0);
	memcpy(&st, FAKE_PTR(0), sizeof(st));
	return st;
}
static long put(long fd, const char *text, u64 pos)
{
	return CALL(pwrite64, fd, fake_str(text), strlen(text), pos);
}
static void expect(long fd, u64 pos, const char *bytes, size_t len)
{
	memset(FAKE_PTR(1), 'x', len);
	ck_assert_int_eq(CALL(pread64, fd, FAKE_BUF(1), len, pos), (long)len);
	ck_assert_mem_eq(FAKE_PTR(1), bytes, len);
}

START_TEST(contents_are_read_back_across_pages)
{
	long fd = create("/f");
	char *p = FAKE_PTR(2);

	for (int i = 0; i < 10000; i++)
		p[i] = (char)(i * 7);
	ck_assert_int_eq(CALL(write, fd, FAKE_BUF(2), 10000), 10000);
	ck_assert_int_eq(CALL(lseek, fd, 0, SEEK_CUR), 10000);
	expect(fd, 0, p, 10000);
	expect(fd, 4090, p + 4090, 20);
	ck_assert_int_eq(CALL(pread64, fd, FAKE_BUF(1), 100, 9950), 50);
	ck_assert_int_eq(CALL(pread64, fd, FAKE_BUF(1), 100, 10000), 0);
	ck_assert_int_eq(fstat_(fd).st_size, 10000);
	ck_assert_int_eq(fstat_(fd).st_blocks, 24);
}
END_TEST

START_TEST(holes_read_as_zeros_and_cost_nothing)
{
	static const char zeros[100];
	long fd = create("/f");

	put(fd, "end", 100000);
	ck_assert_int_eq(fstat_(fd).st_size, 100003);
	ck_assert_int_eq(fstat_(fd).st_blocks, 8);
	expect(fd, 50000, zeros, 100);
	ck_assert_int_eq(CALL(lseek, fd, 0, SEEK_DATA), 98304);
	ck_assert_int_eq(CALL(lseek, fd, 0, SEEK_HOLE), 0);
	ck_assert_int_eq(CALL(lseek, fd, 98304, SEEK_HOLE), 100003);
	ck_assert_int_eq(CALL(lseek, fd, 100003, SEEK_DATA), -ENXIO);
}
END_TEST

START_TEST(truncating_leaves_no_old_bytes)
{
	static const char zeros[10];
	long fd = create("/f");

	put(fd, "0123456789", 0);
	ck_assert_int_eq(CALL(ftruncate, fd, 3), 0);
	ck_assert_int_eq(CALL(ftruncate, fd, 10), 0);
	expect(fd, 3, zeros, 7);
	ck_assert_int_eq(CALL(ftruncate, fd, -1), -EINVAL);
	ck_assert_int_eq(CALL(truncate, fake_str("/"), 0), -EISDIR);
	CALL(close, open_("/f", O_RDONLY | O_TRUNC));
	ck_assert_int_eq(fstat_(fd).st_size, 0);
	ck_assert_int_eq(fstat_(fd).st_blocks, 0);
}
END_TEST

START_TEST(large_files_move_to_the_host_and_stay_the_same)
{
	long fd = create("/f");

	put(fd, "start", 0);
	put(fd, "far", 5 << 20);
	expect(fd, 0, "start", 5);
	expect(fd, 5 << 20, "far", 3);
	ck_assert_int_eq(fstat_(fd).st_size, (5 << 20) + 3);
	ck_assert_int_lt(fstat_(fd).st_blocks, 100);
	ck_assert_int_eq(CALL(ftruncate, fd, 100), 0);
	expect(fd, 0, "start", 5);
	ck_assert_int_eq(fstat_(fd).st_size, 100);
}
END_TEST

START_TEST(mapping_shares_contents_with_the_file)
{
	long fd = create("/f");
	struct file *f;
	char buf[5];
	u64 off = 0;
	int hfd;

	put(fd, "hello", 0);
	f = fd_file((int)fd);
	hfd = f->ops->mmap_hfd(f, true, &off);
	ck_assert_int_ge(hfd, 0);
	ck_assert_int_eq(os_pwrite(hfd, "J", 1, 0), 1);
	expect(fd, 0, "Jello", 5);
	put(fd, "y", 4);
	ck_assert_int_eq(os_pread(hfd, buf, 5, 0), 5);
	ck_assert_mem_eq(buf, "Jelly", 5);
	os_close(hfd);
	hfd = f->ops->mmap_hfd(f, false, &off);
	ck_assert_int_lt(os_pwrite(hfd, "x", 1, 0), 0);
	os_close(hfd);
	file_put(f);
}
END_TEST

START_TEST(fallocate_reserves_punches_and_zeroes)
{
	static const char zeros[4096];
	long fd = create("/f");

	ck_assert_int_eq(CALL(fallocate, fd, 0, 0, 20000), 0);
	ck_assert_int_eq(fstat_(fd).st_size, 20000);
	ck_assert_int_eq(fstat_(fd).st_blocks, 40);
	put(fd, "text", 4096);
	ck_assert_int_eq(CALL(fallocate, fd, 3, 4096, 4096), 0);
	expect(fd, 4096, zeros, 4096);
	ck_assert_int_eq(fstat_(fd).st_blocks, 32);
	ck_assert_int_eq(CALL(fallocate, fd, 1, 100000, 1), 0);
	ck_assert_int_eq(fstat_(fd).st_size, 20000);
	ck_assert_int_eq(CALL(fallocate, fd, 2, 0, 1), -EOPNOTSUPP);
	ck_assert_int_eq(CALL(fallocate, fd, 0, 0, 0), -EINVAL);
}
END_TEST

START_TEST(limits_of_size_and_inodes_give_enospc)
{
	long fd;

	CALL(mkdir, fake_str("/m"), 0755);
	ck_assert_int_eq(CALL(mount, fake_str("t"), fake_str("/m"), fake_str("tmpfs"), 0,
				 fake_str("size=16k,nr_inodes=3")),
		0);
	fd = create("/m/f");
	ck_assert_int_eq(CALL(write, fd, FAKE_BUF(4), 20000), 16384);
	ck_assert_int_eq(CALL(write, fd, FAKE_BUF(4), 1), -ENOSPC);
	ck_assert_int_eq(CALL(ftruncate, fd, 0), 0);
	ck_assert_int_eq(CALL(write, fd, FAKE_BUF(4), 4096), 4096);
	ck_assert_int_ge(create("/m/g"), 0);
	ck_assert_int_eq(create("/m/h"), -ENOSPC);
	ck_assert_int_eq(
		CALL(setxattr, fake_str("/m/g"), fake_str("user.a"), FAKE_BUF(4), 20000, 0),
		-ENOSPC);
	ck_assert_int_eq(
		CALL(setxattr, fake_str("/m/g"), fake_str("user.a"), FAKE_BUF(4), 10000, 0), 0);
	ck_assert_int_eq(CALL(pwrite64, fd, FAKE_BUF(4), 4096, 4096), -ENOSPC);
	ck_assert_int_eq(CALL(removexattr, fake_str("/m/g"), fake_str("user.a")), 0);
	ck_assert_int_eq(CALL(pwrite64, fd, FAKE_BUF(4), 4096, 4096), 4096);
	ck_assert_int_eq(CALL(unlink, fake_str("/m/f")), 0);
	CALL(close, fd);
	ck_assert_int_ge(create("/m/h"), 0);
	ck_assert_int_eq(CALL(mount, fake_str("t"), fake_str("/m"), fake_str("tmpfs"), 0,
				 fake_str("nonsense=1")),
		-EINVAL);
}
END_TEST

START_TEST(an_unlinked_file_lives_while_it_is_open)
{
	long fd = create("/f");

	put(fd, "alive", 0);
	ck_assert_int_eq(CALL(unlink, fake_str("/f")), 0);
	ck_assert_int_eq(open_("/f", O_RDONLY), -ENOENT);
	expect(fd, 0, "alive", 5);
	ck_assert_uint_eq(fstat_(fd).st_nlink, 0);
}
END_TEST

/* Names of one getdents64 buffer of size bytes, appended to out. */
static unsigned read_names(long fd, unsigned size, char *out)
{
	long n = CALL(getdents64, fd, FAKE_BUF(5), size);
	unsigned count = 0;

	ck_assert_int_ge(n, 0);
	for (long at = 0; at < n;) {
		struct abi_dirent64 *e = (struct abi_dirent64 *)((char *)FAKE_PTR(5) + at);

		strcat(out, e->name);
		strcat(out, " ");
		at += e->reclen;
		count++;
	}
	return count;
}

START_TEST(directories_are_read_in_pieces_and_survive_changes)
{
	char names[1024] = "", name[16];
	long fd;

	CALL(mkdir, fake_str("/d"), 0755);
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "/d/n%d", i);
		CALL(close, create(name));
	}
	fd = open_("/d", O_RDONLY);
	ck_assert_uint_eq(read_names(fd, 24 * 4, names), 4);
	ck_assert_str_eq(names, ". .. n0 n1 ");
	CALL(unlink, fake_str("/d/n0"));
	CALL(unlink, fake_str("/d/n2"));
	CALL(close, create("/d/new"));
	names[0] = 0;
	ck_assert_uint_eq(read_names(fd, 4096, names), 4);
	ck_assert_str_eq(names, "n3 n4 n5 new ");
	names[0] = 0;
	ck_assert_uint_eq(read_names(fd, 4096, names), 0);
	ck_assert_int_eq(CALL(lseek, fd, 0, SEEK_SET), 0);
	ck_assert_uint_eq(read_names(fd, 4096, names), 7);
	ck_assert_int_eq(CALL(lseek, fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(CALL(getdents64, fd, FAKE_BUF(5), 10), -EINVAL);
	ck_assert_int_eq(CALL(read, fd, FAKE_BUF(5), 10), -EISDIR);
}
END_TEST

START_TEST(many_entries_come_and_go)
{
	char name[32];

	CALL(mkdir, fake_str("/d"), 0755);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "/d/f%d", i);
		ck_assert_int_eq(CALL(close, create(name)), 0);
	}
	ck_assert_int_eq(CALL(rmdir, fake_str("/d")), -ENOTEMPTY);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "/d/f%d", i * 7 % 3000);
		ck_assert_int_eq(CALL(unlink, fake_str(name)), 0);
	}
	ck_assert_int_eq(CALL(rmdir, fake_str("/d")), 0);
}
END_TEST

START_TEST(deep_trees_are_freed_without_recursion)
{
	char *path = FAKE_PTR(8);

	for (int i = 0; i < 3000; i++) {
		ck_assert_int_eq(CALL(mkdir, fake_str("d"), 0755), 0);
		ck_assert_int_eq(CALL(chdir, fake_str("d")), 0);
	}
	strcpy(path, "/");
	ck_assert_int_eq(CALL(chdir, FAKE_BUF(8)), 0);
}
END_TEST

START_TEST(xattrs_are_kept_by_namespace)
{
	u64 f = fake_str("/f"), user = fake_str("user.a"), value = fake_str("value");

	CALL(close, create("/f"));
	ck_assert_int_eq(CALL(setxattr, f, user, value, 5, 0), 0);
	ck_assert_int_eq(CALL(setxattr, f, user, value, 5, 1), -EEXIST);
	ck_assert_int_eq(CALL(setxattr, f, fake_str("user.b"), value, 5, 2), -ENODATA);
	ck_assert_int_eq(CALL(setxattr, f, fake_str("bad"), value, 5, 0), -EOPNOTSUPP);
	ck_assert_int_eq(CALL(setxattr, f, fake_str("system.x"), value, 5, 0), -EOPNOTSUPP);
	ck_assert_int_eq(CALL(getxattr, f, user, 0, 0), 5);
	ck_assert_int_eq(CALL(getxattr, f, user, FAKE_BUF(0), 3), -ERANGE);
	ck_assert_int_eq(CALL(getxattr, f, user, FAKE_BUF(0), 99), 5);
	ck_assert_mem_eq(FAKE_PTR(0), "value", 5);
	ck_assert_int_eq(CALL(listxattr, f, FAKE_BUF(0), 99), 7);
	ck_assert_str_eq(FAKE_PTR(0), "user.a");
	ck_assert_int_eq(CALL(removexattr, f, user), 0);
	ck_assert_int_eq(CALL(getxattr, f, user, 0, 0), -ENODATA);
}
END_TEST

START_TEST(memfd_seals_hold)
{
	long fd = CALL(memfd_create, fake_str("m"), 2), plain;
	struct path p;
	char buf[64];
	struct file *f;

	ck_assert_int_ge(fd, 0);
	f = fd_file((int)fd);
	p = f->path;
	ck_assert_str_eq(d_path(&p, buf, sizeof(buf)), "/memfd:m (deleted)");
	file_put(f);
	ck_assert_int_eq(put(fd, "12345", 0), 5);
	ck_assert_int_eq(CALL(fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	ck_assert_int_eq(CALL(ftruncate, fd, 1), -EPERM);
	ck_assert_int_eq(put(fd, "x", 5), -EPERM);
	ck_assert_int_eq(put(fd, "x", 4), 1);
	ck_assert_int_eq(CALL(fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	ck_assert_int_eq(put(fd, "x", 4), -EPERM);
	ck_assert_int_eq(CALL(fcntl, fd, F_ADD_SEALS, 0), -EPERM);
	ck_assert_int_eq(CALL(fcntl, fd, F_GET_SEALS), 15);
	plain = CALL(memfd_create, fake_str("p"), 0);
	ck_assert_int_eq(CALL(fcntl, plain, F_GET_SEALS), F_SEAL_SEAL);
	ck_assert_int_eq(CALL(memfd_create, fake_str("p"), 64), -EINVAL);
}
END_TEST

START_TEST(copies_between_files_keep_positions)
{
	long a = create("/a"), b = create("/b");
	u64 off = 2;

	put(a, "0123456789", 0);
	ck_assert_int_eq(CALL(sendfile, b, a, 0, 4), 4);
	ck_assert_int_eq(CALL(lseek, a, 0, SEEK_CUR), 4);
	memcpy(FAKE_PTR(2), &off, 8);
	ck_assert_int_eq(CALL(sendfile, b, a, FAKE_BUF(2), 100), 8);
	memcpy(&off, FAKE_PTR(2), 8);
	ck_assert_uint_eq(off, 10);
	ck_assert_int_eq(CALL(lseek, a, 0, SEEK_CUR), 4);
	expect(b, 0, "012323456789", 12);
	off = 1;
	memcpy(FAKE_PTR(2), &off, 8);
	ck_assert_int_eq(CALL(copy_file_range, a, 0, b, FAKE_BUF(2), 3, 0), 3);
	expect(b, 0, "045623", 4);
	ck_assert_int_eq(CALL(copy_file_range, a, FAKE_BUF(2), a, 0, 5, 0), -EINVAL);
}
END_TEST

START_TEST(append_and_size_limit)
{
	long fd = create("/f"), ap;

	put(fd, "12345", 0);
	ap = open_("/f", O_WRONLY | O_APPEND);
	ck_assert_int_eq(CALL(write, ap, fake_str("678"), 3), 3);
	expect(fd, 0, "12345678", 8);
	task->tg->rlim[RLIMIT_FSIZE].rlim_cur = 10;
	ck_assert_int_eq(CALL(write, ap, fake_str("90ab"), 4), 2);
	ck_assert_int_eq(CALL(write, ap, fake_str("c"), 1), -EFBIG);
	ck_assert(signal_pending_set(task) & SIGBIT(SIGXFSZ));
	ck_assert_int_eq(CALL(ftruncate, fd, 11), -EFBIG);
	ck_assert_int_eq(CALL(ftruncate, fd, 9), 0);
}
END_TEST

START_TEST(times_move_as_they_should)
{
	struct stat a, b;
	long fd = create("/f");

	a = fstat_(fd);
	fake_clock_ns += 5 * NSEC_PER_SEC;
	put(fd, "x", 0);
	b = fstat_(fd);
	ck_assert_int_eq(b.st_mtim.tv_sec, a.st_mtim.tv_sec + 5);
	ck_assert_int_eq(b.st_atim.tv_sec, a.st_atim.tv_sec);
	fake_clock_ns += 5 * NSEC_PER_SEC;
	expect(fd, 0, "x", 1);
	a = fstat_(fd);
	ck_assert_int_eq(a.st_atim.tv_sec, b.st_mtim.tv_sec + 5);
	fake_clock_ns += 5 * NSEC_PER_SEC;
	expect(fd, 0, "x", 1);
	ck_assert_int_eq(fstat_(fd).st_atim.tv_sec, a.st_atim.tv_sec);
	struct timespec ts[2] = {{7, 8}, {0, UTIME_OMIT}};
	memcpy(FAKE_PTR(1), ts, sizeof(ts));
	ck_assert_int_eq(CALL(utimensat, fd, 0, FAKE_BUF(1), 0), 0);
	ck_assert_int_eq(fstat_(fd).st_atim.tv_sec, 7);
	ck_assert_int_eq(fstat_(fd).st_mtim.tv_sec, a.st_mtim.tv_sec);
}
END_TEST

Suite *suite_tmpfs(void);
Suite *suite_tmpfs(void)
{
	Suite *s = suite_create("tmpfs");
	TCase *tc = tcase_create("tmpfs");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, contents_are_read_back_across_pages);
	tcase_add_test(tc, holes_read_as_zeros_and_cost_nothing);
	tcase_add_test(tc, truncating_leaves_no_old_bytes);
	tcase_add_test(tc, large_files_move_to_the_host_and_stay_the_same);
	tcase_add_test(tc, mapping_shares_contents_with_the_file);
	tcase_add_test(tc, fallocate_reserves_punches_and_zeroes);
	tcase_add_test(tc, limits_of_size_and_inodes_give_enospc);
	tcase_add_test(tc, an_unlinked_file_lives_while_it_is_open);
	tcase_add_test(tc, directories_are_read_in_pieces_and_survive_changes);
	tcase_add_test(tc, many_entries_come_and_go);
	tcase_add_test(tc, deep_trees_are_freed_without_recursion);
	tcase_add_test(tc, xattrs_are_kept_by_namespace);
	tcase_add_test(tc, memfd_seals_hold);
	tcase_add_test(tc, copies_between_files_keep_positions);
	tcase_add_test(tc, append_and_size_limit);
	tcase_add_test(tc, times_move_as_they_should);
	suite_add_tcase(s, tc);
	return s;
}
