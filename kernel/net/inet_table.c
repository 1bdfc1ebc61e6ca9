/*
 * Tuples and ports: who owns which port (bind(2), ip(7)), which connection or listener an arrived
 * packet belongs to. One struct inet_table per protocol; a bucket per port in use lists its tuples.
 * The hash is keyed, so that a peer cannot choose what falls into one chain.
 */
#include "kernel/net/ctl.h"
#include "kernel/net/inet.h"

#include "kernel/cred.h"
#include "kernel/lib/siphash.h"
#include "kernel/os.h"
#include "kernel/task.h"

struct inet_bucket {
	struct hnode node; /* table->ports */
	u16 port;
	struct list_head tuples;    /* bound and listening */
	struct list_head connected; /* the rest, possibly many */
};

/* ---- buckets ---- */

static struct inet_bucket *bucket_find(const struct inet_table *tb, u16 port)
{
	struct hnode *n = htab_first(&tb->ports, hash_u64(port));

	for (; n; n = htab_next(n))
		if (container_of(n, struct inet_bucket, node)->port == port)
			return container_of(n, struct inet_bucket, node);
	return NULL;
}

static struct inet_bucket *bucket_make(struct inet_table *tb, u16 port)
{
	struct inet_bucket *b = bucket_find(tb, port);

	if (b)
		return b;
	b = malloc(sizeof(*b));
	if (!b)
		return NULL;
	b->port = port;
	list_init(&b->tuples);
	list_init(&b->connected);
	if (htab_insert(&tb->ports, &b->node, hash_u64(port)) < 0) {
		free(b);
		return NULL;
	}
	return b;
}

static void bucket_enter(struct inet_table *tb, struct inet_bucket *b, struct inet_tuple *t)
{
	t->bucket = b;
	t->lport = b->port;
	list_add_tail(&t->port_link, t->state >= INET_CONNECTED ? &b->connected : &b->tuples);
	tb->nr++;
}

static void bucket_leave(struct inet_table *tb, struct inet_tuple *t)
{
	struct inet_bucket *b = t->bucket;

	if (!b)
		return;
	list_del(&t->port_link);
	t->bucket = NULL;
	tb->nr--;
	if (!list_empty(&b->tuples) || !list_empty(&b->connected))
		return;
	htab_remove(&tb->ports, &b->node);
	free(b);
}

/* ---- taking ports ---- */

static bool addrs_overlap(const struct inet_tuple *a, const struct inet_tuple *b)
{
	bool any_a = ip_addr_is_any(&a->laddr), any_b = ip_addr_is_any(&b->laddr);
	bool v4_a = ip_addr_is_v4(&a->laddr), v4_b = ip_addr_is_v4(&b->laddr);

	if (any_a && any_b)
		return v4_a == v4_b || (v4_a ? !b->v6only : !a->v6only);
	if (any_a)
		return v4_a == v4_b || (!v4_a && !a->v6only);
	if (any_b)
		return v4_a == v4_b || (!v4_b && !b->v6only);
	return ip_addr_eq(&a->laddr, &b->laddr);
}

static bool conflict(
	const struct inet_table *tb, const struct inet_tuple *t, const struct inet_tuple *o)
{
	if (o == t || o->net != t->net ||
		(t->bound_if && o->bound_if && t->bound_if != o->bound_if))
		return false;
	if (!addrs_overlap(t, o))
		return false;
	if (t->reuseport && o->reuseport && (t->uid == o->uid || o->state == INET_TIMEWAIT))
		return false;
	return !(t->reuse && o->reuse && !(tb->stream && o->state == INET_LISTENING));
}

static bool port_free(const struct inet_table *tb, const struct inet_tuple *t, u16 port)
{
	struct inet_bucket *b = bucket_find(tb, port);
	struct inet_tuple *o;

	if (!b)
		return true;
	list_for_each_entry (o, &b->tuples, port_link)
		if (conflict(tb, t, o))
			return false;
	list_for_each_entry (o, &b->connected, port_link)
		if (conflict(tb, t, o))
			return false;
	return true;
}

/* Of net.ipv4.ip_local_port_range; [0] <= [1]. */
static u32 nr_ports(void)
{
	return net_ctl.ip_local_port_range[1] - net_ctl.ip_local_port_range[0] + 1;
}

static u16 nth_port(u32 n)
{
	return (u16)(net_ctl.ip_local_port_range[0] + n % nr_ports());
}

