/* run: root */
/* fsopen(2), fsconfig(2), fsmount(2), fspick(2), move_mount(2), open_tree(2), mount_setattr(2). */
#include "tests/guest/test.h"
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#define N_OPEN_TREE 428
#define N_MOVE_MOUNT 429
#define N_FSOPEN 430
#define N_FSCONFIG 431
#define N_FSMOUNT 432
#define N_FSPICK 433
#define N_SETATTR 442

enum { SET_FLAG, SET_STRING, SET_FD = 5, CMD_CREATE, CMD_RECONFIGURE };

struct attr {
	uint64_t set, clr, propagation, userns;
};

static long config(int fd, int cmd, const char *key, const char *value)
{
	return syscall(N_FSCONFIG, fd, cmd, key, value, 0);
}

static long attach(int fd, const char *where)
{
	return syscall(N_MOVE_MOUNT, fd, "", AT_FDCWD, where, 4);
}

static long setattr(int fd, const char *path, int flags, uint64_t set, uint64_t clr)
{
	struct attr a = {set, clr, 0, 0};

	return syscall(N_SETATTR, fd, path, flags, &a, sizeof a);
}

static long statfs_flags(const char *path)
{
	struct statfs sf;

	SYS(statfs(path, &sf));
	return sf.f_flags;
}

static int make_tmpfs(const char *size)
{
	int ctx = SYS(syscall(N_FSOPEN, "tmpfs", 1)), fd;

	SYS(config(ctx, SET_STRING, "source", "here"));
	CHECK_ERR(config(ctx, SET_STRING, "source", "again"), EINVAL);
	SYS(config(ctx, SET_STRING, "size", size));
	CHECK_ERR(config(ctx, SET_FLAG, "ro", "x"), EINVAL);
	CHECK_ERR(syscall(N_FSCONFIG, ctx, SET_FLAG, NULL, NULL, 0), EINVAL);
	CHECK_ERR(config(ctx, 100, "ro", NULL), EOPNOTSUPP);
	CHECK_ERR(syscall(N_FSMOUNT, ctx, 0, 0), EINVAL);
	SYS(config(ctx, CMD_CREATE, NULL, NULL));
	CHECK_ERR(config(ctx, SET_STRING, "size", size), EBUSY);
	CHECK_ERR(syscall(N_FSMOUNT, ctx, 0, 0x30), EINVAL);
	fd = SYS(syscall(N_FSMOUNT, ctx, 1, 2)); /* nosuid */
	CHECK_ERR(syscall(N_FSMOUNT, ctx, 0, 0), EBUSY);
	SYS(close(ctx));
	return fd;
}

static void test_context(void)
{
	struct statfs sf;
	int fd = make_tmpfs("64k"), f;

	f = SYS(openat(fd, "before", O_CREAT | O_WRONLY, 0644)); /* usable before it has a place */
	SYS(close(f));
	SYS(mkdir("a", 0755));
	SYS(attach(fd, "a"));
	CHECK_ERR(attach(fd, "a"), ELOOP);
	SYS(close(fd));
	SYS(access("a/before", F_OK));
	SYS(statfs("a", &sf));
	CHECK_EQ(sf.f_blocks * (unsigned long)sf.f_bsize, 65536);
	CHECK(sf.f_flags & ST_NOSUID);
	CHECK_ERR(syscall(N_FSOPEN, "nofs", 0), ENODEV);
	CHECK_ERR(syscall(N_FSOPEN, "tmpfs", 2), EINVAL);
	CHECK_ERR(config(0, SET_FLAG, "ro", NULL), EINVAL);
	CHECK_ERR(config(-1, SET_FLAG, "ro", NULL), EINVAL);

	fd = make_tmpfs("8k"); /* goes with its descriptor */
	SYS(close(SYS(openat(fd, "x", O_CREAT | O_WRONLY, 0644))));
	SYS(close(fd));
}

