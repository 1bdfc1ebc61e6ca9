/*
 * IPv6: input with extension headers, output with header and fragmentation at the source. RFC 8200;
 * options we do not know are treated as their type says (4.2).
 */
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"
#include "kernel/os.h"

#define EXT_HEADERS_MAX 16

/* ---- extension headers ---- */

static bool is_options(u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING;
}

int ip6_skip_headers(const u8 *net, u32 len, u8 *proto, u32 *frag_off)
{
	u32 at = sizeof(struct ip6_hdr);
	u8 next = net[6];

	*frag_off = 0;
	for (int i = 0; i < EXT_HEADERS_MAX; i++) {
		if (next == IPPROTO_FRAGMENT) {
			if (at + 8 > len)
				return -EINVAL;
			*frag_off = at;
			next = net[at];
			at += 8;
		} else if (is_options(next)) {
			if (at + 8 > len)
				return -EINVAL;
			next = net[at];
			at += (net[at + 1] + 1u) * 8;
		} else {
			*proto = next;
			return at <= len ? (int)at : -EINVAL;
		}
	}
	return -EINVAL;
}

/* Looks at the options of one header: do they let the packet pass? If not an answer was sent. */
static bool options_ok(struct skb *skb, const u8 *hdr, u32 len)
{
	u32 i = 2;

	while (i < len) {
		if (hdr[i] == 0) { /* Pad1 */
			i++;
			continue;
		}
		if (len - i < 2 || hdr[i + 1] > len - i - 2)
			return false;
		/* PadN, router alert and the rest of 00xxxxxx: skip */
		if (hdr[i] >> 6) {
			if (hdr[i] >> 6 == 2 ||
				(hdr[i] >> 6 == 3 && !ip_addr_is_multicast(&skb->ip.daddr)))
				icmp_send(skb, ICMP_REASON_PARAM,
					2u << 16 | (u32)(hdr + i - skb_net(skb)));
			return false;
		}
		i += 2u + hdr[i + 1];
	}
	return true;
}

/* data at a header of kind *next; moves behind it. false: drop. */
static bool take_header(struct skb *skb, u8 *next)
{
	const u8 *h = skb->data;
	u32 len;

	if (skb_len(skb) < 8)
		return false;
	len = (h[1] + 1u) * 8;
	if (len > skb_len(skb))
		return false;
	if (*next == IPPROTO_ROUTING) {
		if (h[3]) { /* segments left: we do not forward (RFC 8200 4.4) */
			icmp_send(skb, ICMP_REASON_PARAM, (u32)(h + 2 - skb_net(skb)));
			return false;
		}
	} else if (!options_ok(skb, h, len)) {
		return false;
	}
	*next = h[0];
	skb_pull(skb, len);
	return true;
}

/* ---- in ---- */

