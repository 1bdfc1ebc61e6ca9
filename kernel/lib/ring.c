/*
 * The byte queue of ring.h: head and tail run freely, a byte at position p lies at p modulo size.
 */
#include "kernel/lib/ring.h"

void ring_reset(struct ring *r)
{
	free(r->buf);
	r->buf = NULL;
	r->size = r->head = r->tail = 0;
}

size_t ring_peek(const struct ring *r, const u8 **at)
{
	size_t off = r->size ? r->head & (r->size - 1) : 0;

	*at = r->buf + off;
	return MIN(ring_used(r), r->size - off);
}

static bool grow(struct ring *r, size_t need)
{
	size_t size = r->size ? r->size : RING_MIN, used = 0;
	u8 *buf;

	while (size < need)
		size *= 2;
	buf = malloc(size);
	if (!buf)
		return false;
	while (ring_used(r)) {
		const u8 *at;
		size_t n = ring_peek(r, &at);

		memcpy(buf + used, at, n);
		used += n;
		ring_drop(r, n);
	}
	free(r->buf);
	r->buf = buf;
	r->size = size;
	r->head = 0;
	r->tail = used;
	return true;
}

size_t ring_put(struct ring *r, const void *src, size_t len)
{
	size_t done = 0;

	len = MIN(len, ring_room(r));
	if (ring_used(r) + len > r->size && !grow(r, ring_used(r) + len))
		len = r->size - ring_used(r);
	while (done < len) {
		size_t off = r->tail & (r->size - 1);
		size_t n = MIN(len - done, r->size - off);

		memcpy(r->buf + off, (const u8 *)src + done, n);
		r->tail += n;
		done += n;
	}
	return len;
}