static u32 random_port(void)
{
	u32 r;

	os_random(&r, sizeof(r));
	return r % nr_ports();
}

int inet_port_take(struct inet_table *tb, struct inet_tuple *t, u16 port)
{
	u32 range = nr_ports(), start;
	struct inet_bucket *b;

	if (port && port < net_ctl.ip_unprivileged_port_start && current &&
		!net_capable(CAP_NET_BIND_SERVICE))
		return -EACCES;
	if (port && !port_free(tb, t, port))
		return -EADDRINUSE;
	start = port ? 0 : random_port();
	for (u32 i = 0; !port && i < range; i++) {
		u16 p = nth_port(start + i);

		/* one of its own if there is one: reuse would split what arrives */
		if (!bucket_find(tb, p))
			port = p;
	}
	for (u32 i = 0; !port && i < range; i++) {
		u16 p = nth_port(start + i);

		if (port_free(tb, t, p))
			port = p;
	}
	if (!port)
		return -EADDRINUSE;
	b = bucket_make(tb, port);
	if (!b)
		return -ENOMEM;
	t->state = INET_BOUND;
	bucket_enter(tb, b, t);
	return 0;
}

int inet_port_listen(struct inet_table *tb, struct inet_tuple *t)
{
	struct inet_tuple *o;

	list_for_each_entry (o, &t->bucket->tuples, port_link)
		if (o != t && o->state == INET_LISTENING && conflict(tb, t, o))
			return -EADDRINUSE;
	t->state = INET_LISTENING;
	return 0;
}

/* ---- connections ---- */

static u64 hash4(const struct ip_addr *laddr, u16 lport, const struct ip_addr *raddr, u16 rport)
{
	static struct siphash_key key;
	struct {
		struct ip_addr l, r;
		u16 lp, rp;
		u32 zero;
	} in = {*laddr, *raddr, lport, rport, 0};

	if (!key.k[0])
		os_random(&key, sizeof(key));
	return siphash(&key, &in, sizeof(in));
}

static u64 tuple_hash(const struct inet_tuple *t)
{
	return hash4(&t->laddr, t->lport, &t->raddr, t->rport);
}

static struct inet_tuple *find4(const struct inet_table *tb, u64 hash, const struct ip_addr *laddr,
	u16 lport, const struct ip_addr *raddr, u16 rport, int iif)
{
	struct hnode *n = htab_first(&tb->connected, hash);

	for (; n; n = htab_next(n)) {
		struct inet_tuple *t = container_of(n, struct inet_tuple, node);

		if (t->net == current_net && t->lport == lport && t->rport == rport &&
			ip_addr_eq(&t->laddr, laddr) && ip_addr_eq(&t->raddr, raddr) &&
			(!t->bound_if || !iif || t->bound_if == iif))
			return t;
	}
	return NULL;
}

int inet_hash_connected(struct inet_table *tb, struct inet_tuple *t)
{
	u64 hash = tuple_hash(t);
	int err;

	if (tb->stream && find4(tb, hash, &t->laddr, t->lport, &t->raddr, t->rport, t->bound_if))
		return -EADDRNOTAVAIL;
	err = htab_insert(&tb->connected, &t->node, hash);
	if (err < 0)
		return err;
	t->state = INET_CONNECTED;
	if (t->bucket) {
		list_del(&t->port_link);
		list_add_tail(&t->port_link, &t->bucket->connected);
	}
	return 0;
}

int inet_port_take_connected(struct inet_table *tb, struct inet_tuple *t)
{
	u32 range = nr_ports(), start = random_port();
	struct inet_bucket *b;
	int err;

	for (u32 i = 0; i < range; i++) {
		u16 port = nth_port(start + i);

		b = bucket_find(tb, port);
		if (b && !list_empty(&b->tuples))
			continue; /* somebody asked for it */
		t->lport = port;
		if (find4(tb, tuple_hash(t), &t->laddr, port, &t->raddr, t->rport, 0))
			continue;
		b = bucket_make(tb, port);
		if (!b)
			return -ENOMEM;
		bucket_enter(tb, b, t);
		err = inet_hash_connected(tb, t);
		if (err < 0)
			inet_unhash(tb, t, false);
		return err;
	}
	t->lport = 0;
	return -EADDRNOTAVAIL;
}

