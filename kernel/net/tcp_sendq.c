/*
 * The send queue: owns the pieces and their accounting. Used by tcp.c (appending), tcp_output.c
 * (sending, splitting), tcp_input_ack.c and tcp_sack.c (acknowledging), tcp_recovery.c (loss). The
 * invariant: sacked, lost and retrans are the sums over the pieces with the mark; a piece that
 * was sent and not SACKed is in xmit while in flight and in lostq while lost; head is the first
 * without SEG_SENT.
 */
#include "kernel/net/tcp_sendq.h"

#define BUF_WAITING 16384u
#define BUF_SMALL 2048u /* room made for small writes, so that they share a buffer */

/* Even pieces of at most SKB_GSO_MAX bytes, lest each large write leave a small rest. */
static u32 buffer_size(size_t want)
{
	size_t pieces = (want + SKB_GSO_MAX - 1) / SKB_GSO_MAX;

	return want <= BUF_SMALL / 2 ? BUF_SMALL : (u32)((want + pieces - 1) / pieces);
}

void tcp_sendq_init(struct tcp_sendq *q)
{
	memset(q, 0, sizeof(*q));
	list_init(&q->segs);
	list_init(&q->xmit);
	list_init(&q->lostq);
}

static void seg_free(struct tcp_sendq *q, struct tcp_seg *s)
{
	list_del(&s->link);
	list_del(&s->xmit_link);
	q->nr_segs--;
	q->mem -= s->charge;
	skb_free(s->skb);
	free(s);
}

void tcp_sendq_purge(struct tcp_sendq *q)
{
	struct tcp_seg *s, *t;

	list_for_each_entry_safe (s, t, &q->segs, link)
		seg_free(q, s);
	q->head = NULL;
	q->sacked = q->lost = q->retrans = 0;
}

static struct tcp_seg *seg_new(struct tcp_sendq *q, struct list_head *behind)
{
	struct tcp_seg *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	list_add(&s->link, behind);
	list_init(&s->xmit_link);
	q->nr_segs++;
	s->charge = (u32)sizeof(*s);
	q->mem += s->charge;
	return s;
}

struct tcp_seg *tcp_sendq_mark(struct tcp_sendq *q, u32 seq, u8 flags)
{
	struct tcp_seg *s = seg_new(q, q->segs.prev);

	if (!s)
		return NULL;
	s->seq = seq;
	s->flags = flags;
	if (!q->head)
		q->head = s;
	return s;
}

struct tcp_seg *tcp_sendq_room(struct tcp_sendq *q, u32 seq, size_t want, u32 *room)
{
	struct tcp_seg *s = tcp_sendq_last(q);
	/* what has to wait anyway gets a buffer that more will fit in */
	u32 size = buffer_size(q->head ? MAX(want, (size_t)BUF_WAITING) : want);

	if (s && s->skb && !(s->marks & (SEG_SENT | SEG_NO_HEADROOM)) && !(s->flags & TH_FIN)) {
		*room = skb_tailroom(s->skb);
		if (*room)
			return s;
	}
	s = tcp_sendq_mark(q, seq, 0);
	if (!s)
		return NULL;
	s->skb = skb_alloc(SKB_HEADROOM, size);
	if (!s->skb) {
		if (q->head == s)
			q->head = NULL;
		seg_free(q, s);
		return NULL;
	}
	s->charge += size;
	q->mem += size;
	*room = size;
	return s;
}

void tcp_sendq_commit(struct tcp_sendq *q, struct tcp_seg *s, u32 len)
{
	s->len += len;
	if (len)
		skb_put(s->skb, len);
	if (s->len)
		return;
	if (q->head == s)
		q->head = NULL;
	seg_free(q, s);
}

/* n bytes of its buffer are no longer on the account of s. */
static void seg_uncharge(struct tcp_sendq *q, struct tcp_seg *s, u32 n)
{
	n = MIN(n, s->charge - (u32)sizeof(*s));
	s->charge -= n;
	q->mem -= n;
}

int tcp_sendq_split(struct tcp_sendq *q, struct tcp_seg *s, u32 len)
{
	struct tcp_seg *rest = seg_new(q, &s->link);
	u32 syn = !!(s->flags & TH_SYN);

	if (!rest)
		return -ENOMEM;
	if (s->skb && s->len > len) {
		rest->skb = skb_clone(s->skb);
		if (!rest->skb) {
			seg_free(q, rest);
			return -ENOMEM;
		}
		skb_pull(rest->skb, len);
		skb_trim(s->skb, len);
	}
	rest->seq = s->seq + syn + len;
	rest->len = s->len - len;
	rest->charge += rest->len;
	q->mem += rest->len;
	seg_uncharge(q, s, rest->len);
	rest->flags = s->flags & TH_FIN;
	rest->marks = s->marks | SEG_NO_HEADROOM;
	rest->nr_sent = s->nr_sent;
	rest->sent_ns = s->sent_ns;
	s->flags &= (u8)~TH_FIN;
	s->len = len;
	if (!list_empty(&s->xmit_link))
		list_add(&rest->xmit_link, &s->xmit_link);
	return 0;
}

