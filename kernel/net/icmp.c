/*
 * ICMP for IPv4: echo, errors in (to the protocol that sent the packet) and errors out. RFC 792,
 * RFC 1122 3.2.2, RFC 1191.
 */
#include "kernel/net/ctl.h"
#include "kernel/net/checksum.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"

enum {
	ECHO_REPLY = 0,
	DEST_UNREACH = 3,
	REDIRECT = 5,
	ECHO = 8,
	TIME_EXCEEDED = 11,
	PARAM_PROBLEM = 12,
	TIMESTAMP = 13,
};

#define FRAG_NEEDED 4

/* By code of "destination unreachable", ip(7). */
static const struct {
	int err;
	bool fatal;
} unreach[] = {
	{ENETUNREACH, false},
	{EHOSTUNREACH, false},
	{ENOPROTOOPT, true},
	{ECONNREFUSED, true},
	{EMSGSIZE, false},
	{EOPNOTSUPP, false},
	{ENETUNREACH, true},
	{EHOSTDOWN, true},
	{ENONET, true},
	{ENETUNREACH, true},
	{EHOSTUNREACH, true},
	{ENETUNREACH, false},
	{EHOSTUNREACH, false},
	{EHOSTUNREACH, true},
	{EHOSTUNREACH, true},
	{EHOSTUNREACH, true},
};

/* ---- out ---- */

static int icmp_xmit(struct skb *skb, struct flow *fl)
{
	struct icmp_hdr *h = (void *)skb->data;
	struct dst dst;
	int err;

	h->csum = 0;
	h->csum = csum_fold(csum_add_bytes(0, skb->data, skb_len(skb)));
	fl->proto = IPPROTO_ICMP;
	err = route_output(fl, &dst);
	MIB_INC(IcmpOutMsgs);
	mib_icmp4.out[h->type]++;
	if (err < 0) {
		MIB_INC(IcmpOutErrors);
		skb_free(skb);
		return err;
	}
	return ip_output(skb, fl, &dst);
}

static void echo_reply(struct skb *skb)
{
	struct flow fl = {.daddr = skb->ip.saddr,
		.tos = skb->ip.tos,
		.ttl = -1,
		.oif = skb->dev == loopback ? 0 : skb->dev->ifindex};
	struct skb *r;
	bool many = ip_addr_is_multicast(&skb->ip.daddr) || skb->pkt_type == SKB_PKT_BROADCAST ||
		    !ifaddr_is_local(&skb->ip.daddr);

	if (net_ctl.icmp_echo_ignore_all || (many && net_ctl.icmp_echo_ignore_broadcasts)) {
		skb_free(skb);
		return;
	}
	fl.saddr = many ? ip_addr_any(AF_INET) : skb->ip.daddr;
	r = skb_alloc(SKB_HEADROOM, skb_len(skb));
	if (r) {
		memcpy(skb_put(r, skb_len(skb)), skb->data, skb_len(skb));
		r->data[0] = ECHO_REPLY;
		icmp_xmit(r, &fl);
	}
	skb_free(skb);
}

/* May an error be sent about this packet (RFC 1122 3.2.2)? */
static bool may_complain(const struct skb *skb, const struct ip4_hdr *h, u32 hlen)
{
	const u8 *trans = (const u8 *)h + hlen;

	if (skb->pkt_type != SKB_PKT_HOST || ip_addr_is_multicast(&skb->ip.daddr) ||
		ip_addr_is_broadcast(&skb->ip.daddr) || ip_addr_is_any(&skb->ip.saddr) ||
		ip_addr_is_multicast(&skb->ip.saddr) || !ifaddr_is_local(&skb->ip.daddr))
		return false;
	if (cpu16_of(h->frag) & IP4_OFFSET)
		return false;
	if (h->proto == IPPROTO_ICMP &&
		(trans >= skb->tail || (*trans != ECHO && *trans != ECHO_REPLY && *trans < 18)))
		return false;
	return true;
}

void icmp4_error_send(const struct skb *skb, enum icmp_reason reason, u32 arg)
{
	static const struct {
		u8 type, code;
	} wire[ICMP_REASON_COUNT] = {
		[ICMP_REASON_PORT_UNREACH] = {DEST_UNREACH, 3},
		[ICMP_REASON_PROTO_UNREACH] = {DEST_UNREACH, 2},
		[ICMP_REASON_HOST_UNREACH] = {DEST_UNREACH, 1},
		[ICMP_REASON_ADMIN] = {DEST_UNREACH, 13},
		[ICMP_REASON_REASM_TIMEOUT] = {TIME_EXCEEDED, 1},
		[ICMP_REASON_PARAM] = {PARAM_PROBLEM, 0},
	};
	const struct ip4_hdr *h = (const void *)skb_net(skb);
	u32 hlen = (h->ver_ihl & 15u) * 4, len;
	struct flow fl = {.saddr = skb->ip.daddr,
		.daddr = skb->ip.saddr,
		.ttl = -1,
		.tos = (u8)((skb->ip.tos & 0x1e) | 0xc0)};
	struct icmp_hdr *ih;
	struct skb *r;

	if (!may_complain(skb, h, hlen) || (skb->dev != loopback && !icmp_rate_ok()))
		return;
	len = MIN((u32)(skb->tail - (u8 *)h), 576u - 20 - 8);
	r = skb_alloc(SKB_HEADROOM, sizeof(*ih) + len);
	if (!r)
		return;
	ih = skb_put(r, sizeof(*ih));
	memset(ih, 0, sizeof(*ih));
	ih->type = wire[reason].type;
	ih->code = wire[reason].code;
	if (reason == ICMP_REASON_PARAM)
		ih->info = be32_of(arg << 24);
	memcpy(skb_put(r, len), h, len);
	icmp_xmit(r, &fl);
}

