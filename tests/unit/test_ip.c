/*
 * The IP layer on a scripted wire: ARP, echo, fragments, errors, neighbours, and garbage. The
 * machine is 10.0.0.2/24 with the gateway 10.0.0.1; the test is whoever else is on the wire.
 */
#include "kernel/net/checksum.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/inet.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/link.h"
#include "kernel/net/net.h"
#include "kernel/net/neigh.h"
#include "kernel/net/route.h"
#include "tests/unit/fakewire.h"

#include <check.h>
#include <netinet/in.h>
#include <sys/syscall.h>

#define ME 0x0a000002u
#define PEER 0x0a000001u
static const u8 my_mac[6] = FAKE_MAC, peer_mac[6] = {2, 0, 0, 0, 0, 9};

static struct task *task;
static u8 frame[70000];

static void setup(void)
{
	char args[] = "ip=10.0.0.2/24,gw=10.0.0.1";
	struct link_options o = {.spec = "fake"};

	task = fake_task_create();
	ck_assert_int_eq(net_init(), 0);
	ck_assert_int_eq(link_options_parse(args, &o), 0);
	ck_assert_int_eq(link_create(&o), 0);
}

static void teardown(void)
{
	fake_task_destroy(task);
	net_fini();
	fake_fini();
	ck_assert_uint_eq(skb_stats.live, 0);
	ck_assert_uint_eq(skb_stats.live_bytes, 0);
}

/* The next frame of an Ethernet type; others (announcements, IPv6) are skipped. Its length or -1.
 */
static ssize_t next_frame(u16 type)
{
	ssize_t n;

	while ((n = fake_wire_out(frame, sizeof(frame))) >= 0)
		if (frame[12] == type >> 8 && frame[13] == (u8)type)
			return n;
	return -1;
}

static void drain(void)
{
	while (fake_wire_out(frame, sizeof(frame)) >= 0)
		;
}

static void arp_in(u16 op, u32 spa, u32 tpa)
{
	struct {
		struct eth_hdr eth;
		struct arp_pkt arp;
	} WIRE f = {.eth.type = be16_of(ETH_P_ARP),
		.arp = {.htype = be16_of(1),
			.ptype = be16_of(ETH_P_IP),
			.hlen = 6,
			.plen = 4,
			.op = be16_of(op),
			.spa = be32_of(spa),
			.tpa = be32_of(tpa)}};

	memcpy(f.eth.src, peer_mac, 6);
	memcpy(f.arp.sha, peer_mac, 6);
	if (op == 1)
		memset(f.eth.dst, 0xff, 6);
	else
		memcpy(f.eth.dst, my_mac, 6);
	fake_wire_in(&f, sizeof(f));
}

static u32 ip_source = PEER;

/* An IPv4 packet from the peer; frag is the header's field in host order. */
static void ip_in(u8 proto, u16 id, u16 frag, const void *payload, size_t len)
{
	static u8 f[70000];
	struct eth_hdr *eth = (void *)f;
	struct ip4_hdr *h = (void *)(eth + 1);

	memcpy(eth->dst, my_mac, 6);
	memcpy(eth->src, peer_mac, 6);
	eth->type = be16_of(ETH_P_IP);
	*h = (struct ip4_hdr){.ver_ihl = 0x45,
		.len = be16_of(20 + len),
		.id = be16_of(id),
		.frag = be16_of(frag),
		.ttl = 64,
		.proto = proto,
		.src = be32_of(ip_source),
		.dst = be32_of(ME)};
	h->csum = csum_fold(csum_add_bytes(0, h, 20));
	memcpy(h + 1, payload, len);
	fake_wire_in(f, sizeof(*eth) + 20 + len);
}

static size_t make_echo(u8 *buf, size_t data_len)
{
	struct icmp_hdr *h = (void *)buf;

	memset(buf, 0, sizeof(*h));
	h->type = 8;
	h->echo.id = be16_of(7);
	for (size_t i = 0; i < data_len; i++)
		buf[8 + i] = (u8)i;
	h->csum = csum_fold(csum_add_bytes(0, buf, 8 + data_len));
	return 8 + data_len;
}

