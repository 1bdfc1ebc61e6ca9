/*
 * Reassembly of fragments, both versions. A datagram that is being put together is an entry in a
 * hash by (source, destination, id, protocol); it holds its fragments in order and dies when it is
 * complete, when its time is up, when fragments overlap (RFC 5722; Linux does so for IPv4 too), or,
 * oldest first, when all of them together hold too much. RFC 791 3.2, RFC 815, RFC 8200 4.5.
 */
#include "kernel/net/ctl.h"
#include "kernel/net/ip.h"
#include "kernel/os.h"
#include "kernel/timer.h"

struct datagram {
	struct hnode node;
	struct list_head link; /* of all, oldest first */
	struct timer timer;
	struct ip_addr saddr, daddr;
	struct net_ns *net;
	u32 id, iif;
	u8 proto;
	struct list_head frags; /* skbs by offset */
	u32 have, total;	/* payload bytes; total 0: the last has not come */
	u32 mem, frag_max;
};

struct frag_cb {
	u32 off;
};

static struct htab table;
static struct list_head datagrams = LIST_HEAD_INIT(datagrams);
static u32 mem_used;

void ip_frag_usage(bool v4, u32 *nr, u32 *mem)
{
	const struct datagram *d;

	*nr = *mem = 0;
	list_for_each_entry (d, &datagrams, link)
		if (ip_addr_is_v4(&d->daddr) == v4) {
			*mem += d->mem;
			++*nr;
		}
}

static u32 *off_of(struct skb *skb)
{
	return &((struct frag_cb *)skb->cb)->off;
}

static bool is_v4(const struct datagram *d)
{
	return ip_addr_is_v4(&d->daddr);
}

static void datagram_free(struct datagram *d)
{
	timer_cancel(&d->timer);
	htab_remove(&table, &d->node);
	list_del(&d->link);
	skb_purge(&d->frags);
	mem_used -= d->mem;
	free(d);
}

static void fail(struct datagram *d)
{
	MIB_INC_AF(is_v4(d), IpReasmFails, Ip6ReasmFails);
	datagram_free(d);
}

static void timed_out(struct timer *t)
{
	struct datagram *d = container_of(t, struct datagram, timer);
	struct skb *first = list_empty(&d->frags) ? NULL : list_first(&d->frags, struct skb, link);

	net_set(d->net);
	MIB_INC_AF(is_v4(d), IpReasmTimeout, Ip6ReasmTimeout);
	if (first && *off_of(first) == 0)
		icmp_send(first, ICMP_REASON_REASM_TIMEOUT, 0);
	fail(d);
}

static u64 key_hash(const struct skb *skb, u32 id)
{
	return hash_u64(ip_addr_hash(&skb->ip.saddr) ^ ip_addr_hash(&skb->ip.daddr) ^
			((u64)id << 32 | skb->ip.iif));
}

static struct datagram *find(const struct skb *skb, u32 id, u64 hash)
{
	for (struct hnode *n = htab_first(&table, hash); n; n = htab_next(n)) {
		struct datagram *d = container_of(n, struct datagram, node);

		if (n->hash == hash && d->id == id && d->net == current_net &&
			d->iif == skb->ip.iif && ip_addr_eq(&d->saddr, &skb->ip.saddr) &&
			ip_addr_eq(&d->daddr, &skb->ip.daddr) &&
			(!is_v4(d) || d->proto == skb->ip.proto))
			return d;
	}
	return NULL;
}

static struct datagram *find_or_make(const struct skb *skb, u32 id)
{
	u64 hash = key_hash(skb, id);
	struct datagram *d = find(skb, id, hash);
	u64 life;

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	list_init(&d->frags);
	d->net = current_net;
	d->saddr = skb->ip.saddr;
	d->daddr = skb->ip.daddr;
	d->proto = skb->ip.proto;
	d->iif = skb->ip.iif;
	d->id = id;
	d->timer.fn = timed_out;
	life = (is_v4(d) ? net_ctl.ipfrag_time : net_ctl.ip6frag_time) * NSEC_PER_SEC;
	if (htab_insert(&table, &d->node, hash) < 0) {
		free(d);
		return NULL;
	}
	list_add_tail(&d->link, &datagrams);
	timer_arm(&d->timer, os_clock_ns(OS_CLOCK_MONOTONIC) + life);
	return d;
}

static u32 end_of(struct skb *skb)
{
	return *off_of(skb) + skb_len(skb);
}

enum { FRAG_TAKEN, FRAG_DUPLICATE, FRAG_BAD };