static void test_reconfigure(void)
{
	int ctx = SYS(syscall(N_FSPICK, AT_FDCWD, "a", 1)), fd;

	SYS(mkdir("a/dir", 0755));
	CHECK_ERR(syscall(N_FSPICK, AT_FDCWD, "a/dir", 0), EINVAL);
	fd = SYS(open("a/before", O_WRONLY));
	SYS(config(ctx, SET_FLAG, "ro", NULL));
	CHECK_ERR(config(ctx, CMD_RECONFIGURE, NULL, NULL), EBUSY);
	SYS(close(ctx));
	SYS(close(fd));
	ctx = SYS(syscall(N_FSPICK, AT_FDCWD, "a", 1));
	SYS(config(ctx, SET_FLAG, "ro", NULL));
	SYS(config(ctx, CMD_RECONFIGURE, NULL, NULL));
	CHECK_ERR(open("a/before", O_WRONLY), EROFS);
	SYS(config(ctx, SET_FLAG, "rw", NULL));
	SYS(config(ctx, CMD_RECONFIGURE, NULL, NULL));
	SYS(close(SYS(open("a/before", O_WRONLY))));
	SYS(close(ctx));
}

static void test_tree(void)
{
	int fd = SYS(syscall(N_OPEN_TREE, AT_FDCWD, "a", 1)), fd2;

	SYS(mkdir("b", 0755));
	SYS(setattr(fd, "", AT_EMPTY_PATH, 1 | 0x80, 0)); /* ro, nodiratime */
	SYS(attach(fd, "b"));
	SYS(close(fd));
	CHECK_ERR(open("b/before", O_WRONLY), EROFS);
	CHECK(statfs_flags("b") & ST_NODIRATIME);
	SYS(close(SYS(open("a/before", O_WRONLY)))); /* of the one mount only */
	SYS(setattr(AT_FDCWD, "b", 0, 0, 1));
	SYS(close(SYS(open("b/before", O_WRONLY))));
	CHECK_ERR(setattr(AT_FDCWD, "b", 0, 0x10, 0), EINVAL); /* an atime mode, none cleared */
	SYS(setattr(AT_FDCWD, "b", 0, 0x10, 0x70));
	CHECK(statfs_flags("b") & ST_NOATIME);
	CHECK_ERR(setattr(AT_FDCWD, "b/dir", 0, 1, 0), EINVAL);
	CHECK_ERR(setattr(AT_FDCWD, "b", 0, 1u << 30, 0), EINVAL);
	CHECK_ERR(syscall(N_SETATTR, AT_FDCWD, "b", 0, "", 8), EINVAL);
	SYS(umount("b"));
	CHECK_ERR(syscall(N_OPEN_TREE, AT_FDCWD, "a", 0x8000), EINVAL);
	fd = SYS(syscall(N_OPEN_TREE, AT_FDCWD, "a", O_CLOEXEC));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	SYS(close(fd));

	/* recursive: what is mounted below comes along */
	SYS(mount("t", "a/dir", "tmpfs", 0, NULL));
	SYS(mkdir("a/dir/deep", 0755));
	fd = SYS(syscall(N_OPEN_TREE, AT_FDCWD, "a", 1 | 0x8000));
	fd2 = SYS(syscall(N_OPEN_TREE, AT_FDCWD, "a", 1));
	SYS(faccessat(fd, "dir/deep", F_OK, 0));
	CHECK_ERR(faccessat(fd2, "dir/deep", F_OK, 0), ENOENT);
	SYS(close(fd));
	SYS(close(fd2));
	SYS(umount("a/dir"));
}

static void test_beneath(void)
{
	int fd = make_tmpfs("8k");

	SYS(close(SYS(openat(fd, "under", O_CREAT | O_WRONLY, 0644))));
	if (syscall(N_MOVE_MOUNT, fd, "", AT_FDCWD, "a", 4 | 0x200) < 0)
		CHECK_EQ(errno, EINVAL); /* before 6.5 */
	else {
		SYS(access("a/before", F_OK));
		SYS(umount("a"));
		SYS(access("a/under", F_OK));
	}
	SYS(close(fd));
	SYS(umount("a"));
}

int main(void)
{
	if (geteuid() || unshare(CLONE_NEWNS) < 0)
		SKIP("needs a mount namespace");
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	test_context();
	test_reconfigure();
	test_tree();
	test_beneath();
	return 0;
}
