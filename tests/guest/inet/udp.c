/* UDP over the loopback, both families and dual-stack: addresses, lengths, peek, truncation. */
#include "tests/guest/test.h"

#include <netinet/in.h>
#include <sys/socket.h>

static char big[70000];

static int bound(int family, struct sockaddr_storage *ss, socklen_t *len)
{
	int s = socket(family, SOCK_DGRAM, 0);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};

	CHECK(s >= 0);
	if (family == AF_INET)
		CHECK(bind(s, (void *)&in, sizeof in) == 0);
	else
		CHECK(bind(s, (void *)&in6, sizeof in6) == 0);
	*len = sizeof *ss;
	CHECK(getsockname(s, (void *)ss, len) == 0);
	return s;
}

static void both_ways(int family)
{
	struct sockaddr_storage to, from, me;
	socklen_t len, flen = sizeof from, mlen;
	int a = bound(family, &to, &len), b = bound(family, &me, &mlen);

	CHECK(sendto(b, "hello", 5, 0, (void *)&to, len) == 5);
	CHECK(recv(a, big, sizeof big, MSG_PEEK) == 5);
	CHECK(recv(a, big, 2, MSG_PEEK | MSG_TRUNC) == 5);
	CHECK(recvfrom(a, big, sizeof big, 0, (void *)&from, &flen) == 5);
	CHECK(!memcmp(big, "hello", 5) && flen == mlen && !memcmp(&from, &me, flen));
	CHECK_ERR(recv(a, big, 1, MSG_DONTWAIT), EAGAIN);
	CHECK(sendto(b, "", 0, 0, (void *)&to, len) == 0);
	CHECK(recv(a, big, sizeof big, 0) == 0);
	CHECK(sendto(b, big, 65507, 0, (void *)&to, len) == 65507);
	CHECK(recv(a, big, sizeof big, 0) == 65507);
	CHECK_ERR(sendto(b, big, 65536, 0, (void *)&to, len), EMSGSIZE);
	CHECK_ERR(send(b, "x", 1, 0), EDESTADDRREQ);
	CHECK(connect(b, (void *)&to, len) == 0);
	CHECK(send(b, "x", 1, 0) == 1 && recv(a, big, 10, 0) == 1);
	close(a);
	close(b);
}

/* A connected socket hears of a port nobody has, and only of datagrams from its peer. */
static void refused(int family)
{
	struct sockaddr_storage to, me;
	socklen_t len, mlen;
	int a = bound(family, &to, &len), b = bound(family, &me, &mlen), c;
	struct sockaddr unspec = {.sa_family = AF_UNSPEC};

	CHECK(connect(b, (void *)&to, len) == 0);
	c = socket(family, SOCK_DGRAM, 0);
	CHECK(sendto(c, "x", 1, 0, (void *)&me, mlen) == 1);
	CHECK_ERR(recv(b, big, 1, MSG_DONTWAIT), EAGAIN);
	close(a);
	CHECK(send(b, "x", 1, 0) == 1);
	CHECK_ERR(recv(b, big, 1, 0), ECONNREFUSED);
	CHECK(connect(b, &unspec, sizeof unspec) == 0);
	CHECK_ERR(getpeername(b, (void *)&to, &len), ENOTCONN);
	close(b);
	close(c);
}

static void dual_stack(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6}, from;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof any, flen = sizeof from;
	int a = socket(AF_INET6, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	CHECK(bind(a, (void *)&any, sizeof any) == 0);
	CHECK(getsockname(a, (void *)&any, &len) == 0);
	to.sin_port = any.sin6_port;
	CHECK_ERR(bind(b, (void *)&to, sizeof to), EADDRINUSE);
	CHECK(sendto(b, "v4", 2, 0, (void *)&to, sizeof to) == 2);
	CHECK(recvfrom(a, big, sizeof big, 0, (void *)&from, &flen) == 2);
	CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
	CHECK(sendto(a, "back", 4, 0, (void *)&from, flen) == 4);
	CHECK(recv(b, big, sizeof big, 0) == 4);
	close(a);
	a = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(setsockopt(a, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
	CHECK(bind(a, (void *)&any, sizeof any) == 0);
	b = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind(b, (void *)&to, sizeof to) == 0); /* the other half of the port is free */
	close(a);
	close(b);
}

int main(void)
{
	both_ways(AF_INET);
	both_ways(AF_INET6);
	refused(AF_INET);
	refused(AF_INET6);
	dual_stack();
	return 0;
}
