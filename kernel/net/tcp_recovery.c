/*
 * Loss: finding it (RACK, RFC 8985; three duplicate acknowledgements where the peer has no SACK,
 * RFC 6582), what it does to the congestion window (PRR, RFC 6937), tail loss probes (RFC 8985 7),
 * the timeout (RFC 6298 5) and taking a reduction back that was not due (RFC 3522, 4015). Called by
 * tcp_input_ack.c after each acknowledgement and by tcp_timer.c. It marks pieces and sets cwnd;
 * tcp_output.c then retransmits what is marked.
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"

#define DUPTHRESH 3u
#define REO_PERSIST 16

/* Bytes in the network, RFC 6675 SetPipe. */
u32 tcp_pipe(const struct tcp_sock *tp)
{
	const struct tcp_sendq *q = &tp->sendq;
	u32 out = tp->snd_nxt - tp->snd_una + q->retrans;
	u32 gone = q->sacked + q->lost;

	if (!tp->sack_ok)
		gone += tp->dupacks * tp->snd_mss;
	return out > gone ? out - gone : 0;
}

/* ---- RACK: RFC 8985 6.2 ---- */

static bool sent_after(u64 t1, u32 end1, u64 t2, u32 end2)
{
	return t1 > t2 || (t1 == t2 && seq_gt(end1, end2));
}

void tcp_rack_delivered(struct tcp_sock *tp, const struct tcp_seg *s, const struct tcp_ack *a)
{
	struct tcp_rack *r = &tp->rack;
	u64 rtt = a->now - s->sent_ns;
	u32 end = tcp_seg_end(s);

	if (s->marks & SEG_EVER_RETRANS) {
		/* which transmission is it? Not the last one if that is too recent */
		if (a->tsecr && (s32)(a->tsecr - tcp_ts_at(tp, s->sent_ns)) < 0)
			return;
		if (rtt < tp->rtt.min_rtt && tp->rtt.min_rtt != UINT64_MAX)
			return;
	} else if (seq_lt(end, r->fack)) {
		r->reordering_seen = true;
	}
	if (seq_gt(end, r->fack))
		r->fack = end;
	r->rtt = rtt;
	if (sent_after(s->sent_ns, end, r->xmit_ns, r->end_seq)) {
		r->xmit_ns = s->sent_ns;
		r->end_seq = end;
	}
}

/* A DSACK arrived: the reordering window was too small, widen it once per round trip. */
void tcp_rack_dsack(struct tcp_sock *tp)
{
	struct tcp_rack *r = &tp->rack;

	r->reordering_seen = true;
	if (seq_lt(tp->snd_una, r->dsack_round))
		return;
	r->dsack_round = tp->snd_nxt;
	r->reo_wnd_mult = (u8)MIN(r->reo_wnd_mult + 1, 255);
	r->reo_wnd_persist = REO_PERSIST;
}

static u64 reo_wnd(const struct tcp_sock *tp)
{
	const struct tcp_rack *r = &tp->rack;

	if (!r->reordering_seen &&
		(tp->ca_state >= TCP_CA_RECOVERY || tp->sendq.sacked >= DUPTHRESH * tp->snd_mss))
		return 0;
	if (tp->rtt.min_rtt == UINT64_MAX)
		return 0;
	return MIN(tp->rtt.min_rtt / 4 * MAX(r->reo_wnd_mult, (u8)1), tp->rtt.srtt);
}

/* Marks what must be lost by now. The time until more would be, 0: none. */
u64 tcp_rack_detect(struct tcp_sock *tp, u64 now)
{
	const struct tcp_rack *r = &tp->rack;
	u64 wnd = reo_wnd(tp), due, timeout = 0;
	struct tcp_seg *s, *t;

	if (!r->xmit_ns)
		return 0;
	list_for_each_entry_safe (s, t, &tp->sendq.xmit, xmit_link) {
		if (!sent_after(r->xmit_ns, r->end_seq, s->sent_ns, tcp_seg_end(s)))
			break;
		due = s->sent_ns + r->rtt + wnd;
		if (due <= now)
			tcp_seg_lost(&tp->sendq, s);
		else
			timeout = MAX(timeout, due - now);
	}
	return timeout;
}

/* ---- congestion states ---- */

