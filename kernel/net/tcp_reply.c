/*
 * Segments sent without a connection: SYN-ACKs of embryonic ones, acknowledgements of TIME_WAIT,
 * resets of what nobody wants (RFC 9293 3.10.7.1).
 */
#include "kernel/net/tcp.h"

int tcp_reply_send(const struct tcp_reply *r)
{
	static const struct tcp_opts none;
	const struct tcp_opts *o = r->opts ? r->opts : &none;
	bool syn = r->flags & TH_SYN;
	struct flow fl = {
		.saddr = r->laddr,
		.daddr = r->raddr,
		.proto = IPPROTO_TCP,
		.tos = r->tos,
		.ttl = -1,
		.oif = r->oif,
		.mark = r->mark,
		.flags = FLOW_DF,
		.sport = r->lport,
		.dport = r->rport,
	};
	struct dst dst = {0};
	struct tcp_hdr *h;
	struct skb *skb;
	u32 opt_len = tcp_opts_len(o, syn);
	int err = route_output(&fl, &dst);

	if (err < 0)
		return err;
	skb = skb_alloc(SKB_HEADROOM, 0);
	if (!skb)
		return -ENOMEM;
	skb_push(skb, opt_len);
	tcp_opts_build(skb->data, o, syn);
	h = skb_push(skb, sizeof(*h));
	skb_set_trans(skb);
	*h = (struct tcp_hdr){
		.source = be16_of(r->lport),
		.dest = be16_of(r->rport),
		.seq = be32_of(r->seq),
		.ack = be32_of(r->ack),
		.off = (u8)((sizeof(*h) + opt_len) / 4 << 4),
		.flags = r->flags,
		.window = be16_of(r->window),
	};
	skb_csum_partial_setup(
		skb, offsetof(struct tcp_hdr, check), &r->laddr, &r->raddr, IPPROTO_TCP);
	TCP_INC(OutSegs);
	if (r->flags & TH_RST)
		TCP_INC(OutRsts);
	return ip_output(skb, &fl, &dst);
}

void tcp_reply_to(struct tcp_reply *r, const struct tcp_segment *seg)
{
	const struct skb_ip *ip = &seg->skb->ip;

	*r = (struct tcp_reply){
		.laddr = ip->daddr,
		.raddr = ip->saddr,
		.lport = seg->dport,
		.rport = seg->sport,
		.oif = ip_addr_needs_scope(&ip->saddr) ? (int)ip->iif : 0,
	};
}

void tcp_reply_rst(const struct tcp_segment *seg)
{
	struct tcp_reply r;

	if (seg->flags & TH_RST)
		return;
	tcp_reply_to(&r, seg);
	r.flags = TH_RST;
	if (seg->flags & TH_ACK) {
		r.seq = seg->ack;
	} else {
		r.ack = seg->end;
		r.flags |= TH_ACK;
	}
	tcp_reply_send(&r);
}
