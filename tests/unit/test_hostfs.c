/* hostfs, through the system calls, over the fake host's files: mounted at /h. */
#include "fs/hostfs/hostfs.h"
#include "fs/hostfs/node.h"
#include "fs/tmpfs/tmpfs.h"
#include "tests/unit/fakefiles.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <stdio.h>
#include <sys/syscall.h>

static struct task *task;

static long mkdir_(const char *p)
{
	return CALL(mkdir, fake_str(p), 0755);
}
static long open_(const char *p, int flags)
{
	return CALL(open, fake_str(p), flags, 0644);
}
static long unlink_(const char *p)
{
	return CALL(unlink, fake_str(p));
}
static long rename_(const char *a, const char *b)
{
	return CALL(rename, fake_str(a), fake_str(b));
}
static long exists(const char *p)
{
	return CALL(lstat, fake_str(p), FAKE_BUF(0));
}
static struct stat stat_(const char *p)
{
	struct stat st;

	ck_assert_int_eq(CALL(lstat, fake_str(p), FAKE_BUF(0)), 0);
	memcpy(&st, FAKE_PTR(0), sizeof(st));
	return st;
}
static void put(const char *p, int flags, const char *text)
{
	long fd = open_(p, flags | O_WRONLY);

	ck_assert_msg(fd >= 0, "%s: %ld", p, fd);
	ck_assert_int_eq(CALL(write, fd, fake_str(text), strlen(text)), (long)strlen(text));
	CALL(close, fd);
}
static const char *get_fd(long fd)
{
	long n = CALL(pread64, fd, FAKE_BUF(1), 4096, 0);

	ck_assert_int_ge(n, 0);
	((char *)FAKE_PTR(1))[n] = 0;
	return FAKE_PTR(1);
}
static const char *get(const char *p)
{
	long fd = open_(p, O_RDONLY);
	const char *text;

	ck_assert_msg(fd >= 0, "%s: %ld", p, fd);
	text = get_fd(fd);
	CALL(close, fd);
	return text;
}
static const char *link_text(const char *p)
{
	long n = CALL(readlink, fake_str(p), FAKE_BUF(1), 4096);

	ck_assert_int_ge(n, 0);
	((char *)FAKE_PTR(1))[n] = 0;
	return FAKE_PTR(1);
}
static size_t count(long fd)
{
	size_t nr = 0;
	long n;

	while ((n = CALL(getdents64, fd, FAKE_BUF(2), 512)) > 0)
		for (long at = 0; at < n;
			at += ((struct abi_dirent64 *)((char *)FAKE_PTR(2) + at))->reclen)
			nr++;
	ck_assert_int_eq(n, 0);
	return nr;
}

static void mount_h(bool rw, bool map)
{
	struct super *sb;
	struct path at;

	mkdir_("/h");
	ck_assert_int_eq(hostfs_mount_dir("", rw, map, &sb), 0);
	ck_assert_int_eq(path_lookup(&current->fs->root, "/h", 0, &at), 0);
	ck_assert_int_eq(mount_super(sb, sb->root, &at, 0), 0);
	path_put(&at);
	super_put(sb);
}

static void setup_as(u32 uid, bool rw, bool map)
{
	fake_files_init(uid, uid);
	task = fake_task_create();
	fake_host_mkdir("d");
	fake_host_mkdir("d/e");
	fake_host_write("f", "text of f");
	fake_host_write("d/e/y", "text of y");
	mount_h(rw, map);
}
static void setup(void)
{
	setup_as(0, true, false);
}
static void setup_user(void)
{
	setup_as(1000, true, false);
}
static void setup_map(void)
{
	setup_as(1000, true, true);
}

static void teardown(void)
{
	ck_assert_int_eq(CALL(umount2, fake_str("/h"), 0), 0);
	fake_task_destroy(task);
	fake_fini();
	ck_assert(list_empty(&all_mounts));
	ck_assert(list_empty(&all_supers));
	ck_assert_uint_eq(fake_open_fds, 0);
	fake_files_fini();
}

START_TEST(a_stat_costs_one_host_call)
{
	unsigned before;

	stat_("/h/d/e/y");
	before = fake_stats;
	stat_("/h/d/e/y");
	ck_assert_uint_eq(fake_stats, before + 1);
	stat_("/h/d/e");
	ck_assert_uint_le(fake_stats, before + 2);
	ck_assert_int_eq(exists("/h/d/e/none"), -ENOENT);
	before = fake_stats;
	ck_assert_int_eq(exists("/h/d/e/none"), -ENOENT);
	ck_assert_uint_eq(fake_stats, before + 1);
}
END_TEST

