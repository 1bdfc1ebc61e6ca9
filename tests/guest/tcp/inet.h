/* For the TCP programs: loopback sockets of either family. */
#ifndef TESTS_GUEST_TCP_INET_H
#define TESTS_GUEST_TCP_INET_H

#include "tests/guest/test.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct addr {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
};

TEST_UNUSED static struct addr loopback(int family, int port)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	a.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		a.len = sizeof a.in;
		a.in.sin_port = htons((uint16_t)port);
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		a.len = sizeof a.in6;
		a.in6.sin6_port = htons((uint16_t)port);
		a.in6.sin6_addr = in6addr_loopback;
	}
	return a;
}

TEST_UNUSED static int listener(int family, int backlog, struct addr *a)
{
	int fd = SYS(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));

	SYS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
	*a = loopback(family, 0);
	SYS(bind(fd, &a->sa, a->len));
	SYS(listen(fd, backlog));
	SYS(getsockname(fd, &a->sa, &a->len));
	return fd;
}

TEST_UNUSED static int connected(const struct addr *a)
{
	int fd = SYS(socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));

	SYS(connect(fd, &a->sa, a->len));
	return fd;
}

/* Both ends of a connection: fd[0] connected, fd[1] was accepted. */
TEST_UNUSED static void tcp_pair(int family, int fd[2])
{
	struct addr a;
	int l = listener(family, 1, &a);

	fd[0] = connected(&a);
	fd[1] = SYS(accept(l, NULL, NULL));
	SYS(close(l));
}

TEST_UNUSED static short events_of(int fd, short wanted, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = wanted};

	SYS(poll(&p, 1, timeout_ms));
	return p.revents;
}

TEST_UNUSED static int int_option(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof v;

	SYS(getsockopt(fd, level, name, &v, &len));
	return v;
}

TEST_UNUSED static void set_option(int fd, int level, int name, int v)
{
	SYS(setsockopt(fd, level, name, &v, sizeof v));
}

#endif