static size_t make_udp(u8 *buf, u16 sport, u16 dport, const char *text)
{
	struct udp_hdr h = {be16_of(sport), be16_of(dport), be16_of(8 + strlen(text)), 0};

	memcpy(buf, &h, 8);
	memcpy(buf + 8, text, strlen(text));
	return 8 + strlen(text);
}

/* Answers the machine's question for the peer's address. */
static void resolve(void)
{
	ck_assert(next_frame(ETH_P_ARP) > 0);
	arp_in(2, PEER, ME);
}

static int udp_socket(u16 port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = be16_of(port)};
	int fd = (int)CALL(socket, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	memcpy(FAKE_PTR(0), &sin, sizeof(sin));
	ck_assert_int_eq(CALL(bind, (u64)fd, FAKE_BUF(0), sizeof(sin)), 0);
	return fd;
}

static long udp_send(int fd, u32 to, u16 port, size_t len)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = be16_of(port), .sin_addr.s_addr = be32_of(to)};

	memcpy(FAKE_PTR(0), &sin, sizeof(sin));
	return CALL(sendto, (u64)fd, FAKE_BUF(1), len, 0, FAKE_BUF(0), sizeof(sin));
}

START_TEST(a_question_for_our_address_is_answered)
{
	const struct arp_pkt *a = (const void *)(frame + 14);

	drain();
	arp_in(1, PEER, ME);
	ck_assert(next_frame(ETH_P_ARP) >= 42);
	ck_assert_uint_eq(a->op, be16_of(2));
	ck_assert_mem_eq(a->sha, my_mac, 6);
	ck_assert_mem_eq(frame, peer_mac, 6);
	arp_in(1, PEER, 0x0a000003);
	ck_assert_int_eq(next_frame(ETH_P_ARP), -1);
}
END_TEST

START_TEST(echo_is_answered_once_the_asker_is_known)
{
	const struct icmp_hdr *r = (const void *)(frame + 34);
	u8 buf[64];

	drain();
	ip_in(IPPROTO_ICMP, 1, 0, buf, make_echo(buf, 32));
	resolve();
	ck_assert_int_eq(next_frame(ETH_P_IP), 14 + 20 + 40);
	ck_assert_uint_eq(r->type, 0);
	ck_assert_uint_eq(csum_fold(csum_add_bytes(0, r, 40)), 0);
}
END_TEST

START_TEST(a_bad_checksum_is_dropped)
{
	u64 before = mib_count[MIB_IcmpInCsumErrors];
	u8 buf[64];
	size_t n = make_echo(buf, 32);

	drain();
	buf[20] ^= 1;
	ip_in(IPPROTO_ICMP, 1, 0, buf, n);
	ck_assert_int_eq(next_frame(ETH_P_ARP), -1);
	ck_assert_uint_eq(mib_count[MIB_IcmpInCsumErrors], before + 1);
}
END_TEST

START_TEST(fragments_come_together_in_any_order)
{
	static u8 buf[4000];
	size_t n = make_echo(buf, 3000);

	drain();
	ip_in(IPPROTO_ICMP, 5, 2048 / 8, buf + 2048, n - 2048);
	ip_in(IPPROTO_ICMP, 5, IP4_MF | 1024 / 8, buf + 1024, 1024);
	ip_in(IPPROTO_ICMP, 5, IP4_MF | 1024 / 8, buf + 1024, 1024); /* again: harmless */
	ip_in(IPPROTO_ICMP, 5, IP4_MF, buf, 1024);
	resolve();
	ck_assert_int_eq(next_frame(ETH_P_IP), 14 + 1500); /* the answer is in fragments too */
	ck_assert_int_eq(next_frame(ETH_P_IP), 14 + 1500);
	ck_assert_int_gt(next_frame(ETH_P_IP), 14 + 20);
	ck_assert_int_eq(next_frame(ETH_P_IP), -1);
}
END_TEST

START_TEST(overlapping_fragments_end_the_datagram)
{
	static u8 buf[4000];
	size_t n = make_echo(buf, 2040);

	drain();
	ip_in(IPPROTO_ICMP, 5, IP4_MF, buf, 1024);
	ip_in(IPPROTO_ICMP, 5, IP4_MF | 512 / 8, buf + 512, 1024);
	ip_in(IPPROTO_ICMP, 5, 1024 / 8, buf + 1024, n - 1024);
	ck_assert_int_eq(next_frame(ETH_P_ARP), -1);
}
END_TEST

