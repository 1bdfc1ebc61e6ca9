/* Chained hash table with intrusive nodes; grows by doubling, never shrinks. The caller hashes. */
#ifndef SKIFF_KERNEL_LIB_HTAB_H
#define SKIFF_KERNEL_LIB_HTAB_H

#include "kernel/lib/types.h"

struct hnode {
	struct hnode *next;
	u64 hash;
};

struct htab {
	struct hnode **buckets;
	size_t nr_buckets; /* power of two, 0 before the first insert */
	size_t nr_nodes;
};

int htab_insert(struct htab *h, struct hnode *n, u64 hash); /* 0 or -ENOMEM */
void htab_remove(struct htab *h, struct hnode *n);	    /* n must be in h */
void htab_fini(struct htab *h);				    /* frees the buckets, not the nodes */

/* First node of the chain for hash, or NULL; step with htab_next. The caller compares keys. */
struct hnode *htab_first(const struct htab *h, u64 hash);
struct hnode *htab_next(const struct hnode *n);

u64 hash_bytes(const void *p, size_t len, u64 seed);

static inline u64 hash_u64(u64 x)
{
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ (x >> 29);
}

#endif
