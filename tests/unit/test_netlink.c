/* AF_NETLINK through its system calls: malformed requests, dumps in pieces, overruns, news. */
#include "kernel/net/ifaddr.h"
#include "kernel/net/net.h"
#include "kernel/net/netlink/diag.h"
#include "kernel/net/route.h"
#include "kernel/net/rule.h"
#include "kernel/net/skb.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <linux/if_link.h>
#include <sys/syscall.h>

static struct task *task;
static int fd;

static void setup(void)
{
	task = fake_task_create();
	ck_assert_int_eq(net_init(), 0);
	fd = (int)CALL(socket, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
	ck_assert_int_ge(fd, 0);
}

static void teardown(void)
{
	fake_task_destroy(task);
	net_fini();
	ck_assert(list_empty(&net_routes) && list_empty(&rules) && list_empty(&netdevs));
	fake_fini();
	ck_assert_uint_eq(skb_stats.live, 0);
}

/* ---- requests in guest memory, slot 0; answers in slots 1 and 2 ---- */

static struct nlmsghdr *request(u16 type, u16 flags, const void *header, size_t len)
{
	struct nlmsghdr *h = FAKE_PTR(0);

	memset(h, 0, 4096);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = 9;
	h->nlmsg_len = (u32)(NLMSG_HDRLEN + NLMSG_ALIGN(len));
	memcpy(NLMSG_DATA(h), header, len);
	return h;
}

static void attr(u16 type, const void *data, size_t len)
{
	struct nlmsghdr *h = FAKE_PTR(0);
	struct nlattr *a = (void *)((u8 *)h + h->nlmsg_len);

	a->nla_type = type;
	a->nla_len = (u16)(NLA_HDRLEN + len);
	memcpy(a + 1, data, len);
	h->nlmsg_len += NLMSG_ALIGN(a->nla_len);
}

static long send_request(void)
{
	struct nlmsghdr *h = FAKE_PTR(0);

	return CALL(sendto, (u64)fd, FAKE_BUF(0), h->nlmsg_len, 0, 0, 0);
}

static long receive(size_t size)
{
	return CALL(recvfrom, (u64)fd, FAKE_BUF(1), size, 0, 0, 0);
}

/* Sends the request in slot 0 and gives the error of its acknowledgement. */
static int ask(void)
{
	const struct nlmsghdr *h = FAKE_PTR(1);

	((struct nlmsghdr *)FAKE_PTR(0))->nlmsg_flags |= NLM_F_ACK;
	ck_assert_int_gt(send_request(), 0);
	ck_assert_int_ge(receive(8192), (long)(NLMSG_HDRLEN + sizeof(struct nlmsgerr)));
	ck_assert_uint_eq(h->nlmsg_type, NLMSG_ERROR);
	ck_assert_uint_eq(h->nlmsg_seq, 9);
	return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
}

static int option(int name, int v)
{
	memcpy(FAKE_PTR(3), &v, sizeof(v));
	return (int)CALL(setsockopt, (u64)fd, SOL_NETLINK, (u64)name, FAKE_BUF(3), sizeof(v));
}

static int new_addr(u32 addr, u8 prefix, u16 flags)
{
	struct ifaddrmsg m = {.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = 1};
	be32 a = be32_of(addr);

	request(RTM_NEWADDR, flags, &m, sizeof(m));
	attr(IFA_LOCAL, &a, sizeof(a));
	return ask();
}

/* ---- requests ---- */

START_TEST(every_cut_of_a_request_is_survived)
{
	struct ifinfomsg m = {.ifi_index = 1};
	char copy[256];
	size_t len;
	u32 mtu = 9000;

	request(RTM_NEWLINK, 0, &m, sizeof(m));
	attr(IFLA_MTU, &mtu, sizeof(mtu));
	len = ((struct nlmsghdr *)FAKE_PTR(0))->nlmsg_len;
	memcpy(copy, FAKE_PTR(0), len);
	for (size_t claimed = 0; claimed <= len + 8; claimed++)
		for (size_t sent = 1; sent <= len; sent++) {
			memcpy(FAKE_PTR(0), copy, len);
			((struct nlmsghdr *)FAKE_PTR(0))->nlmsg_len = (u32)claimed;
			ck_assert_int_eq(
				CALL(sendto, (u64)fd, FAKE_BUF(0), sent, 0, 0, 0), (long)sent);
			while (receive(8192) >= 0)
				;
		}
}
END_TEST

START_TEST(every_length_of_an_attribute_is_survived)
{
	struct ifinfomsg m = {.ifi_index = 1};
	struct nlattr *a;
	u64 junk[4] = {0};

	for (u16 type = 0; type < 70; type++)
		for (unsigned len = 0; len < 40; len++) {
			request(RTM_NEWLINK, 0, &m, sizeof(m));
			attr(type, junk, sizeof(junk));
			a = (void *)((u8 *)FAKE_PTR(0) + NLMSG_HDRLEN + sizeof(m));
			a->nla_len = (u16)len;
			ask();
		}
}
END_TEST

START_TEST(a_short_attribute_is_named_in_the_extended_ack)
{
	struct ifinfomsg m = {.ifi_index = 1};
	const struct nlmsghdr *h = FAKE_PTR(1);
	const struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	size_t skip = NLMSG_HDRLEN + sizeof(struct nlmsgerr);
	u8 v = 1;

	ck_assert_int_eq(option(NETLINK_EXT_ACK, 1), 0);
	ck_assert_int_eq(option(NETLINK_CAP_ACK, 1), 0);
	request(RTM_NEWLINK, 0, &m, sizeof(m));
	attr(IFLA_MTU, &v, sizeof(v));
	ck_assert_int_eq(ask(), -ERANGE);
	ck_assert(h->nlmsg_flags & NLM_F_ACK_TLVS);
	ck_assert_int_eq(nl_parse((const u8 *)h + skip, h->nlmsg_len - skip, tb, NLMSGERR_ATTR_MAX,
				 NULL, NULL),
		0);
	ck_assert(tb[NLMSGERR_ATTR_MSG] && tb[NLMSGERR_ATTR_OFFS]);
	ck_assert_uint_eq(nl_u32(tb[NLMSGERR_ATTR_OFFS]), NLMSG_HDRLEN + sizeof(m));
}
END_TEST

START_TEST(several_requests_travel_in_one_send)
{
	struct ifinfomsg m = {.ifi_index = 1};
	struct nlmsghdr *h = request(RTM_SETLINK, NLM_F_ACK, &m, sizeof(m));
	size_t len = h->nlmsg_len;

	memcpy((u8 *)h + len, h, len);
	ck_assert_int_eq(CALL(sendto, (u64)fd, FAKE_BUF(0), 2 * len, 0, 0, 0), (long)(2 * len));
	ck_assert_int_gt(receive(8192), 0);
	ck_assert_int_gt(receive(8192), 0);
	ck_assert_int_eq(receive(8192), -EAGAIN);
}
END_TEST

START_TEST(addresses_come_and_go_with_their_routes)
{
	struct ip_addr a = ip_addr_v4(be32_of(0x0a010203));
	struct flow fl = {.daddr = a, .saddr = ip_addr_any(AF_INET)};
	const struct route *r;

	ck_assert_int_eq(new_addr(0x0a010203, 33, 0), -EINVAL);
	ck_assert_int_eq(new_addr(0x0a010203, 24, NLM_F_EXCL), 0);
	ck_assert_int_eq(new_addr(0x0a010203, 24, NLM_F_EXCL), -EEXIST);
	ck_assert_int_eq(new_addr(0x0a010203, 24, NLM_F_REPLACE), 0);
	ck_assert_int_eq(route_lookup(&fl, &r), 0);
	ck_assert_uint_eq(r->type, RTN_LOCAL);
	/* A second one of the network is secondary, and goes with the first. */
	ck_assert_int_eq(new_addr(0x0a010204, 24, 0), 0);
	((struct nlmsghdr *)FAKE_PTR(0))->nlmsg_type = RTM_DELADDR;
	new_addr(0x0a010203, 24, 0);
	request(RTM_DELADDR, 0,
		&(struct ifaddrmsg){.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 1},
		sizeof(struct ifaddrmsg));
	attr(IFA_LOCAL, &a.w[3], 4);
	ck_assert_int_eq(ask(), 0);
	ck_assert_int_eq(ask(), -EADDRNOTAVAIL);
	ck_assert_ptr_null(ifaddr_find(
		NULL, &(struct ip_addr){.w = {0, 0, be32_of(0xffff), be32_of(0x0a010204)}}));
	ck_assert_int_eq(route_lookup(&fl, &r), -ENETUNREACH);
}
END_TEST

START_TEST(rules_choose_the_table)
{
	struct fib_rule_hdr m = {.family = AF_INET, .action = FR_ACT_TO_TBL, .table = 100};
	struct flow fl = {.daddr = ip_addr_v4(be32_of(0x01020304)), .saddr = ip_addr_any(AF_INET)};
	struct route in100 = {.dst = ip_addr_v4(be32_of(0x01000000)),
		.prefix_len = 8,
		.dev = loopback,
		.table = 100,
		.prefsrc = ip_addr_any(AF_INET)};
	const struct route *r;
	u32 mark = 7, priority = 50, target = 40;

	ck_assert_int_eq(route_add(&in100, NLM_F_CREATE), 0);
	ck_assert_int_eq(route_lookup(&fl, &r), -ENETUNREACH);
	request(RTM_NEWRULE, NLM_F_EXCL, &m, sizeof(m));
	attr(FRA_FWMARK, &mark, sizeof(mark));
	attr(FRA_PRIORITY, &priority, sizeof(priority));
	ck_assert_int_eq(ask(), 0);
	ck_assert_int_eq(ask(), -EEXIST);
	ck_assert_int_eq(route_lookup(&fl, &r), -ENETUNREACH);
	fl.mark = 7;
	ck_assert_int_eq(route_lookup(&fl, &r), 0);
	ck_assert_uint_eq(r->table, 100);
	((struct nlmsghdr *)FAKE_PTR(0))->nlmsg_type = RTM_DELRULE;
	ck_assert_int_eq(ask(), 0);
	ck_assert_int_eq(ask(), -ENOENT);
	ck_assert_int_eq(route_lookup(&fl, &r), -ENETUNREACH);
	m.action = FR_ACT_GOTO; /* backwards would never end */
	request(RTM_NEWRULE, 0, &m, sizeof(m));
	attr(FRA_GOTO, &target, sizeof(target));
	attr(FRA_PRIORITY, &priority, sizeof(priority));
	ck_assert_int_eq(ask(), -EINVAL);
}
END_TEST

/* ---- dumps ---- */

/* Routes in a dump received by buffers of size; *datagrams of it. */
static unsigned count_routes(size_t size, unsigned *datagrams, bool *interrupted)
{
	unsigned nr = 0;

	for (*datagrams = 0;; ++*datagrams) {
		const struct nlmsghdr *h = FAKE_PTR(1);
		long left = receive(size);

		ck_assert_int_gt(left, 0);
		for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			*interrupted |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (h->nlmsg_type == NLMSG_DONE)
				return nr;
			ck_assert_uint_eq(h->nlmsg_type, RTM_NEWROUTE);
			nr++;
		}
	}
}

