/* overlay, through the system calls: lower tree at /l, upper layer at /u, the overlay at /o, on two
 * tmpfs supers. */
#include "fs/fdtable.h"
#include "fs/overlay/overlay.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/os.h"
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
static long rmdir_(const char *p)
{
	return CALL(rmdir, fake_str(p));
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

	ck_assert_int_ge(fd, 0);
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

/* The names in directory p, sorted, with a space behind each. Checks d_ino against st_ino. */
static const char *list_fd(long fd, const char *p)
{
	static char out[4096];
	char names[64][32], path[128];
	size_t nr = 0;
	long n;

	while ((n = CALL(getdents64, fd, FAKE_BUF(2), 256)) > 0)
		for (long at = 0; at < n;) {
			struct abi_dirent64 *e = (void *)((char *)FAKE_PTR(2) + at);

			at += e->reclen;
			if (e->name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", p, e->name);
			ck_assert_msg(stat_(path).st_ino == e->ino, "d_ino of %s", path);
			ck_assert_uint_lt(nr, 64);
			snprintf(names[nr++], 32, "%s", e->name);
		}
	ck_assert_int_eq(n, 0);
	qsort(names, nr, 32, (int (*)(const void *, const void *))strcmp);
	*out = 0;
	for (size_t i = 0; i < nr; i++)
		strcat(strcat(out, names[i]), " ");
	return out;
}
static const char *list(const char *p)
{
	long fd = open_(p, O_RDONLY | O_DIRECTORY);
	const char *s;

	ck_assert_int_ge(fd, 0);
	s = list_fd(fd, p);
	CALL(close, fd);
	return s;
}

static struct super *super_of(const char *p)
{
	struct super *sb;
	struct path at;

	ck_assert_int_eq(path_lookup(&current->fs->root, p, 0, &at), 0);
	sb = at.dentry->sb;
	path_put(&at);
	return sb;
}

static void mount_at(struct super *sb, const char *p)
{
	struct path at;

	mkdir_(p);
	ck_assert_int_eq(path_lookup(&current->fs->root, p, 0, &at), 0);
	ck_assert_int_eq(mount_super(sb, sb->root, &at, 0), 0);
	path_put(&at);
}

static void setup(void)
{
	struct super *lower, *upper, *sb;

	task = fake_task_create();
	ck_assert_int_eq(tmpfs_fs_type.mount(&tmpfs_fs_type, "l", NULL, &lower), 0);
	ck_assert_int_eq(tmpfs_fs_type.mount(&tmpfs_fs_type, "u", NULL, &upper), 0);
	mount_at(lower, "/l");
	mount_at(upper, "/u");
	mkdir_("/l/d");
	mkdir_("/l/d/e");
	put("/l/f", O_CREAT, "lower f");
	put("/l/g", O_CREAT, "lower g");
	put("/l/d/x", O_CREAT, "lower x");
	put("/l/d/e/y", O_CREAT, "lower y");
	ck_assert_int_eq(overlay_mount(lower, upper, &sb), 0);
	mount_at(sb, "/o");
	super_put(sb);
}

static void teardown(void)
{
	ck_assert_int_eq(CALL(umount2, fake_str("/o"), 0), 0);
	ck_assert_int_eq(CALL(umount2, fake_str("/l"), 0), 0);
	ck_assert_int_eq(CALL(umount2, fake_str("/u"), 0), 0);
	fake_task_destroy(task);
	fake_fini();
	ck_assert(list_empty(&all_mounts));
	ck_assert(list_empty(&all_supers));
}

START_TEST(reading_leaves_the_upper_layer_empty)
{
	ck_assert_str_eq(get("/o/d/e/y"), "lower y");
	ck_assert_str_eq(list("/o"), "d f g ");
	ck_assert_str_eq(list("/o/d"), "e x ");
	ck_assert_str_eq(list("/u/upper"), "");
}
END_TEST

START_TEST(writing_copies_up_and_leaves_the_lower_file_alone)
{
	struct stat before = stat_("/o/d/e/y"), dir = stat_("/o/d"), after;

	fake_clock_ns += 5 * NSEC_PER_SEC;
	put("/o/d/e/y", 0, "UPPER");
	ck_assert_str_eq(get("/o/d/e/y"), "UPPER y");
	ck_assert_str_eq(get("/l/d/e/y"), "lower y");
	ck_assert_str_eq(get("/u/upper/d/e/y"), "UPPER y");
	ck_assert_str_eq(list("/u/work"), "");
	after = stat_("/o/d/e/y");
	ck_assert_uint_eq(after.st_ino, before.st_ino);
	ck_assert_uint_eq(after.st_dev, before.st_dev);
	ck_assert_uint_eq(stat_("/o/d").st_ino, dir.st_ino);
	ck_assert_int_eq(stat_("/o/d").st_mtim.tv_sec, dir.st_mtim.tv_sec);
	ck_assert_str_eq(list("/o/d"), "e x ");
}
END_TEST

START_TEST(appending_and_truncating_copy_what_is_needed)
{
	put("/o/f", O_APPEND, "+");
	ck_assert_str_eq(get("/o/f"), "lower f+");
	put("/o/g", O_TRUNC, "n");
	ck_assert_str_eq(get("/o/g"), "n");
	ck_assert_int_eq(CALL(truncate, fake_str("/o/d/x"), 3), 0);
	ck_assert_str_eq(get("/o/d/x"), "low");
	ck_assert_str_eq(get("/l/f"), "lower f");
	ck_assert_str_eq(get("/l/g"), "lower g");
	ck_assert_str_eq(get("/l/d/x"), "lower x");
}
END_TEST

START_TEST(holes_stay_holes)
{
	long fd = open_("/l/f", O_RDWR);

	ck_assert_int_eq(CALL(pwrite64, fd, fake_str("end"), 3, 400000), 3);
	CALL(close, fd);
	put("/o/f", 0, "L");
	ck_assert_int_eq(stat_("/o/f").st_size, 400003);
	ck_assert_int_le(stat_("/o/f").st_blocks, 32);
	ck_assert_str_eq(get("/u/upper/f"), "Lower f");
}
END_TEST

START_TEST(an_open_file_follows_its_copy)
{
	long fd = open_("/o/f", O_RDONLY);

	put("/o/f", 0, "UPPER");
	ck_assert_str_eq(get_fd(fd), "UPPER f");
	ck_assert_int_eq(unlink_("/o/f"), 0);
	ck_assert_str_eq(get_fd(fd), "UPPER f");
	CALL(close, fd);
}
END_TEST

START_TEST(a_removed_lower_name_becomes_a_whiteout)
{
	struct stat st;

	ck_assert_int_eq(unlink_("/o/f"), 0);
	ck_assert_int_eq(exists("/o/f"), -ENOENT);
	st = stat_("/u/upper/f");
	ck_assert(S_ISCHR(st.st_mode) && !st.st_rdev);
	ck_assert_str_eq(list("/o"), "d g ");
	put("/o/f", O_CREAT | O_EXCL, "new");
	ck_assert_str_eq(get("/o/f"), "new");
	ck_assert_uint_ne(stat_("/o/f").st_ino, stat_("/l/f").st_ino);
	ck_assert_int_eq(unlink_("/o/f"), 0);
	ck_assert_int_eq(exists("/o/f"), -ENOENT);
	ck_assert_str_eq(get("/l/f"), "lower f");
}
END_TEST

START_TEST(an_upper_name_leaves_nothing_behind)
{
	put("/o/d/new", O_CREAT, "n");
	ck_assert_int_eq(unlink_("/o/d/new"), 0);
	ck_assert_str_eq(list("/u/upper/d"), "");
}
END_TEST

START_TEST(a_directory_is_removed_only_when_the_merged_view_is_empty)
{
	ck_assert_int_eq(rmdir_("/o/d/e"), -ENOTEMPTY);
	ck_assert_int_eq(unlink_("/o/d/e/y"), 0);
	put("/o/d/e/z", O_CREAT, "z");
	ck_assert_int_eq(rmdir_("/o/d/e"), -ENOTEMPTY);
	ck_assert_int_eq(unlink_("/o/d/e/z"), 0);
	ck_assert_int_eq(rmdir_("/o/d/e"), 0);
	ck_assert_int_eq(exists("/o/d/e"), -ENOENT);
	ck_assert_str_eq(list("/o/d"), "x ");
	ck_assert_str_eq(get("/l/d/e/y"), "lower y");
}
END_TEST

START_TEST(a_directory_made_over_a_removed_one_is_opaque)
{
	unlink_("/o/d/e/y");
	ck_assert_int_eq(rmdir_("/o/d/e"), 0);
	ck_assert_int_eq(mkdir_("/o/d/e"), 0);
	ck_assert_str_eq(list("/o/d/e"), "");
	ck_assert_int_eq(exists("/o/d/e/y"), -ENOENT);
	ck_assert_int_eq(rmdir_("/o/d/e"), 0);
	ck_assert_int_eq(exists("/o/d/e"), -ENOENT);
}
END_TEST

START_TEST(a_renamed_file_hides_its_old_name)
{
	u64 ino = stat_("/o/f").st_ino;

	ck_assert_int_eq(rename_("/o/f", "/o/d/h"), 0);
	ck_assert_int_eq(exists("/o/f"), -ENOENT);
	ck_assert_str_eq(get("/o/d/h"), "lower f");
	ck_assert_uint_eq(stat_("/o/d/h").st_ino, ino);
	ck_assert_int_eq(rename_("/o/d/h", "/o/g"), 0);
	ck_assert_str_eq(get("/o/g"), "lower f");
	ck_assert_str_eq(list("/o"), "d g ");
	ck_assert_str_eq(list("/o/d"), "e x ");
	ck_assert_str_eq(get("/l/g"), "lower g");
}
END_TEST

START_TEST(a_directory_takes_its_lower_part_along)
{
	u64 ino = stat_("/o/d").st_ino;

	ck_assert_int_eq(rename_("/o/d", "/o/n"), 0);
	ck_assert_int_eq(exists("/o/d"), -ENOENT);
	ck_assert_uint_eq(stat_("/o/n").st_ino, ino);
	ck_assert_str_eq(list("/o/n"), "e x ");
	put("/o/n/e/y", 0, "UPPER");
	ck_assert_str_eq(get("/o/n/e/y"), "UPPER y");
	ck_assert_int_eq(mkdir_("/o/d"), 0);
	ck_assert_str_eq(list("/o/d"), "");
	ck_assert_int_eq(rename_("/o/n/e", "/o/d/e"), 0);
	ck_assert_str_eq(get("/o/d/e/y"), "UPPER y");
	ck_assert_str_eq(list("/o/n"), "x ");
	d_prune(super_of("/o")); /* what follows is looked up again */
	ck_assert_str_eq(get("/o/d/e/y"), "UPPER y");
	ck_assert_str_eq(list("/o/n"), "x ");
	ck_assert_str_eq(get("/o/n/x"), "lower x");
	ck_assert_str_eq(get("/l/d/e/y"), "lower y");
}
END_TEST

START_TEST(a_new_directory_hides_the_lower_one_it_replaces)
{
	ck_assert_int_eq(mkdir_("/o/n"), 0);
	put("/o/n/z", O_CREAT, "z");
	ck_assert_int_eq(rename_("/o/n", "/o/m"), 0);
	ck_assert_str_eq(get("/o/m/z"), "z");
	unlink_("/o/d/e/y");
	ck_assert_int_eq(rename_("/o/m", "/o/d/e"), 0);
	ck_assert_str_eq(list("/o/d/e"), "z ");
	ck_assert_str_eq(list("/o"), "d f g ");
}
END_TEST

START_TEST(files_change_places)
{
	ck_assert_int_eq(CALL(renameat2, AT_FDCWD, fake_str("/o/f"), AT_FDCWD, fake_str("/o/d/x"),
				 RENAME_EXCHANGE),
		0);
	ck_assert_str_eq(get("/o/f"), "lower x");
	ck_assert_str_eq(get("/o/d/x"), "lower f");
	ck_assert_int_eq(unlink_("/o/f"), 0);
	ck_assert_int_eq(exists("/o/f"), -ENOENT);
}
END_TEST

START_TEST(links_of_a_lower_file_stay_links)
{
	ck_assert_int_eq(CALL(link, fake_str("/l/f"), fake_str("/l/d/f2")), 0);
	ck_assert_uint_eq(stat_("/o/f").st_nlink, 2);
	put("/o/f", 0, "UPPER");
	ck_assert_str_eq(get("/o/d/f2"), "UPPER f");
	ck_assert_uint_eq(stat_("/o/d/f2").st_ino, stat_("/o/f").st_ino);
	ck_assert_uint_eq(stat_("/o/f").st_nlink, 2);
	ck_assert_int_eq(unlink_("/o/f"), 0);
	ck_assert_uint_eq(stat_("/o/d/f2").st_nlink, 1);
	ck_assert_int_eq(rename_("/o/d/f2", "/o/k"), 0);
	ck_assert_str_eq(get("/o/k"), "UPPER f");
	ck_assert_int_eq(CALL(link, fake_str("/o/k"), fake_str("/o/f")), 0);
	ck_assert_uint_eq(stat_("/o/f").st_nlink, 2);
	unlink_("/o/f");
	unlink_("/o/k");
	ck_assert_str_eq(list("/u/work"), "");
}
END_TEST

START_TEST(attributes_travel_and_private_ones_stay_hidden)
{
	struct stat st;

	CALL(setxattr, fake_str("/l/f"), fake_str("user.a"), fake_str("1"), 1, 0);
	CALL(chown, fake_str("/l/f"), 5, 6);
	CALL(chmod, fake_str("/l/f"), 04750);
	CALL(setxattr, fake_str("/o/f"), fake_str("user.b"), fake_str("2"), 1, 0);
	st = stat_("/u/upper/f");
	ck_assert_uint_eq(st.st_mode, S_IFREG | 04750);
	ck_assert_uint_eq(st.st_uid, 5);
	ck_assert_uint_eq(st.st_gid, 6);
	ck_assert_int_eq(CALL(listxattr, fake_str("/o/f"), FAKE_BUF(3), 4096), 14);
	ck_assert_int_eq(CALL(getxattr, fake_str("/o/f"), fake_str("user.a"), FAKE_BUF(3), 10), 1);
	ck_assert_int_eq(CALL(getxattr, fake_str("/o/f"), fake_str("trusted.overlay.skiff.ino"),
				 FAKE_BUF(3), 10),
		-ENODATA);
	ck_assert_int_eq(CALL(removexattr, fake_str("/o/f"), fake_str("user.a")), 0);
	ck_assert_int_eq(CALL(getxattr, fake_str("/l/f"), fake_str("user.a"), FAKE_BUF(3), 10), 1);
}
END_TEST

START_TEST(a_removed_file_can_still_be_changed)
{
	long fd = open_("/o/f", O_RDONLY);
	struct stat st;

	ck_assert_int_eq(unlink_("/o/f"), 0);
	ck_assert_int_eq(CALL(fchmod, fd, 0600), 0);
	ck_assert_int_eq(CALL(fstat, fd, FAKE_BUF(0)), 0);
	memcpy(&st, FAKE_PTR(0), sizeof(st));
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_uint_eq(st.st_nlink, 0);
	ck_assert_str_eq(get_fd(fd), "lower f");
	CALL(close, fd);
	ck_assert_int_eq(exists("/o/f"), -ENOENT);
	ck_assert_str_eq(list("/u/work"), "");
}
END_TEST

START_TEST(a_listing_is_stable_while_it_is_read)
{
	long fd, n, pos;

	put("/o/d/new", O_CREAT, "n");
	fd = open_("/o/d", O_RDONLY | O_DIRECTORY);
	n = CALL(getdents64, fd, FAKE_BUF(2), 64); /* a part only */
	ck_assert_int_gt(n, 0);
	pos = CALL(lseek, fd, 0, SEEK_CUR);
	unlink_("/o/d/x");
	ck_assert_int_eq(CALL(lseek, fd, pos, SEEK_SET), pos);
	while ((n = CALL(getdents64, fd, FAKE_BUF(2), 64)) > 0)
		continue;
	ck_assert_int_eq(n, 0);
	CALL(lseek, fd, 0, SEEK_SET);
	ck_assert_str_eq(list_fd(fd, "/o/d"), "e new ");
	CALL(close, fd);
}
END_TEST

START_TEST(changes_below_are_noticed)
{
	ck_assert_int_eq(exists("/o/late"), -ENOENT);
	put("/l/late", O_CREAT, "late");
	ck_assert_str_eq(get("/o/late"), "late");
	ck_assert_str_eq(get("/o/g"), "lower g");
	put("/l/g2", O_CREAT, "other g");
	ck_assert_int_eq(rename_("/l/g2", "/l/g"), 0);
	ck_assert_str_eq(get("/o/g"), "other g");
}
END_TEST

START_TEST(unnamed_files_live_in_the_upper_layer)
{
	long fd = open_("/o/d", O_TMPFILE | O_RDWR);
	char path[32];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(CALL(write, fd, fake_str("tmp"), 3), 3);
	ck_assert_str_eq(list("/o/d"), "e x ");
	snprintf(path, sizeof(path), "%ld", fd);
	ck_assert_int_eq(
		CALL(linkat, fd, fake_str(""), AT_FDCWD, fake_str("/o/d/t"), AT_EMPTY_PATH), 0);
	CALL(close, fd);
	ck_assert_str_eq(get("/o/d/t"), "tmp");
	ck_assert_str_eq(get("/u/upper/d/t"), "tmp");
}
END_TEST

Suite *suite_overlay(void);
Suite *suite_overlay(void)
{
	Suite *s = suite_create("overlay");
	TCase *tc = tcase_create("overlay");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reading_leaves_the_upper_layer_empty);
	tcase_add_test(tc, writing_copies_up_and_leaves_the_lower_file_alone);
	tcase_add_test(tc, appending_and_truncating_copy_what_is_needed);
	tcase_add_test(tc, holes_stay_holes);
	tcase_add_test(tc, an_open_file_follows_its_copy);
	tcase_add_test(tc, a_removed_lower_name_becomes_a_whiteout);
	tcase_add_test(tc, an_upper_name_leaves_nothing_behind);
	tcase_add_test(tc, a_directory_is_removed_only_when_the_merged_view_is_empty);
	tcase_add_test(tc, a_directory_made_over_a_removed_one_is_opaque);
	tcase_add_test(tc, a_renamed_file_hides_its_old_name);
	tcase_add_test(tc, a_directory_takes_its_lower_part_along);
	tcase_add_test(tc, a_new_directory_hides_the_lower_one_it_replaces);
	tcase_add_test(tc, files_change_places);
	tcase_add_test(tc, links_of_a_lower_file_stay_links);
	tcase_add_test(tc, attributes_travel_and_private_ones_stay_hidden);
	tcase_add_test(tc, a_removed_file_can_still_be_changed);
	tcase_add_test(tc, a_listing_is_stable_while_it_is_read);
	tcase_add_test(tc, changes_below_are_noticed);
	tcase_add_test(tc, unnamed_files_live_in_the_upper_layer);
	suite_add_tcase(s, tc);
	return s;
}
