/* One-shot kernel timers on OS_CLOCK_MONOTONIC (a binary heap); callbacks run on the loop. */
#ifndef SKIFF_KERNEL_TIMER_H
#define SKIFF_KERNEL_TIMER_H

#include "kernel/lib/types.h"

struct timer {
	u64 deadline_ns;
	void (*fn)(struct timer *t); /* must not sleep; may re-arm */
	size_t heap_index;	     /* 0: not armed */
};

int timer_arm(struct timer *t, u64 deadline_ns); /* re-arms if armed; -ENOMEM */
void timer_cancel(struct timer *t);		 /* harmless if not armed */
static inline bool timer_armed(const struct timer *t)
{
	return t->heap_index != 0;
}

#endif