static void add_routes(unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		struct route r = {.dst = ip_addr_v4(be32_of(0x14000000 + i)),
			.prefix_len = 32,
			.dev = loopback,
			.table = 100,
			.prefsrc = ip_addr_any(AF_INET)};

		ck_assert_int_eq(route_add(&r, NLM_F_CREATE), 0);
	}
}

START_TEST(a_dump_comes_in_pieces_the_program_has_room_for)
{
	struct rtmsg m = {.rtm_family = AF_INET};
	unsigned datagrams;
	bool interrupted = false;

	add_routes(300);
	request(RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m));
	ck_assert_int_gt(send_request(), 0);
	ck_assert_int_gt(send_request(), 0); /* the second: -EBUSY, among the first's answers */
	ck_assert_uint_eq(((struct nlmsghdr *)FAKE_PTR(0))->nlmsg_seq, 9);
	ck_assert_int_gt(receive(8192), 0);
	ck_assert_int_gt(receive(8192), 0);
	ck_assert_int_eq(((struct nlmsghdr *)FAKE_PTR(1))->nlmsg_type, NLMSG_ERROR);
	ck_assert_uint_gt(count_routes(8192, &datagrams, &interrupted), 200);
	ck_assert_uint_ge(datagrams, 1);
	ck_assert(!interrupted);
}
END_TEST

