/*
 * The DHCP client against a scripted server, 10.0.0.1: a lease and what comes with it, its renewal
 * at T1 and T2, its end, refusals, and messages that make no sense.
 */
#include "kernel/net/checksum.h"
#include "kernel/net/dhcp.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/link.h"
#include "kernel/net/net.h"
#include "kernel/net/route.h"
#include "tests/unit/fakewire.h"

#include <check.h>

#define SERVER 0x0a000001u
#define GIVEN 0x0a000032u
#define LEASE_S 1000u

static const u8 my_mac[6] = FAKE_MAC, server_mac[6] = {2, 0, 0, 0, 0, 9};
static struct task *task;
static u8 frame[2000];
static const u8 *msg; /* of the client, in frame */
static bool was_broadcast;

static void setup(void)
{
	char args[] = "ip=dhcp";
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
}

/* The value of an option of msg; NULL: not there. */
static const u8 *option(u8 code, u8 *len)
{
	for (const u8 *p = msg + 240; *p != 255; p += p[0] ? 2 + p[1] : 1)
		if (*p == code) {
			*len = p[1];
			return p + 2;
		}
	return NULL;
}

static u32 option32(u8 code)
{
	u8 len;
	const u8 *p = option(code, &len);
	be32 v;

	if (!p)
		return 0;
	ck_assert_uint_eq(len, 4);
	memcpy(&v, p, 4);
	return cpu32_of(v);
}

/* The type of the client's next message, checksums looked at; 0: none. Answers ARP for the server.
 */
static int next_message(void)
{
	const struct eth_hdr *eth = (const void *)frame;
	const struct ip4_hdr *h = (const void *)(eth + 1);
	const struct udp_hdr *u = (const void *)(h + 1);
	ssize_t n;
	u8 len;

	while ((n = fake_wire_out(frame, sizeof(frame))) >= 0) {
		struct {
			struct eth_hdr eth;
			struct arp_pkt arp;
		} WIRE f, *q = (void *)frame;

		if (eth->type == be16_of(ETH_P_ARP) && q->arp.tpa == be32_of(SERVER)) {
			f = *q;
			memcpy(f.eth.dst, my_mac, 6);
			f.arp.op = be16_of(2);
			memcpy(f.arp.sha, server_mac, 6);
			memcpy(f.arp.tha, my_mac, 6);
			f.arp.spa = q->arp.tpa;
			f.arp.tpa = q->arp.spa;
			fake_wire_in(&f, sizeof(f));
		}
		if (eth->type != be16_of(ETH_P_IP) || h->proto != IPPROTO_UDP ||
			u->dst != be16_of(67))
			continue;
		was_broadcast = eth->dst[0] & 1;
		ck_assert_int_ge(n, 14 + 20 + 8 + 300);
		ck_assert_uint_eq(csum_fold(csum_add_bytes(0, h, 20)), 0);
		msg = (const u8 *)(u + 1);
		ck_assert(!memcmp(msg + 28, my_mac, 6));
		return option(53, &len)[0];
	}
	return 0;
}

static u8 reply[600];
static u32 reply_len;

static void put_option(u8 code, const void *data, u8 len)
{
	reply[reply_len++] = code;
	reply[reply_len++] = len;
	memcpy(reply + reply_len, data, len);
	reply_len += len;
}

static void put_option32(u8 code, u32 v)
{
	be32 b = be32_of(v);

	put_option(code, &b, 4);
}

/* A reply to msg is begun. */
static void begin(u8 type, u32 addr)
{
	be32 a = be32_of(addr);

	memset(reply, 0, sizeof(reply));
	memcpy(reply, msg, 240);
	reply[0] = 2;
	memcpy(reply + 16, &a, 4);
	reply_len = 240;
	put_option(53, &type, 1);
	put_option32(54, SERVER);
}

static void deliver(bool broadcast)
{
	static u8 f[800];
	struct eth_hdr *eth = (void *)f;
	struct ip4_hdr *h = (void *)(eth + 1);
	struct udp_hdr *u = (void *)(h + 1);

	reply[reply_len++] = 255;
	memcpy(eth->src, server_mac, 6);
	memcpy(eth->dst, my_mac, 6);
	if (broadcast)
		memset(eth->dst, 0xff, 6);
	eth->type = be16_of(ETH_P_IP);
	*h = (struct ip4_hdr){.ver_ihl = 0x45,
		.len = be16_of(28 + reply_len),
		.ttl = 64,
		.proto = IPPROTO_UDP,
		.src = be32_of(SERVER),
		.dst = broadcast ? 0xffffffff : be32_of(GIVEN)};
	h->csum = csum_fold(csum_add_bytes(0, h, 20));
	*u = (struct udp_hdr){be16_of(67), be16_of(68), be16_of(8 + reply_len), 0};
	memcpy(u + 1, reply, reply_len);
	fake_wire_in(f, 14 + 28 + reply_len);
}

