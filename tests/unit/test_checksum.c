/*
 * Checksums of packets on their way out, where the sum is one that has two spellings: TCP writes it
 * 0x0000 (RFC 9293), UDP, whose zero means none, 0xffff (RFC 768). Each path is made to produce it:
 * a reset's sequence number is the acknowledgement it answers, and so ours to choose.
 */
#include "kernel/net/checksum.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/link.h"
#include "kernel/net/netdev.h"
#include "tests/unit/fakewire.h"
#include "tests/unit/tcpwire.h"

#include <check.h>
#include <netinet/in.h>

#define CHECK_AT offsetof(struct tcp_hdr, check)

static u8 seen[8192]; /* the last packet of a path, from the TCP header on */
static u32 seen_len;
static struct ip_addr us, peer;

static void setup(void)
{
	struct ifaddr a = {.prefix_len = 64,
		.flags = IFA_F_PERMANENT | IFA_F_NODAD,
		.valid_s = UINT32_MAX,
		.preferred_s = UINT32_MAX};
	u8 six[16] = {0xfd, [15] = 1};

	wire_setup();
	a.addr = ip_addr_v6(six);
	ck_assert_int_eq(ifaddr_add(wire_dev, &a, NULL), 0);
	fake_run_all();
	wire_flush();
}

static void addresses(bool v4, bool lo)
{
	u8 six[16] = {lo ? 0 : 0xfd, [15] = 1};

	us = v4 ? ip_addr_v4(be32_of(lo ? INADDR_LOOPBACK : 0xc0000201u)) : ip_addr_v6(six);
	if (!lo)
		six[15] = 2;
	peer = v4 ? ip_addr_v4(be32_of(lo ? INADDR_LOOPBACK : 0xc0000202u)) : ip_addr_v6(six);
}

static u16 sum_of(const void *p, u32 len)
{
	return csum_fold_raw(csum_add_bytes(csum_pseudo(&us, &peer, len, IPPROTO_TCP), p, len));
}

static u16 check_seen(void)
{
	u16 v;

	memcpy(&v, seen + CHECK_AT, sizeof(v));
	ck_assert_uint_eq(sum_of(seen, seen_len), 0xffff);
	ck_assert_uint_ne(v, 0xffff);
	return v;
}

/* An acknowledgement that no connection wants: it is answered by a reset with that number. */
static void stray_ack(struct netdev *dev, u32 ack)
{
	struct tcp_hdr h = {.source = be16_of(2000),
		.dest = be16_of(9),
		.ack = be32_of(ack),
		.off = 5 << 4,
		.flags = TH_ACK};
	bool v4 = ip_addr_is_v4(&us);
	struct skb *skb = skb_alloc(SKB_HEADROOM, sizeof(h));

	h.check = (u16)~sum_of(&h, sizeof(h));
	memcpy(skb_put(skb, sizeof(h)), &h, sizeof(h));
	if (v4) {
		struct ip4_hdr *ip = skb_push(skb, sizeof(*ip));

		*ip = (struct ip4_hdr){.ver_ihl = 0x45,
			.len = be16_of(skb_len(skb)),
			.ttl = 64,
			.proto = IPPROTO_TCP,
			.src = ip_addr_to_v4(&peer),
			.dst = ip_addr_to_v4(&us)};
		ip->csum = csum_fold(csum_add_bytes(0, ip, sizeof(*ip)));
	} else {
		struct ip6_hdr *ip = skb_push(skb, sizeof(*ip));

		memset(ip, 0, sizeof(*ip));
		ip->flow = be32_of(6u << 28);
		ip->len = be16_of(sizeof(h));
		ip->next = IPPROTO_TCP;
		ip->hops = 64;
		memcpy(ip->src, peer.b, 16);
		memcpy(ip->dst, us.b, 16);
	}
	skb->protocol = v4 ? ETH_P_IP : ETH_P_IPV6;
	skb->pkt_type = SKB_PKT_HOST;
	skb_set_mac(skb);
	netdev_rx(dev, skb);
	fake_run_all();
}

static void see(const void *p, u32 len)
{
	ck_assert_uint_le(len, sizeof(seen));
	memcpy(seen, p, len);
	seen_len = len;
}

/* ---- the paths ---- */

static void see_wire(void)
{
	struct skb *skb = wire_take();

	ck_assert_ptr_nonnull(skb);
	ck_assert_int_eq(skb->csum == SKB_CSUM_PARTIAL, !!(wire_dev->features & NETDEV_CSUM));
	skb_csum_complete(skb); /* as the one behind the link does */
	see(skb->head + skb->trans_off, (u32)(skb->tail - skb->head) - skb->trans_off);
	skb_free(skb);
}

static void through_wire(u32 ack)
{
	stray_ack(wire_dev, ack);
	see_wire();
}

