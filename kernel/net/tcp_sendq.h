/*
 * The send queue of a connection: what the user wrote and the peer has not acknowledged, as pieces
 * in sequence order, with the marks of the SACK scoreboard (RFC 6675, RFC 8985). Bytes live in
 * the shared buffers of skbs, so that a piece is split, retransmitted and acknowledged in part
 * without copying.
 */
#ifndef SKIFF_KERNEL_NET_TCP_SENDQ_H
#define SKIFF_KERNEL_NET_TCP_SENDQ_H

#include "kernel/lib/list.h"
#include "kernel/net/skb.h"
#include "kernel/net/tcp_wire.h"

#define SEG_SENT 0x01	 /* at least once */
#define SEG_SACKED 0x02	 /* the peer has it */
#define SEG_LOST 0x04	 /* deemed lost */
#define SEG_RETRANS 0x08 /* retransmitted since, and that copy is in flight */
#define SEG_EVER_RETRANS 0x10
#define SEG_NO_HEADROOM 0x20 /* what is in front of its data belongs to others: copy to send */

/* A piece: sequence numbers seq .. seq_end, of which len are data. */
struct tcp_seg {
	struct list_head link;	    /* tcp_sendq.segs */
	struct list_head xmit_link; /* tcp_sendq.xmit or lostq */
	struct skb *skb; /* owned, its data are the piece's; NULL if there never were any */
	u32 seq, len;
	u32 charge; /* bytes of memory on its account */
	u8 flags;   /* TH_SYN before the data, TH_FIN behind */
	u8 marks;   /* SEG_* */
	u16 nr_sent;
	u64 sent_ns; /* last transmission */
};

struct tcp_sendq {
	struct list_head segs;
	struct list_head xmit;	/* in flight, by time of the last transmission */
	struct list_head lostq; /* lost and not retransmitted since */
	struct tcp_seg *head;	/* first piece never sent, NULL if all are */
	u32 mem;		/* bytes charged for buffers and pieces */
	u32 nr_segs;
	/* sequence space with the mark set */
	u32 sacked, lost, retrans;
};

static inline u32 tcp_seg_len(const struct tcp_seg *s) /* in sequence space */
{
	return s->len + !!(s->flags & TH_SYN) + !!(s->flags & TH_FIN);
}
static inline u32 tcp_seg_end(const struct tcp_seg *s)
{
	return s->seq + tcp_seg_len(s);
}

void tcp_sendq_init(struct tcp_sendq *q);
void tcp_sendq_purge(struct tcp_sendq *q);
/* A new last piece without data at seq: SYN, FIN. NULL: out of memory. */
struct tcp_seg *tcp_sendq_mark(struct tcp_sendq *q, u32 seq, u8 flags);
/* Room for at least one byte at the end, seq being the sequence number of the next byte: the last
 * piece if it is unsent and its buffer has room, or a new one made for up to want bytes. *room: how
 * many fit. Then write behind its data and call tcp_sendq_commit. */
struct tcp_seg *tcp_sendq_room(struct tcp_sendq *q, u32 seq, size_t want, u32 *room);
static inline u8 *tcp_seg_tail(const struct tcp_seg *s)
{
	return s->skb->tail;
}
void tcp_sendq_commit(struct tcp_sendq *q, struct tcp_seg *s, u32 len);
/* Cuts s at len bytes of data; the rest becomes the next piece. -ENOMEM */
int tcp_sendq_split(struct tcp_sendq *q, struct tcp_seg *s, u32 len);
/* s has just been sent. */
void tcp_sendq_sent(struct tcp_sendq *q, struct tcp_seg *s, u64 now);
/* Marks; each keeps the sums and the order of transmission right. */
void tcp_seg_sacked(struct tcp_sendq *q, struct tcp_seg *s);
void tcp_seg_lost(struct tcp_sendq *q, struct tcp_seg *s);
/* All that was sent is lost; sacked_too: so is what the peer said it had. */
void tcp_sendq_all_lost(struct tcp_sendq *q, bool sacked_too);
void tcp_seg_unmark(struct tcp_sendq *q, struct tcp_seg *s, u8 marks);
/* Frees s, which was acknowledged as a whole. */
void tcp_sendq_remove(struct tcp_sendq *q, struct tcp_seg *s);
/* The first bytes of s, up to but not including una, are acknowledged. */
void tcp_sendq_trim(struct tcp_sendq *q, struct tcp_seg *s, u32 una);
static inline struct tcp_seg *tcp_sendq_first(const struct tcp_sendq *q)
{
	return list_empty(&q->segs) ? NULL : list_first(&q->segs, struct tcp_seg, link);
}
static inline struct tcp_seg *tcp_sendq_last(const struct tcp_sendq *q)
{
	return list_empty(&q->segs) ? NULL : list_last(&q->segs, struct tcp_seg, link);
}

#endif
