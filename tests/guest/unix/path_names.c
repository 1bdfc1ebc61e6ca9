/* Sockets bound to pathnames: the inode, the lengths of names, stale names, wrong types. */
#include "sock.h"

int main(void)
{
	const char *dir = test_tmpdir();
	struct sockaddr_un un, other, got;
	socklen_t len, olen, glen;
	struct stat st;
	int l, c, a, fd;
	char buf[4];

	umask(022);
	len = path_addr(&un, dir, "sock");
	l = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	SYS(bind(l, (struct sockaddr *)&un, sizeof un)); /* the rest is NULs */
	SYS(stat(un.sun_path, &st));
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0755);
	CHECK_ERR(open(un.sun_path, O_RDWR), ENXIO);

	glen = sizeof got;
	SYS(getsockname(l, (struct sockaddr *)&got, &glen));
	CHECK_EQ(glen, len);
	CHECK_STR(got.sun_path, un.sun_path);
	olen = path_addr(&other, dir, "second");
	CHECK_ERR(bind(l, (struct sockaddr *)&other, olen), EINVAL);
	CHECK_ERR(access(other.sun_path, F_OK), ENOENT);

	/* bound but not listening; then listening */
	c = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERR(connect(c, (struct sockaddr *)&un, len), ECONNREFUSED);
	SYS(listen(l, 5));
	SYS(connect(c, (struct sockaddr *)&un, len));
	CHECK_ERR(connect(c, (struct sockaddr *)&un, len), EISCONN);
	glen = sizeof got;
	SYS(getpeername(c, (struct sockaddr *)&got, &glen));
	CHECK_EQ(glen, len);
	glen = sizeof got;
	SYS(getsockname(c, (struct sockaddr *)&got, &glen));
	CHECK_EQ(glen, 2);
	CHECK_EQ(got.sun_family, AF_UNIX);

	glen = sizeof got;
	memset(&got, 1, sizeof got);
	a = SYS(accept(l, (struct sockaddr *)&got, &glen));
	CHECK_EQ(glen, 2);
	CHECK_EQ(got.sun_family, AF_UNIX);
	glen = sizeof got;
	SYS(getsockname(a, (struct sockaddr *)&got, &glen));
	CHECK_STR(got.sun_path, un.sun_path);
	CHECK_EQ(write(c, "hey", 3), 3);
	CHECK_EQ(read(a, buf, 4), 3);
	SYS(close(a));
	SYS(close(c));

	/* a short buffer is cut, the true length reported */
	glen = 4;
	memset(&got, 0, sizeof got);
	SYS(getsockname(l, (struct sockaddr *)&got, &glen));
	CHECK_EQ(glen, len);
	CHECK_EQ(got.sun_path[1], un.sun_path[1]);
	CHECK_EQ(got.sun_path[2], 0);

	/* the name is taken; a symlink leads to it; a hard link too; a datagram socket may not */
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERR(bind(fd, (struct sockaddr *)&un, len), EADDRINUSE);
	olen = path_addr(&other, dir, "symlink");
	SYS(symlink("sock", other.sun_path));
	SYS(connect(fd, (struct sockaddr *)&other, olen));
	SYS(close(fd));
	olen = path_addr(&other, dir, "hard");
	SYS(link(un.sun_path, other.sun_path));
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	SYS(connect(fd, (struct sockaddr *)&other, olen));
	SYS(close(fd));
	fd = SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), EPROTOTYPE);
	SYS(close(fd));

	/* unlinked: unreachable by this name, alive by the other; renamed: alive by the new one */
	SYS(unlink(un.sun_path));
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), ENOENT);
	SYS(rename(other.sun_path, un.sun_path));
	SYS(connect(fd, (struct sockaddr *)&un, len));
	SYS(close(fd));

	/* stale */
	SYS(close(l));
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), ECONNREFUSED);
	CHECK_ERR(bind(fd, (struct sockaddr *)&un, len), EADDRINUSE);
	SYS(unlink(un.sun_path));
	SYS(bind(fd, (struct sockaddr *)&un, len));
	SYS(close(fd));
	SYS(unlink(un.sun_path));

	/* not a socket, not there, not a directory */
	test_write_file(un.sun_path, "x", 0644);
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), ECONNREFUSED);
	olen = path_addr(&other, dir, "sock/x");
	CHECK_ERR(connect(fd, (struct sockaddr *)&other, olen), ENOTDIR);
	CHECK_ERR(bind(fd, (struct sockaddr *)&other, olen), ENOTDIR);
	olen = path_addr(&other, dir, "no/x");
	CHECK_ERR(bind(fd, (struct sockaddr *)&other, olen), ENOENT);

	/* a name relative to the current directory, without its NUL */
	SYS(chdir(dir));
	olen = path_addr(&other, ".", "rel") - 1;
	SYS(bind(fd, (struct sockaddr *)&other, olen));
	glen = sizeof got;
	SYS(getsockname(fd, (struct sockaddr *)&got, &glen));
	CHECK_EQ(glen, olen + 1);
	CHECK_STR(got.sun_path, "./rel");
	SYS(unlink("rel"));
	SYS(unlink("symlink"));
	SYS(unlink("sock"));
	SYS(rmdir(dir));
	return 0;
}