START_TEST(changes_on_the_host_are_seen)
{
	long fd;

	ck_assert_int_eq(exists("/h/new"), -ENOENT);
	fake_host_write("new", "1");
	ck_assert_str_eq(get("/h/new"), "1");
	fake_host_write("new", "longer");
	ck_assert_int_eq(stat_("/h/new").st_size, 6);
	fd = open_("/h/new", O_RDONLY);
	fake_host_remove("new");
	ck_assert_int_eq(exists("/h/new"), -ENOENT);
	fake_host_write("new", "another");
	ck_assert_str_eq(get("/h/new"), "another");
	ck_assert_str_eq(get_fd(fd), "longer");
	CALL(close, fd);
	fake_host_rename("d/e", "d/g");
	fake_clock_ns += 2 * NSEC_PER_SEC;
	ck_assert_int_eq(exists("/h/d/e/y"), -ENOENT);
	ck_assert_str_eq(get("/h/d/g/y"), "text of y");
}
END_TEST

static void swap_f(void)
{
	fake_host_remove("f");
	fake_host_write("f", "somebody else");
}

START_TEST(a_file_swapped_between_check_and_open_is_not_opened)
{
	stat_("/h/f");
	fake_before_open = swap_f;
	ck_assert_int_eq(open_("/h/f", O_RDONLY), -ESTALE);
	ck_assert_str_eq(get("/h/f"), "somebody else");
}
END_TEST

static void swap_dir(void)
{
	fake_host_rename("d/e", "moved");
	fake_host_mkdir("d/e");
	fake_host_write("d/e/y", "wrong");
}

START_TEST(a_directory_swapped_while_it_is_opened_is_not_entered)
{
	stat_("/h/d/e");
	fake_before_open = swap_dir;
	ck_assert_int_lt(exists("/h/d/e/y"), 0);
}
END_TEST

START_TEST(links_share_an_inode)
{
	fake_host_link("f", "d/f2");
	ck_assert_uint_eq(stat_("/h/f").st_ino, stat_("/h/d/f2").st_ino);
	ck_assert_uint_eq(stat_("/h/f").st_nlink, 2);
	put("/h/f", 0, "TEXT");
	ck_assert_str_eq(get("/h/d/f2"), "TEXT of f");
	ck_assert_int_eq(unlink_("/h/f"), 0);
	ck_assert_uint_eq(stat_("/h/d/f2").st_nlink, 1);
	ck_assert_int_eq(CALL(link, fake_str("/h/d/f2"), fake_str("/h/f3")), 0);
	ck_assert_str_eq(fake_host_read("f3"), "TEXT of f");
}
END_TEST

START_TEST(few_directories_are_kept_open)
{
	char path[64];

	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof(path), "d/%d", i);
		fake_host_mkdir(path);
		snprintf(path, sizeof(path), "/h/d/%d/none", i);
		ck_assert_int_eq(exists(path), -ENOENT);
	}
	ck_assert_uint_le(fake_open_fds, HOSTFS_DIR_FDS + 4);
	ck_assert_int_eq(exists("/h/d/0/none"), -ENOENT);
	ck_assert_str_eq(get("/h/d/e/y"), "text of y");
}
END_TEST

START_TEST(deep_directories_are_found_again)
{
	char path[2048] = "/h/d", host[2048] = "d";

	for (int i = 0; i < HOSTFS_DIR_FDS + 50; i++) {
		strcat(path, "/x");
		strcat(host, "/x");
		fake_host_mkdir(host);
	}
	stat_(path);
	ck_assert_uint_le(fake_open_fds, HOSTFS_DIR_FDS + 4);
	put(strcat(path, "/f"), O_CREAT, "deep");
	ck_assert_str_eq(fake_host_read(strcat(host, "/f")), "deep");
}
END_TEST

START_TEST(descriptors_are_reclaimed_when_they_run_out)
{
	char path[64];
	long fd[60];

	fake_fd_limit = fake_open_fds + 40;
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "d/%d", i);
		fake_host_write(path, path);
		snprintf(path, sizeof(path), "/h/d/%d", i);
		fd[i] = open_(path, O_RDONLY);
		ck_assert_int_ge(fd[i], 0);
	}
	ck_assert_int_eq(unlink_("/h/d/0"), 0);
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "d/%d", i);
		ck_assert_str_eq(get_fd(fd[i]), path);
		CALL(close, fd[i]);
	}
}
END_TEST