static bool for_us(const struct skb *skb)
{
	const struct ip_addr *d = &skb->ip.daddr;
	const struct ifaddr *a;

	if (ip_addr_is_multicast(d))
		return skb->dev == loopback || mc_group_member(skb->dev, d);
	if (ip_addr_is_loopback(d))
		return skb->dev == loopback;
	if (ip_addr_is_link_local(d) && skb->dev != loopback)
		a = ifaddr_find(skb->dev, d);
	else
		a = ifaddr_find(NULL, d);
	return a && !(a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

/* What we send to ourselves never comes in from outside: somebody forges our address. Or has it
 * as well, which his advertisements tell. */
static bool from_us(const struct skb *skb)
{
	const struct ifaddr *a;

	if (skb->dev == loopback || skb->data[6] == IPPROTO_ICMPV6)
		return false;
	a = ifaddr_find(ip_addr_is_link_local(&skb->ip.saddr) ? skb->dev : NULL, &skb->ip.saddr);
	return a && !(a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

static bool check_header(struct skb *skb)
{
	const struct ip6_hdr *h = (const void *)skb->data;
	u32 len;

	if (skb_len(skb) < sizeof(*h) || cpu32_of(h->flow) >> 28 != 6)
		return false;
	len = cpu16_of(h->len);
	if (len > skb_len(skb) - sizeof(*h))
		return false;
	if (len || !skb->gso_size)
		skb_trim(skb, len + sizeof(*h));
	skb->ip = (struct skb_ip){
		.saddr = ip_addr_v6(h->src),
		.daddr = ip_addr_v6(h->dst),
		.iif = (u32)skb->dev->ifindex,
		.flowlabel = cpu32_of(h->flow) & 0xfffff,
		.ttl = h->hops,
		.tos = (u8)(cpu32_of(h->flow) >> 20),
	};
	return !ip_addr_is_v4(&skb->ip.saddr) && !ip_addr_is_v4(&skb->ip.daddr) &&
	       !ip_addr_is_multicast(&skb->ip.saddr) &&
	       (skb->dev == loopback || !ip_addr_is_loopback(&skb->ip.saddr));
}

/* A fragment header at data. The whole datagram with *next set, or NULL. */
static struct skb *take_fragment(struct skb *skb, u8 *next)
{
	struct ip6_frag_hdr fh;
	u32 off, hlen;
	bool more;
	u8 *net;

	if (skb_len(skb) < sizeof(fh)) {
		skb_free(skb);
		return NULL;
	}
	memcpy(&fh, skb->data, sizeof(fh));
	off = cpu16_of(fh.frag) & 0xfff8u;
	more = cpu16_of(fh.frag) & 1;
	skb->ip.proto = fh.next;
	if (more && ((skb_len(skb) - sizeof(fh)) & 7)) {
		icmp_send(skb, ICMP_REASON_PARAM, 4);
		skb_free(skb);
		return NULL;
	}
	skb_pull(skb, sizeof(fh));
	if (off || more) {
		skb = ip_frag_rcv(skb, fh.id, off, more);
		if (!skb)
			return NULL;
	}
	*next = skb->ip.proto;
	net = skb_net(skb);
	hlen = (u32)(skb->data - net);
	if (off || more) {
		/* Unlink the fragment header, which is the last of the headers in front. */
		u32 at = sizeof(struct ip6_hdr), prev = 6;

		while (at + sizeof(fh) < hlen) {
			prev = at;
			at += (net[at + 1] + 1u) * 8;
		}
		memcpy(&net[prev], next, 1);
		memmove(net + sizeof(fh), net, hlen - sizeof(fh));
		skb->net_off += (u32)sizeof(fh);
		net = skb_net(skb);
		net[4] = (u8)((skb_len(skb) + hlen - sizeof(fh) - 40) >> 8);
		net[5] = (u8)(skb_len(skb) + hlen - sizeof(fh) - 40);
	}
	return skb;
}

/* Walks the extension headers; NULL: dropped or waiting. */
static struct skb *take_headers(struct skb *skb, u8 next)
{
	bool first = true;

	for (int i = 0; i < EXT_HEADERS_MAX; i++) {
		if (next == IPPROTO_FRAGMENT) {
			skb = take_fragment(skb, &next);
			if (!skb)
				return NULL;
		} else if (is_options(next) && (next != IPPROTO_HOPOPTS || first)) {
			if (!take_header(skb, &next))
				break;
		} else {
			skb->ip.proto = next;
			return skb;
		}
		first = false;
	}
	MIB_INC(Ip6InHdrErrors);
	skb_free(skb);
	return NULL;
}

void ip6_rcv(struct skb *skb)
{
	u8 next;

	MIB_INC(Ip6InReceives);
	if (skb->dev->ctl.disable_ipv6) {
		MIB_INC(Ip6InDiscards);
		skb_free(skb);
		return;
	}
	if (!check_header(skb)) {
		MIB_INC(Ip6InHdrErrors);
		skb_free(skb);
		return;
	}
	skb->ip.to_local = for_us(skb) && !from_us(skb);
	if (!skb->ip.to_local) {
		MIB_INC(Ip6InAddrErrors);
		skb_free(skb);
		return;
	}
	mib_ip_in(skb, skb_len(skb));
	next = skb->data[6];
	skb_pull(skb, sizeof(struct ip6_hdr));
	skb = take_headers(skb, next);
	if (!skb)
		return;
	if (skb->ip.proto == IPPROTO_NONE) {
		skb_free(skb);
		return;
	}
	ip_deliver(skb);
}

/* ---- out ---- */

static u8 choose_hops(const struct flow *fl, const struct dst *dst)
{
	if (fl->ttl >= 0)
		return (u8)fl->ttl;
	if (dst->type == DST_MULTICAST)
		return 1;
	return dst->hoplimit ? (u8)dst->hoplimit : (u8)dst->dev->ctl.hop_limit;
}

/* The header, and the extension headers of fl between it and what follows (number next). */
static void push_header(struct skb *skb, const struct flow *fl, const struct dst *dst, u8 next)
{
	struct ip6_hdr *h;

	if (fl->opts_len) {
		u8 *o = skb_push(skb, fl->opts_len), *last = o;

		memcpy(o, fl->opts, fl->opts_len);
		while (last + (last[1] + 1u) * 8 < o + fl->opts_len)
			last += (last[1] + 1u) * 8;
		*last = next;
		next = fl->opts_proto;
	}
	h = skb_push(skb, sizeof(*h));
	h->flow = be32_of(6u << 28 | (u32)fl->tos << 20 | (fl->flowlabel & 0xfffff));
	h->len = be16_of(MIN(skb_len(skb) - (u32)sizeof(*h), 65535u));
	h->next = next;
	h->hops = choose_hops(fl, dst);
	memcpy(h->src, fl->saddr.b, 16);
	memcpy(h->dst, fl->daddr.b, 16);
	skb_set_net(skb);
	skb->protocol = ETH_P_IPV6;
}

static int send_fragment(
	struct skb *skb, u32 off, u32 len, u32 id, const struct flow *fl, const struct dst *dst)
{
	struct skb *f = skb_alloc(SKB_HEADROOM + fl->opts_len, len + 8);
	struct ip6_frag_hdr *fh;
	bool more = off + len < skb_len(skb);

	if (!f)
		return -ENOBUFS;
	fh = skb_put(f, sizeof(*fh));
	*fh = (struct ip6_frag_hdr){
		.next = fl->proto, .frag = be16_of(off | (more ? 1 : 0)), .id = id};
	memcpy(skb_put(f, len), skb->data + off, len);
	f->mark = skb->mark;
	push_header(f, fl, dst, IPPROTO_FRAGMENT);
	MIB_INC(Ip6FragCreates);
	return ip_finish_output(f, fl, dst);
}

static int fragment(struct skb *skb, const struct flow *fl, const struct dst *dst)
{
	u32 piece = (dst->mtu - (u32)sizeof(struct ip6_hdr) - fl->opts_len - 8) & ~7u, off = 0, id;
	int err = 0;

	os_random(&id, sizeof(id));
	skb_csum_complete(skb);
	while (off < skb_len(skb) && !err) {
		u32 n = MIN(piece, skb_len(skb) - off);

		err = send_fragment(skb, off, n, id, fl, dst);
		off += n;
	}
	if (err < 0)
		MIB_INC(Ip6FragFails);
	else
		MIB_INC(Ip6FragOKs);
	skb_free(skb);
	return err;
}

int ip6_output(struct skb *skb, const struct flow *fl, const struct dst *dst)
{
	u32 total = skb_len(skb) + (u32)sizeof(struct ip6_hdr) + fl->opts_len;
	bool long_one = !skb->gso_size && total > dst->mtu;

	if ((long_one && (fl->flags & FLOW_NOFRAG)) ||
		(!skb->gso_size && skb_len(skb) + fl->opts_len > 65535)) {
		MIB_INC(Ip6FragFails);
		skb_free(skb);
		return -EMSGSIZE;
	}
	if (skb_headroom(skb) < sizeof(struct ip6_hdr) + fl->opts_len + ETH_HLEN &&
		skb_unshare(skb, sizeof(struct ip6_hdr) + fl->opts_len + ETH_HLEN) < 0) {
		skb_free(skb);
		return -ENOBUFS;
	}
	mib_ip_out(false, total, dst);
	if (long_one)
		return fragment(skb, fl, dst);
	push_header(skb, fl, dst, fl->proto);
	return ip_finish_output(skb, fl, dst);
}
