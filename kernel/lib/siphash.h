/* SipHash-2-4, a keyed hash no outsider can steer: hash tables of remote names, cookies, ISNs. */
#ifndef SKIFF_KERNEL_LIB_SIPHASH_H
#define SKIFF_KERNEL_LIB_SIPHASH_H

#include "kernel/lib/types.h"

struct siphash_key {
	u64 k[2];
};

u64 siphash(const struct siphash_key *key, const void *p, size_t len);

#endif