START_TEST(a_change_during_a_dump_is_told)
{
	struct rtmsg m = {.rtm_family = AF_INET};
	unsigned datagrams;
	bool interrupted = false;

	add_routes(300);
	request(RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m));
	ck_assert_int_gt(send_request(), 0);
	netdev_set_mtu(loopback, 5000);
	count_routes(8192, &datagrams, &interrupted);
	ck_assert(interrupted);
}
END_TEST

START_TEST(a_dump_in_progress_ends_with_its_socket)
{
	struct rtmsg m = {.rtm_family = AF_INET};

	add_routes(300);
	request(RTM_GETROUTE, NLM_F_DUMP, &m, sizeof(m));
	ck_assert_int_gt(send_request(), 0);
	ck_assert_int_eq(CALL(close, (u64)fd), 0);
}
END_TEST

/* ---- news ---- */

START_TEST(members_hear_of_changes_and_of_what_they_missed)
{
	const struct nlmsghdr *h = FAKE_PTR(1);
	unsigned heard = 0;
	long ret;
	u32 mtu = 3000;

	ck_assert_int_eq(option(NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK), 0);
	netdev_set_mtu(loopback, mtu++);
	ck_assert_int_gt(receive(8192), 0);
	ck_assert_uint_eq(h->nlmsg_type, RTM_NEWLINK);
	ck_assert_int_eq(receive(8192), -EAGAIN);
	for (unsigned i = 0; i < 1000; i++)
		netdev_set_mtu(loopback, mtu++);
	ck_assert_int_eq(receive(8192), -ENOBUFS);
	while ((ret = receive(8192)) > 0)
		heard++;
	ck_assert_int_eq(ret, -EAGAIN);
	ck_assert_uint_gt(heard, 10);
	ck_assert_uint_lt(heard, 1000);
	netdev_set_mtu(loopback, mtu); /* it goes on from here */
	ck_assert_int_gt(receive(8192), 0);
}
END_TEST

