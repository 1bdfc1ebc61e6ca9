/*
 * IPv4: input checks, options, fragments; output with header and fragmentation. We are a host:
 * what is not for us is dropped. RFC 791, RFC 1122 section 3.
 */
#include "kernel/net/ctl.h"
#include "kernel/net/checksum.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"

#define OPT_END 0
#define OPT_NOP 1
#define OPT_LSRR 131
#define OPT_SSRR 137

/* ---- in ---- */

/* Is the packet ours to take? Sets pkt_type for broadcasts the link did not tell us of. */
static bool for_us(const struct skb *skb)
{
	const struct ip_addr *d = &skb->ip.daddr;
	struct flow fl = {.daddr = *d, .oif = skb->dev->ifindex};
	const struct route *r;

	if (ip_addr_is_multicast(d))
		return mc_group_member(skb->dev, d) || skb->dev == loopback;
	if (ip_addr_is_broadcast(d))
		return true;
	if (ip_addr_is_loopback(d))
		return skb->dev == loopback;
	if (ifaddr_is_local(d))
		return true;
	if (skb->dev == loopback)
		fl.oif = 0;
	return route_lookup(&fl, &r) == 0 && (r->type == RTN_BROADCAST || r->type == RTN_LOCAL);
}

static bool source_ok(const struct skb *skb)
{
	const struct ip_addr *s = &skb->ip.saddr;

	if (ip_addr_is_multicast(s) || ip_addr_is_broadcast(s))
		return false;
	return skb->dev == loopback || (!ip_addr_is_loopback(s) && !ifaddr_is_local(s));
}

/* Lengths must make sense; source routes are not followed (accept_source_route is 0). */
static bool options_ok(const u8 *opt, u32 len)
{
	for (u32 i = 0; i < len;) {
		if (opt[i] == OPT_END)
			return true;
		if (opt[i] == OPT_NOP) {
			i++;
			continue;
		}
		if (opt[i] == OPT_LSRR || opt[i] == OPT_SSRR)
			return false;
		if (len - i < 2 || opt[i + 1] < 2 || opt[i + 1] > len - i)
			return false;
		i += opt[i + 1];
	}
	return true;
}

/* Header and lengths; trims what the link has padded. Header length, or 0 for a bad packet. */
static u32 check_header(struct skb *skb)
{
	const struct ip4_hdr *h = (const void *)skb->data;
	u32 hlen, len;

	if (skb_len(skb) < sizeof(*h) || h->ver_ihl >> 4 != 4)
		return 0;
	hlen = (h->ver_ihl & 15u) * 4;
	len = cpu16_of(h->len);
	if (hlen < sizeof(*h) || len < hlen || len > skb_len(skb))
		return 0;
	if (csum_fold(csum_add_bytes(0, h, hlen)) != 0)
		return 0;
	skb_trim(skb, len);
	return hlen;
}

static void fill_ip(struct skb *skb, const struct ip4_hdr *h)
{
	skb->ip = (struct skb_ip){
		.saddr = ip_addr_v4(h->src),
		.daddr = ip_addr_v4(h->dst),
		.iif = (u32)skb->dev->ifindex,
		.ttl = h->ttl,
		.tos = h->tos,
		.proto = h->proto,
	};
}

/* The whole datagram: its header still says what the first fragment said. */
static void repair_header(struct skb *skb, u32 hlen)
{
	struct ip4_hdr *h = (void *)(skb->data - hlen);

	h->len = be16_of(skb_len(skb) + hlen);
	h->frag = 0;
	h->csum = 0;
	h->csum = csum_fold(csum_add_bytes(0, h, hlen));
}

void ip4_rcv(struct skb *skb)
{
	const struct ip4_hdr *h;
	u32 hlen = check_header(skb), frag;

	MIB_INC(IpInReceives);
	if (!hlen) {
		MIB_INC(IpInHdrErrors);
		skb_free(skb);
		return;
	}
	h = (const void *)skb->data;
	fill_ip(skb, h);
	skb->ip.to_local = source_ok(skb) && for_us(skb);
	if (!skb->ip.to_local || !options_ok((const u8 *)(h + 1), hlen - sizeof(*h))) {
		MIB_INC(IpInAddrErrors);
		skb_free(skb);
		return;
	}
	mib_ip_in(skb, skb_len(skb));
	frag = cpu16_of(h->frag);
	skb_pull(skb, hlen);
	if (frag & (IP4_MF | IP4_OFFSET)) {
		skb = ip_frag_rcv(skb, h->id, (frag & IP4_OFFSET) * 8, frag & IP4_MF);
		if (!skb)
			return;
		hlen = (u32)(skb->data - skb_net(skb));
		repair_header(skb, hlen);
	}
	ip_deliver(skb);
}

