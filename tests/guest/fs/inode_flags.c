/* run: root */
/* FS_IOC_SETFLAGS, file_setattr: what immutable and append-only files refuse, who may change that,
 * what statx says, what is inherited. */
#include "tests/guest/test.h"
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <linux/fs.h>
#include <sys/xattr.h>

#ifndef SYS_file_getattr
#define SYS_file_getattr 468
#define SYS_file_setattr 469
#endif

struct attr {
	uint64_t xflags;
	uint32_t extsize, nextents, projid, cowextsize;
};

static int get(int fd)
{
	int flags = 0;

	SYS(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	return flags;
}

static int set(int fd, int flags)
{
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static void immutable(int fd)
{
	struct timespec ts[2] = {{1, 0}, {1, 0}};
	struct statx x;
	int from;

	SYS(set(fd, FS_IMMUTABLE_FL));
	CHECK(get(fd) & FS_IMMUTABLE_FL);
	SYS(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x));
	CHECK(x.stx_attributes & STATX_ATTR_IMMUTABLE);
	CHECK(x.stx_attributes_mask & STATX_ATTR_APPEND);
	CHECK_ERR(open("f", O_WRONLY), EPERM);
	CHECK_ERR(open("f", O_RDWR | O_APPEND), EPERM);
	CHECK_ERR(unlink("f"), EPERM);
	CHECK_ERR(rename("f", "g"), EPERM);
	CHECK_ERR(link("f", "g"), EPERM);
	CHECK_ERR(chmod("f", 0600), EPERM);
	CHECK_ERR(chown("f", 1, 1), EPERM);
	CHECK_ERR(truncate("f", 1), EPERM);
	CHECK_ERR(utimensat(AT_FDCWD, "f", ts, 0), EPERM);
	CHECK_ERR(utimensat(AT_FDCWD, "f", NULL, 0), EPERM);
	CHECK_ERR(setxattr("f", "user.x", "1", 1, 0), EPERM);
	CHECK_ERR(access("f", W_OK), EPERM);
	from = SYS(open("theirs", O_RDONLY));
	CHECK_ERR(copy_file_range(from, NULL, fd, NULL, 1, 0), EPERM);
	close(from);
	close(SYS(open("f", O_RDONLY)));
	SYS(set(fd, 0));
}

static void append_only(int fd)
{
	int out;

	SYS(set(fd, FS_APPEND_FL));
	CHECK_ERR(open("f", O_WRONLY), EPERM);
	CHECK_ERR(open("f", O_WRONLY | O_APPEND | O_TRUNC), EPERM);
	out = SYS(open("f", O_WRONLY | O_APPEND));
	CHECK_EQ(write(out, "x", 1), 1);
	CHECK_ERR(fcntl(out, F_SETFL, 0), EPERM);
	CHECK_ERR(ftruncate(out, 0), EPERM);
	CHECK_ERR(unlink("f"), EPERM);
	SYS(utimensat(AT_FDCWD, "f", NULL, 0));
	close(out);
	SYS(set(fd, 0));
}

static void directories(void)
{
	int d, fd;

	SYS(mkdir("d", 0755));
	d = SYS(open("d", O_RDONLY | O_DIRECTORY));
	SYS(set(d, FS_APPEND_FL | FS_NODUMP_FL));
	fd = SYS(open("d/new", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(get(fd) & (FS_NODUMP_FL | FS_APPEND_FL), FS_NODUMP_FL);
	CHECK_ERR(unlink("d/new"), EPERM);
	SYS(set(d, FS_IMMUTABLE_FL));
	CHECK_ERR(open("d/other", O_CREAT | O_RDWR, 0644), EPERM);
	CHECK_ERR(mkdir("d/other", 0755), EPERM);
	CHECK_ERR(unlink("d/new"), EPERM);
	CHECK_ERR(rmdir("d"), EPERM);
	SYS(set(d, 0));
	SYS(unlink("d/new"));
	SYS(rmdir("d"));
}

static void by_name(int fd)
{
	struct attr a = {0};

	if (syscall(SYS_file_getattr, AT_FDCWD, "f", &a, sizeof a, 0) < 0 && errno == ENOSYS)
		return;
	a.xflags = FS_XFLAG_NODUMP;
	SYS(syscall(SYS_file_setattr, AT_FDCWD, "f", &a, sizeof a, 0));
	CHECK(get(fd) & FS_NODUMP_FL);
	a.xflags = 0;
	SYS(syscall(SYS_file_getattr, AT_FDCWD, "f", &a, sizeof a, 0));
	CHECK(a.xflags & FS_XFLAG_NODUMP);
	CHECK_ERR(syscall(SYS_file_getattr, AT_FDCWD, "f", &a, 8, 0), EINVAL);
	CHECK_ERR(syscall(SYS_file_getattr, AT_FDCWD, "f", &a, 9999, 0), E2BIG);
	CHECK_ERR(syscall(SYS_file_setattr, AT_FDCWD, "f", 8, sizeof a, 0), EFAULT);
	CHECK_ERR(syscall(SYS_file_setattr, AT_FDCWD, "f", &a, sizeof a, -1), EINVAL);
	a.projid = 5;
	CHECK_ERR(syscall(SYS_file_setattr, AT_FDCWD, "f", &a, sizeof a, 0), EOPNOTSUPP);
}

static void unprivileged(void)
{
	int fd;

	SYS(chown("f", 1234, 1234));
	SYS(setresuid(1234, 1234, 1234));
	fd = SYS(open("f", O_RDONLY));
	SYS(set(fd, FS_NODUMP_FL));
	CHECK_ERR(set(fd, FS_IMMUTABLE_FL), EPERM);
	CHECK_ERR(set(fd, FS_APPEND_FL), EPERM);
	CHECK_ERR(set(fd, FS_COMPR_FL), EOPNOTSUPP);
	fd = SYS(open("theirs", O_RDONLY));
	CHECK_ERR(set(fd, FS_NODUMP_FL), EPERM);
}

int main(void)
{
	char here[PATH_MAX];
	int fd;

	SYS(unshare(CLONE_NEWNS));
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	SYS(mount("none", ".", "tmpfs", 0, "mode=0777"));
	CHECK(getcwd(here, sizeof here));
	SYS(chdir(here));
	fd = SYS(open("f", O_CREAT | O_RDWR, 0644));
	SYS(open("theirs", O_CREAT | O_RDWR, 0644));
	CHECK_EQ(get(fd), 0);
	immutable(fd);
	append_only(fd);
	directories();
	by_name(fd);
	unprivileged();
	return 0;
}
