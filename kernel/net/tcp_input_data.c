/*
 * The text of an arrived segment (RFC 9293 3.10.7.4, sixth to eighth): urgent data, the receive
 * queue, reassembly of what came out of order, FIN, when to acknowledge (RFC 5681 4.2), and the
 * receive window with its autotuning. Invariant: rcvq holds copied_seq .. rcv_nxt without gaps (a
 * FIN excepted), oooq only what lies beyond rcv_nxt, sorted and without overlaps.
 */
#include "kernel/net/tcp.h"

#include "kernel/fasync.h"
#include "kernel/os.h"

#define COALESCE_MAX 4096u /* what is copied into the buffer of the skb before */

/* ---- the window ---- */

/* Bytes of data the buffer has room for: half of it, the rest being for what holds them. */
u32 tcp_window_space(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet.sk;
	u32 full = MIN(sk->rcvbuf / 2, tp->window_clamp ? tp->window_clamp : UINT32_MAX);
	u32 unread = tp->rcv_nxt - tp->copied_seq, space;

	if (tp->state == TCP_LISTEN || !tp->rcv_nxt)
		unread = 0;
	space = full > unread ? full - unread : 0;
	if (sk->rmem >= sk->rcvbuf)
		space = 0;
	/* RFC 9293 3.8.6.2.2: no silly windows */
	return space < MIN(full / 2, (u32)tp->rcv_mss) ? 0 : space;
}

/* The user took in a round trip what fills the space reckoned with: reckon with twice as much. */
static void autotune(struct tcp_sock *tp, u64 now)
{
	struct sock *sk = tcp_sock(tp);
	u32 copied = tp->copied_seq - tp->space_seq;

	if (sk->rcvbuf_locked || now - tp->space_ns < MAX(tp->rtt.srtt, (u64)NSEC_PER_MSEC))
		return;
	if (copied > tp->space) {
		u64 want = 2 * (2 * (u64)copied + 16 * tp->rcv_mss);

		sk->rcvbuf = MAX(sk->rcvbuf, (u32)MIN(want, (u64)net_ctl.tcp_rmem[2]));
		tp->space = copied;
	}
	tp->space_ns = now;
	tp->space_seq = tp->copied_seq;
}

void tcp_read_done(struct tcp_sock *tp)
{
	u32 right = tp->rcv_wup + tp->rcv_wnd, cur, space;

	autotune(tp, os_clock_ns(OS_CLOCK_MONOTONIC));
	if (!tcp_synchronized(tp) || (tcp_sock(tp)->shutdown & SOCK_SHUT_RD))
		return;
	cur = seq_gt(right, tp->rcv_nxt) ? right - tp->rcv_nxt : 0;
	space = tcp_window_space(tp);
	/* tell the peer when the window has doubled, or what is unacknowledged is more than a
	 * segment */
	if ((space && space >= 2 * cur) ||
		(tp->ack_pending && tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss))
		tcp_send_ack(tp);
}

/* ---- acknowledging ---- */

static void schedule_ack(struct tcp_sock *tp)
{
	if (tp->rcv_nxt - tp->rcv_wup > tp->rcv_mss || !list_empty(&tp->oooq)) {
		tp->ack_now = true;
	} else if (tp->quick_acks && !tp->pingpong) {
		tp->quick_acks--;
		tp->ack_now = true;
	} else if (!tp->ack_now) {
		tcp_delack_arm(tp);
	}
}

static void estimate_mss(struct tcp_sock *tp, const struct tcp_segment *seg, u64 now)
{
	u32 len = seg->skb->gso_size ? seg->skb->gso_size : seg->len;

	if (len >= tp->rcv_mss)
		tp->rcv_mss = (u16)MIN(len, 65535u);
	/* an idle connection begins anew: the sender is in slow start */
	if (now - tp->last_data_ns > tcp_rtt_rto(&tp->rtt))
		tp->quick_acks = MAX(tp->quick_acks, (u8)2);
	tp->last_data_ns = now;
}

/* ---- queues ---- */

/* Appends the few bytes of skb to the buffer of last: many small segments cost no more than what
 * they carry. */
