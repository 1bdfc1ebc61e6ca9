/*
 * Explicit congestion notification, RFC 3168, with ECT(0) as code point. net.ipv4.tcp_ecn says
 * whether our SYNs ask for it (1) or we only agree when asked (2). Once agreed (struct tcp_ecn.ok),
 * new data leave marked as capable; a mark of a router's is echoed until the peer says that it has
 * slowed down, and an echo slows us down once per window. Called by tcp_input.c, tcp_output.c,
 * tcp_listen.c and, when a loss has reduced the window, tcp_recovery.c.
 */
#include "kernel/net/tcp.h"

#define ECN_SETUP (TH_ECE | TH_CWR)
#define ECN_BITS 3u
#define ECN_ECT0 2u
#define ECN_CE 3u

/* ---- agreeing: 6.1.1 ---- */

bool tcp_ecn_asked(const struct tcp_segment *seg)
{
	return net_ctl.tcp_ecn && (seg->flags & ECN_SETUP) == ECN_SETUP &&
	       !(seg->skb->ip.tos & ECN_BITS);
}

/* 6.1.1.1: a SYN that got no answer does not ask again. */
u8 tcp_ecn_syn(struct tcp_sock *tp, bool again)
{
	if (tp->state == TCP_SYN_RECV) /* simultaneous open: ours is a SYN-ACK now */
		return tp->ecn.ok ? TH_ECE : 0;
	tp->ecn.asked = net_ctl.tcp_ecn == 1 && !again;
	return tp->ecn.asked ? ECN_SETUP : 0;
}

void tcp_ecn_answered(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	if (seg->flags & TH_ACK)
		tp->ecn.ok = tp->ecn.asked && (seg->flags & ECN_SETUP) == TH_ECE;
	else
		tp->ecn.ok = tcp_ecn_asked(seg);
}

/* ---- sending: 6.1.2, 6.1.5 (nothing that is retransmitted is marked) ---- */

u8 tcp_ecn_new_data(struct tcp_sock *tp)
{
	u8 flags = tp->ecn.cwr ? TH_CWR : 0;

	tp->ecn.cwr = false;
	return flags;
}

u8 tcp_ecn_mark(const struct tcp_sock *tp, u8 tos, bool new_data)
{
	return (u8)((tos & ~ECN_BITS) | (tp->ecn.ok && new_data ? ECN_ECT0 : 0));
}

void tcp_ecn_reduced(struct tcp_sock *tp)
{
	if (!tp->ecn.ok)
		return;
	tp->ecn.cwr = tp->ecn.reducing = true;
	tp->ecn.recover = tp->snd_nxt;
}

void tcp_ecn_ack(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u32 flight = tp->snd_nxt - tp->snd_una;

	if (!tp->ecn.ok)
		return;
	if (tp->ecn.reducing && seq_geq(seg->ack, tp->ecn.recover))
		tp->ecn.reducing = false;
	if (!(seg->flags & TH_ECE) || (seg->flags & TH_SYN) || tp->ecn.reducing ||
		tp->ca_state != TCP_CA_OPEN || !flight)
		return;
	tcp_cong_loss(&tp->cong, MIN(flight, tp->cong.cwnd));
	tp->cong.cwnd = MIN(tp->cong.cwnd, tp->cong.ssthresh);
	tcp_ecn_reduced(tp);
}

/* ---- receiving: 6.1.3 ---- */

void tcp_ecn_data(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u8 mark = seg->skb->ip.tos & ECN_BITS;

	if (!tp->ecn.ok || !seg->len)
		return;
	if (seg->flags & TH_CWR) {
		tp->ecn.echo = false;
		tp->ack_now = true; /* its window may be one segment now */
	}
	if (mark)
		tp->ecn.seen = true;
	if (mark == ECN_CE) {
		tp->ack_now = tp->ack_now || !tp->ecn.echo;
		tp->ecn.echo = true;
	}
}