START_TEST(an_incomplete_datagram_times_out)
{
	const struct icmp_hdr *r = (const void *)(frame + 34);
	u64 live;
	u8 buf[600];

	arp_in(1, PEER, ME);
	drain();
	live = skb_stats.live;
	make_echo(buf, 592);
	ip_in(IPPROTO_ICMP, 5, IP4_MF, buf, 600);
	ck_assert_uint_gt(skb_stats.live, live);
	fake_advance(31 * NSEC_PER_SEC);
	ck_assert_uint_eq(skb_stats.live, live);
	ck_assert(next_frame(ETH_P_IP) > 0);
	ck_assert_uint_eq(r->type, 11);
	ck_assert_uint_eq(r->code, 1);
}
END_TEST

START_TEST(memory_of_fragments_is_limited)
{
	static u8 buf[1400];
	u64 live = skb_stats.live_bytes;

	for (u32 i = 0; i < 20000; i++)
		ip_in(IPPROTO_UDP, (u16)i, IP4_MF, buf, sizeof(buf));
	ck_assert_uint_lt(skb_stats.live_bytes - live, 5u << 20);
}
END_TEST

START_TEST(a_datagram_for_nobody_is_told_so)
{
	const struct icmp_hdr *r = (const void *)(frame + 34);
	u8 buf[64];

	arp_in(1, PEER, ME);
	drain();
	ip_in(IPPROTO_UDP, 1, 0, buf, make_udp(buf, 1000, 2000, "x"));
	ck_assert(next_frame(ETH_P_IP) > 0);
	ck_assert_uint_eq(r->type, 3);
	ck_assert_uint_eq(r->code, 3);
}
END_TEST

START_TEST(a_datagram_reaches_its_socket)
{
	int fd = udp_socket(2000);
	u8 buf[64];

	ip_in(IPPROTO_UDP, 1, 0, buf, make_udp(buf, 1000, 2000, "hello"));
	ck_assert_int_eq(CALL(recvfrom, (u64)fd, FAKE_BUF(2), 100, 0, 0, 0), 5);
	ck_assert_mem_eq(FAKE_PTR(2), "hello", 5);
	ck_assert_int_eq(CALL(recvfrom, (u64)fd, FAKE_BUF(2), 100, 0, 0, 0), -EAGAIN);
}
END_TEST

START_TEST(an_unknown_neighbour_is_asked_for_three_times)
{
	int fd = udp_socket(2000);

	for (int i = 0; i < 3; i++) /* we have asked for our own address before */
		fake_advance(NSEC_PER_SEC);
	drain();
	ck_assert_int_eq(udp_send(fd, PEER, 53, 10), 10);
	for (int i = 0; i < 3; i++) {
		ck_assert(next_frame(ETH_P_ARP) > 0);
		ck_assert_int_eq(next_frame(ETH_P_ARP), -1);
		fake_advance(NSEC_PER_SEC);
	}
	ck_assert_int_eq(next_frame(ETH_P_IP), -1);
	fake_advance(10 * NSEC_PER_SEC);
	ck_assert_int_eq(next_frame(ETH_P_ARP), -1);
}
END_TEST

static void peer_answers(void)
{
	arp_in(2, PEER, ME);
}

START_TEST(the_end_waits_for_a_neighbour_that_is_being_asked_for)
{
	u8 buf[64];

	ip_in(IPPROTO_ICMP, 1, 0, buf, make_echo(buf, 10));
	drain();
	fake_wire_wait = peer_answers;
	net_end();
	ck_assert_int_eq(next_frame(ETH_P_IP), 14 + 20 + 18);
}
END_TEST

START_TEST(the_end_does_not_wait_for_a_neighbour_that_is_silent)
{
	u64 start = fake_clock_ns;
	u8 buf[64];

	net_end();
	ck_assert_uint_eq(fake_clock_ns, start);
	ip_in(IPPROTO_ICMP, 1, 0, buf, make_echo(buf, 10));
	net_end();
	ck_assert_uint_eq(fake_clock_ns, start + NSEC_PER_SEC);
}
END_TEST

