/* The line of shaper.h. */
#include "kernel/net/shaper.h"

#define BURST_NS (NSEC_PER_SEC / 100)

u64 shaper_wait(struct shaper *s, u64 now_ns)
{
	if (s->free_ns + BURST_NS < now_ns)
		s->free_ns = now_ns - BURST_NS;
	return s->rate && s->free_ns > now_ns ? s->free_ns : 0;
}

void shaper_passed(struct shaper *s, size_t len)
{
	if (s->rate)
		s->free_ns += (u64)len * NSEC_PER_SEC / s->rate;
}