static void answer(u8 type, u32 addr, bool broadcast)
{
	begin(type, addr);
	if (type != DHCP_NAK) {
		put_option32(51, LEASE_S);
		put_option32(1, 0xffffff00);
		put_option32(3, SERVER);
		put_option32(6, 0x08080808);
		put_option(15, "example.net", 11);
	}
	deliver(broadcast);
}

static const struct netdev *eth0(void)
{
	return netdev_by_name("eth0");
}

static struct ifaddr *given(void)
{
	struct ip_addr a = ip_addr_v4(be32_of(GIVEN));

	return ifaddr_find(eth0(), &a);
}

static unsigned nr_dhcp_routes(void)
{
	const struct route *r;
	unsigned nr = 0;

	route_for_each(r) nr += r->protocol == RTPROT_DHCP;
	return nr;
}

static void get_lease(void)
{
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	answer(DHCP_OFFER, GIVEN, true);
	ck_assert_int_eq(next_message(), DHCP_REQUEST);
	ck_assert(was_broadcast);
	ck_assert_uint_eq(option32(50), GIVEN);
	ck_assert_uint_eq(option32(54), SERVER);
	answer(DHCP_ACK, GIVEN, true);
	ck_assert_int_eq(next_message(), 0);
}

START_TEST(a_lease_gives_address_route_and_servers)
{
	const struct dhcp_lease *l;

	get_lease();
	ck_assert_ptr_nonnull(given());
	ck_assert_uint_eq(given()->prefix_len, 24);
	ck_assert_uint_eq(given()->valid_s, LEASE_S);
	ck_assert_uint_eq(nr_dhcp_routes(), 1);
	l = dhcp_lease(eth0());
	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(l->dns[0], 0x08080808);
	ck_assert_str_eq(l->domain, "example.net");
	ck_assert_uint_eq(l->renew_s, LEASE_S / 2);
	dhcp_release_all();
	ck_assert_int_eq(next_message(), DHCP_RELEASE);
}
END_TEST

START_TEST(questions_are_repeated_ever_more_slowly)
{
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	fake_advance(2 * NSEC_PER_SEC);
	ck_assert_int_eq(next_message(), 0);
	fake_advance(3 * NSEC_PER_SEC);
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	fake_advance(6 * NSEC_PER_SEC);
	ck_assert_int_eq(next_message(), 0);
	fake_advance(3 * NSEC_PER_SEC);
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	/* an offer whose request nobody answers: from the beginning */
	answer(DHCP_OFFER, GIVEN, true);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(next_message(), DHCP_REQUEST);
		fake_advance(65 * NSEC_PER_SEC);
	}
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
}
END_TEST

START_TEST(a_lease_is_renewed_with_its_server)
{
	get_lease();
	fake_advance((LEASE_S / 2 - 1) * NSEC_PER_SEC);
	ck_assert_int_eq(next_message(), 0);
	fake_advance(NSEC_PER_SEC);
	ck_assert_int_eq(next_message(), DHCP_REQUEST);
	ck_assert(!was_broadcast);
	ck_assert_uint_eq(option32(50), 0);
	ck_assert_uint_eq(option32(54), 0);
	ck_assert(!memcmp(msg + 12, &(be32){be32_of(GIVEN)}, 4));
	answer(DHCP_ACK, GIVEN, false);
	ck_assert_int_eq(next_message(), 0); /* no ICMP error about it either */
	ck_assert_uint_eq(nr_dhcp_routes(), 1);
	fake_advance(LEASE_S * 6 / 10 * NSEC_PER_SEC);
	ck_assert_ptr_nonnull(given()); /* past the end of the first lease */
}
END_TEST

START_TEST(a_lease_that_is_not_renewed_ends)
{
	unsigned unicasts = 0, broadcasts = 0;
	int type = 0;

	get_lease();
	for (unsigned i = 0; i < LEASE_S - 1; i++) {
		fake_advance(NSEC_PER_SEC);
		while ((type = next_message())) {
			ck_assert_int_eq(type, DHCP_REQUEST);
			if (was_broadcast)
				broadcasts++;
			else
				unicasts++;
			ck_assert(was_broadcast ? i >= LEASE_S / 8 * 7 - 1 : i < LEASE_S / 8 * 7);
		}
	}
	ck_assert_uint_ge(unicasts, 2);
	ck_assert_uint_ge(broadcasts, 2);
	ck_assert_ptr_nonnull(given());
	fake_advance(2 * NSEC_PER_SEC);
	ck_assert_ptr_null(given());
	ck_assert_uint_eq(nr_dhcp_routes(), 0);
	ck_assert_ptr_null(dhcp_lease(eth0()));
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
}
END_TEST