/* ---- in: errors ---- */

static void redirect(const struct skb *skb, const struct ip_error *e, be32 gateway)
{
	struct ip_addr gw = ip_addr_v4(gateway);
	struct flow fl = {.daddr = gw, .oif = skb->dev->ifindex};
	const struct route *r;

	/* A new gateway must be on the link the redirect came by, and not be us. */
	if (!skb->dev->ctl.accept_redirects || skb->dev == loopback || route_lookup(&fl, &r) < 0 ||
		r->has_gateway || r->type != RTN_UNICAST || ifaddr_is_local(&gw))
		return;
	fl.daddr = e->daddr;
	if (route_lookup(&fl, &r) < 0 || !r->has_gateway ||
		!ip_addr_eq(&r->gateway, &skb->ip.saddr))
		return;
	route_redirect(&e->daddr, &gw, skb->dev);
}

/* The next MTU below len that links have (RFC 1191 7.1), for routers that do not say. */
static u32 plateau(u32 len)
{
	static const u16 table[] = {32000, 17914, 8166, 4352, 2002, 1492, 576, 296, 68};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (len > table[i])
			return table[i];
	return 68;
}

static bool fill_error(struct ip_error *e, const struct icmp_hdr *ih, const struct ip4_hdr *inner)
{
	switch (ih->type) {
	case DEST_UNREACH:
		if (ih->code >= ARRAY_SIZE(unreach))
			return false;
		e->err = unreach[ih->code].err;
		e->fatal = unreach[ih->code].fatal;
		if (ih->code == FRAG_NEEDED) {
			e->mtu = cpu32_of(ih->info) & 0xffff;
			if (e->mtu < 68)
				e->mtu = plateau(cpu16_of(inner->len));
			e->info = e->mtu;
		}
		return true;
	case TIME_EXCEEDED:
		e->err = EHOSTUNREACH;
		return true;
	case PARAM_PROBLEM:
		e->err = EPROTO;
		e->fatal = true;
		e->info = cpu32_of(ih->info) >> 24;
		return true;
	default:
		return ih->type == REDIRECT;
	}
}

static void error_rcv(struct skb *skb)
{
	const struct icmp_hdr *ih = (const void *)skb->data;
	const struct ip4_hdr *inner = (const void *)(ih + 1);
	struct ip_error e = {.origin = SO_EE_ORIGIN_ICMP,
		.type = ih->type,
		.code = ih->code,
		.offender = skb->ip.saddr,
		.iif = (int)skb->ip.iif};
	u32 left = skb_len(skb) - (u32)sizeof(*ih), hlen;

	if (left < sizeof(*inner) || inner->ver_ihl >> 4 != 4)
		goto bad;
	hlen = (inner->ver_ihl & 15u) * 4;
	if (hlen < sizeof(*inner) || hlen + 8 > left || (cpu16_of(inner->frag) & IP4_OFFSET))
		goto bad;
	e.saddr = ip_addr_v4(inner->src);
	e.daddr = ip_addr_v4(inner->dst);
	e.packet = (const u8 *)inner;
	e.packet_len = left;
	e.trans = (const u8 *)inner + hlen;
	e.trans_len = left - hlen;
	if (!ifaddr_is_local(&e.saddr) || !fill_error(&e, ih, inner))
		goto bad;
	if (ih->type == REDIRECT)
		redirect(skb, &e, ih->info);
	else
		ip_deliver_error(&e);
	return;
bad:
	MIB_INC(IcmpInErrors);
}

/* ---- in ---- */

static void icmp_rcv(struct skb *skb)
{
	const struct icmp_hdr *ih = (const void *)skb->data;

	MIB_INC(IcmpInMsgs);
	if (skb_len(skb) < sizeof(*ih)) {
		MIB_INC(IcmpInErrors);
		goto drop;
	}
	if (skb->csum == SKB_CSUM_NONE &&
		csum_fold(csum_add_bytes(0, skb->data, skb_len(skb))) != 0) {
		MIB_INC(IcmpInCsumErrors);
		goto drop;
	}
	mib_icmp4.in[ih->type]++;
	switch (ih->type) {
	case ECHO:
		echo_reply(skb);
		return;
	case ECHO_REPLY:
		ping_rcv(skb);
		return;
	case DEST_UNREACH:
	case TIME_EXCEEDED:
	case PARAM_PROBLEM:
	case REDIRECT:
		error_rcv(skb);
		break;
	default: /* others are silently discarded (RFC 1122 3.2.2) */
		break;
	}
drop:
	skb_free(skb);
}

void icmp_init(void)
{
	static const struct ip_protocol icmp = {
		.proto = IPPROTO_ICMP, .rcv = icmp_rcv, .err = ping_error};
	static const struct ip_protocol igmp = {.proto = IPPROTO_IGMP, .rcv = igmp_rcv};

	ip_protocol_register(&icmp);
	ip_protocol_register(&igmp);
}
