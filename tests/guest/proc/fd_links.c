/* /proc/self/fd: names, modes and reopening of files, pipes, sockets and deleted files. */
#include "proc.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

static const char *fd_link(int fd)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return link_text(path);
}

static int reopen(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

static mode_t link_mode(int fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	SYS(lstat(path, &st));
	CHECK(S_ISLNK(st.st_mode));
	return st.st_mode & 0777;
}

int main(void)
{
	char path[128], want[160], buf[8];
	struct stat a, b;
	int fd, fd2, p[2], s[2];

	snprintf(path, sizeof path, "%s/file", test_tmpdir());
	fd = SYS(open(path, O_RDWR | O_CREAT, 0600));
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_STR(fd_link(fd), path);
	CHECK_EQ(link_mode(fd), 0700);
	fd2 = SYS(reopen(fd, O_RDONLY));
	CHECK_EQ(link_mode(fd2), 0500);
	CHECK_EQ(read(fd2, buf, sizeof buf), 5); /* its own offset */
	SYS(fstat(fd, &a));
	SYS(fstat(fd2, &b));
	CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	snprintf(want, sizeof want, "/proc/self/fd/%d", fd);
	SYS(stat(want, &b));
	CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	SYS(close(fd2));

	/* Gone from its directory, still there through the link. */
	SYS(unlink(path));
	snprintf(want, sizeof want, "%s (deleted)", path);
	CHECK_STR(fd_link(fd), want);
	fd2 = SYS(reopen(fd, O_RDWR));
	CHECK_EQ(pread(fd2, buf, sizeof buf, 0), 5);
	CHECK(!memcmp(buf, "hello", 5));
	SYS(close(fd2));
	*strrchr(path, '/') = '\0';
	SYS(rmdir(path));

	SYS(pipe(p));
	SYS(fstat(p[0], &a));
	snprintf(want, sizeof want, "pipe:[%llu]", (unsigned long long)a.st_ino);
	CHECK_STR(fd_link(p[0]), want);
	CHECK_STR(fd_link(p[1]), want);
	CHECK_EQ(link_mode(p[0]), 0500);
	CHECK_EQ(link_mode(p[1]), 0300);
	fd2 = SYS(reopen(p[0], O_WRONLY)); /* the other end of the same pipe */
	CHECK_EQ(write(fd2, "x", 1), 1);
	CHECK_EQ(read(p[0], buf, 1), 1);
	SYS(close(fd2));

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	SYS(fstat(s[0], &a));
	snprintf(want, sizeof want, "socket:[%llu]", (unsigned long long)a.st_ino);
	CHECK_STR(fd_link(s[0]), want);
	CHECK_ERR(reopen(s[0], O_RDWR), ENXIO);
	fd2 = SYS(eventfd(0, 0));
	CHECK_STR(fd_link(fd2), "anon_inode:[eventfd]");
	SYS(close(fd2));
	CHECK_ERR(reopen(fd2, O_RDONLY), ENOENT);

	SYS(dup2(1, 77));
	CHECK(dir_has("/proc/self/fd", "77"));
	SYS(close(77));
	CHECK(!dir_has("/proc/self/fd", "77"));
	CHECK(dir_has("/proc/self/fd", "1"));
	return 0;
}