START_TEST(what_has_no_name_any_more_still_works)
{
	long fd = open_("/h/f", O_PATH), dir = open_("/h/d/e", O_RDONLY | O_DIRECTORY), back;

	ck_assert_int_eq(unlink_("/h/f"), 0);
	ck_assert_int_eq(CALL(fchmodat, AT_FDCWD, fake_str("/h/d"), 0700), 0);
	ck_assert_int_eq(CALL(fstat, fd, FAKE_BUF(0)), 0);
	ck_assert_int_eq(((struct stat *)FAKE_PTR(0))->st_nlink, 0);
	ck_assert_int_eq(unlink_("/h/d/e/y"), 0);
	ck_assert_int_eq(CALL(rmdir, fake_str("/h/d/e")), 0);
	ck_assert_int_eq(CALL(openat, dir, fake_str("z"), O_CREAT | O_WRONLY, 0644), -ENOENT);
	back = open_("/h", O_TMPFILE | O_RDWR);
	ck_assert_int_ge(back, 0);
	ck_assert_int_eq(CALL(write, back, fake_str("tmp"), 3), 3);
	ck_assert_int_eq(
		CALL(linkat, back, fake_str(""), AT_FDCWD, fake_str("/h/t"), AT_EMPTY_PATH), 0);
	ck_assert_str_eq(fake_host_read("t"), "tmp");
	CALL(close, back);
	CALL(close, dir);
	CALL(close, fd);
}
END_TEST

START_TEST(positions_in_a_directory_last)
{
	char path[64];
	long fd, pos;
	size_t nr;

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "d/%d", i);
		fake_host_write(path, "");
	}
	fd = open_("/h/d", O_RDONLY | O_DIRECTORY);
	ck_assert_int_gt(CALL(getdents64, fd, FAKE_BUF(2), 512), 0);
	pos = CALL(lseek, fd, 0, SEEK_CUR);
	nr = count(fd);
	ck_assert_int_eq(CALL(lseek, fd, pos, SEEK_SET), pos);
	ck_assert_uint_eq(count(fd), nr);
	CALL(lseek, fd, 0, SEEK_SET);
	ck_assert_uint_eq(count(fd), 101);
	ck_assert_uint_eq(count(fd), 0);
	CALL(close, fd);
}
END_TEST

START_TEST(changes_reach_the_host)
{
	struct os_stat st;

	ck_assert_int_eq(mkdir_("/h/n"), 0);
	put("/h/n/a", O_CREAT, "abc");
	ck_assert_int_eq(CALL(truncate, fake_str("/h/n/a"), 2), 0);
	ck_assert_int_eq(rename_("/h/n", "/h/d/m"), 0);
	ck_assert_str_eq(fake_host_read("d/m/a"), "ab");
	ck_assert_int_eq(CALL(chmod, fake_str("/h/d/m/a"), 04711), 0);
	ck_assert_int_eq(CALL(chown, fake_str("/h/d/m/a"), 5, 6), 0);
	ck_assert_int_eq(fake_host_stat("d/m/a", &st), 0);
	ck_assert_uint_eq(st.uid, 5);
	ck_assert_uint_eq(st.gid, 6);
	ck_assert_int_eq(CALL(symlink, fake_str("x/y"), fake_str("/h/l")), 0);
	ck_assert_str_eq(link_text("/h/l"), "x/y");
	ck_assert_int_eq(rename_("/h/f", "/h/d/m/a"), 0);
	ck_assert_str_eq(fake_host_read("d/m/a"), "text of f");
	ck_assert_int_eq(exists("/h/f"), -ENOENT);
}
END_TEST

START_TEST(the_users_files_are_roots)
{
	fake_host_write("other", "");
	fake_host_chown("other", 33, 34, 0644);
	fake_host_write("hosts", "");
	fake_host_chown("hosts", 0, 0, 0644);
	fake_host_write("secret", "");
	fake_host_chown("secret", 0, 0, 0);
	ck_assert_uint_eq(stat_("/h/f").st_uid, 0);
	ck_assert_uint_eq(stat_("/h/hosts").st_uid, 0);
	ck_assert_uint_eq(stat_("/h/other").st_uid, 33);
	ck_assert_uint_eq(stat_("/h/other").st_gid, 34);
	ck_assert_int_eq(open_("/h/secret", O_RDONLY), -EACCES);
	ck_assert_int_eq(CALL(chown, fake_str("/h/f"), 0, 0), 0);
	ck_assert_int_eq(CALL(chown, fake_str("/h/f"), 5, 0), -EPERM);
	ck_assert_int_eq(CALL(mknod, fake_str("/h/null"), S_IFCHR | 0666, 0x103), -EPERM);
}
END_TEST