static bool coalesce(struct sock *sk, struct skb *last, struct skb *skb)
{
	u32 len = skb_len(skb);

	if (len > COALESCE_MAX || skb_tailroom(last) < len || skb_shared(last))
		return false;
	memcpy(skb_put(last, len), skb->data, len);
	tcp_cb(last)->end += len;
	skb_free(skb);
	return true;
}

static void append(struct tcp_sock *tp, struct skb *skb)
{
	struct sock *sk = tcp_sock(tp);
	struct skb *last = list_empty(&tp->rcvq) ? NULL : list_last(&tp->rcvq, struct skb, link);

	tp->bytes_received += skb_len(skb);
	tp->rcv_nxt += skb_len(skb);
	if (!skb_len(skb)) {
		skb_free(skb);
		return;
	}
	if (last && coalesce(sk, last, skb))
		return;
	list_add_tail(&skb->link, &tp->rcvq);
}

/* Cuts what lies before seq off skb. */
static void trim_front(struct skb *skb, u32 seq)
{
	struct tcp_cb *cb = tcp_cb(skb);

	skb_pull(skb, MIN(seq - cb->seq, skb_len(skb)));
	cb->seq = seq;
}

static void take_fin(struct tcp_sock *tp, bool fin)
{
	if (!fin)
		return;
	tp->rcv_nxt++;
	tcp_fin_received(tp);
}

/* In order now? Then on to the receive queue. */
static void drain_oooq(struct tcp_sock *tp)
{
	while (!list_empty(&tp->oooq) && tp->state != TCP_CLOSE) {
		struct skb *skb = list_first(&tp->oooq, struct skb, link);
		struct tcp_cb *cb = tcp_cb(skb);
		bool fin = cb->fin;

		if (seq_gt(cb->seq, tp->rcv_nxt))
			break;
		list_del(&skb->link);
		if (seq_leq(cb->end, tp->rcv_nxt)) {
			skb_free(skb);
			continue;
		}
		if (seq_lt(cb->seq, tp->rcv_nxt))
			trim_front(skb, tp->rcv_nxt);
		append(tp, skb);
		take_fin(tp, fin);
	}
	tcp_sack_clean(tp);
}

static void insert_ooo(struct tcp_sock *tp, struct skb *skb)
{
	struct tcp_cb *cb = tcp_cb(skb), *c;
	struct list_head *p;
	struct skb *s, *t;

	for (p = tp->oooq.prev; p != &tp->oooq; p = p->prev)
		if (seq_leq(tcp_cb(list_entry(p, struct skb, link))->seq, cb->seq))
			break;
	if (p != &tp->oooq) {
		c = tcp_cb(list_entry(p, struct skb, link));
		if (seq_leq(cb->end, c->end)) {
			tcp_sack_dup(tp, cb->seq, cb->end);
			skb_free(skb);
			return;
		}
		if (seq_lt(cb->seq, c->end)) {
			tcp_sack_dup(tp, cb->seq, c->end);
			trim_front(skb, c->end);
		}
	}
	tcp_sack_note(tp, cb->seq, cb->end);
	/* behind it: what it covers goes, what it overlaps it is cut by */
	for (s = list_entry(p->next, struct skb, link); &s->link != &tp->oooq; s = t) {
		t = list_entry(s->link.next, struct skb, link);
		c = tcp_cb(s);
		if (seq_leq(cb->end, c->seq))
			break;
		if (seq_lt(cb->end, c->end)) {
			trim_front(s, cb->end);
			break;
		}
		list_del(&s->link);
		skb_free(s);
	}
	if (p != &tp->oooq) {
		s = list_entry(p, struct skb, link);
		if (!cb->fin && !tcp_cb(s)->fin && tcp_cb(s)->end == cb->seq &&
			coalesce(tcp_sock(tp), s, skb))
			return;
	}
	list_add(&skb->link, p);
	TCP_INC(TCPOFOQueue);
}

