/*
 * SipHash-2-4 as Aumasson and Bernstein define it: a 64-bit pseudo-random function of a short
 * message under a 128-bit key. Its users draw the key from os_random once.
 */
#include "kernel/lib/siphash.h"

static inline u64 rotl(u64 x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void rounds(u64 v[4], unsigned n)
{
	while (n--) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

u64 siphash(const struct siphash_key *key, const void *p, size_t len)
{
	u64 v[4] = {key->k[0] ^ 0x736f6d6570736575ull, key->k[1] ^ 0x646f72616e646f6dull,
		key->k[0] ^ 0x6c7967656e657261ull, key->k[1] ^ 0x7465646279746573ull};
	const u8 *s = p;
	u64 m;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&m, s + i, 8);
		v[3] ^= m;
		rounds(v, 2);
		v[0] ^= m;
	}
	m = 0;
	memcpy(&m, s + i, len - i);
	m |= (u64)len << 56;
	v[3] ^= m;
	rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
