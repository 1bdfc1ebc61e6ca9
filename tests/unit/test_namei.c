/* The path walk, the dentry cache, directory operations and mounts, through the system calls, on a
 * tmpfs root. */
#include "fs/tmpfs/tmpfs.h"
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
	ck_assert(list_empty(&all_mounts));
}

static long mkdir_(const char *p)
{
	return CALL(mkdir, fake_str(p), 0755);
}
static long open_(const char *p, int flags)
{
	return CALL(open, fake_str(p), flags, 0644);
}
static long touch(const char *p)
{
	long fd = open_(p, O_CREAT | O_EXCL | O_WRONLY);

	return fd < 0 ? fd : CALL(close, fd);
}
static long symlink_(const char *target, const char *p)
{
	return CALL(symlink, fake_str(target), fake_str(p));
}
static long rename_(const char *a, const char *b)
{
	return CALL(rename, fake_str(a), fake_str(b));
}
static long stat_(const char *p, struct stat *st)
{
	long ret = CALL(stat, fake_str(p), FAKE_BUF(0));

	memcpy(st, FAKE_PTR(0), sizeof(*st));
	return ret;
}
static long exists(const char *p)
{
	return CALL(lstat, fake_str(p), FAKE_BUF(0));
}
static void become(u32 uid)
{
	struct cred *c = cred_copy(current->cred);

	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = uid;
	c->cap_effective = c->cap_permitted = uid ? 0 : CAP_FULL;
	cred_put(current->cred);
	current->cred = c;
}
static const char *cwd(void)
{
	long n = CALL(getcwd, FAKE_BUF(1), 4096);

	ck_assert_int_gt(n, 0);
	return FAKE_PTR(1);
}

