/*
 * Lets bytes pass at a rate, with bursts of a hundredth of a second: each packet takes the line for
 * its length, and the line may be a burst behind. Packets pass whole; the next waits for it.
 */
#ifndef SKIFF_KERNEL_NET_SHAPER_H
#define SKIFF_KERNEL_NET_SHAPER_H

#include "kernel/lib/types.h"

struct shaper {
	u64 rate;    /* bytes per second; 0: no limit */
	u64 free_ns; /* when the line is free again (OS_CLOCK_MONOTONIC) */
};

u64 shaper_wait(struct shaper *s, u64 now_ns); /* 0: the next may pass now; else when it may */
void shaper_passed(struct shaper *s, size_t len);

#endif
