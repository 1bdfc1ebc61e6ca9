/* SOL_SOCKET options: defaults, what is stored, buffer sizes and their limits. */
#include "sock.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

static int get(int fd, int name)
{
	int v = -77;
	socklen_t len = sizeof v;

	SYS(getsockopt(fd, SOL_SOCKET, name, &v, &len));
	CHECK_EQ(len, sizeof v);
	return v;
}

static void set(int fd, int name, int v)
{
	SYS(setsockopt(fd, SOL_SOCKET, name, &v, sizeof v));
}

int main(void)
{
	static const int flags[] = {
		SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_OOBINLINE, SO_DONTROUTE};
	struct sockaddr_un un;
	struct linger li = {1, 5}, got = {0, 0};
	socklen_t len;
	int sv[2], l, s;
	char c;

	make_pair(SOCK_STREAM, sv);
	CHECK_EQ(get(sv[0], SO_TYPE), SOCK_STREAM);
	CHECK_EQ(get(sv[0], SO_DOMAIN), AF_UNIX);
	CHECK_EQ(get(sv[0], SO_PROTOCOL), 0);
	CHECK_EQ(get(sv[0], SO_ERROR), 0);
	CHECK_EQ(get(sv[0], SO_ACCEPTCONN), 0);
	CHECK_EQ(get(sv[0], SO_PASSCRED), 0);
	CHECK_EQ(get(sv[0], SO_PEEK_OFF), -1);
	CHECK_EQ(get(sv[0], SO_RCVLOWAT), 1);
	l = make_listener(SOCK_SEQPACKET, "o", 1, &un, &len);
	CHECK_EQ(get(l, SO_ACCEPTCONN), 1);
	CHECK_EQ(get(l, SO_TYPE), SOCK_SEQPACKET);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		CHECK_EQ(get(sv[0], flags[i]), 0);
		set(sv[0], flags[i], 5);
		CHECK_EQ(get(sv[0], flags[i]), 1);
		set(sv[0], flags[i], 0);
		CHECK_EQ(get(sv[0], flags[i]), 0);
	}
	SYS(setsockopt(sv[0], SOL_SOCKET, SO_LINGER, &li, sizeof li));
	len = sizeof got;
	SYS(getsockopt(sv[0], SOL_SOCKET, SO_LINGER, &got, &len));
	CHECK_EQ(got.l_onoff, 1);
	CHECK_EQ(got.l_linger, 5);

	/* doubled, with a minimum and a maximum */
	set(sv[0], SO_SNDBUF, 20000);
	CHECK_EQ(get(sv[0], SO_SNDBUF), 40000);
	set(sv[0], SO_SNDBUF, 1);
	s = get(sv[0], SO_SNDBUF);
	CHECK(s >= 2048 && s <= 8192);
	set(sv[0], SO_SNDBUF, 1 << 30);
	s = get(sv[0], SO_SNDBUF);
	CHECK(s >= 65536 && s < 1 << 30);
	set(sv[0], SO_RCVBUF, 20000);
	CHECK_EQ(get(sv[0], SO_RCVBUF), 40000);

	/* a small send buffer limits what is queued */
	set(sv[0], SO_SNDBUF, 4608);
	SYS(fcntl(sv[0], F_SETFL, O_NONBLOCK));
	for (s = 0; write(sv[0], "0123456789abcdef", 16) == 16; s += 16)
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK(s > 0 && s < 65536);
	CHECK_EQ(revents_of(sv[0]), 0);
	while (s--)
		CHECK_EQ(read(sv[1], &c, 1), 1);
	CHECK_EQ(revents_of(sv[0]), POLLOUT);

	/* a short buffer gets a part of the value */
	len = 1;
	c = 0;
	SYS(getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &c, &len));
	CHECK_EQ(len, 1);
	CHECK_EQ(c, SOCK_STREAM);
	CHECK_ERR(getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &c, &(socklen_t){-1}), EINVAL);

	/* supplementary groups of the peer */
	gid_t groups[64], mine[64];
	int n = SYS(getgroups(64, mine));
	len = sizeof groups;
	SYS(getsockopt(sv[1], SOL_SOCKET, SO_PEERGROUPS, groups, &len));
	CHECK_EQ(len, n * sizeof(gid_t));
	return 0;
}
