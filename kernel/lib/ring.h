/* A byte queue of bounded length; memory grows on demand and is freed when the queue is reset. */
#ifndef SKIFF_KERNEL_LIB_RING_H
#define SKIFF_KERNEL_LIB_RING_H

#include "kernel/lib/types.h"

struct ring {
	u8 *buf;
	size_t size;	   /* of buf, power of two or 0 */
	size_t limit;	   /* most bytes held, power of two >= RING_MIN */
	size_t head, tail; /* positions of the first and behind the last byte, modulo 2^64 */
};

#define RING_MIN 512

static inline void ring_init(struct ring *r, size_t limit)
{
	*r = (struct ring){.limit = limit};
}
static inline size_t ring_used(const struct ring *r)
{
	return r->tail - r->head;
}
static inline size_t ring_room(const struct ring *r)
{
	return r->limit - ring_used(r);
}
void ring_reset(struct ring *r);			      /* empty, no memory */
size_t ring_put(struct ring *r, const void *src, size_t len); /* bytes taken: less if full */
/* The first contiguous bytes, for reading in place; then ring_drop them. */
size_t ring_peek(const struct ring *r, const u8 **at);
static inline void ring_drop(struct ring *r, size_t len)
{
	r->head += len;
}

#endif
