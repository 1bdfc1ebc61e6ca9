/* The sockets themselves: names, ports, options, errors, truncated and peeked messages. */
#include "nl.h"

static void check_names(void)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK}, b;
	socklen_t len = sizeof(a);
	int first = nl_open(NETLINK_ROUTE), second, third;

	SYS(getsockname(first, (void *)&a, &len));
	CHECK_EQ(len, sizeof(a));
	CHECK_EQ(a.nl_family, AF_NETLINK);
	CHECK(a.nl_pid != 0);
	second = SYS(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE));
	CHECK_ERR(bind(second, (void *)&a, sizeof(a)), EADDRINUSE);
	CHECK_ERR(bind(second, (void *)&a, sizeof(a) - 1), EINVAL);
	b = (struct sockaddr_nl){.nl_family = AF_INET};
	CHECK_ERR(bind(second, (void *)&b, sizeof(b)), EINVAL);
	b = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	SYS(bind(second, (void *)&b, sizeof(b)));
	SYS(getsockname(second, (void *)&b, &len));
	CHECK(b.nl_pid != a.nl_pid);
	CHECK_EQ(b.nl_groups, RTMGRP_LINK);
	a.nl_pid++;
	CHECK_ERR(bind(first, (void *)&a, sizeof(a)), EINVAL);
	third = SYS(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	SYS(getsockname(third, (void *)&b, &len));
	CHECK_EQ(b.nl_pid, 0);
	close(first);
	close(second);
	close(third);
}

static void check_options(void)
{
	int fd = nl_open(NETLINK_ROUTE), v = RTNLGRP_LINK, on = 1;
	uint32_t groups[4] = {0};
	socklen_t len = sizeof(groups);

	SYS(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &v, sizeof(v)));
	SYS(getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &len));
	CHECK_EQ(groups[0], 1);
	CHECK(len >= 4 && len % 4 == 0);
	SYS(setsockopt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &v, sizeof(v)));
	len = sizeof(groups);
	SYS(getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &len));
	CHECK_EQ(groups[0], 0);
	v = 1000;
	CHECK_ERR(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &v, sizeof(v)), EINVAL);
	SYS(setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
	len = sizeof(v);
	SYS(getsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &v, &len));
	CHECK_EQ(v, 1);
	CHECK_ERR(setsockopt(fd, SOL_NETLINK, 99, &on, sizeof(on)), ENOPROTOOPT);
	CHECK_ERR(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE), ESOCKTNOSUPPORT);
	CHECK_ERR(socket(AF_NETLINK, SOCK_RAW, 31), EPROTONOSUPPORT);
	CHECK_ERR(listen(fd, 1), EOPNOTSUPP);
	close(fd);
}

/* A link that is not there: the error quotes the request, or only its header with CAP_ACK. */
static void check_ack(void)
{
	struct nl_request r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
				       .nlmsg_type = RTM_GETLINK,
				       .nlmsg_flags = NLM_F_REQUEST,
				       .nlmsg_seq = 5}};
	int fd = nl_open(NETLINK_ROUTE), on = 1;
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	char buf[1024];
	struct nlmsghdr *h = (void *)buf;
	struct nlmsgerr *e = NLMSG_DATA(h);
	ssize_t n;

	r.link.ifi_index = 12345;
	nl_send(fd, &r, r.h.nlmsg_len);
	n = SYS(recvfrom(fd, buf, 20, MSG_PEEK | MSG_TRUNC, (void *)&from, &len));
	CHECK_EQ(n, NLMSG_LENGTH(sizeof(*e)) + sizeof(struct ifinfomsg));
	CHECK_EQ(len, sizeof(from));
	CHECK_EQ(from.nl_family, AF_NETLINK);
	CHECK_EQ(from.nl_pid, 0);
	CHECK_EQ(recv(fd, buf, sizeof(buf), 0), n);
	CHECK_EQ(h->nlmsg_type, NLMSG_ERROR);
	CHECK_EQ(h->nlmsg_seq, 5);
	CHECK_EQ(e->error, -ENODEV);
	CHECK(!memcmp(&e->msg, &r, r.h.nlmsg_len));
	CHECK_ERR(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);

	SYS(setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)));
	nl_send(fd, &r, r.h.nlmsg_len);
	CHECK_EQ(recv(fd, buf, sizeof(buf), 0), NLMSG_LENGTH(sizeof(*e)));
	CHECK(h->nlmsg_flags & NLM_F_CAPPED);

	/* Too short to be a message: nothing is answered, and nothing breaks. */
	CHECK_EQ(send(fd, &r, 3, 0), 3);
	r.h.nlmsg_len = 4000;
	CHECK_EQ(send(fd, &r, sizeof(r.h), 0), sizeof(r.h));
	CHECK_ERR(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	close(fd);
}

static void check_permission(void)
{
	struct nl_request r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
				       .nlmsg_type = RTM_SETLINK}};
	int fd;

	if (geteuid() == 0)
		SYS(setresuid(65534, 65534, 65534));
	fd = nl_open(NETLINK_ROUTE);
	r.link.ifi_index = 1;
	CHECK_EQ(nl_do(fd, &r), EPERM);
}

int main(void)
{
	check_names();
	check_options();
	check_ack();
	CHECK_CHILD(check_permission);
	return 0;
}
