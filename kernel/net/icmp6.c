/*
 * ICMPv6: echo, errors both ways, and the door to Neighbour Discovery and MLD. RFC 4443, RFC 8201.
 */
#include "kernel/net/checksum.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"
#include "kernel/net/ndp.h"

enum {
	DEST_UNREACH = 1,
	PACKET_TOO_BIG = 2,
	TIME_EXCEEDED = 3,
	PARAM_PROBLEM = 4,
	ECHO = 128,
	ECHO_REPLY = 129,
	MLD_FIRST = 130,
	MLD_LAST = 132,
	NDP_FIRST = 133,
	NDP_LAST = 137,
	MLD2_REPORT = 143,
};

/* ---- out ---- */

int icmp6_send(struct skb *skb, struct flow *fl)
{
	struct icmp_hdr *h = (void *)skb->data;
	struct dst dst;
	int err;

	fl->proto = IPPROTO_ICMPV6;
	err = route_output(fl, &dst);
	MIB_INC(Icmp6OutMsgs);
	mib_icmp6.out[h->type]++;
	if (err < 0) {
		MIB_INC(Icmp6OutErrors);
		skb_free(skb);
		return err;
	}
	h->csum = 0;
	h->csum = csum_fold(
		csum_add_bytes(csum_pseudo(&fl->saddr, &fl->daddr, skb_len(skb), IPPROTO_ICMPV6),
			skb->data, skb_len(skb)));
	return ip_output(skb, fl, &dst);
}

static void echo_reply(struct skb *skb)
{
	struct flow fl = {.daddr = skb->ip.saddr,
		.saddr = skb->ip.daddr,
		.tos = skb->ip.tos,
		.ttl = -1,
		.oif = skb->dev == loopback ? 0 : skb->dev->ifindex};
	struct skb *r = skb_alloc(SKB_HEADROOM, skb_len(skb));

	if (ip_addr_is_multicast(&fl.saddr))
		fl.saddr = ip_addr_any(AF_INET6);
	if (r) {
		memcpy(skb_put(r, skb_len(skb)), skb->data, skb_len(skb));
		r->data[0] = ECHO_REPLY;
		icmp6_send(r, &fl);
	}
	skb_free(skb);
}

static bool may_complain(const struct skb *skb, bool multicast_ok)
{
	u32 frag, len = (u32)(skb->tail - skb_net(skb));
	u8 proto;
	int off = ip6_skip_headers(skb_net(skb), len, &proto, &frag);

	if (ip_addr_is_any(&skb->ip.saddr) || ip_addr_is_multicast(&skb->ip.saddr))
		return false;
	if (!multicast_ok &&
		(ip_addr_is_multicast(&skb->ip.daddr) || skb->pkt_type != SKB_PKT_HOST))
		return false;
	/* Never about an error or a redirect. */
	if (off >= 0 && proto == IPPROTO_ICMPV6 &&
		((u32)off >= len || skb_net(skb)[off] < 128 || skb_net(skb)[off] == NDP_LAST))
		return false;
	return true;
}

void icmp6_error_send(const struct skb *skb, enum icmp_reason reason, u32 arg)
{
	static const struct {
		u8 type, code;
	} wire[ICMP_REASON_COUNT] = {
		[ICMP_REASON_PORT_UNREACH] = {DEST_UNREACH, 4},
		[ICMP_REASON_PROTO_UNREACH] = {PARAM_PROBLEM, 1},
		[ICMP_REASON_HOST_UNREACH] = {DEST_UNREACH, 3},
		[ICMP_REASON_ADMIN] = {DEST_UNREACH, 1},
		[ICMP_REASON_REASM_TIMEOUT] = {TIME_EXCEEDED, 1},
		[ICMP_REASON_PARAM] = {PARAM_PROBLEM, 0},
	};
	struct flow fl = {.daddr = skb->ip.saddr,
		.saddr = skb->ip.daddr,
		.ttl = -1,
		.oif = ip_addr_needs_scope(&skb->ip.saddr) ? skb->dev->ifindex : 0};
	struct icmp_hdr *ih;
	struct skb *r;
	u32 len;

	if (!may_complain(skb, reason == ICMP_REASON_PARAM && arg >> 16 == 2) ||
		(skb->dev != loopback && !icmp_rate_ok()))
		return;
	if (ip_addr_is_multicast(&fl.saddr))
		fl.saddr = ip_addr_any(AF_INET6);
	len = MIN((u32)(skb->tail - skb_net(skb)), IP6_MTU_MIN - 40 - 8);
	r = skb_alloc(SKB_HEADROOM, sizeof(*ih) + len);
	if (!r)
		return;
	ih = skb_put(r, sizeof(*ih));
	memset(ih, 0, sizeof(*ih));
	ih->type = wire[reason].type;
	ih->code = wire[reason].code;
	if (reason == ICMP_REASON_PARAM) {
		if (arg >> 16)
			ih->code = 2;
		ih->info = be32_of(arg & 0xffff);
	} else if (reason == ICMP_REASON_PROTO_UNREACH) {
		ih->info =
			be32_of(6); /* the next-header field of the fixed header, or close to it */
	}
	memcpy(skb_put(r, len), skb_net(skb), len);
	icmp6_send(r, &fl);
}

