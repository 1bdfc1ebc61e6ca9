/* Abstract names and autobind: length counts, types are apart, names vanish with their socket. */
#include "sock.h"

int main(void)
{
	struct sockaddr_un un, got, other;
	socklen_t len, glen, olen;
	int l, d, fd, fd2;

	l = make_listener(SOCK_STREAM, "a", 1, &un, &len);
	glen = sizeof got;
	memset(&got, 1, sizeof got);
	SYS(getsockname(l, (struct sockaddr *)&got, &glen));
	CHECK_EQ(glen, len);
	CHECK(!memcmp(&got, &un, len));

	/* same bytes, but one more NUL: another name */
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len + 1), ECONNREFUSED);
	CHECK_ERR(bind(fd, (struct sockaddr *)&un, len), EADDRINUSE);
	SYS(connect(fd, (struct sockaddr *)&un, len));
	SYS(close(fd));

	/* the same name for another type */
	d = SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	SYS(bind(d, (struct sockaddr *)&un, len));
	SYS(close(d));

	/* gone with the socket, at once */
	SYS(close(l));
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), ECONNREFUSED);
	SYS(bind(fd, (struct sockaddr *)&un, len));
	SYS(close(fd));

	/* binary names, full length */
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	memset(un.sun_path + 1, 0xff, sizeof un.sun_path - 1);
	memcpy(un.sun_path + 2, &(pid_t){getpid()}, sizeof(pid_t));
	fd = SYS(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	SYS(bind(fd, (struct sockaddr *)&un, sizeof un));
	SYS(close(fd));

	/* autobind: five hex digits, different each time */
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	fd2 = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	SYS(bind(fd, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)));
	SYS(bind(fd2, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)));
	glen = olen = sizeof got;
	SYS(getsockname(fd, (struct sockaddr *)&got, &glen));
	SYS(getsockname(fd2, (struct sockaddr *)&other, &olen));
	CHECK_EQ(glen, PATH_OFF + 6);
	CHECK_EQ(olen, PATH_OFF + 6);
	CHECK_EQ(got.sun_path[0], 0);
	CHECK_EQ(strspn(got.sun_path + 1, "0123456789abcdef"), 5);
	CHECK(memcmp(got.sun_path, other.sun_path, 6));
	SYS(listen(fd, 1));
	SYS(connect(fd2, (struct sockaddr *)&got, glen));
	return 0;
}
