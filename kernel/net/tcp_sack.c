/*
 * Selective acknowledgement, both ways: SACK blocks of the peer into marks on the send queue
 * (RFC 2018, 6675; duplicates RFC 2883), and the blocks we report for what arrived out of order.
 * Blocks of a peer are hostile: what lies outside snd_una .. snd_nxt is ignored, and a piece is
 * only cut at multiples of the segment size, so that tiny blocks do not multiply pieces.
 */
#include "kernel/net/tcp.h"

/* ---- from the peer ---- */

/* RFC 2883 4: the first block lies below the acknowledgement or inside the second. */
static bool is_dsack(const struct tcp_segment *seg)
{
	const struct tcp_range *b = seg->opts.sack;

	if (seq_leq(b[0].end, seg->ack))
		return true;
	return seg->opts.nr_sack > 1 && seq_geq(b[0].start, b[1].start) &&
	       seq_leq(b[0].end, b[1].end);
}

static void deliver(struct tcp_sock *tp, struct tcp_seg *s, struct tcp_ack *a)
{
	u32 len = tcp_seg_len(s);

	tcp_rack_delivered(tp, s, a);
	if (!(s->marks & SEG_EVER_RETRANS))
		a->rtt = a->now - s->sent_ns;
	tcp_seg_sacked(&tp->sendq, s);
	a->sacked += len;
	a->delivered += len;
}

/* Cuts s so that a piece begins at seq, moved by whole segments; false if that is not inside. */
static bool cut(struct tcp_sock *tp, struct tcp_seg *s, u32 seq, bool up)
{
	u32 off = seq - s->seq, mss = tp->snd_mss;

	if (s->len <= mss || off % mss)
		off = (off / mss + up) * mss;
	if (off == 0 || off >= s->len)
		return false;
	return tcp_sendq_split(&tp->sendq, s, off) == 0;
}

static void mark_range(struct tcp_sock *tp, const struct tcp_range *r, struct tcp_ack *a)
{
	struct tcp_seg *s, *next;

	for (s = tcp_sendq_first(&tp->sendq); s; s = next) {
		next = s->link.next == &tp->sendq.segs
			       ? NULL
			       : list_entry(s->link.next, struct tcp_seg, link);
		if (!(s->marks & SEG_SENT) || seq_geq(s->seq, r->end))
			break;
		if ((s->marks & SEG_SACKED) || seq_leq(tcp_seg_end(s), r->start))
			continue;
		if (seq_lt(s->seq, r->start)) {
			if (cut(tp, s, r->start, true))
				next = list_entry(s->link.next, struct tcp_seg, link);
			continue;
		}
		if (seq_gt(tcp_seg_end(s), r->end) && !cut(tp, s, r->end, false))
			break;
		deliver(tp, s, a);
		next = s->link.next == &tp->sendq.segs
			       ? NULL
			       : list_entry(s->link.next, struct tcp_seg, link);
	}
}

void tcp_sack_input(struct tcp_sock *tp, const struct tcp_segment *seg, struct tcp_ack *a)
{
	unsigned i = 0;

	if (!tp->sack_ok || !seg->opts.nr_sack)
		return;
	if (is_dsack(seg)) {
		a->dsack = true;
		i = 1;
		tcp_rack_dsack(tp);
		TCP_INC(TCPDSACKRecv);
	}
	for (; i < seg->opts.nr_sack; i++) {
		const struct tcp_range *r = &seg->opts.sack[i];

		if (seq_lt(r->start, r->end) && seq_gt(r->start, tp->snd_una) &&
			seq_leq(r->end, tp->snd_nxt))
			mark_range(tp, r, a);
	}
}

/* ---- to the peer ---- */

static bool touches(const struct tcp_range *r, u32 start, u32 end)
{
	return seq_leq(r->start, end) && seq_leq(start, r->end);
}

void tcp_sack_note(struct tcp_sock *tp, u32 start, u32 end)
{
	struct tcp_range r = {start, end};
	unsigned n = 0;

	if (!tp->sack_ok)
		return;
	/* what it touches becomes part of it; it goes first */
	for (unsigned i = 0; i < tp->nr_sack; i++) {
		if (touches(&tp->sack[i], r.start, r.end)) {
			r.start = seq_lt(tp->sack[i].start, r.start) ? tp->sack[i].start : r.start;
			r.end = seq_gt(tp->sack[i].end, r.end) ? tp->sack[i].end : r.end;
		} else {
			tp->sack[n++] = tp->sack[i];
		}
	}
	n = MIN(n, TCP_SACK_MAX - 1u);
	memmove(tp->sack + 1, tp->sack, n * sizeof(r));
	tp->sack[0] = r;
	tp->nr_sack = (u8)(n + 1);
}

void tcp_sack_dup(struct tcp_sock *tp, u32 start, u32 end)
{
	if (!tp->sack_ok || start == end)
		return;
	tp->dsack = (struct tcp_range){start, end};
	tp->has_dsack = true;
	TCP_INC(TCPDSACKOldSent);
}

void tcp_sack_clean(struct tcp_sock *tp)
{
	unsigned n = 0;

	if (list_empty(&tp->oooq)) {
		tp->nr_sack = 0;
		return;
	}
	for (unsigned i = 0; i < tp->nr_sack; i++)
		if (seq_gt(tp->sack[i].start, tp->rcv_nxt))
			tp->sack[n++] = tp->sack[i];
	tp->nr_sack = (u8)n;
}
