/* Datagrams: source addresses, connect as a filter, disconnecting, closed peers. */
#include "sock.h"

static int bound(const char *name, struct sockaddr_un *un, socklen_t *len)
{
	int fd = SYS(socket(AF_UNIX, SOCK_DGRAM, 0));

	*len = abstract_addr(un, name);
	SYS(bind(fd, (struct sockaddr *)un, *len));
	return fd;
}

int main(void)
{
	struct sockaddr_un ua, ub, uc, from;
	socklen_t la, lb, lc, flen;
	char buf[16];
	int a = bound("a", &ua, &la), b = bound("b", &ub, &lb), c = bound("c", &uc, &lc), x;

	/* the source's name comes along; an unnamed source has none */
	CHECK_EQ(sendto(a, "one", 3, 0, (struct sockaddr *)&ub, lb), 3);
	flen = sizeof from;
	CHECK_EQ(recvfrom(b, buf, 16, 0, (struct sockaddr *)&from, &flen), 3);
	CHECK_EQ(flen, la);
	CHECK(!memcmp(&from, &ua, la));
	CHECK_EQ(sendto(b, "two", 3, 0, (struct sockaddr *)&from, flen), 3);
	CHECK_EQ(recv(a, buf, 16, 0), 3);
	x = SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_EQ(sendto(x, "anon", 4, 0, (struct sockaddr *)&ub, lb), 4);
	flen = sizeof from;
	CHECK_EQ(recvfrom(b, buf, 16, 0, (struct sockaddr *)&from, &flen), 4);
	CHECK_EQ(flen, 0);

	/* b connected to a: only a may send to b */
	SYS(connect(b, (struct sockaddr *)&ua, la));
	CHECK_ERR(sendto(c, "no", 2, 0, (struct sockaddr *)&ub, lb), EPERM);
	CHECK_ERR(connect(c, (struct sockaddr *)&ub, lb), EPERM);
	CHECK_EQ(sendto(a, "yes", 3, 0, (struct sockaddr *)&ub, lb), 3);
	CHECK_EQ(recv(b, buf, 16, 0), 3);
	CHECK_EQ(send(b, "to a", 4, 0), 4);
	CHECK_EQ(recv(a, buf, 16, 0), 4);
	CHECK_EQ(sendto(b, "to c", 4, 0, (struct sockaddr *)&uc, lc), 4);
	CHECK_EQ(recv(c, buf, 16, 0), 4);
	flen = sizeof from;
	SYS(getpeername(b, (struct sockaddr *)&from, &flen));
	CHECK_EQ(flen, la);

	/* disconnect */
	SYS(connect(b, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
	CHECK_ERR(send(b, "x", 1, 0), ENOTCONN);
	CHECK_EQ(sendto(c, "now", 3, 0, (struct sockaddr *)&ub, lb), 3);
	CHECK_EQ(recv(b, buf, 16, 0), 3);

	/* reconnecting drops what the old peer has sent and tells it */
	SYS(connect(b, (struct sockaddr *)&ua, la));
	SYS(connect(a, (struct sockaddr *)&ub, lb));
	CHECK_EQ(send(a, "old", 3, 0), 3);
	SYS(connect(b, (struct sockaddr *)&uc, lc));
	CHECK_ERR(recv(b, buf, 16, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(send(a, "x", 1, 0), ECONNRESET);

	/* a closed peer */
	SYS(close(c));
	CHECK_ERR(send(b, "x", 1, 0), ECONNREFUSED);
	CHECK_ERR(send(b, "x", 1, 0), ENOTCONN);
	CHECK_ERR(sendto(b, "x", 1, 0, (struct sockaddr *)&uc, lc), ECONNREFUSED);

	/* shut down for reading: no SIGPIPE for datagrams */
	SYS(connect(a, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
	SYS(shutdown(b, SHUT_RD));
	CHECK_ERR(sendto(a, "x", 1, 0, (struct sockaddr *)&ub, lb), EPIPE);
	CHECK_EQ(recv(b, buf, 16, 0), 0);
	SYS(shutdown(a, SHUT_WR));
	CHECK_ERR(sendto(a, "x", 1, 0, (struct sockaddr *)&ub, lb), EPIPE);
	return 0;
}