static void save_undo(struct tcp_sock *tp)
{
	tp->undo_cwnd = tp->cong.cwnd;
	tp->undo_ssthresh = tp->cong.ssthresh;
	tp->undo_valid = true;
	tp->undo_ts = 0;
}

static void enter_recovery(struct tcp_sock *tp)
{
	u32 flight = tp->snd_nxt - tp->snd_una;

	save_undo(tp);
	tp->ca_state = TCP_CA_RECOVERY;
	tp->recover = tp->snd_nxt;
	tp->recover_fs = MAX(flight, 1u);
	tp->prr_delivered = tp->prr_out = 0;
	tcp_cong_loss(&tp->cong, MIN(flight, tp->cong.cwnd));
	tp->rack.tlp_out = false;
	tcp_ecn_reduced(tp);
}

static void leave_recovery(struct tcp_sock *tp)
{
	if (tp->ca_state == TCP_CA_RECOVERY)
		tp->cong.cwnd = MAX(tp->cong.ssthresh, tp->snd_mss);
	tp->ca_state = TCP_CA_OPEN;
	tp->undo_valid = false;
	tp->dupacks = 0;
	if (tp->rack.reo_wnd_persist && !--tp->rack.reo_wnd_persist)
		tp->rack.reo_wnd_mult = 1;
}

/* The acknowledgement echoes a time before the first retransmission: that was not needed. */
static bool spurious(const struct tcp_sock *tp, const struct tcp_ack *a)
{
	return tp->undo_valid && tp->undo_ts && a->tsecr && a->acked &&
	       (s32)(a->tsecr - tp->undo_ts) < 0;
}

static void undo(struct tcp_sock *tp)
{
	struct tcp_seg *s, *t;

	list_for_each_entry_safe (s, t, &tp->sendq.lostq, xmit_link)
		tcp_seg_unmark(&tp->sendq, s, SEG_LOST);
	tp->cong.cwnd = MAX(tp->cong.cwnd, tp->undo_cwnd);
	tp->cong.ssthresh = MAX(tp->cong.ssthresh, tp->undo_ssthresh);
	tp->cong.epoch_ns = 0;
	tp->ca_state = TCP_CA_OPEN;
	tp->undo_valid = false;
	tp->dupacks = 0;
}

/* RFC 6937: how much this acknowledgement lets out. */
static void prr(struct tcp_sock *tp, const struct tcp_ack *a)
{
	struct tcp_cong *c = &tp->cong;
	u32 pipe = tcp_pipe(tp);
	s64 send;

	tp->prr_delivered += a->delivered;
	if (pipe > c->ssthresh) {
		send = (s64)(((u64)tp->prr_delivered * c->ssthresh + tp->recover_fs - 1) /
			       tp->recover_fs) -
		       tp->prr_out;
	} else {
		s64 limit =
			MAX((s64)tp->prr_delivered - tp->prr_out, (s64)a->delivered) + tp->snd_mss;

		send = MIN((s64)c->ssthresh - pipe, limit);
	}
	if (!tp->prr_out)
		send = MAX(send, (s64)tp->snd_mss); /* the fast retransmission */
	c->cwnd = MAX(pipe + (u32)MAX(send, (s64)0), tp->snd_mss);
}

/* The first piece, or its first segment, is lost as far as three dupacks or a partial
 * acknowledgement can tell. */
static void mark_first_lost(struct tcp_sock *tp)
{
	struct tcp_seg *s = tcp_sendq_first(&tp->sendq);

	if (!s || !(s->marks & SEG_SENT) || (s->marks & (SEG_LOST | SEG_SACKED)))
		return;
	if (s->len > tp->snd_mss)
		tcp_sendq_split(&tp->sendq, s, tp->snd_mss);
	tcp_seg_lost(&tp->sendq, s);
}

/* Duplicates instead of SACK: RFC 6582. */
static void count_dupacks(struct tcp_sock *tp, const struct tcp_ack *a)
{
	u32 max = (tp->snd_nxt - tp->snd_una) / tp->snd_mss;

	if (a->acked)
		tp->dupacks = 0;
	else if (a->duplicate)
		tp->dupacks = MIN(tp->dupacks + 1, max);
	if (tp->ca_state == TCP_CA_OPEN && tp->dupacks >= DUPTHRESH)
		mark_first_lost(tp);
	else if (tp->ca_state >= TCP_CA_RECOVERY && a->acked && seq_lt(tp->snd_una, tp->recover))
		mark_first_lost(tp);
}