START_TEST(too_big_lowers_the_path_mtu)
{
	struct {
		struct icmp_hdr icmp;
		struct ip4_hdr ip;
		struct udp_hdr udp;
	} WIRE m = {.icmp = {.type = 3, .code = 4, .info = be32_of(1000)},
		.ip = {.ver_ihl = 0x45,
			.len = be16_of(1500),
			.ttl = 60,
			.proto = IPPROTO_UDP,
			.src = be32_of(ME),
			.dst = be32_of(0x08080808)},
		.udp = {be16_of(2000), be16_of(53), be16_of(1480), 0}};
	int fd = udp_socket(2000);

	arp_in(1, PEER, ME);
	drain();
	m.icmp.csum = csum_fold(csum_add_bytes(0, &m, sizeof(m)));
	ip_in(IPPROTO_ICMP, 1, 0, &m, sizeof(m));
	ck_assert_int_eq(udp_send(fd, 0x08080808, 53, 1400), 1400);
	ck_assert_int_le(next_frame(ETH_P_IP), 14 + 1000);
	ck_assert_int_gt(next_frame(ETH_P_IP), 14);
	ck_assert_int_eq(next_frame(ETH_P_IP), -1);
}
END_TEST

static u8 icmp6_source = 9;

/* An ICMPv6 message from fe80::9 to all nodes. */
static void icmp6_in(u8 *msg, size_t len, u8 hops)
{
	static u8 f[2000];
	struct ip6_hdr *h = (void *)(f + 14);
	struct ip_addr src, dst;
	u16 v = 0;

	memset(f, 0, 54);
	f[0] = f[1] = 0x33;
	f[5] = 1;
	memcpy(f + 6, peer_mac, 6);
	f[12] = 0x86;
	f[13] = 0xdd;
	h->flow = be32_of(6u << 28);
	h->len = be16_of(len);
	h->next = IPPROTO_ICMPV6;
	h->hops = hops;
	h->src[0] = 0xfe;
	h->src[1] = 0x80;
	h->src[15] = icmp6_source;
	h->dst[0] = 0xff;
	h->dst[1] = 2;
	h->dst[15] = 1;
	src = ip_addr_v6(h->src);
	dst = ip_addr_v6(h->dst);
	memcpy(msg + 2, &v, 2);
	v = csum_fold(csum_add_bytes(csum_pseudo(&src, &dst, (u32)len, IPPROTO_ICMPV6), msg, len));
	memcpy(msg + 2, &v, 2);
	memcpy(h + 1, msg, len);
	fake_wire_in(f, 54 + len);
}

/* 2001:db8::/64 for valid_s seconds; the router is one for 1800 s. */
static void advertise(u32 valid_s, u8 hops)
{
	u8 m[16 + 32] = {134, 0, 0, 0, 64, 0, 0x07, 0x08, [16] = 3, 4, 64, 0xc0};

	m[20] = m[24] = (u8)(valid_s >> 24);
	m[21] = m[25] = (u8)(valid_s >> 16);
	m[22] = m[26] = (u8)(valid_s >> 8);
	m[23] = m[27] = (u8)valid_s;
	memcpy(m + 32, "\x20\x01\x0d\xb8", 4);
	icmp6_in(m, sizeof(m), hops);
}

static int route_to_internet(void)
{
	struct flow fl = {.daddr = {.b = {0x2a, [15] = 1}}, .saddr = ip_addr_any(AF_INET6)};
	struct dst dst;

	return route_output(&fl, &dst);
}

START_TEST(a_router_gives_address_and_default_route)
{
	struct ip_addr a;

	ip_addr_parse("2001:db8::ff:fe00:1", &a);
	advertise(3600, 254); /* not from this link */
	ck_assert_ptr_null(ifaddr_find(NULL, &a));
	advertise(3600, 255);
	ck_assert_ptr_nonnull(ifaddr_find(NULL, &a));
	ck_assert(!ifaddr_is_local(&a)); /* tentative */
	fake_advance(NSEC_PER_SEC);
	fake_advance(2 * NSEC_PER_SEC);
	ck_assert(ifaddr_is_local(&a));
	ck_assert_int_eq(route_to_internet(), 0);
	fake_advance(1800 * NSEC_PER_SEC);
	ck_assert_int_lt(route_to_internet(), 0);
	fake_advance(1800 * NSEC_PER_SEC);
	ck_assert_ptr_null(ifaddr_find(NULL, &a));
}
END_TEST

