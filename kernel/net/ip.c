/*
 * What the two versions of IP share: the table of protocols, delivery of packets and errors to
 * them, and the last steps of output.
 */
#include "kernel/net/ip.h"

#include "kernel/lib/log.h"
#include "kernel/net/ctl.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"
#include "kernel/net/neigh.h"
#include "kernel/os.h"

static const struct ip_protocol *protocols[256];

void ip_protocol_register(const struct ip_protocol *p)
{
	protocols[p->proto] = p;
}

const struct ip_protocol *ip_protocol_find(u8 proto)
{
	return protocols[proto];
}

/* ---- in ---- */

void ip_deliver(struct skb *skb)
{
	const struct ip_protocol *p = protocols[skb->ip.proto];
	bool v4 = ip_addr_is_v4(&skb->ip.daddr), raw;

	skb_set_trans(skb);
	raw = raw_deliver(skb);
	if (p && (skb->ip.proto != IPPROTO_ICMP || v4) &&
		(skb->ip.proto != IPPROTO_ICMPV6 || !v4)) {
		MIB_INC_AF(v4, IpInDelivers, Ip6InDelivers);
		p->rcv(skb);
		return;
	}
	if (!raw) {
		MIB_INC_AF(v4, IpInUnknownProtos, Ip6InUnknownProtos);
		icmp_send(skb, ICMP_REASON_PROTO_UNREACH, 0);
	} else {
		MIB_INC_AF(v4, IpInDelivers, Ip6InDelivers);
	}
	skb_free(skb);
}

void ip_deliver_error(const struct ip_error *e)
{
	u8 proto;
	const struct ip_protocol *p;

	if (ip_addr_is_v4(&e->saddr)) {
		proto = e->packet[9];
	} else {
		u32 frag;

		if (ip6_skip_headers(e->packet, e->packet_len, &proto, &frag) < 0)
			return;
	}
	raw_error(e);
	p = protocols[proto];
	if (p && p->err && e->trans_len >= 8)
		p->err(e);
}

void icmp_send(const struct skb *skb, enum icmp_reason reason, u32 arg)
{
	if (ip_addr_is_v4(&skb->ip.daddr))
		icmp4_error_send(skb, reason, arg);
	else
		icmp6_error_send(skb, reason, arg);
}

/* A token bucket that fills with time. */
bool icmp_rate_ok(void)
{
	static u64 tokens_ns = NSEC_PER_SEC, last;
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), each;

	if (!net_ctl.icmp_msgs_per_sec)
		return true;
	each = NSEC_PER_SEC / net_ctl.icmp_msgs_per_sec;
	tokens_ns = MIN(tokens_ns + (now - last), net_ctl.icmp_msgs_burst * each);
	last = now;
	if (tokens_ns < each) {
		MIB_INC(IcmpOutRateLimitGlobal);
		return false;
	}
	tokens_ns -= each;
	return true;
}

/* ---- out ---- */

/* A copy for members on this machine of what is sent to a group or broadcast. */
static void loop_copy(const struct skb *skb)
{
	struct skb *copy = skb_copy(skb, ETH_HLEN);

	if (!copy)
		return;
	copy->dev = loopback;
	if (loopback->ops->header(loopback, copy, skb->protocol, NULL) == 0)
		netdev_xmit(loopback, copy);
}

static bool wants_loop(const struct flow *fl, const struct dst *dst)
{
	if (dst->dev == loopback)
		return false;
	if (dst->type == DST_BROADCAST)
		return true;
	return dst->type == DST_MULTICAST && (fl->flags & FLOW_MCLOOP) &&
	       mc_group_member(dst->dev, &fl->daddr);
}

int ip_finish_output(struct skb *skb, const struct flow *fl, const struct dst *dst)
{
	if (wants_loop(fl, dst))
		loop_copy(skb);
	if (dst->type == DST_MULTICAST && fl->ttl == 0) {
		skb_free(skb); /* does not leave the machine */
		return 0;
	}
	MIB_INC_AF(skb->protocol == ETH_P_IP, IpOutTransmits, Ip6OutTransmits);
	return neigh_output(dst->dev, &dst->next_hop, skb);
}

int ip_output(struct skb *skb, const struct flow *fl, const struct dst *dst)
{
	BUG_ON(!dst->dev);
	skb->mark = fl->mark;
	return ip_addr_is_v4(&fl->daddr) ? ip4_output(skb, fl, dst) : ip6_output(skb, fl, dst);
}

int ip_output_raw(struct skb *skb, const struct flow *fl, const struct dst *dst)
{
	bool v4 = ip_addr_is_v4(&fl->daddr);

	skb_set_net(skb);
	skb->protocol = v4 ? ETH_P_IP : ETH_P_IPV6;
	if (skb_len(skb) > dst->mtu) {
		skb_free(skb);
		return -EMSGSIZE;
	}
	mib_ip_out(v4, skb_len(skb), dst);
	return ip_finish_output(skb, fl, dst);
}

u32 ip_max_segment(const struct flow *fl, const struct dst *dst)
{
	u32 header = ip_addr_is_v4(&fl->daddr) ? sizeof(struct ip4_hdr) : sizeof(struct ip6_hdr);

	return MIN(dst->mtu, 65535u) - header - fl->opts_len;
}
