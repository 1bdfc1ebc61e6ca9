/*
 * What may interrupt the loop's one blocking call: host signals, the kernel timer, a ready watch.
 * Each sets a bit and makes a call under way (or about to begin) return -EINTR.
 */
#ifndef SKIFF_ARCH_UM_ATTENTION_H
#define SKIFF_ARCH_UM_ATTENTION_H

#include "kernel/lib/types.h"

/* From now on the signals of set (bit sig - 1) are caught. Call on the loop's thread. */
int attention_init(u64 set);
/* Bits (sig - 1) of the signals caught since the last call. ATTENTION_TIMER, ATTENTION_WATCH too.
 */
u64 attention_take(void);
/* Makes ATTENTION_TIMER arrive at deadline_ns (CLOCK_MONOTONIC) at the latest; maybe earlier too.
 */
void attention_timer(u64 deadline_ns);
/* Raised by another thread of skiff. */
void attention_raise_watch(void);
void attention_wait(void); /* blocks until attention is wanted */

#define ATTENTION_TIMER (1ull << 13) /* SIGALRM */
#define ATTENTION_WATCH (1ull << 22) /* SIGURG */

#endif