START_TEST(a_duplicate_address_is_not_used)
{
	u8 na[24] = {136, 0, 0, 0, 0x20};
	struct ip_addr a;

	ip_addr_parse("2001:db8::ff:fe00:1", &a);
	advertise(3600, 255);
	memcpy(na + 8, a.b, 16);
	icmp6_in(na, sizeof(na), 255);
	fake_advance(NSEC_PER_SEC);
	fake_advance(5 * NSEC_PER_SEC);
	ck_assert(!ifaddr_is_local(&a));
}
END_TEST

START_TEST(the_question_for_a_duplicate_has_no_source)
{
	static const u8 any[16];
	unsigned asked = 0;

	fake_advance(2 * NSEC_PER_MSEC);
	fake_advance(2 * NSEC_PER_SEC); /* there is a link-local address from now on */
	ck_assert_ptr_nonnull(ifaddr_link_local(netdev_by_name("eth0")));
	drain();
	advertise(3600, 255);
	fake_advance(2 * NSEC_PER_MSEC);
	while (next_frame(ETH_P_IPV6) > 0)
		if (frame[14 + 6] == IPPROTO_ICMPV6 && frame[54] == 135) {
			ck_assert_mem_eq(frame + 14 + 8, any, 16);
			asked++;
		}
	ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(who_else_has_a_given_address_is_asked_and_told_once)
{
	const struct arp_pkt *a = (const void *)(frame + 14);
	struct ip_addr me = ip_addr_v4(be32_of(ME));
	struct ifaddr *ours = ifaddr_find(NULL, &me);

	ck_assert(next_frame(ETH_P_ARP) > 0);
	ck_assert(a->op == be16_of(1) && a->spa == 0 && a->tpa == be32_of(ME));
	ck_assert(next_frame(ETH_P_ARP) > 0);
	ck_assert(a->spa == be32_of(ME) && a->tpa == be32_of(ME));
	arp_in(1, PEER, ME);
	ck_assert(!ours->clash_told);
	fake_log_lines = 0;
	for (int i = 0; i < 5; i++)
		arp_in(2, ME, ME);
	ck_assert(ours->clash_told);
	ck_assert_uint_eq(fake_log_lines, 1);
	ck_assert_ptr_null(neigh_find(ours->dev, &me));
}
END_TEST

START_TEST(a_flood_of_routers_gives_a_few_routes)
{
	const struct route *r;
	unsigned n = 0;

	for (icmp6_source = 10; icmp6_source < 110; icmp6_source++)
		advertise(3600, 255);
	icmp6_source = 9;
	route_for_each(r) n += r->protocol == RTPROT_RA && !r->prefix_len;
	ck_assert_uint_eq(n, 16);
}
END_TEST

START_TEST(our_own_address_does_not_come_from_outside)
{
	u8 buf[64];
	int fd = udp_socket(2000);

	ip_source = ME;
	ip_in(IPPROTO_UDP, 1, 0, buf, make_udp(buf, 2000, 2000, "land"));
	ip_in(IPPROTO_ICMP, 2, 0, buf, make_echo(buf, 10));
	ip_source = PEER;
	ck_assert_int_eq(CALL(recvfrom, (u64)fd, FAKE_BUF(0), 64, 0, 0, 0), -EAGAIN);
	ck_assert_int_eq(next_frame(ETH_P_IP), -1);
}
END_TEST

START_TEST(a_flood_of_queries_does_not_put_the_report_off)
{
	u8 q[8] = {0x11, 128}, group[8] = {239, 1, 2, 3};
	int fd = udp_socket(2000);
	u16 csum = csum_fold(csum_add_bytes(0, q, 8));
	unsigned reports = 0;

	memcpy(q + 2, &csum, 2);
	memcpy(FAKE_PTR(0), group, 8);
	ck_assert_int_eq(
		CALL(setsockopt, (u64)fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, FAKE_BUF(0), 8), 0);
	for (int i = 0; i < 5; i++)
		fake_advance(NSEC_PER_SEC); /* it has announced itself */
	drain();
	for (int i = 0; i < 1400; i++) {
		ip_in(IPPROTO_IGMP, (u16)i, 0, q, sizeof(q));
		fake_advance(10 * NSEC_PER_MSEC);
	}
	while (next_frame(ETH_P_IP) > 0)
		reports += frame[14 + 9] == IPPROTO_IGMP;
	ck_assert_uint_ge(reports, 1);
	CALL(close, (u64)fd);
}
END_TEST

/* Anything may arrive: nothing of it may be read beyond its end or be kept. */
START_TEST(garbage_does_no_harm)
{
	static u8 buf[2000];
	u64 x = 88172645463325252ull;
	int fd = udp_socket(2000);

	for (int i = 0; i < 20000; i++) {
		size_t len;

		for (size_t j = 0; j < 120; j++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			buf[j] = (u8)x;
		}
		len = x >> 32 & 1 ? x % 120 : x % sizeof(buf);
		memcpy(buf, my_mac, 6);
		buf[12] = i & 1 ? 0x08 : 0x86;
		buf[13] = i & 1 ? (i & 2 ? 0 : 6) : 0xdd;
		if (i & 1) {
			struct ip4_hdr *h = (void *)(buf + 14);

			h->ver_ihl = (u8)(0x45 + (x >> 40 & 3));
			h->len = be16_of(len > 14 ? len - 14 : 0);
			h->dst = be32_of(ME);
			h->csum = 0;
			h->proto = (const u8[]){1, 2, 17, 6}[x >> 50 & 3];
			h->csum = csum_fold(csum_add_bytes(0, h, (h->ver_ihl & 15u) * 4));
		} else {
			buf[14] = 0x60;
			buf[18] = (u8)((len > 54 ? len - 54 : 0) >> 8);
			buf[19] = (u8)(len > 54 ? len - 54 : 0);
			buf[20] = (const u8[]){0, 43, 44, 60, 58, 17, 6, 59}[x >> 50 & 7];
			memset(buf + 38, 0, 16);
			buf[38] = 0xff;
			buf[39] = 2;
			buf[53] = 1;
		}
		fake_wire_in(buf, len);
		drain();
	}
	CALL(close, (u64)fd);
}
END_TEST

Suite *suite_ip(void)
{
	Suite *s = suite_create("ip");
	TCase *tc = tcase_create("ip");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_question_for_our_address_is_answered);
	tcase_add_test(tc, echo_is_answered_once_the_asker_is_known);
	tcase_add_test(tc, a_bad_checksum_is_dropped);
	tcase_add_test(tc, fragments_come_together_in_any_order);
	tcase_add_test(tc, overlapping_fragments_end_the_datagram);
	tcase_add_test(tc, an_incomplete_datagram_times_out);
	tcase_add_test(tc, memory_of_fragments_is_limited);
	tcase_add_test(tc, a_datagram_for_nobody_is_told_so);
	tcase_add_test(tc, a_datagram_reaches_its_socket);
	tcase_add_test(tc, an_unknown_neighbour_is_asked_for_three_times);
	tcase_add_test(tc, the_end_waits_for_a_neighbour_that_is_being_asked_for);
	tcase_add_test(tc, the_end_does_not_wait_for_a_neighbour_that_is_silent);
	tcase_add_test(tc, too_big_lowers_the_path_mtu);
	tcase_add_test(tc, a_router_gives_address_and_default_route);
	tcase_add_test(tc, a_duplicate_address_is_not_used);
	tcase_add_test(tc, the_question_for_a_duplicate_has_no_source);
	tcase_add_test(tc, who_else_has_a_given_address_is_asked_and_told_once);
	tcase_add_test(tc, a_flood_of_routers_gives_a_few_routes);
	tcase_add_test(tc, our_own_address_does_not_come_from_outside);
	tcase_add_test(tc, a_flood_of_queries_does_not_put_the_report_off);
	tcase_add_test(tc, garbage_does_no_harm);
	suite_add_tcase(s, tc);
	return s;
}
