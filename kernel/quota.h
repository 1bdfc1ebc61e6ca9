/*
 * --cpus: CPU time for guest processes and skiff together, so much in each period of 100 ms. Once
 * it is used up, the processes that have run are frozen until the period ends. What was used beyond
 * it (between two looks of the meter) is taken off the next ones.
 */
#ifndef SKIFF_KERNEL_QUOTA_H
#define SKIFF_KERNEL_QUOTA_H

#include "kernel/lib/types.h"

struct tgroup;
struct guest_usage;

struct quota_stats {
	u64 periods, throttled; /* that have begun, and in which there was not enough */
	u64 throttled_ns;
};
extern struct quota_stats quota_stats;

extern bool quota_by_host;	/* the host keeps it: no quota here */
void quota_set(u64 milli_cpus); /* thousandths of a CPU; 0: no quota */
/* For the meter: used ns have been used since the last call. When to look again. */
u64 quota_check(u64 now_ns, u64 used_ns);
bool quota_exhausted(void);
bool quota_holds(void); /* somebody is frozen because of it, and a look is due to let it go on */

#endif
