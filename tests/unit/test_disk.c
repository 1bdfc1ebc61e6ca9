/* The quota of a host directory (--disk): what is there counts, and what changes is followed. */
#include "fs/hostfs/hostfs.h"
#include "fs/hostfs/node.h"
#include "tests/unit/fakefiles.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <sys/syscall.h>

#define MIB (1ul << 20)

static struct task *task;
static struct super *disk; /* borrowed */

static void setup(void)
{
	struct path at;

	fake_files_init(0, 0);
	task = fake_task_create();
	fake_host_mkdir("d");
	fake_host_write("d/f", "text");
	CALL(mkdir, fake_str("/h"), 0755);
	ck_assert_int_eq(hostfs_mount_dir("", true, false, &disk), 0);
	ck_assert_int_eq(hostfs_set_quota(disk, MIB), 0);
	ck_assert_int_eq(path_lookup(&current->fs->root, "/h", 0, &at), 0);
	ck_assert_int_eq(mount_super(disk, disk->root, &at, 0), 0);
	path_put(&at);
	super_put(disk);
}

static void teardown(void)
{
	ck_assert_int_eq(CALL(umount2, fake_str("/h"), 0), 0);
	fake_task_destroy(task);
	fake_fini();
	ck_assert_uint_eq(fake_open_fds, 0);
	fake_files_fini();
}

static u64 used(void)
{
	return ((struct hostfs *)disk->priv)->used_bytes;
}

/* What a new count says. */
static u64 recount(void)
{
	ck_assert_int_eq(hostfs_set_quota(disk, MIB), 0);
	return used();
}

static long open_(const char *p)
{
	long fd = CALL(open, fake_str(p), O_RDWR | O_CREAT, 0644);

	ck_assert_msg(fd >= 0, "%s: %ld", p, fd);
	return fd;
}

static long put(long fd, u64 pos)
{
	return CALL(pwrite64, fd, FAKE_BUF(0), 16384, pos);
}

static void touch(const char *p)
{
	CALL(lstat, fake_str(p), FAKE_BUF(5)); /* brings its size on the host up to date */
}

START_TEST(what_is_there_counts)
{
	ck_assert_uint_gt(used(), 0);
	ck_assert_uint_lt(used(), MIB / 4);
	ck_assert_uint_eq(used(), recount());
}
END_TEST

START_TEST(a_full_disk_gives_enospc_and_room_again_once_a_file_is_gone)
{
	long fd = open_("/h/big"), ret;
	u64 pos = 0;

	while ((ret = put(fd, pos)) > 0)
		pos += (u64)ret;
	ck_assert_int_eq(ret, -ENOSPC);
	ck_assert_uint_gt(pos, MIB * 9 / 10);
	ck_assert_uint_le(used(), MIB + PAGE_SIZE); /* the last page is rounded up */
	ck_assert_int_eq(put(fd, 0), 16384);	    /* what it has may be written again */
	ck_assert_int_eq(CALL(mkdir, fake_str("/h/more"), 0755), -ENOSPC);
	ck_assert_int_eq(CALL(open, fake_str("/h/more"), O_CREAT | O_RDWR, 0644), -ENOSPC);
	ck_assert_int_eq(CALL(symlink, fake_str("x"), fake_str("/h/more")), -ENOSPC);
	ck_assert_int_eq(CALL(unlink, fake_str("/h/big")), 0);
	ck_assert_int_eq(CALL(mkdir, fake_str("/h/more"), 0755), -ENOSPC); /* it is still open */
	CALL(close, fd);
	ck_assert_int_eq(CALL(mkdir, fake_str("/h/more"), 0755), 0);
	touch("/h");
	ck_assert_uint_eq(used(), recount());
}
END_TEST

START_TEST(holes_are_counted_as_they_are_filled)
{
	long fd = open_("/h/sparse");
	u64 pos, before;

	ck_assert_int_eq(CALL(ftruncate, fd, 64 * MIB), 0);
	before = used();
	ck_assert_uint_lt(before, MIB / 4);
	for (pos = 0; put(fd, pos) > 0; pos += MIB / 4)
		ck_assert_uint_lt(pos, 32 * MIB);
	ck_assert_uint_le(used(), MIB + PAGE_SIZE);
	CALL(close, fd);
	ck_assert_uint_eq(used(), recount());
}
END_TEST

START_TEST(the_sum_is_what_a_new_count_gives)
{
	static const char *const names[] = {"/h/a", "/h/b", "/h/d/c", "/h/d/f", "/h/e"};
	unsigned seed = 1;

	for (int i = 0; i < 400; i++) {
		const char *a = names[(seed = seed * 1103515245 + 12345) >> 16 & 3];
		const char *b = names[((seed = seed * 1103515245 + 12345) >> 16 & 3) + 1];
		long fd;

		switch ((seed = seed * 1103515245 + 12345) >> 16 & 7) {
		case 0:
		case 1:
			fd = open_(a);
			put(fd, seed & 0x1ffff);
			CALL(close, fd);
			break;
		case 2:
			CALL(truncate, fake_str(a), seed >> 16);
			break;
		case 3:
			CALL(link, fake_str(a), fake_str(b));
			break;
		case 4:
			CALL(rename, fake_str(a), fake_str(b));
			break;
		case 5:
			fd = CALL(open, fake_str(a), O_RDWR);
			CALL(unlink, fake_str(a));
			if (fd >= 0) {
				put(fd, 0);
				CALL(close, fd);
			}
			break;
		default:
			CALL(unlink, fake_str(b));
		}
		if (i % 20)
			continue;
		touch("/h");
		touch("/h/d");
		for (size_t n = 0; n < ARRAY_SIZE(names); n++)
			touch(names[n]);
		ck_assert_uint_eq(used(), recount());
	}
}
END_TEST

Suite *suite_disk(void)
{
	Suite *s = suite_create("disk");
	TCase *tc = tcase_create("quota");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_there_counts);
	tcase_add_test(tc, a_full_disk_gives_enospc_and_room_again_once_a_file_is_gone);
	tcase_add_test(tc, holes_are_counted_as_they_are_filled);
	tcase_add_test(tc, the_sum_is_what_a_new_count_gives);
	suite_add_tcase(s, tc);
	return s;
}
