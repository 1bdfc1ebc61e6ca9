/* Opening: names of both ends, refusal, states of connect, non-blocking connect, accept's flags. */
#include "inet.h"

static void names(int family)
{
	struct addr a, c, p;
	int l = listener(family, 5, &a), fd, s;

	fd = connected(&a);
	p.len = c.len = sizeof p.in6;
	s = SYS(accept4(l, &p.sa, &p.len, SOCK_NONBLOCK | SOCK_CLOEXEC));
	SYS(getsockname(fd, &c.sa, &c.len));
	CHECK_EQ(c.len, a.len);
	CHECK_EQ(p.len, a.len);
	CHECK(!memcmp(&c.sa, &p.sa, c.len));
	CHECK(fcntl(s, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	p.len = sizeof p.in6;
	SYS(getpeername(fd, &p.sa, &p.len));
	CHECK(!memcmp(&a.sa, &p.sa, a.len));
	CHECK_ERR(connect(fd, &a.sa, a.len), EISCONN);
	CHECK_ERR(recv(s, &p, 1, 0), EAGAIN);
	CHECK_EQ(int_option(l, SOL_SOCKET, SO_ACCEPTCONN), 1);
	CHECK_ERR(send(l, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERR(recv(l, &p, 1, 0), ENOTCONN);
	SYS(close(s));
	SYS(close(fd));
	SYS(close(l));
	fd = SYS(socket(family, SOCK_STREAM, 0));
	CHECK_ERR(connect(fd, &a.sa, a.len), ECONNREFUSED);
	CHECK_ERR(getpeername(fd, &p.sa, &p.len), ENOTCONN);
	CHECK_ERR(recv(fd, &p, 1, 0), ENOTCONN);
	CHECK_ERR(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERR(shutdown(fd, SHUT_RDWR), ENOTCONN);
	SYS(close(fd));
}

static void nonblocking(void)
{
	struct addr a;
	int l = listener(AF_INET, 5, &a), fd;

	fd = SYS(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	if (connect(fd, &a.sa, a.len) < 0)
		CHECK_EQ(errno, EINPROGRESS);
	CHECK_EQ(events_of(fd, POLLOUT, 5000), POLLOUT);
	CHECK_EQ(int_option(fd, SOL_SOCKET, SO_ERROR), 0);
	if (connect(fd, &a.sa, a.len) < 0)
		CHECK_EQ(errno, EISCONN);
	CHECK_ERR(connect(fd, &a.sa, a.len), EISCONN);
	CHECK_EQ(events_of(l, POLLIN, 5000), POLLIN);
	SYS(close(fd));
	SYS(close(l));

	fd = SYS(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	CHECK_ERR(accept(fd, NULL, NULL), EINVAL);
	if (connect(fd, &a.sa, a.len) < 0 && errno == EINPROGRESS) {
		CHECK(events_of(fd, POLLOUT, 5000) & POLLERR);
		CHECK_EQ(int_option(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
		CHECK_EQ(int_option(fd, SOL_SOCKET, SO_ERROR), 0);
	}
	SYS(close(fd));
}

static void ports(void)
{
	struct addr a, b;
	int l = listener(AF_INET, 5, &a), fd, s;

	fd = SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK_ERR(bind(fd, &a.sa, a.len), EADDRINUSE);
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK_ERR(bind(fd, &a.sa, a.len), EADDRINUSE); /* somebody listens */
	SYS(close(fd));

	/* a server that ends first leaves TIME_WAIT behind; SO_REUSEADDR ignores that */
	fd = connected(&a);
	CHECK_EQ(events_of(l, POLLIN, 5000), POLLIN);
	s = SYS(accept(l, NULL, NULL));
	SYS(close(s));
	CHECK_EQ(read(fd, &b, 1), 0);
	SYS(close(fd));
	SYS(close(l));
	l = SYS(socket(AF_INET, SOCK_STREAM, 0));
	set_option(l, SOL_SOCKET, SO_REUSEADDR, 1);
	SYS(bind(l, &a.sa, a.len));
	SYS(listen(l, 1));
	SYS(close(l));

	/* listen without bind takes a port */
	l = SYS(socket(AF_INET, SOCK_STREAM, 0));
	SYS(listen(l, 1));
	b.len = sizeof b.in6;
	SYS(getsockname(l, &b.sa, &b.len));
	CHECK(b.in.sin_port != 0);
	SYS(close(l));
}

/* A socket that connects to its own port: simultaneous open with itself. */
static void self(void)
{
	struct addr a = loopback(AF_INET, 0);
	int fd = SYS(socket(AF_INET, SOCK_STREAM, 0));
	char c = 0;

	SYS(bind(fd, &a.sa, a.len));
	SYS(getsockname(fd, &a.sa, &a.len));
	SYS(connect(fd, &a.sa, a.len));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'x');
	SYS(close(fd));
}

static void dual_stack(void)
{
	struct addr a, b, p;
	int l, fd, s;

	l = SYS(socket(AF_INET6, SOCK_STREAM, 0));
	a = loopback(AF_INET6, 0);
	a.in6.sin6_addr = in6addr_any;
	SYS(bind(l, &a.sa, a.len));
	SYS(listen(l, 5));
	SYS(getsockname(l, &a.sa, &a.len));
	b = loopback(AF_INET, ntohs(a.in6.sin6_port));
	fd = connected(&b);
	p.len = sizeof p.in6;
	s = SYS(accept(l, &p.sa, &p.len));
	CHECK_EQ(p.sa.sa_family, AF_INET6);
	CHECK(IN6_IS_ADDR_V4MAPPED(&p.in6.sin6_addr));
	SYS(close(s));
	SYS(close(fd));
	SYS(close(l));
}

int main(void)
{
	names(AF_INET);
	names(AF_INET6);
	nonblocking();
	ports();
	self();
	dual_stack();
	return 0;
}
