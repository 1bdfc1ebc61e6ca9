/*
 * The limits of the machine as a whole (skiff run --mem and so on), and what it uses of them. Each
 * is enforced where the resource is given out: kernel/charge.h and oom.h, fork.c, fs/file.c, the
 * overlay's upper layer, net/shaper.h, quota.h.
 */
#ifndef SKIFF_KERNEL_LIMITS_H
#define SKIFF_KERNEL_LIMITS_H

#include "kernel/lib/types.h"

struct super;

struct machine_limits { /* 0: none */
	u64 mem;	/* bytes */
	u64 pids;	/* threads */
	u64 files;	/* open files */
	u64 disk;	/* bytes in the overlay */
	u64 cpus;	/* thousandths of a CPU */
	u64 bw;		/* bytes per second on each link, each way */
};

struct machine_use {
	struct machine_limits now; /* cpus and bw are not told */
	u64 mem_peak, oom_kills;
	u64 throttled, throttled_ns; /* periods in which --cpus was used up */
};

void limits_apply(const struct machine_limits *l); /* when the machine starts; all but disk */
void limits_disk(struct super *upper);		   /* the layer that disk is about */
/* Sets those that are not 0. -EOPNOTSUPP: disk; -EBUSY: it uses more memory than that. */
int limits_change(const struct machine_limits *l);
void limits_use(struct machine_limits *limit, struct machine_use *use);

#endif