/* Puts skb into order. An exact duplicate is harmless, an overlap an attack. */
static int insert(struct datagram *d, struct skb *skb, bool more)
{
	u32 off = *off_of(skb), end = end_of(skb);
	struct list_head *before = &d->frags;
	struct skb *f;

	if (!more) {
		if (d->total && d->total != end)
			return FRAG_BAD;
		d->total = end;
	}
	if (d->total && end > d->total)
		return FRAG_BAD;
	list_for_each_entry (f, &d->frags, link) {
		if (*off_of(f) == off && end_of(f) == end)
			return FRAG_DUPLICATE;
		if (*off_of(f) >= end) {
			before = &f->link;
			break;
		}
		if (end_of(f) > off)
			return FRAG_BAD;
	}
	if (!more && !list_empty(&d->frags) && end_of(list_last(&d->frags, struct skb, link)) > end)
		return FRAG_BAD;
	list_add_tail(&skb->link, before);
	d->have += skb_len(skb);
	d->mem += skb->truesize;
	mem_used += skb->truesize;
	return FRAG_TAKEN;
}

/* A router's congestion mark on one piece is the datagram's; pieces that do not take part in that
 * beside one are a forgery: RFC 3168 5.3. */
static bool join_ecn(struct datagram *d, u8 *tos)
{
	bool congested = false, other = false;
	struct skb *f;

	list_for_each_entry (f, &d->frags, link) {
		congested |= (f->ip.tos & 3) == 3;
		other |= !(f->ip.tos & 3);
	}
	*tos |= congested ? 3 : 0;
	return !(congested && other);
}

static struct skb *join(struct datagram *d)
{
	struct skb *first = list_first(&d->frags, struct skb, link), *f, *whole;
	u32 hlen = (u32)(first->data - skb_net(first));

	if (!join_ecn(d, &first->ip.tos))
		return NULL;
	whole = skb_alloc(SKB_HEADROOM + hlen, d->total);
	if (!whole)
		return NULL;
	memcpy(whole->data - hlen, skb_net(first), hlen);
	whole->net_off = skb_headroom(whole) - hlen;
	whole->mac_off = whole->net_off;
	whole->dev = first->dev;
	whole->protocol = first->protocol;
	whole->pkt_type = first->pkt_type;
	whole->tstamp_ns = first->tstamp_ns;
	whole->ip = first->ip;
	whole->ip.reassembled = true;
	whole->ip.frag_max = (u16)MIN(d->frag_max, 65535u);
	list_for_each_entry (f, &d->frags, link)
		memcpy(skb_put(whole, skb_len(f)), f->data, skb_len(f));
	return whole;
}

static void make_room(void)
{
	while (mem_used > net_ctl.ipfrag_high_thresh && !list_empty(&datagrams))
		fail(list_first(&datagrams, struct datagram, link));
}

struct skb *ip_frag_rcv(struct skb *skb, u32 id, u32 off, bool more)
{
	bool v4 = ip_addr_is_v4(&skb->ip.daddr);
	u32 hlen = (u32)(skb->data - skb_net(skb));
	struct datagram *d;
	struct skb *whole;

	MIB_INC_AF(v4, IpReasmReqds, Ip6ReasmReqds);
	/* Pieces but the last are multiples of 8; none reaches beyond the largest packet. */
	if (!skb_len(skb) || (more && (skb_len(skb) & 7)) ||
		off + skb_len(skb) + (v4 ? hlen : hlen - 48) > 65535)
		goto drop;
	if (skb->csum == SKB_CSUM_PARTIAL)
		skb->csum = SKB_CSUM_NONE;
	*off_of(skb) = off;
	d = find_or_make(skb, id);
	if (!d)
		goto drop;
	d->frag_max = MAX(d->frag_max, skb_len(skb) + hlen);
	switch (insert(d, skb, more)) {
	case FRAG_BAD:
		fail(d);
		/* fall through */
	case FRAG_DUPLICATE:
		goto drop;
	}
	if (!d->total || d->have < d->total) {
		make_room();
		return NULL;
	}
	whole = join(d);
	if (whole)
		MIB_INC_AF(v4, IpReasmOKs, Ip6ReasmOKs);
	else
		MIB_INC_AF(v4, IpReasmFails, Ip6ReasmFails);
	datagram_free(d);
	return whole;
drop:
	skb_free(skb);
	return NULL;
}

void ip_frag_purge(void)
{
	struct datagram *d, *tmp;

	list_for_each_entry_safe (d, tmp, &datagrams, link)
		if (d->net == current_net)
			datagram_free(d);
}

void ip_frag_fini(void)
{
	ip_frag_purge();
	htab_fini(&table);
	memset(&table, 0, sizeof(table));
}