/* ---- filters of sock_diag ---- */

#define OP(code, yes, no) \
	{ \
		code, yes, no \
	}

START_TEST(filters_that_could_run_wild_are_refused)
{
	static const struct inet_diag_bc_op good[] = {OP(INET_DIAG_BC_S_GE, 8, 12), OP(0, 0, 80)},
					    back[] = {OP(INET_DIAG_BC_NOP, 0, 0)},
					    beyond[] = {OP(INET_DIAG_BC_S_GE, 8, 16), OP(0, 0, 80)},
					    odd[] = {OP(INET_DIAG_BC_S_GE, 8, 10), OP(0, 0, 80)},
					    cut[] = {OP(INET_DIAG_BC_S_GE, 4, 8)},
					    unknown[] = {OP(77, 4, 8)};
	struct inet_tuple t = {.laddr = ip_addr_any(AF_INET), .raddr = ip_addr_any(AF_INET)};
	struct diag_subject s = {.tuple = &t, .sport = 80};

	ck_assert_int_eq(diag_filter_check(good, sizeof(good)), 0);
	ck_assert_int_eq(diag_filter_check(back, sizeof(back)), -EINVAL);
	ck_assert_int_eq(diag_filter_check(beyond, sizeof(beyond)), -EINVAL);
	ck_assert_int_eq(diag_filter_check(odd, sizeof(odd)), -EINVAL);
	ck_assert_int_eq(diag_filter_check(cut, sizeof(cut)), -EINVAL);
	ck_assert_int_eq(diag_filter_check(unknown, sizeof(unknown)), -EINVAL);
	ck_assert(diag_filter_run(good, sizeof(good), &s));
	s.sport = 79;
	ck_assert(!diag_filter_run(good, sizeof(good), &s));
}
END_TEST

START_TEST(diag_requests_of_any_length_are_survived)
{
	struct inet_diag_req_v2 q = {
		.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u};
	static const u8 families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, 99};

	CALL(close, (u64)fd);
	fd = (int)CALL(socket, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (u32 len = 0; len <= sizeof(q) + 8; len++)
			for (u16 flags = 0; flags <= NLM_F_DUMP; flags += NLM_F_DUMP) {
				q.sdiag_family = families[i];
				request(SOCK_DIAG_BY_FAMILY, flags, &q, sizeof(q));
				((struct nlmsghdr *)FAKE_PTR(0))->nlmsg_len = NLMSG_HDRLEN + len;
				send_request();
				while (receive(8192) >= 0)
					;
			}
}
END_TEST

Suite *suite_netlink(void);
Suite *suite_netlink(void)
{
	Suite *s = suite_create("netlink");
	TCase *tc = tcase_create("netlink");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_cut_of_a_request_is_survived);
	tcase_add_test(tc, every_length_of_an_attribute_is_survived);
	tcase_add_test(tc, a_short_attribute_is_named_in_the_extended_ack);
	tcase_add_test(tc, several_requests_travel_in_one_send);
	tcase_add_test(tc, addresses_come_and_go_with_their_routes);
	tcase_add_test(tc, rules_choose_the_table);
	tcase_add_test(tc, a_dump_comes_in_pieces_the_program_has_room_for);
	tcase_add_test(tc, a_change_during_a_dump_is_told);
	tcase_add_test(tc, a_dump_in_progress_ends_with_its_socket);
	tcase_add_test(tc, members_hear_of_changes_and_of_what_they_missed);
	tcase_add_test(tc, filters_that_could_run_wild_are_refused);
	tcase_add_test(tc, diag_requests_of_any_length_are_survived);
	suite_add_tcase(s, tc);
	return s;
}
