/* Options of ip(7) and ipv6(7): what is set is read back, packets carry it, messages report it. */
#include "tests/guest/test.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int get(int s, int level, int name)
{
	int v = -77;
	socklen_t len = sizeof v;

	CHECK(getsockopt(s, level, name, &v, &len) == 0);
	return v;
}

static void set(int s, int level, int name, int v)
{
	CHECK(setsockopt(s, level, name, &v, sizeof v) == 0);
}

static void defaults(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), s6 = socket(AF_INET6, SOCK_DGRAM, 0), v = 256;

	CHECK(get(s, IPPROTO_IP, IP_TTL) == 64);
	CHECK(get(s, IPPROTO_IP, IP_MULTICAST_TTL) == 1);
	CHECK(get(s, IPPROTO_IP, IP_MULTICAST_LOOP) == 1);
	CHECK(get(s, IPPROTO_IP, IP_TOS) == 0);
	CHECK(get(s6, IPPROTO_IPV6, IPV6_V6ONLY) == 0);
	CHECK(get(s6, IPPROTO_IPV6, IPV6_UNICAST_HOPS) == 64);
	set(s, IPPROTO_IP, IP_TTL, 3);
	CHECK(get(s, IPPROTO_IP, IP_TTL) == 3);
	CHECK_ERR(setsockopt(s, IPPROTO_IP, IP_TTL, &v, sizeof v), EINVAL);
	CHECK_ERR(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &v, sizeof v), ENOPROTOOPT);
	CHECK_ERR(setsockopt(s, IPPROTO_IP, 9999, &v, sizeof v), ENOPROTOOPT);
	close(s);
	close(s6);
}

static void reported(void)
{
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int a = socket(AF_INET, SOCK_DGRAM, 0), ttl = 0, tos = 0;
	struct in_pktinfo info = {0};
	char data[10], control[200];
	struct iovec iov = {data, sizeof data};
	struct msghdr m = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	socklen_t len = sizeof me;

	CHECK(bind(a, (void *)&me, sizeof me) == 0 && getsockname(a, (void *)&me, &len) == 0);
	set(a, IPPROTO_IP, IP_PKTINFO, 1);
	set(a, IPPROTO_IP, IP_RECVTTL, 1);
	set(a, IPPROTO_IP, IP_RECVTOS, 1);
	set(a, IPPROTO_IP, IP_TTL, 9);
	set(a, IPPROTO_IP, IP_TOS, 0x20);
	CHECK(sendto(a, "x", 1, 0, (void *)&me, len) == 1);
	CHECK(recvmsg(a, &m, 0) == 1);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		CHECK(c->cmsg_level == IPPROTO_IP);
		if (c->cmsg_type == IP_TTL)
			memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
		if (c->cmsg_type == IP_TOS)
			tos = *CMSG_DATA(c);
		if (c->cmsg_type == IP_PKTINFO)
			memcpy(&info, CMSG_DATA(c), sizeof info);
	}
	CHECK(ttl == 9 && tos == 0x20 && info.ipi_ifindex == 1);
	CHECK(info.ipi_addr.s_addr == htonl(INADDR_LOOPBACK));
	close(a);
}

/* IP_RECVERR: the refusal waits in the error queue, with the address it was for. */
static void error_queue(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
			   name;
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	char data[10], control[200];
	struct iovec iov = {data, sizeof data};
	struct msghdr m = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
		.msg_name = &name,
		.msg_namelen = sizeof name};
	struct sock_extended_err ee;
	socklen_t len = sizeof to;
	struct cmsghdr *c;

	CHECK(bind(b, (void *)&to, sizeof to) == 0 && getsockname(b, (void *)&to, &len) == 0);
	close(b);
	set(a, IPPROTO_IP, IP_RECVERR, 1);
	CHECK(sendto(a, "abc", 3, 0, (void *)&to, len) == 3);
	CHECK_ERR(recv(a, data, 1, 0), ECONNREFUSED);
	CHECK(recvmsg(a, &m, MSG_ERRQUEUE) == 3);
	CHECK(!memcmp(data, "abc", 3) && (m.msg_flags & MSG_ERRQUEUE));
	CHECK(name.sin_port == to.sin_port);
	c = CMSG_FIRSTHDR(&m);
	CHECK(c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR);
	memcpy(&ee, CMSG_DATA(c), sizeof ee);
	CHECK(ee.ee_errno == ECONNREFUSED && ee.ee_origin == SO_EE_ORIGIN_ICMP);
	CHECK(ee.ee_type == 3 && ee.ee_code == 3);
	CHECK_ERR(recvmsg(a, &m, MSG_ERRQUEUE), EAGAIN);
	close(a);
}

int main(void)
{
	defaults();
	reported();
	error_queue();
	return 0;
}
