/*
 * Chained hash table. Owns only the bucket array; nodes belong to their users. Equal hashes keep
 * one chain, so htab_first/htab_next visit every candidate for a key.
 */
#include "kernel/lib/htab.h"

static int htab_grow(struct htab *h)
{
	size_t nr = h->nr_buckets ? h->nr_buckets * 2 : 64;
	struct hnode **b = calloc(nr, sizeof(*b));

	if (!b)
		return -ENOMEM;
	for (size_t i = 0; i < h->nr_buckets; i++) {
		struct hnode *n = h->buckets[i], *next;

		for (; n; n = next) {
			next = n->next;
			n->next = b[n->hash & (nr - 1)];
			b[n->hash & (nr - 1)] = n;
		}
	}
	free(h->buckets);
	h->buckets = b;
	h->nr_buckets = nr;
	return 0;
}

int htab_insert(struct htab *h, struct hnode *n, u64 hash)
{
	if (h->nr_nodes >= h->nr_buckets && htab_grow(h) < 0 && !h->nr_buckets)
		return -ENOMEM;
	n->hash = hash;
	n->next = h->buckets[hash & (h->nr_buckets - 1)];
	h->buckets[hash & (h->nr_buckets - 1)] = n;
	h->nr_nodes++;
	return 0;
}

void htab_remove(struct htab *h, struct hnode *n)
{
	struct hnode **p = &h->buckets[n->hash & (h->nr_buckets - 1)];

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
	n->next = NULL;
	h->nr_nodes--;
}

void htab_fini(struct htab *h)
{
	free(h->buckets);
	memset(h, 0, sizeof(*h));
}

struct hnode *htab_first(const struct htab *h, u64 hash)
{
	struct hnode *n;

	if (!h->nr_buckets)
		return NULL;
	n = h->buckets[hash & (h->nr_buckets - 1)];
	while (n && n->hash != hash)
		n = n->next;
	return n;
}

struct hnode *htab_next(const struct hnode *n)
{
	struct hnode *m = n->next;

	while (m && m->hash != n->hash)
		m = m->next;
	return m;
}

u64 hash_bytes(const void *p, size_t len, u64 seed)
{
	const u8 *s = p;
	u64 h = seed ^ 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ s[i]) * 0x100000001b3ull;
	return hash_u64(h);
}