START_TEST(a_map_keeps_what_the_host_refuses)
{
	struct os_stat host;
	struct stat st;

	ck_assert_int_eq(CALL(chown, fake_str("/h/f"), 5, 6), 0);
	ck_assert_int_eq(CALL(chmod, fake_str("/h/f"), 04070), 0);
	st = stat_("/h/f");
	ck_assert_uint_eq(st.st_uid, 5);
	ck_assert_uint_eq(st.st_gid, 6);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 04070);
	ck_assert_int_eq(fake_host_stat("f", &host), 0);
	ck_assert_uint_eq(host.uid, 1000);
	ck_assert_uint_eq(host.mode, S_IFREG | 0670);
	ck_assert_int_eq(CALL(mknod, fake_str("/h/null"), S_IFCHR | 0666, 0x103), 0);
	st = stat_("/h/null");
	ck_assert_uint_eq(st.st_mode, S_IFCHR | 0644); /* the umask */
	ck_assert_uint_eq(st.st_rdev, 0x103);
	ck_assert_int_eq(fake_host_stat("null", &host), 0);
	ck_assert(S_ISREG(host.mode));
	ck_assert_int_eq(CALL(mknod, fake_str("/h/fifo"), S_IFIFO | 0600, 0), 0);
	ck_assert(S_ISFIFO(stat_("/h/fifo").st_mode));
}
END_TEST

START_TEST(a_map_keeps_owners_of_symlinks)
{
	struct os_stat host;
	u64 ino;

	ck_assert_int_eq(CALL(symlink, fake_str("x/y"), fake_str("/h/l")), 0);
	ck_assert_int_eq(fake_host_stat("l", &host), 0);
	ck_assert(S_ISLNK(host.mode));
	ino = stat_("/h/l").st_ino;
	ck_assert_int_eq(CALL(lchown, fake_str("/h/l"), 7, 8), 0);
	ck_assert_uint_eq(stat_("/h/l").st_uid, 7);
	ck_assert_uint_eq(stat_("/h/l").st_ino, ino);
	ck_assert(S_ISLNK(stat_("/h/l").st_mode));
	ck_assert_str_eq(link_text("/h/l"), "x/y");
	ck_assert_str_eq(fake_host_read("l"), "x/y");
	ck_assert_int_eq(unlink_("/h/l"), 0);
	ck_assert_int_eq(fake_host_stat("l", &host), -ENOENT);
}
END_TEST

START_TEST(a_map_stores_attributes_the_host_would_not)
{
	ck_assert_int_eq(
		CALL(setxattr, fake_str("/h/f"), fake_str("trusted.a"), fake_str("1"), 1, 0), 0);
	ck_assert_int_eq(
		CALL(setxattr, fake_str("/h/f"), fake_str("user.b"), fake_str("22"), 2, 0), 0);
	CALL(chown, fake_str("/h/f"), 5, 6);
	ck_assert_int_eq(CALL(listxattr, fake_str("/h/f"), FAKE_BUF(3), 100), 17);
	ck_assert_int_eq(
		CALL(getxattr, fake_str("/h/f"), fake_str("trusted.a"), FAKE_BUF(3), 10), 1);
	ck_assert_int_lt(
		CALL(getxattr, fake_str("/h/f"), fake_str("user.skiff.stat"), FAKE_BUF(3), 99), 0);
	ck_assert_int_lt(
		CALL(setxattr, fake_str("/h/f"), fake_str("user.skiff.stat"), fake_str("0"), 1, 0),
		0);
	ck_assert_int_eq(CALL(removexattr, fake_str("/h/f"), fake_str("trusted.a")), 0);
	ck_assert_int_eq(
		CALL(getxattr, fake_str("/h/f"), fake_str("trusted.a"), FAKE_BUF(3), 10), -ENODATA);
}
END_TEST

Suite *suite_hostfs(void);
Suite *suite_hostfs(void)
{
	Suite *s = suite_create("hostfs");
	TCase *tc = tcase_create("root"), *user = tcase_create("user"), *map = tcase_create("map");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_stat_costs_one_host_call);
	tcase_add_test(tc, changes_on_the_host_are_seen);
	tcase_add_test(tc, a_file_swapped_between_check_and_open_is_not_opened);
	tcase_add_test(tc, a_directory_swapped_while_it_is_opened_is_not_entered);
	tcase_add_test(tc, links_share_an_inode);
	tcase_add_test(tc, few_directories_are_kept_open);
	tcase_add_test(tc, deep_directories_are_found_again);
	tcase_add_test(tc, descriptors_are_reclaimed_when_they_run_out);
	tcase_add_test(tc, what_has_no_name_any_more_still_works);
	tcase_add_test(tc, positions_in_a_directory_last);
	tcase_add_test(tc, changes_reach_the_host);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(user, setup_user, teardown);
	tcase_add_test(user, the_users_files_are_roots);
	suite_add_tcase(s, user);
	tcase_add_checked_fixture(map, setup_map, teardown);
	tcase_add_test(map, a_map_keeps_what_the_host_refuses);
	tcase_add_test(map, a_map_keeps_owners_of_symlinks);
	tcase_add_test(map, a_map_stores_attributes_the_host_would_not);
	suite_add_tcase(s, map);
	return s;
}
