/*
 * The ACK field of an arrived segment (RFC 9293 3.10.7.4, fifth): what is acknowledged leaves the
 * send queue, the window is updated, samples of the round trip are taken, and recovery decides.
 * Called by tcp_input.c; what may be sent then, tcp_output() sends at the end of the segment.
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"

/* RFC 9293: SND.WND from a segment that is not older than the one it was last taken from. */
void tcp_input_window(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u32 wnd = seg->flags & TH_SYN ? seg->wnd : seg->wnd << tp->snd_wscale;

	if (!(seq_gt(seg->ack, tp->snd_una) || seq_lt(tp->snd_wl1, seg->seq) ||
		    (tp->snd_wl1 == seg->seq && (seg->ack == tp->snd_una && wnd >= tp->snd_wnd)) ||
		    (tp->snd_wl1 == seg->seq && seq_leq(tp->snd_wl2, seg->ack))))
		return;
	tp->snd_wnd = wnd;
	tp->snd_wl1 = seg->seq;
	tp->snd_wl2 = seg->ack;
	tp->snd_max_wnd = MAX(tp->snd_max_wnd, wnd);
}

/* TS.Recent: RFC 7323 4.3, for segments that span the last acknowledgement sent. */
void tcp_ts_update(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	if (!tp->ts_ok || !seg->opts.has_ts || seq_gt(seg->seq, tp->last_ack_sent))
		return;
	if ((s32)(seg->opts.tsval - tp->ts_recent) < 0 &&
		os_clock_ns(OS_CLOCK_MONOTONIC) - tp->ts_recent_ns < TCP_PAWS_EXPIRE_NS)
		return;
	tp->ts_recent = seg->opts.tsval;
	tp->ts_recent_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
}

static void acked_piece(struct tcp_sock *tp, struct tcp_seg *s, struct tcp_ack *a)
{
	if (!(s->marks & SEG_SACKED)) {
		a->delivered += tcp_seg_len(s);
		tcp_rack_delivered(tp, s, a);
		if (!(s->marks & SEG_EVER_RETRANS))
			a->rtt = a->now - s->sent_ns;
	}
	tcp_sendq_remove(&tp->sendq, s);
}

/* Takes what is acknowledged off the queue. */
static void clean_queue(struct tcp_sock *tp, struct tcp_ack *a)
{
	struct tcp_seg *s;

	a->acked = a->ack - tp->snd_una;
	while ((s = tcp_sendq_first(&tp->sendq)) && (s->marks & SEG_SENT)) {
		if (seq_gt(tcp_seg_end(s), a->ack)) {
			if (seq_lt(s->seq, a->ack)) {
				a->delivered += s->marks & SEG_SACKED ? 0 : a->ack - s->seq;
				tcp_sendq_trim(&tp->sendq, s, a->ack);
			}
			break;
		}
		acked_piece(tp, s, a);
	}
	tp->snd_una = a->ack;
	if (seq_lt(tp->snd_up, tp->snd_una))
		tp->snd_up = tp->snd_una;
}

static void take_rtt(struct tcp_sock *tp, const struct tcp_segment *seg, struct tcp_ack *a)
{
	u32 ms;

	if (!a->rtt && a->acked && a->tsecr) {
		ms = tcp_ts_at(tp, a->now) - a->tsecr;
		if (ms < 0x7fffffff / 1000)
			a->rtt = MAX((u64)ms, (u64)1) * NSEC_PER_MSEC;
	}
	if (a->rtt)
		tcp_rtt_sample(&tp->rtt, a->rtt, a->now);
}

/* RFC 5681 2: data outstanding, no data, SYN or FIN, same acknowledgement, same window. */
static bool is_duplicate(const struct tcp_sock *tp, const struct tcp_segment *seg)
{
	return seg->ack == tp->snd_una && tp->snd_nxt != tp->snd_una && seg->seq == seg->end &&
	       seg->wnd << tp->snd_wscale == tp->snd_wnd;
}

bool tcp_input_ack(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct tcp_ack a = {.now = os_clock_ns(OS_CLOCK_MONOTONIC), .ack = seg->ack};
	bool had_room = tp->snd_wnd != 0;
	u64 reo;

	/* RFC 5961 5.2 */
	if (seq_lt(seg->ack, tp->snd_una - MAX(tp->snd_max_wnd, 1u)) ||
		seq_gt(seg->ack, tp->snd_nxt)) {
		tcp_send_challenge_ack(tp);
		return false;
	}
	if (tp->ts_ok && seg->opts.has_ts)
		a.tsecr = seg->opts.tsecr;
	if (seq_lt(seg->ack, tp->snd_una)) { /* old: only its SACK blocks are news */
		tcp_sack_input(tp, seg, &a);
		return true;
	}
	a.duplicate = is_duplicate(tp, seg);
	tcp_ts_update(tp, seg);
	tcp_input_window(tp, seg);
	tcp_ecn_ack(tp, seg);
	tcp_sack_input(tp, seg, &a);
	clean_queue(tp, &a);
	take_rtt(tp, seg, &a);
	tp->bytes_acked += a.acked;
	tp->delivered += a.delivered;
	if (a.acked) {
		tp->nr_retrans = 0;
		tp->retrans_ns = 0;
		tp->err_soft = 0;
	}
	tp->nr_probes = 0;
	reo = tcp_recovery_ack(tp, &a);
	if (a.acked || a.delivered || !had_room || tp->timer_kind == TCP_TIMER_PROBE || reo)
		tcp_timer_rearm(tp, reo);
	if (a.acked)
		tcp_write_space(tp);
	return true;
}