void tcp_sendq_sent(struct tcp_sendq *q, struct tcp_seg *s, u64 now)
{
	if (s->marks & SEG_SENT) {
		if (!(s->marks & SEG_RETRANS))
			q->retrans += tcp_seg_len(s);
		s->marks |= SEG_RETRANS | SEG_EVER_RETRANS;
	} else {
		q->head = s->link.next == &q->segs ? NULL
						   : list_entry(s->link.next, struct tcp_seg, link);
	}
	s->marks |= SEG_SENT;
	s->nr_sent = (u16)MIN(s->nr_sent + 1, 0xffff);
	s->sent_ns = now;
	list_del(&s->xmit_link);
	list_add_tail(&s->xmit_link, &q->xmit);
}

void tcp_seg_unmark(struct tcp_sendq *q, struct tcp_seg *s, u8 marks)
{
	u32 len = tcp_seg_len(s);

	marks &= s->marks;
	q->sacked -= marks & SEG_SACKED ? len : 0;
	q->lost -= marks & SEG_LOST ? len : 0;
	q->retrans -= marks & SEG_RETRANS ? len : 0;
	s->marks &= (u8)~marks;
	if ((marks & SEG_LOST) && !(s->marks & SEG_RETRANS)) {
		list_del(&s->xmit_link);
		list_add(&s->xmit_link, &q->xmit); /* older than all that is in flight */
	}
}

void tcp_seg_sacked(struct tcp_sendq *q, struct tcp_seg *s)
{
	if (s->marks & SEG_SACKED)
		return;
	tcp_seg_unmark(q, s, SEG_LOST | SEG_RETRANS);
	s->marks |= SEG_SACKED;
	q->sacked += tcp_seg_len(s);
	list_del(&s->xmit_link);
}

void tcp_seg_lost(struct tcp_sendq *q, struct tcp_seg *s)
{
	if (s->marks & SEG_SACKED)
		return;
	if ((s->marks & SEG_LOST) && !(s->marks & SEG_RETRANS))
		return;
	tcp_seg_unmark(q, s, SEG_RETRANS);
	if (!(s->marks & SEG_LOST)) {
		s->marks |= SEG_LOST;
		q->lost += tcp_seg_len(s);
	}
	list_del(&s->xmit_link);
	list_add_tail(&s->xmit_link, &q->lostq);
}

void tcp_sendq_all_lost(struct tcp_sendq *q, bool sacked_too)
{
	struct tcp_seg *s;

	list_for_each_entry (s, &q->segs, link) {
		if (!(s->marks & SEG_SENT))
			break;
		if (sacked_too)
			tcp_seg_unmark(q, s, SEG_SACKED);
		if (s->marks & SEG_SACKED)
			continue;
		tcp_seg_lost(q, s);
		list_del(&s->xmit_link);
		list_add_tail(&s->xmit_link, &q->lostq); /* in order again */
	}
}

void tcp_sendq_remove(struct tcp_sendq *q, struct tcp_seg *s)
{
	tcp_seg_unmark(q, s, SEG_SACKED | SEG_LOST | SEG_RETRANS);
	seg_free(q, s);
}

void tcp_sendq_trim(struct tcp_sendq *q, struct tcp_seg *s, u32 una)
{
	u8 marks = s->marks;
	u32 n = una - s->seq;

	tcp_seg_unmark(q, s, SEG_SACKED | SEG_LOST | SEG_RETRANS);
	s->seq = una;
	if (s->flags & TH_SYN) {
		s->flags &= (u8)~TH_SYN;
		n--;
	}
	s->len -= n;
	if (n) {
		skb_pull(s->skb, n);
		marks |= SEG_NO_HEADROOM;
	}
	seg_uncharge(q, s, n);
	/* put the marks back on what is left */
	s->marks = marks;
	q->sacked += marks & SEG_SACKED ? tcp_seg_len(s) : 0;
	q->lost += marks & SEG_LOST ? tcp_seg_len(s) : 0;
	q->retrans += marks & SEG_RETRANS ? tcp_seg_len(s) : 0;
}