/* RFC 8985 7.4: was the segment the probe repeated lost, and repaired without our noticing? */
static void tlp_ack(struct tcp_sock *tp, const struct tcp_ack *a)
{
	struct tcp_rack *r = &tp->rack;

	if (!r->tlp_out || seq_lt(a->ack, r->tlp_end_seq))
		return;
	if (!r->tlp_is_retrans || a->dsack || (!a->acked && !a->sacked)) {
		r->tlp_out = false;
	} else if (seq_gt(a->ack, r->tlp_end_seq)) {
		r->tlp_out = false;
		tcp_cong_loss(
			&tp->cong, MIN(tp->cong.cwnd, tp->snd_nxt - tp->snd_una + tp->snd_mss));
		tp->cong.cwnd = tp->cong.ssthresh;
		tcp_ecn_reduced(tp);
	}
}

u64 tcp_recovery_ack(struct tcp_sock *tp, const struct tcp_ack *a)
{
	bool was_open = tp->ca_state == TCP_CA_OPEN;
	u64 reo = 0;

	tlp_ack(tp, a);
	if (!was_open && spurious(tp, a))
		undo(tp);
	if (!was_open && tp->ca_state != TCP_CA_OPEN && seq_geq(tp->snd_una, tp->recover))
		leave_recovery(tp);
	if (tp->sack_ok)
		reo = tcp_rack_detect(tp, a->now);
	else
		count_dupacks(tp, a);
	if (tp->ca_state == TCP_CA_OPEN && tp->sendq.lost)
		enter_recovery(tp);
	tp->cong.rtt_ns = tp->rtt.srtt;
	if (tp->ca_state == TCP_CA_RECOVERY)
		prr(tp, a);
	else if (a->acked)
		tcp_cong_ack(&tp->cong, a->acked, tp->cwnd_limited, a->now);
	return reo;
}

/* The reordering timer: what was only late is lost now. */
u64 tcp_recovery_reo_timeout(struct tcp_sock *tp, u64 now)
{
	struct tcp_ack none = {.now = now};
	u64 reo = tcp_rack_detect(tp, now);

	if (tp->ca_state == TCP_CA_OPEN && tp->sendq.lost)
		enter_recovery(tp);
	if (tp->ca_state == TCP_CA_RECOVERY)
		prr(tp, &none);
	return reo;
}

/* The retransmission timer: RFC 6298 5.4 to 5.6, RFC 5681 3.1. All in flight is taken for lost. */
void tcp_recovery_timeout(struct tcp_sock *tp)
{
	struct tcp_seg *first = tcp_sendq_first(&tp->sendq);
	bool renege = first && (first->marks & SEG_SACKED); /* RFC 2018 8: the peer dropped it */
	bool again = tp->ca_state == TCP_CA_LOSS && seq_lt(tp->snd_una, tp->recover);

	if (!again)
		save_undo(tp);
	tcp_cong_timeout(&tp->cong, MIN(tp->snd_nxt - tp->snd_una, tp->cong.cwnd), !again);
	tcp_sendq_all_lost(&tp->sendq, renege);
	tp->dupacks = 0;
	tp->ca_state = TCP_CA_LOSS;
	tp->recover = tp->snd_nxt;
	tp->rack.tlp_out = false;
	tcp_ecn_reduced(tp);
}

/* ---- tail loss probes: RFC 8985 7 ---- */

/* When to probe from now on, 0: not at all. */
u64 tcp_tlp_timeout(const struct tcp_sock *tp)
{
	u64 pto;

	if (!tp->sack_ok || tp->ca_state != TCP_CA_OPEN || tp->rack.tlp_out || tp->sendq.sacked ||
		tp->snd_nxt == tp->snd_una || tp->state == TCP_SYN_SENT ||
		tp->state == TCP_SYN_RECV)
		return 0;
	if (!tp->rtt.srtt)
		return TCP_RTO_INIT_NS;
	pto = 2 * tp->rtt.srtt;
	if (tp->snd_nxt - tp->snd_una <= tp->snd_mss)
		pto += TCP_RTO_MIN_NS; /* a lone segment's acknowledgement may be delayed */
	else
		pto += 2 * NSEC_PER_MSEC;
	return pto;
}
