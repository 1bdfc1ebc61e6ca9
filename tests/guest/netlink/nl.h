/* Netlink for the guest programs: a socket, requests, and a walk over what comes back. */
#ifndef TESTS_GUEST_NETLINK_NL_H
#define TESTS_GUEST_NETLINK_NL_H

#include "../test.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

TEST_UNUSED static int nl_open(int protocol)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK};
	int fd = SYS(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));

	SYS(bind(fd, (void *)&a, sizeof(a)));
	return fd;
}

TEST_UNUSED static void nl_send(int fd, const void *msg, size_t len)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK};

	CHECK_EQ(sendto(fd, msg, len, 0, (void *)&a, sizeof(a)), len);
}

struct nl_request {
	struct nlmsghdr h;
	union {
		struct rtgenmsg gen;
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
		struct ndmsg neigh;
		char room[512];
	};
};

TEST_UNUSED static void nl_attr(struct nl_request *r, int type, const void *data, size_t len)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* The error of the acknowledgement that comes next (0 or positive errno). */
TEST_UNUSED static int nl_ack(int fd)
{
	char buf[8192];
	ssize_t n = SYS(recv(fd, buf, sizeof(buf), 0));
	struct nlmsghdr *h = (void *)buf;
	struct nlmsgerr *e = NLMSG_DATA(h);

	CHECK(n >= (ssize_t)NLMSG_LENGTH(sizeof(*e)) && h->nlmsg_type == NLMSG_ERROR);
	return -e->error;
}

TEST_UNUSED static int nl_do(int fd, struct nl_request *r)
{
	r->h.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	nl_send(fd, r, r->h.nlmsg_len);
	return nl_ack(fd);
}

/* Asks for all objects of type, with a buffer of size bytes; fn sees each. Number of datagrams. */
TEST_UNUSED static int nl_dump(int fd, int type, int family, size_t size,
	void (*fn)(struct nlmsghdr *h, void *arg), void *arg)
{
	struct nl_request r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
				       .nlmsg_type = type,
				       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				       .nlmsg_seq = 7}};
	char *buf = malloc(size);
	int datagrams = 0;

	r.gen.rtgen_family = family;
	nl_send(fd, &r, r.h.nlmsg_len);
	for (;;) {
		int n = SYS(recv(fd, buf, size, 0));

		datagrams++;
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			CHECK_EQ(h->nlmsg_seq, 7);
			CHECK(h->nlmsg_flags & NLM_F_MULTI);
			if (h->nlmsg_type == NLMSG_DONE) {
				CHECK_EQ(*(int *)NLMSG_DATA(h), 0);
				free(buf);
				return datagrams;
			}
			CHECK(h->nlmsg_type != NLMSG_ERROR);
			fn(h, arg);
		}
		CHECK_EQ(n, 0);
	}
}

TEST_UNUSED static struct rtattr *nl_find(struct nlmsghdr *h, size_t header, int type)
{
	struct rtattr *a = (void *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(header));
	int len = h->nlmsg_len - NLMSG_SPACE(header);

	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

#endif