/* ---- in: errors ---- */

static bool fill_error(struct ip_error *e, const struct icmp_hdr *ih)
{
	static const struct {
		int err;
		bool fatal;
	} unreach[] = {{ENETUNREACH, false}, {EACCES, true}, {EHOSTUNREACH, false},
		{EHOSTUNREACH, false}, {ECONNREFUSED, true}, {EACCES, true}, {EACCES, true}};

	switch (ih->type) {
	case DEST_UNREACH:
		if (ih->code >= ARRAY_SIZE(unreach))
			return false;
		e->err = unreach[ih->code].err;
		e->fatal = unreach[ih->code].fatal;
		return true;
	case PACKET_TOO_BIG:
		e->err = EMSGSIZE;
		e->mtu = e->info = cpu32_of(ih->info);
		return true;
	case TIME_EXCEEDED:
		e->err = EHOSTUNREACH;
		return true;
	case PARAM_PROBLEM:
		e->err = EPROTO;
		e->fatal = true;
		e->info = cpu32_of(ih->info);
		return true;
	default:
		return false;
	}
}

static void error_rcv(struct skb *skb)
{
	const struct icmp_hdr *ih = (const void *)skb->data;
	const u8 *inner = (const u8 *)(ih + 1);
	struct ip_error e = {.origin = SO_EE_ORIGIN_ICMP6,
		.type = ih->type,
		.code = ih->code,
		.offender = skb->ip.saddr,
		.iif = (int)skb->ip.iif};
	u32 left = skb_len(skb) - (u32)sizeof(*ih), frag;
	u8 proto;
	int off;

	if (left < sizeof(struct ip6_hdr) || inner[0] >> 4 != 6)
		goto bad;
	off = ip6_skip_headers(inner, left, &proto, &frag);
	if (off < 0 || (frag && ((inner[frag + 2] | (inner[frag + 3] & 0xf8)))))
		goto bad;
	e.saddr = ip_addr_v6(inner + 8);
	e.daddr = ip_addr_v6(inner + 24);
	if (ip_addr_is_v4(&e.saddr) || ip_addr_is_v4(&e.daddr))
		goto bad;
	e.packet = inner;
	e.packet_len = left;
	e.trans = inner + off;
	e.trans_len = left - (u32)off;
	if (!ifaddr_find(NULL, &e.saddr) || !fill_error(&e, ih))
		goto bad;
	ip_deliver_error(&e);
	return;
bad:
	MIB_INC(Icmp6InErrors);
}

/* ---- in ---- */

static bool checksum_ok(struct skb *skb)
{
	return skb_csum_ok(skb, IPPROTO_ICMPV6);
}

static void icmp6_rcv(struct skb *skb)
{
	const struct icmp_hdr *ih = (const void *)skb->data;

	MIB_INC(Icmp6InMsgs);
	if (skb_len(skb) < sizeof(*ih)) {
		MIB_INC(Icmp6InErrors);
		goto drop;
	}
	if (!checksum_ok(skb)) {
		MIB_INC(Icmp6InCsumErrors);
		goto drop;
	}
	mib_icmp6.in[ih->type]++;
	if (ih->type == ECHO) {
		echo_reply(skb);
		return;
	}
	if (ih->type == ECHO_REPLY) {
		ping_rcv(skb);
		return;
	}
	if (ih->type >= DEST_UNREACH && ih->type <= PARAM_PROBLEM)
		error_rcv(skb);
	else if (ih->type >= NDP_FIRST && ih->type <= NDP_LAST)
		ndp_rcv(skb);
	else if (ih->type >= MLD_FIRST && ih->type <= MLD_LAST)
		mld_rcv(skb);
drop:
	skb_free(skb);
}

void icmp6_init(void)
{
	static const struct ip_protocol icmp6 = {
		.proto = IPPROTO_ICMPV6, .rcv = icmp6_rcv, .err = ping_error};

	ip_protocol_register(&icmp6);
}
