/*
 * Socket buffers: memory, sharing, checksums, charging. See skb.h for the rules. Every live buffer
 * is counted in skb_stats, and no more of them exist than its limit allows: a flood from the wire
 * or from a guest ends in dropped packets, never in an exhausted host.
 */
#include "kernel/net/skb.h"

#include "kernel/charge.h"
#include "kernel/lib/log.h"
#include "kernel/net/checksum.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/socket.h"

struct skb_buf {
	u32 refs;
	u32 size; /* of bytes */
	u8 bytes[];
};

struct skb_stats skb_stats = {.limit_bytes = 256ull << 20};

/* ---- memory ---- */

static struct skb_buf *buf_alloc(size_t size)
{
	struct skb_buf *b;

	if (skb_stats.live_bytes + size > skb_stats.limit_bytes)
		return NULL;
	if (mem_charge(&mem_charges.buffers, size) < 0)
		return NULL;
	b = malloc(sizeof(*b) + size);
	if (!b) {
		mem_charges.buffers -= size;
		return NULL;
	}
	b->refs = 1;
	b->size = (u32)size;
	skb_stats.live_bytes += size;
	return b;
}

static void buf_put(struct skb_buf *b)
{
	if (--b->refs)
		return;
	skb_stats.live_bytes -= b->size;
	mem_charges.buffers -= b->size;
	free(b);
}

static struct skb *refused(void)
{
	skb_stats.failed++;
	return NULL;
}

struct skb *skb_alloc(size_t headroom, size_t len)
{
	size_t size = ALIGN_UP(headroom + len, 16ul);
	struct skb *skb = calloc(1, sizeof(*skb));

	if (!skb)
		return refused();
	skb->buf = buf_alloc(size);
	if (!skb->buf) {
		free(skb);
		return refused();
	}
	list_init(&skb->link);
	skb->head = skb->buf->bytes;
	skb->data = skb->tail = skb->head + headroom;
	skb->end = skb->head + size;
	skb->truesize = (u32)(sizeof(*skb) + sizeof(struct skb_buf) + size);
	skb_stats.live++;
	return skb;
}

void skb_free(struct skb *skb)
{
	if (!skb)
		return;
	list_del(&skb->link);
	skb_uncharge(skb);
	buf_put(skb->buf);
	skb_stats.live--;
	free(skb);
}

void skb_purge(struct list_head *q)
{
	struct skb *skb;

	while ((skb = skb_dequeue(q)))
		skb_free(skb);
}

/* What a copy does not share with the original. */
static void detach(struct skb *skb)
{
	list_init(&skb->link);
	skb->sk = NULL;
	skb->charged_w = false;
}

struct skb *skb_clone(struct skb *skb)
{
	struct skb *n = malloc(sizeof(*n));

	if (!n)
		return refused();
	*n = *skb;
	detach(n);
	n->buf->refs++;
	n->clone_of_queued = true;
	skb_stats.live++;
	return n;
}

bool skb_shared(const struct skb *skb)
{
	return skb->buf->refs > 1;
}

struct skb *skb_copy(const struct skb *skb, size_t headroom)
{
	size_t old_room = skb_headroom(skb), used = (size_t)(skb->tail - skb->head);
	size_t extra = headroom > old_room ? ALIGN_UP(headroom - old_room, 16ul) : 0;
	struct skb *n = skb_alloc(extra + old_room, skb_len(skb)), bounds;

	if (!n)
		return NULL;
	bounds = *n;
	*n = *skb;
	detach(n);
	n->buf = bounds.buf;
	n->head = bounds.head;
	n->end = bounds.end;
	n->truesize = bounds.truesize;
	memcpy(n->head + extra, skb->head, used);
	n->data = n->head + extra + old_room;
	n->tail = n->head + extra + used;
	n->mac_off += (u32)extra;
	n->net_off += (u32)extra;
	n->trans_off += (u32)extra;
	n->csum_start = (u16)(n->csum_start + extra);
	n->clone_of_queued = false;
	return n;
}

int skb_unshare(struct skb *skb, size_t headroom)
{
	struct skb *n, swap;

	if (!skb_shared(skb) && skb_headroom(skb) >= headroom)
		return 0;
	n = skb_copy(skb, headroom);
	if (!n)
		return -ENOMEM;
	swap = *skb; /* the new buffer moves in; the charge stays what it was */
	skb->buf = n->buf;
	skb->head = n->head;
	skb->data = n->data;
	skb->tail = n->tail;
	skb->end = n->end;
	skb->mac_off = n->mac_off;
	skb->net_off = n->net_off;
	skb->trans_off = n->trans_off;
	skb->csum_start = n->csum_start;
	skb->clone_of_queued = false;
	n->buf = swap.buf;
	skb_free(n);
	return 0;
}

/* ---- checksums ---- */

void skb_csum_partial_setup(
	struct skb *skb, u16 offset, const struct ip_addr *src, const struct ip_addr *dst, u8 proto)
{
	u16 v = csum_fold_raw(csum_pseudo(src, dst, skb_len(skb), proto));

	memcpy(skb->data + offset, &v, sizeof(v));
	skb->csum = SKB_CSUM_PARTIAL;
	skb->csum_start = (u16)skb_headroom(skb);
	skb->csum_offset = offset;
}

void skb_csum_complete(struct skb *skb)
{
	u8 *start = skb->head + skb->csum_start, *field = start + skb->csum_offset;
	u16 v;

	if (skb->csum != SKB_CSUM_PARTIAL)
		return;
	BUG_ON(field + 2 > skb->tail);
	v = csum_fold(csum_add_bytes(0, start, (size_t)(skb->tail - start)));
	if (v == 0 && skb->csum_offset == offsetof(struct udp_hdr, csum))
		v = 0xffff; /* the same number, and UDP's zero means none, RFC 768 */
	memcpy(field, &v, sizeof(v));
	skb->csum = SKB_CSUM_NONE;
}

bool skb_csum_ok(struct skb *skb, u8 proto)
{
	u32 sum;

	if (skb->csum != SKB_CSUM_NONE)
		return true;
	sum = csum_pseudo(&skb->ip.saddr, &skb->ip.daddr, skb_len(skb), proto);
	if (csum_fold(csum_add_bytes(sum, skb->data, skb_len(skb))) != 0)
		return false;
	skb->csum = SKB_CSUM_VERIFIED;
	return true;
}

/* ---- accounting ---- */

void skb_charge_w(struct skb *skb, struct sock *sk)
{
	BUG_ON(skb->sk);
	skb->sk = sock_get(sk);
	skb->charged_w = true;
	sk->wmem += skb->truesize;
}

void skb_charge_r(struct skb *skb, struct sock *sk)
{
	skb_uncharge(skb);
	skb->sk = sk;
	skb->charged_w = false;
	sk->rmem += skb->truesize;
}

static void uncharge_w(struct sock *sk, u32 truesize)
{
	bool was_full = sk->wmem > sk->sndbuf / 2;

	BUG_ON(sk->wmem < truesize);
	sk->wmem -= truesize;
	if (was_full && sk->wmem <= sk->sndbuf / 2) {
		if (sk->ops->write_space)
			sk->ops->write_space(sk);
		else
			sock_wake(sk, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	}
	sock_put(sk);
}

void skb_uncharge(struct skb *skb)
{
	struct sock *sk = skb->sk;

	if (!sk)
		return;
	skb->sk = NULL;
	if (skb->charged_w) {
		skb->charged_w = false;
		uncharge_w(sk, skb->truesize);
		return;
	}
	BUG_ON(sk->rmem < skb->truesize);
	sk->rmem -= skb->truesize;
}