static void watch_loopback(struct netdev_tap *tap, struct netdev *dev, const struct skb *skb)
{
	struct skb *copy;

	if (skb->pkt_type != SKB_PKT_OUTGOING)
		return;
	copy = skb_copy(skb, 0);
	skb_csum_complete(copy);
	see(copy->head + copy->trans_off, (u32)(copy->tail - copy->head) - copy->trans_off);
	skb_free(copy);
}

static void through_loopback(u32 ack)
{
	struct netdev_tap tap = {.dev = loopback, .protocol = ETH_P_ALL, .fn = watch_loopback};

	seen_len = 0;
	netdev_tap_add(&tap);
	stray_ack(loopback, ack);
	netdev_tap_del(&tap);
}

static void watch_pcap(const void *data, size_t len)
{
	u32 head = ip_addr_is_v4(&us) ? sizeof(struct ip4_hdr) : sizeof(struct ip6_hdr);

	if (len > head) /* records: a header of 16 bytes, the packet (in, out) */
		see((const u8 *)data + head, (u32)len - head);
}

static void through_pcap(u32 ack)
{
	fake_pcap = watch_pcap;
	stray_ack(wire_dev, ack);
	fake_pcap = NULL;
	wire_flush();
}

static void zero_is_zero(void (*path)(u32 ack))
{
	u16 c;

	path(0);
	c = check_seen();
	ck_assert_uint_ne(c, 0);
	path(cpu16_of(c));
	ck_assert_uint_eq(((struct tcp_hdr *)seen)->flags, TH_RST);
	ck_assert_uint_eq(check_seen(), 0);
}

START_TEST(tcp_writes_zero_by_every_path)
{
	bool v4 = _i & 1, offload = _i & 2;

	wire_dev->features = offload ? NETDEV_CSUM : 0;
	addresses(v4, false);
	zero_is_zero(through_wire);
	addresses(v4, true);
	zero_is_zero(through_loopback);
	addresses(v4, false);
	link_pcap_start();
	zero_is_zero(through_pcap);
	wire_teardown();
}
END_TEST

#define SEGMENTS 3u
#define MSS 1000u

/* SEGMENTS * MSS bytes: zeros, but for the first two of each segment. */
static void send_segments(struct sock *sk, const u16 first[SEGMENTS])
{
	u8 buf[SEGMENTS * MSS] = {0};
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = MSG_DONTWAIT | MSG_NOSIGNAL};

	for (u32 i = 0; i < SEGMENTS; i++)
		memcpy(buf + i * MSS, &first[i], 2);
	uio_kernel(&uio, buf, sizeof(buf));
	ck_assert_int_eq(sock_sendmsg(sk, &m), sizeof(buf));
	fake_run_all();
}

START_TEST(tcp_writes_zero_into_segments_cut_in_software)
{
	struct sock *sk = wire_established();
	u16 first[SEGMENTS] = {0};

	addresses(true, false);
	wire_dev->features = 0;
	send_segments(sk, first);
	for (u32 i = 0; i < SEGMENTS; i++) { /* the next ones differ by the sequence number */
		struct tcp_hdr *h = (void *)seen;

		see_wire();
		ck_assert_uint_eq(seen_len, sizeof(*h) + MSS);
		check_seen();
		h->seq = be32_of(cpu32_of(h->seq) + SEGMENTS * MSS);
		h->check = 0;
		first[i] = (u16)~sum_of(seen, seen_len);
	}
	wire_in(". 1 ack %u", 1 + SEGMENTS * MSS);
	wire_quiet();
	send_segments(sk, first);
	for (u32 i = 0; i < SEGMENTS; i++) {
		see_wire();
		ck_assert_uint_eq(check_seen(), 0);
	}
	wire_in("R. 1 ack %u", 1 + 2 * SEGMENTS * MSS);
	wire_close(sk);
	wire_teardown();
}
END_TEST

/* A datagram of two bytes whose sum is what the transport of this checksum's place calls 0. */
static u16 datagram_check(u16 at)
{
	struct skb *skb = skb_alloc(SKB_HEADROOM, 32);
	u8 *p = skb_put(skb, 22);
	u16 c;

	memset(p, 0, 22);
	for (int round = 0; round < 2; round++) {
		skb_csum_partial_setup(skb, at, &us, &peer, IPPROTO_UDP);
		skb_csum_complete(skb);
		memcpy(&c, p + at, 2);
		if (!round)
			memcpy(p + 20, &c, 2);
	}
	skb_free(skb);
	return c;
}

START_TEST(only_udp_writes_ones)
{
	addresses(_i, false);
	ck_assert_uint_eq(datagram_check(offsetof(struct udp_hdr, csum)), 0xffff);
	ck_assert_uint_eq(datagram_check(CHECK_AT), 0);
	wire_teardown();
}
END_TEST

Suite *suite_checksum(void)
{
	Suite *s = suite_create("checksum");
	TCase *c = tcase_create("out");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_loop_test(c, tcp_writes_zero_by_every_path, 0, 4);
	tcase_add_test(c, tcp_writes_zero_into_segments_cut_in_software);
	tcase_add_loop_test(c, only_udp_writes_ones, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
