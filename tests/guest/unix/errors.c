/* Wrong families, types, states and arguments. */
#include "sock.h"

int main(void)
{
	struct sockaddr_un un;
	struct sockaddr_storage big = {.ss_family = AF_UNIX};
	socklen_t len;
	int l, d, s, fd, sv[2], zero = 0;
	char c;

	CHECK_ERR(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socket(200, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 7), EPROTONOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM | 0x100, 0), EINVAL);
	CHECK_ERR(socket(AF_UNIX, 15, 0), EINVAL);
	CHECK_ERR(socketpair(AF_UNIX, SOCK_STREAM, 9, sv), EPROTONOSUPPORT);
	CHECK_ERR(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 1), EFAULT);
	fd = SYS(socket(AF_UNIX, SOCK_RAW, PF_UNIX)); /* means SOCK_DGRAM */
	SYS(close(fd));

	/* not a socket, no descriptor */
	SYS(pipe(sv));
	CHECK_ERR(listen(sv[0], 1), ENOTSOCK);
	CHECK_ERR(recv(sv[0], &c, 1, 0), ENOTSOCK);
	CHECK_ERR(getsockname(sv[0], (struct sockaddr *)&un, &len), ENOTSOCK);
	CHECK_ERR(shutdown(999, 0), EBADF);
	CHECK_ERR(send(999, &c, 1, 0), EBADF);
	fd = SYS(open("/", O_PATH));
	CHECK_ERR(send(fd, &c, 1, 0), EBADF);
	SYS(close(fd));

	/* addresses */
	s = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	len = abstract_addr(&un, "e");
	CHECK_ERR(bind(s, (struct sockaddr *)&big, sizeof big), EINVAL);
	CHECK_ERR(bind(s, (struct sockaddr *)&un, 1), EINVAL);
	CHECK_ERR(bind(s, (struct sockaddr *)&un, -1), EINVAL);
	CHECK_ERR(connect(s, (struct sockaddr *)&un, 2), EINVAL);
	un.sun_family = AF_INET;
	CHECK_ERR(bind(s, (struct sockaddr *)&un, len), EINVAL);
	CHECK_ERR(connect(s, (struct sockaddr *)&un, len), EINVAL);
	un.sun_family = AF_UNIX;
	CHECK_ERR(bind(s, (void *)8, len), EFAULT);

	/* stream: states */
	CHECK_ERR(listen(s, 1), EINVAL);
	CHECK_ERR(accept(s, NULL, NULL), EINVAL);
	CHECK_ERR(recv(s, &c, 1, 0), EINVAL);
	CHECK_ERR(send(s, &c, 1, 0), ENOTCONN);
	CHECK_ERR(sendto(s, &c, 1, 0, (struct sockaddr *)&un, len), EOPNOTSUPP);
	CHECK_ERR(getpeername(s, (struct sockaddr *)&un, &(socklen_t){sizeof un}), ENOTCONN);
	CHECK_ERR(shutdown(s, 3), EINVAL);
	CHECK_ERR(shutdown(s, -1), EINVAL);
	l = make_listener(SOCK_STREAM, "e", 1, &un, &len);
	CHECK_ERR(connect(l, (struct sockaddr *)&un, len), EINVAL);
	CHECK_ERR(recv(l, &c, 1, 0), EINVAL);
	CHECK_ERR(send(l, &c, 1, 0), ENOTCONN);
	SYS(listen(l, 3));
	CHECK_ERR(ioctl(l, FIONREAD, &zero), EINVAL);

	SYS(connect(s, (struct sockaddr *)&un, len));
	CHECK_ERR(sendto(s, &c, 1, 0, (struct sockaddr *)&un, len), EISCONN);
	CHECK_ERR(listen(s, 1), EINVAL);
	CHECK_ERR(accept4(l, NULL, NULL, 0x123), EINVAL);
	CHECK_ERR(ioctl(s, 0x1234, &zero), ENOTTY);

	/* datagram: states */
	d = SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_ERR(listen(d, 1), EOPNOTSUPP);
	CHECK_ERR(accept(d, NULL, NULL), EOPNOTSUPP);
	CHECK_ERR(send(d, &c, 1, 0), ENOTCONN);
	CHECK_ERR(sendto(d, &c, 1, 0, (struct sockaddr *)&un, len), ECONNREFUSED);
	CHECK_ERR(send(d, &c, 1, MSG_OOB), EOPNOTSUPP);

	/* options */
	CHECK_ERR(setsockopt(s, SOL_SOCKET, 9999, &zero, sizeof zero), ENOPROTOOPT);
	CHECK_ERR(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &zero, 1), EINVAL);
	CHECK_ERR(setsockopt(s, 6, 1, &zero, sizeof zero), EOPNOTSUPP);
	CHECK_ERR(getsockopt(s, 6, 1, &zero, &(socklen_t){4}), EOPNOTSUPP);
	CHECK_ERR(setsockopt(s, SOL_SOCKET, SO_TYPE, &zero, sizeof zero), ENOPROTOOPT);
	return 0;
}