START_TEST(a_refusal_takes_the_address_away)
{
	get_lease();
	fake_advance(LEASE_S / 8 * 7 * NSEC_PER_SEC + NSEC_PER_SEC);
	while (next_message() != DHCP_REQUEST || !was_broadcast)
		fake_advance(NSEC_PER_SEC);
	answer(DHCP_NAK, 0, true);
	ck_assert_ptr_null(given());
	ck_assert_uint_eq(nr_dhcp_routes(), 0);
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	answer(DHCP_OFFER, GIVEN + 1, true);
	ck_assert_int_eq(next_message(), DHCP_REQUEST);
	answer(DHCP_NAK, 0, true);
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
}
END_TEST

START_TEST(replies_to_others_are_not_ours)
{
	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	begin(DHCP_OFFER, GIVEN);
	put_option32(51, LEASE_S);
	reply[4] ^= 1; /* xid */
	deliver(true);
	begin(DHCP_OFFER, GIVEN);
	put_option32(51, LEASE_S);
	reply[30] ^= 1; /* chaddr */
	deliver(true);
	answer(DHCP_ACK, GIVEN, true); /* not asked for */
	answer(DHCP_OFFER, 0xe0000001, true);
	begin(DHCP_OFFER, GIVEN); /* no lease time */
	deliver(true);
	ck_assert_int_eq(next_message(), 0);
	ck_assert_ptr_null(given());
}
END_TEST

START_TEST(classless_routes_replace_the_router)
{
	static const u8 routes[] = {
		0, 10, 0, 0, 1, 16, 192, 168, 10, 0, 0, 7, 25, 10, 1, 2, 128, 0, 0, 0, 0};
	struct dhcp_lease l;

	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	begin(DHCP_ACK, GIVEN);
	put_option32(51, 10);
	put_option32(3, 0x0a000063);
	put_option32(1, 0xff00ff00); /* no mask */
	put_option(15, "bad\ndomain", 10);
	put_option(121, routes, sizeof(routes));
	reply[reply_len] = 255;
	ck_assert_int_eq(
		dhcp_read(reply, reply_len + 1, cpu32_of(*(const be32 *)(reply + 4)), my_mac, &l),
		DHCP_ACK);
	ck_assert_uint_eq(l.nr_routes, 3);
	ck_assert_uint_eq(l.routes[0].gateway, be32_of(SERVER));
	ck_assert_uint_eq(l.routes[1].dst, be32_of(0xc0a80000));
	ck_assert_uint_eq(l.routes[1].prefix_len, 16);
	ck_assert_uint_eq(l.routes[2].gateway, 0);
	ck_assert_uint_eq(l.prefix_len, 8); /* 10/8, as in the days of classes */
	ck_assert_uint_eq(l.lease_s, 20);
	ck_assert_str_eq(l.domain, "");
}
END_TEST

START_TEST(any_bytes_are_survived)
{
	struct dhcp_lease l;
	u32 xid, seed = 1;
	u8 *copy;

	ck_assert_int_eq(next_message(), DHCP_DISCOVER);
	for (int i = 0; i < 20000; i++) {
		u32 len;

		begin(DHCP_ACK, GIVEN);
		put_option32(51, LEASE_S);
		put_option(52, "\3", 1);
		for (int n = 0; n < 40; n++) {
			seed = seed * 1103515245 + 12345;
			reply[44 + (seed >> 8) % (sizeof(reply) - 44)] = (u8)(seed >> 24);
		}
		len = 200 + (seed >> 16) % 400;
		copy = malloc(len); /* so that a sanitizer sees the end */
		memcpy(copy, reply, len);
		memcpy(&xid, reply + 4, 4);
		dhcp_read(copy, len, cpu32_of(xid), my_mac, &l);
		ck_assert_uint_le(l.nr_routes, DHCP_ROUTES_MAX);
		free(copy);
	}
}
END_TEST

Suite *suite_dhcp(void);
Suite *suite_dhcp(void)
{
	Suite *s = suite_create("dhcp");
	TCase *tc = tcase_create("dhcp");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_lease_gives_address_route_and_servers);
	tcase_add_test(tc, questions_are_repeated_ever_more_slowly);
	tcase_add_test(tc, a_lease_is_renewed_with_its_server);
	tcase_add_test(tc, a_lease_that_is_not_renewed_ends);
	tcase_add_test(tc, a_refusal_takes_the_address_away);
	tcase_add_test(tc, replies_to_others_are_not_ours);
	tcase_add_test(tc, classless_routes_replace_the_router);
	tcase_add_test(tc, any_bytes_are_survived);
	suite_add_tcase(s, tc);
	return s;
}
