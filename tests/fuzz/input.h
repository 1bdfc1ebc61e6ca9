/* The fuzzer's bytes, taken one after the other; zeros once they are used up. */
#ifndef SKIFF_TESTS_FUZZ_INPUT_H
#define SKIFF_TESTS_FUZZ_INPUT_H

#include "kernel/lib/types.h"

#include <string.h>

struct input {
	const u8 *at;
	size_t left;
};

static inline size_t input_bytes(struct input *in, void *buf, size_t len)
{
	size_t n = MIN(len, in->left);

	memset(buf, 0, len);
	memcpy(buf, in->at, n);
	in->at += n;
	in->left -= n;
	return n;
}

static inline u8 input_u8(struct input *in)
{
	u8 v;

	input_bytes(in, &v, sizeof(v));
	return v;
}

static inline u16 input_u16(struct input *in)
{
	u16 v;

	input_bytes(in, &v, sizeof(v));
	return v;
}

static inline u64 input_u64(struct input *in)
{
	u64 v;

	input_bytes(in, &v, sizeof(v));
	return v;
}

#endif