/* ---- out ---- */

static u8 choose_ttl(const struct flow *fl, const struct dst *dst)
{
	if (fl->ttl >= 0)
		return (u8)fl->ttl;
	if (dst->type == DST_MULTICAST)
		return 1;
	return dst->hoplimit ? (u8)dst->hoplimit : (u8)net_ctl.ip_default_ttl;
}

static void push_header(struct skb *skb, const struct flow *fl, const struct dst *dst, u32 frag)
{
	static u16 next_id;
	u32 hlen = sizeof(struct ip4_hdr) + fl->opts_len;
	struct ip4_hdr *h = skb_push(skb, hlen);

	h->ver_ihl = (u8)(0x40 | hlen / 4);
	h->tos = fl->tos;
	h->len = be16_of(MIN(skb_len(skb), 65535u));
	h->id = be16_of(++next_id);
	h->frag = be16_of(frag);
	h->ttl = choose_ttl(fl, dst);
	h->proto = fl->proto;
	h->csum = 0;
	h->src = ip_addr_to_v4(&fl->saddr);
	h->dst = ip_addr_to_v4(&fl->daddr);
	if (fl->opts_len)
		memcpy(h + 1, fl->opts, fl->opts_len);
	h->csum = csum_fold(csum_add_bytes(0, h, hlen));
	skb_set_net(skb);
	skb->protocol = ETH_P_IP;
}

/* One fragment of skb (data at its network header): bytes [off, off + len) of the payload. */
static int send_fragment(
	struct skb *skb, u32 off, u32 len, bool more, const struct flow *fl, const struct dst *dst)
{
	u32 hlen = (skb->data[0] & 15u) * 4;
	struct skb *f = skb_alloc(SKB_HEADROOM, hlen + len);
	struct ip4_hdr *h;

	if (!f)
		return -ENOBUFS;
	h = skb_put(f, hlen);
	memcpy(h, skb->data, hlen);
	memcpy(skb_put(f, len), skb->data + hlen + off, len);
	h->len = be16_of(hlen + len);
	h->frag = be16_of(off / 8 | (more ? IP4_MF : 0));
	if (off) /* options without the copied flag are in the first fragment only */
		for (u32 i = sizeof(*h); i < hlen;) {
			u8 *o = (u8 *)h + i;
			u32 n = *o <= OPT_NOP ? 1u : MIN(MAX((u32)o[1], 1u), hlen - i);

			if (!(*o & 0x80))
				memset(o, OPT_NOP, n);
			i += n;
		}
	h->csum = 0;
	h->csum = csum_fold(csum_add_bytes(0, h, hlen));
	skb_set_net(f);
	f->protocol = ETH_P_IP;
	f->mark = skb->mark;
	MIB_INC(IpFragCreates);
	return ip_finish_output(f, fl, dst);
}

static int fragment(struct skb *skb, const struct flow *fl, const struct dst *dst)
{
	u32 hlen = (skb->data[0] & 15u) * 4, total = skb_len(skb) - hlen, off = 0;
	u32 piece = (dst->mtu - hlen) & ~7u;
	int err = 0;

	skb_csum_complete(skb);
	while (off < total && !err) {
		u32 n = MIN(piece, total - off);

		err = send_fragment(skb, off, n, off + n < total, fl, dst);
		off += n;
	}
	if (err < 0)
		MIB_INC(IpFragFails);
	else
		MIB_INC(IpFragOKs);
	skb_free(skb);
	return err;
}

int ip4_output(struct skb *skb, const struct flow *fl, const struct dst *dst)
{
	u32 hlen = sizeof(struct ip4_hdr) + fl->opts_len;
	bool df = fl->flags & FLOW_DF, long_one;

	if (skb_len(skb) + hlen > 65535 && !skb->gso_size) {
		skb_free(skb);
		return -EMSGSIZE;
	}
	long_one = !skb->gso_size && skb_len(skb) + hlen > dst->mtu;
	if (long_one && ((fl->flags & FLOW_NOFRAG) || df)) {
		MIB_INC(IpFragFails);
		skb_free(skb);
		return -EMSGSIZE;
	}
	push_header(skb, fl, dst, df ? IP4_DF : 0);
	mib_ip_out(true, skb_len(skb), dst);
	return long_one ? fragment(skb, fl, dst) : ip_finish_output(skb, fl, dst);
}