int inet_hash_child(struct inet_table *tb, struct inet_tuple *t, const struct inet_tuple *listener)
{
	int err;

	t->lport = listener->lport;
	t->reuse = listener->reuse;
	t->reuseport = listener->reuseport;
	err = inet_hash_connected(tb, t);
	if (err < 0)
		return err;
	bucket_enter(tb, listener->bucket, t);
	return 0;
}

void inet_unhash(struct inet_table *tb, struct inet_tuple *t, bool keep_port)
{
	if (t->state >= INET_CONNECTED)
		htab_remove(&tb->connected, &t->node);
	if (keep_port && t->bucket) {
		list_del(&t->port_link);
		list_add_tail(&t->port_link, &t->bucket->tuples);
		t->state = INET_BOUND;
		return;
	}
	bucket_leave(tb, t);
	t->state = INET_UNHASHED;
	t->lport = 0;
}

void inet_tuple_replace(struct inet_table *tb, struct inet_tuple *from, struct inet_tuple *to)
{
	struct inet_bucket *b = from->bucket;

	htab_remove(&tb->connected, &from->node);
	*to = *from;
	to->node.next = NULL;
	htab_insert(&tb->connected, &to->node, from->node.hash); /* a place has just become free */
	list_add(&to->port_link, &from->port_link);
	list_del(&from->port_link);
	to->bucket = b;
	from->bucket = NULL;
	from->state = INET_UNHASHED;
}

/* ---- lookup ---- */

/* How well a bound or listening tuple fits, 0: not at all. */
static unsigned score(
	const struct inet_table *tb, const struct inet_tuple *t, const struct inet_key *k)
{
	bool any = ip_addr_is_any(&t->laddr), v4 = ip_addr_is_v4(&k->laddr);

	if (t->net != current_net)
		return 0;
	if (t->state != INET_LISTENING && (tb->stream || t->state != INET_BOUND))
		return 0;
	if (t->bound_if && t->bound_if != k->iif)
		return 0;
	if (!any && !ip_addr_eq(&t->laddr, &k->laddr))
		return 0;
	if (any && ip_addr_is_v4(&t->laddr) != v4 && (!v4 || t->v6only))
		return 0;
	return 1 + 4 * !any + 2 * !!t->bound_if + (ip_addr_is_v4(&t->laddr) == v4);
}

struct inet_tuple *inet_lookup_connected(const struct inet_table *tb, const struct inet_key *k)
{
	return find4(tb, hash4(&k->laddr, k->lport, &k->raddr, k->rport), &k->laddr, k->lport,
		&k->raddr, k->rport, k->iif);
}

struct inet_tuple *inet_lookup(const struct inet_table *tb, const struct inet_key *k)
{
	struct inet_tuple *t = inet_lookup_connected(tb, k), *best = NULL;
	struct inet_bucket *b;
	unsigned top = 0, n = 0, s;
	u64 hash;

	if (t)
		return t;
	b = bucket_find(tb, k->lport);
	if (!b)
		return NULL;
	hash = hash4(&k->laddr, k->lport, &k->raddr, k->rport);
	list_for_each_entry (t, &b->tuples, port_link) {
		s = score(tb, t, k);
		if (!s || s < top)
			continue;
		n = s > top ? 1 : n + 1;
		/* of n equals each is chosen with probability 1/n, by the hash of the peer */
		if (s > top || (t->reuseport && hash_u64(hash + n) % n == 0))
			best = t;
		top = s;
	}
	return best;
}

struct inet_tuple *inet_lookup_next(
	const struct inet_table *tb, const struct inet_key *k, struct inet_tuple *prev)
{
	struct inet_bucket *b = prev ? prev->bucket : bucket_find(tb, k->lport);
	struct list_head *at;

	if (!b)
		return NULL;
	at = prev ? prev->port_link.next : b->tuples.next;
	for (;; at = at->next) {
		struct inet_tuple *t = list_entry(at, struct inet_tuple, port_link);

		if (at == &b->tuples) {
			at = &b->connected;
			continue;
		}
		if (at == &b->connected)
			return NULL;
		if (t->state != INET_CONNECTED ? score(tb, t, k) > 0
					       : t->net == current_net && t->rport == k->rport &&
							 ip_addr_eq(&t->raddr, &k->raddr) &&
							 (!t->bound_if || t->bound_if == k->iif))
			return t;
	}
}