START_TEST(dots_and_slashes_are_walked_as_on_linux)
{
	struct stat a, b;

	ck_assert_int_eq(mkdir_("/d"), 0);
	ck_assert_int_eq(mkdir_("/d/e/"), 0);
	ck_assert_int_eq(stat_("//d/.././d//e/.", &a), 0);
	ck_assert_int_eq(stat_("/../../d/e/", &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_int_eq(touch("/d/f"), 0);
	ck_assert_int_eq(stat_("/d/f/", &a), -ENOTDIR);
	ck_assert_int_eq(stat_("/d/f/..", &a), -ENOTDIR);
	ck_assert_int_eq(stat_("/d/f/.", &a), -ENOTDIR);
	ck_assert_int_eq(stat_("/d/none/..", &a), -ENOENT);
	ck_assert_int_eq(stat_("", &a), -ENOENT);
	ck_assert_int_eq(open_("/d/new/", O_CREAT | O_WRONLY), -EISDIR);
	ck_assert_int_eq(CALL(unlink, fake_str("/d/f/")), -ENOTDIR);
	ck_assert_int_eq(CALL(rmdir, fake_str("/d/.")), -EINVAL);
	ck_assert_int_eq(CALL(rmdir, fake_str("/d/..")), -ENOTEMPTY);
	ck_assert_int_eq(CALL(rmdir, fake_str("/")), -EBUSY);
	ck_assert_int_eq(mkdir_("/d/."), -EEXIST);
	ck_assert_int_eq(mkdir_("/"), -EEXIST);
}
END_TEST

START_TEST(names_have_limits)
{
	char name[300], path[5000];
	struct stat st;

	memset(name, 'n', sizeof(name));
	name[0] = '/';
	name[256] = 0;
	ck_assert_int_eq(touch(name), 0);
	name[256] = 'n';
	name[257] = 0;
	ck_assert_int_eq(touch(name), -ENAMETOOLONG);
	ck_assert_int_eq(stat_(name, &st), -ENAMETOOLONG);
	memset(path, '/', 4095);
	path[4095] = 0;
	memcpy(FAKE_PTR(2), path, 4096);
	ck_assert_int_eq(CALL(stat, FAKE_BUF(2), FAKE_BUF(0)), 0);
	memset(FAKE_PTR(2), '/', 4096);
	ck_assert_int_eq(CALL(stat, FAKE_BUF(2), FAKE_BUF(0)), -ENAMETOOLONG);
	ck_assert_int_eq(CALL(stat, FAKE_MEM + FAKE_MEM_SIZE, FAKE_BUF(0)), -EFAULT);
}
END_TEST

START_TEST(symlinks_are_followed_forty_times)
{
	char a[32], b[32];
	struct stat st;

	ck_assert_int_eq(touch("/l0"), 0);
	for (int i = 1; i <= 41; i++) {
		snprintf(a, sizeof(a), "l%d", i - 1);
		snprintf(b, sizeof(b), "/l%d", i);
		ck_assert_int_eq(symlink_(a, b), 0);
	}
	ck_assert_int_eq(stat_("/l40", &st), 0);
	ck_assert_int_eq(stat_("/l41", &st), -ELOOP);
	ck_assert_int_eq(symlink_("loop", "/loop"), 0);
	ck_assert_int_eq(open_("/loop", O_RDONLY), -ELOOP);
	ck_assert_int_eq(open_("/l1", O_RDONLY | O_NOFOLLOW), -ELOOP);
}
END_TEST

START_TEST(links_in_the_middle_go_on_behind_them)
{
	struct stat st;

	mkdir_("/a");
	mkdir_("/a/b");
	touch("/a/b/f");
	symlink_("a/b", "/rel");
	symlink_("/rel", "/abs");
	symlink_("../../abs", "/a/b/up");
	ck_assert_int_eq(stat_("/abs/f", &st), 0);
	ck_assert_int_eq(stat_("/a/b/up/up/up/f", &st), 0);
	ck_assert_int_eq(stat_("/abs/f/", &st), -ENOTDIR);
	ck_assert_int_eq(symlink_("nowhere", "/dangling"), 0);
	ck_assert_int_eq(stat_("/dangling", &st), -ENOENT);
	ck_assert_int_eq(touch("/dangling"), -EEXIST);
	ck_assert_int_ge(open_("/dangling", O_CREAT | O_WRONLY), 0);
	ck_assert_int_eq(stat_("/nowhere", &st), 0);
	ck_assert_int_eq(mkdir_("/dangling2"), 0);
	ck_assert_int_eq(CALL(readlink, fake_str("/rel"), FAKE_BUF(0), 3), 3);
	ck_assert_mem_eq(FAKE_PTR(0), "a/b", 3);
	ck_assert_int_eq(CALL(readlink, fake_str("/a"), FAKE_BUF(0), 3), -EINVAL);
}
END_TEST

START_TEST(getcwd_follows_renames_and_tells_removal)
{
	mkdir_("/a");
	mkdir_("/a/b");
	ck_assert_int_eq(CALL(chdir, fake_str("/a/b")), 0);
	ck_assert_str_eq(cwd(), "/a/b");
	ck_assert_int_eq(rename_("/a", "/z"), 0);
	ck_assert_str_eq(cwd(), "/z/b");
	ck_assert_int_eq(CALL(getcwd, FAKE_BUF(1), 4), -ERANGE);
	ck_assert_int_eq(CALL(rmdir, fake_str("/z/b")), 0);
	ck_assert_int_eq(CALL(getcwd, FAKE_BUF(1), 4096), -ENOENT);
	ck_assert_int_eq(touch("f"), -ENOENT);
	ck_assert_int_eq(exists(".."), 0);
}
END_TEST

START_TEST(rename_checks_what_linux_checks)
{
	mkdir_("/d");
	mkdir_("/d/sub");
	mkdir_("/full");
	touch("/full/x");
	mkdir_("/empty");
	touch("/f");
	touch("/g");
	ck_assert_int_eq(rename_("/d", "/d/sub/x"), -EINVAL);
	ck_assert_int_eq(rename_("/d/sub", "/d"), -ENOTEMPTY);
	ck_assert_int_eq(rename_("/d", "/full"), -ENOTEMPTY);
	ck_assert_int_eq(rename_("/d", "/f"), -ENOTDIR);
	ck_assert_int_eq(rename_("/f", "/d"), -EISDIR);
	ck_assert_int_eq(rename_("/f", "/new/"), -ENOTDIR);
	ck_assert_int_eq(rename_("/none", "/x"), -ENOENT);
	ck_assert_int_eq(rename_("/d/.", "/x"), -EBUSY);
	ck_assert_int_eq(rename_("/d/sub", "/empty"), 0);
	ck_assert_int_eq(rename_("/f", "/g"), 0);
	ck_assert_int_eq(exists("/f"), -ENOENT);
	ck_assert_int_eq(CALL(renameat2, AT_FDCWD, fake_str("/g"), AT_FDCWD, fake_str("/full"),
				 RENAME_NOREPLACE),
		-EEXIST);
	ck_assert_int_eq(CALL(renameat2, AT_FDCWD, fake_str("/g"), AT_FDCWD, fake_str("/full"),
				 RENAME_EXCHANGE),
		0);
	ck_assert_int_eq(exists("/g/x"), 0);
	ck_assert_int_eq(exists("/full/x"), -ENOTDIR);
	ck_assert_int_eq(CALL(renameat2, AT_FDCWD, fake_str("/g"), AT_FDCWD, fake_str("/nix"),
				 RENAME_EXCHANGE),
		-ENOENT);
}
END_TEST

START_TEST(hard_links_count_and_share)
{
	struct stat a, b;

	touch("/f");
	ck_assert_int_eq(CALL(link, fake_str("/f"), fake_str("/g")), 0);
	ck_assert_int_eq(stat_("/f", &a), 0);
	ck_assert_int_eq(stat_("/g", &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_uint_eq(b.st_nlink, 2);
	ck_assert_int_eq(rename_("/f", "/g"), 0);
	ck_assert_int_eq(exists("/f"), 0);
	ck_assert_int_eq(CALL(unlink, fake_str("/f")), 0);
	ck_assert_int_eq(stat_("/g", &b), 0);
	ck_assert_uint_eq(b.st_nlink, 1);
	mkdir_("/d");
	ck_assert_int_eq(CALL(link, fake_str("/d"), fake_str("/e")), -EPERM);
	mkdir_("/d/e");
	ck_assert_int_eq(stat_("/d", &a), 0);
	ck_assert_uint_eq(a.st_nlink, 3);
}
END_TEST

START_TEST(permissions_follow_mode_and_capabilities)
{
	struct stat st;

	mkdir_("/closed");
	touch("/closed/f");
	ck_assert_int_eq(CALL(chmod, fake_str("/closed"), 0700), 0);
	mkdir_("/open");
	ck_assert_int_eq(CALL(chmod, fake_str("/open"), 01777), 0);
	touch("/open/roots");
	touch("/secret");
	ck_assert_int_eq(CALL(chmod, fake_str("/secret"), 0600), 0);
	become(1000);
	ck_assert_int_eq(stat_("/closed/f", &st), -EACCES);
	ck_assert_int_eq(open_("/secret", O_RDONLY), -EACCES);
	ck_assert_int_eq(CALL(access, fake_str("/secret"), 4), -EACCES);
	ck_assert_int_eq(touch("/here"), -EACCES);
	ck_assert_int_eq(touch("/open/mine"), 0);
	ck_assert_int_eq(CALL(unlink, fake_str("/open/roots")), -EPERM);
	ck_assert_int_eq(CALL(unlink, fake_str("/open/mine")), 0);
	ck_assert_int_eq(CALL(chmod, fake_str("/open/roots"), 0777), -EPERM);
	ck_assert_int_eq(CALL(chown, fake_str("/open/roots"), 1000, -1), -EPERM);
	ck_assert_int_eq(CALL(mknod, fake_str("/open/null"), S_IFCHR | 0666, 0x103), -EPERM);
}
END_TEST

START_TEST(set_id_bits_go_when_owner_or_contents_change)
{
	struct stat st;
	long fd;

	touch("/s");
	ck_assert_int_eq(CALL(chmod, fake_str("/s"), 06755), 0);
	ck_assert_int_eq(CALL(chown, fake_str("/s"), 1000, 1000), 0);
	stat_("/s", &st);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(CALL(chmod, fake_str("/s"), 04777), 0);
	become(1000);
	fd = open_("/s", O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(CALL(write, fd, FAKE_BUF(0), 1), 1);
	stat_("/s", &st);
	ck_assert_uint_eq(st.st_mode & 07777, 0777);
}
END_TEST

START_TEST(setgid_directories_pass_on_their_group)
{
	struct stat st;

	mkdir_("/g");
	ck_assert_int_eq(CALL(chown, fake_str("/g"), -1, 55), 0);
	ck_assert_int_eq(CALL(chmod, fake_str("/g"), 02777), 0);
	touch("/g/f");
	mkdir_("/g/d");
	stat_("/g/f", &st);
	ck_assert_uint_eq(st.st_gid, 55);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	stat_("/g/d", &st);
	ck_assert_uint_eq(st.st_gid, 55);
	ck_assert_uint_eq(st.st_mode & 07777, 02755);
}
END_TEST

START_TEST(mounts_cover_and_uncover)
{
	struct stat st;
	long fd;

	mkdir_("/m");
	touch("/m/below");
	ck_assert_int_eq(CALL(mount, fake_str("t"), fake_str("/m"), fake_str("tmpfs"), 0,
				 fake_str("mode=700,size=64k")),
		0);
	ck_assert_int_eq(stat_("/m/below", &st), -ENOENT);
	stat_("/m", &st);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	touch("/m/above");
	ck_assert_int_eq(stat_("/m/../m/above", &st), 0);
	ck_assert_int_eq(CALL(rmdir, fake_str("/m")), -EBUSY);
	ck_assert_int_eq(rename_("/m", "/n"), -EBUSY);
	ck_assert_int_eq(rename_("/m/above", "/above"), -EXDEV);
	ck_assert_int_eq(CALL(link, fake_str("/m/above"), fake_str("/above")), -EXDEV);
	fd = open_("/m/above", O_RDONLY);
	ck_assert_int_eq(CALL(umount2, fake_str("/m"), 0), -EBUSY);
	ck_assert_int_eq(CALL(umount2, fake_str("/"), 0), 0); /* read-only from now on */
	ck_assert_int_eq(CALL(umount2, fake_str("/m/above"), 0), -EINVAL);
	CALL(close, fd);
	ck_assert_int_eq(CALL(umount2, fake_str("/m"), 0), 0);
	ck_assert_int_eq(stat_("/m/below", &st), 0);
}
END_TEST

START_TEST(bind_mounts_show_the_same_tree)
{
	struct stat a, b;

	mkdir_("/src");
	mkdir_("/src/sub");
	mkdir_("/dst");
	touch("/src/f");
	CALL(mount, fake_str("t"), fake_str("/src/sub"), fake_str("tmpfs"), 0, 0);
	touch("/src/sub/deep");
	ck_assert_int_eq(CALL(mount, fake_str("/src"), fake_str("/dst"), 0, 4096, 0), 0);
	stat_("/src/f", &a);
	stat_("/dst/f", &b);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_int_eq(exists("/dst/sub/deep"), -ENOENT);
	ck_assert_int_eq(CALL(umount2, fake_str("/dst"), 0), 0);
	ck_assert_int_eq(CALL(mount, fake_str("/src"), fake_str("/dst"), 0, 4096 | 16384, 0), 0);
	ck_assert_int_eq(exists("/dst/sub/deep"), 0);
	/* read-only only here */
	ck_assert_int_eq(CALL(mount, 0, fake_str("/dst"), 0, 4096 | 32 | 1, 0), 0);
	ck_assert_int_eq(touch("/dst/new"), -EROFS);
	ck_assert_int_eq(open_("/dst/f", O_WRONLY), -EROFS);
	ck_assert_int_eq(touch("/src/new"), 0);
	ck_assert_int_eq(CALL(umount2, fake_str("/dst"), 0), -EBUSY);
	ck_assert_int_eq(CALL(umount2, fake_str("/dst"), 2), 0);
	ck_assert_int_eq(exists("/dst/f"), -ENOENT);
	/* a file over a file, and a move */
	touch("/x");
	ck_assert_int_eq(CALL(mount, fake_str("/src/f"), fake_str("/x"), 0, 4096, 0), 0);
	ck_assert_int_eq(CALL(mount, fake_str("/src/f"), fake_str("/dst"), 0, 4096, 0), -ENOTDIR);
	ck_assert_int_eq(CALL(mount, fake_str("/src/sub"), fake_str("/dst"), 0, 8192, 0), 0);
	ck_assert_int_eq(exists("/dst/deep"), 0);
	ck_assert_int_eq(exists("/src/sub/deep"), -ENOENT);
	ck_assert_int_eq(CALL(umount2, fake_str("/dst"), 0), 0);
	ck_assert_int_eq(CALL(umount2, fake_str("/x"), 0), 0);
}
END_TEST

START_TEST(chroot_is_a_floor)
{
	struct stat a, b;

	mkdir_("/jail");
	mkdir_("/jail/in");
	symlink_("/in", "/jail/link");
	ck_assert_int_eq(CALL(chdir, fake_str("/jail")), 0);
	ck_assert_int_eq(CALL(chroot, fake_str("/jail")), 0);
	stat_("/", &a);
	stat_("../../..", &b);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_int_eq(stat_("/link", &a), 0);
	ck_assert_int_eq(CALL(chdir, fake_str("in")), 0);
	ck_assert_str_eq(cwd(), "/in");
}
END_TEST

static long open2(int dfd, const char *p, u64 resolve)
{
	u64 how[3] = {O_RDONLY, 0, resolve};

	memcpy(FAKE_PTR(3), how, sizeof(how));
	return CALL(openat2, dfd, fake_str(p), FAKE_BUF(3), sizeof(how));
}

START_TEST(openat2_restrictions_hold)
{
	long dfd;

	mkdir_("/b");
	mkdir_("/b/d");
	touch("/b/d/f");
	touch("/out");
	symlink_("/out", "/b/abs");
	symlink_("../out", "/b/rel");
	symlink_("d/f", "/b/good");
	dfd = open_("/b", O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(open2(dfd, "d/f", 8), 0);
	ck_assert_int_ge(open2(dfd, "good", 8), 0);
	ck_assert_int_ge(open2(dfd, "d/../good", 8), 0);
	ck_assert_int_eq(open2(dfd, "../out", 8), -EXDEV);
	ck_assert_int_eq(open2(dfd, "abs", 8), -EXDEV);
	ck_assert_int_eq(open2(dfd, "rel", 8), -EXDEV);
	ck_assert_int_eq(open2(dfd, "/out", 8), -EXDEV);
	ck_assert_int_eq(open2(dfd, "abs", 16), -ENOENT);
	ck_assert_int_ge(open2(dfd, "/d/f", 16), 0);
	ck_assert_int_ge(open2(dfd, "../../d/f", 16), 0);
	ck_assert_int_eq(open2(dfd, "good", 4), -ELOOP);
	ck_assert_int_eq(open2(dfd, "d", 64), -EINVAL);
}
END_TEST

START_TEST(open_flags_are_checked)
{
	long fd;

	mkdir_("/d");
	touch("/f");
	ck_assert_int_eq(open_("/d", O_WRONLY), -EISDIR);
	ck_assert_int_eq(open_("/d", O_CREAT | O_RDONLY), -EISDIR);
	ck_assert_int_eq(open_("/f", O_DIRECTORY), -ENOTDIR);
	ck_assert_int_eq(open_("/f", O_CREAT | O_EXCL), -EEXIST);
	ck_assert_int_eq(open_("/d", O_TMPFILE), -EINVAL);
	fd = open_("/d", O_TMPFILE | O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(CALL(write, fd, FAKE_BUF(0), 10), 10);
	ck_assert_int_eq(
		CALL(linkat, fd, fake_str(""), AT_FDCWD, fake_str("/named"), AT_EMPTY_PATH), 0);
	ck_assert_int_eq(exists("/named"), 0);
	fd = open_("/f", O_PATH);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(CALL(read, fd, FAKE_BUF(0), 1), -EBADF);
	ck_assert_int_eq(CALL(fchmod, fd, 0600), -EBADF);
	ck_assert_int_eq(CALL(fstat, fd, FAKE_BUF(0)), 0);
	ck_assert_int_eq(CALL(openat, fd, fake_str("x"), O_RDONLY), -ENOTDIR);
	ck_assert_int_eq(CALL(openat, 99, fake_str("x"), O_RDONLY), -EBADF);
	ck_assert_int_ge(CALL(openat, 99, fake_str("/f"), O_RDONLY), 0);
	CALL(mknod, fake_str("/sock"), S_IFSOCK | 0666, 0);
	ck_assert_int_eq(open_("/sock", O_RDWR), -ENXIO);
}
END_TEST

START_TEST(a_program_that_runs_is_not_written)
{
	struct path p;
	long fd;

	touch("/prog");
	ck_assert_int_eq(path_lookup(&current->fs->root, "/prog", 0, &p), 0);
	p.dentry->inode->exec_users++;
	ck_assert_int_eq(open_("/prog", O_WRONLY), -ETXTBSY);
	ck_assert_int_eq(CALL(truncate, fake_str("/prog"), 0), -ETXTBSY);
	p.dentry->inode->exec_users--;
	fd = open_("/prog", O_RDWR);
	ck_assert_uint_eq(p.dentry->inode->writers, 1);
	CALL(close, fd);
	ck_assert_uint_eq(p.dentry->inode->writers, 0);
	path_put(&p);
}
END_TEST

START_TEST(many_names_do_not_grow_the_cache_without_bound)
{
	char name[32];
	unsigned nr = 0;
	struct dentry *d;

	for (int i = 0; i < 60000; i++) {
		snprintf(name, sizeof(name), "/none%d", i);
		ck_assert_int_eq(exists(name), -ENOENT);
	}
	list_for_each_entry (d, &current->fs->root.mnt->sb->dentries, sb_link)
		nr++;
	ck_assert_uint_lt(nr, 33000);
}
END_TEST

Suite *suite_namei(void);
Suite *suite_namei(void)
{
	Suite *s = suite_create("namei");
	TCase *tc = tcase_create("walk");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, dots_and_slashes_are_walked_as_on_linux);
	tcase_add_test(tc, names_have_limits);
	tcase_add_test(tc, symlinks_are_followed_forty_times);
	tcase_add_test(tc, links_in_the_middle_go_on_behind_them);
	tcase_add_test(tc, getcwd_follows_renames_and_tells_removal);
	tcase_add_test(tc, rename_checks_what_linux_checks);
	tcase_add_test(tc, hard_links_count_and_share);
	tcase_add_test(tc, permissions_follow_mode_and_capabilities);
	tcase_add_test(tc, set_id_bits_go_when_owner_or_contents_change);
	tcase_add_test(tc, setgid_directories_pass_on_their_group);
	tcase_add_test(tc, mounts_cover_and_uncover);
	tcase_add_test(tc, bind_mounts_show_the_same_tree);
	tcase_add_test(tc, chroot_is_a_floor);
	tcase_add_test(tc, openat2_restrictions_hold);
	tcase_add_test(tc, open_flags_are_checked);
	tcase_add_test(tc, a_program_that_runs_is_not_written);
	tcase_add_test(tc, many_names_do_not_grow_the_cache_without_bound);
	suite_add_tcase(s, tc);
	return s;
}