/* Is there memory for skb? What came out of order gives way to what is in order. */
static bool have_room(struct tcp_sock *tp, const struct skb *skb, bool in_order)
{
	struct sock *sk = tcp_sock(tp);

	if ((u64)sk->rmem + skb->truesize <= sk->rcvbuf)
		return true;
	if (!in_order) {
		TCP_INC(TCPRcvPruned);
		return false;
	}
	if (!list_empty(&tp->oooq)) {
		TCP_INC(TCPRcvPruned);
		skb_purge(&tp->oooq);
		tp->nr_sack = 0;
	}
	return (u64)sk->rmem + skb->truesize <= 2ull * sk->rcvbuf || list_empty(&tp->rcvq);
}

/* ---- urgent data: RFC 9293 3.8.5, with the pointer as BSD and RFC 6093 have it in practice ----
 */

void tcp_input_urg(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock(tp);
	u32 up = seg->seq + (seg->urg ? seg->urg - 1u : 0u);

	if (seg->flags & TH_URG) {
		if (seq_gt(tp->copied_seq, up) || seq_lt(up, tp->rcv_nxt) ||
			(tp->urg_state != TCP_URG_NONE && !seq_gt(up, tp->urg_seq)))
			goto byte;
		/* an older urgent byte nobody took is dropped */
		if (tp->urg_state == TCP_URG_VALID && tp->urg_seq == tp->copied_seq &&
			!sock_option(sk, SO_OOBINLINE) && tp->copied_seq != tp->rcv_nxt)
			tp->copied_seq++;
		tp->urg_state = TCP_URG_NOTYET;
		tp->urg_seq = up;
		if (sk->file)
			fasync_urgent(sk->file);
	}
byte:
	if (tp->urg_state == TCP_URG_NOTYET && seq_geq(tp->urg_seq, seg->seq) &&
		tp->urg_seq - seg->seq < seg->len) {
		tp->urg_byte = seg->skb->data[tp->urg_seq - seg->seq];
		tp->urg_state = TCP_URG_VALID;
		sock_wake(sk, EPOLLPRI | EPOLLIN | EPOLLRDNORM);
	}
}

/* ---- the segment's text ---- */

/* Cuts the segment to what is new and inside the window: false if nothing is. */
static bool trim_to_window(struct tcp_sock *tp, struct tcp_segment *seg, struct tcp_cb *cb)
{
	u32 right = tp->rcv_wup + tp->rcv_wnd;

	*cb = (struct tcp_cb){seg->seq, seg->end, seg->flags & TH_FIN};
	if (seq_leq(cb->end, tp->rcv_nxt)) {
		tcp_sack_dup(tp, cb->seq, cb->end);
		return false;
	}
	if (seq_lt(cb->seq, tp->rcv_nxt)) {
		tcp_sack_dup(tp, cb->seq, tp->rcv_nxt);
		trim_front(seg->skb, tp->rcv_nxt);
	}
	/* A FIN right behind the window costs nothing. */
	if (seq_gt(cb->end - cb->fin, right)) {
		if (seq_leq(right, cb->seq))
			return false;
		skb_trim(seg->skb, right - cb->seq);
		cb->end = right;
		cb->fin = false;
	}
	return true;
}

void tcp_input_data(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock(tp);
	struct skb *skb = seg->skb;
	struct tcp_cb *cb = tcp_cb(skb);
	bool fin, in_order;

	if (seg->seq == seg->end)
		return;
	if (!trim_to_window(tp, seg, cb)) {
		tp->ack_now = true;
		return;
	}
	in_order = cb->seq == tp->rcv_nxt;
	if (!have_room(tp, skb, in_order)) {
		TCP_INC(TCPRcvQDrop);
		tp->ack_now = true;
		return;
	}
	estimate_mss(tp, seg, os_clock_ns(OS_CLOCK_MONOTONIC));
	seg->skb = NULL;
	skb_charge_r(skb, sk);
	if (!in_order) {
		insert_ooo(tp, skb);
		tp->ack_now = true;
		return;
	}
	fin = cb->fin;
	append(tp, skb);
	take_fin(tp, fin);
	drain_oooq(tp);
	if (tp->state == TCP_CLOSE)
		return;
	schedule_ack(tp);
	if (tp->rcv_nxt - tp->copied_seq >= sk->rcvlowat || (sk->shutdown & SOCK_SHUT_RD))
		sock_wake(sk, EPOLLIN | EPOLLRDNORM);
}
