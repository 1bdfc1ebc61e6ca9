/*
 * Memory limits: of the machine (--mem; the root control group's) and of control groups. The memory
 * of guest processes grows without the kernel's knowledge, so it is looked at while they run
 * (meter.h), the more often the nearer a limit is, and over a limit one process is killed.
 */
#ifndef SKIFF_KERNEL_OOM_H
#define SKIFF_KERNEL_OOM_H

#include "kernel/lib/types.h"

struct cgroup;

/* Bytes guest processes had for themselves when last looked at, without those that are ending. */
u64 oom_process_memory(void);
bool oom_look_again(void); /* false: that was a moment ago */
/* Looks at the processes that have run since, and kills where a limit is passed: the time until the
 * next look in ns. For the meter. */
u64 oom_check(void);
u64 oom_memory_of(struct cgroup *cg); /* bytes, now; the root: all of the machine's. Slow */
void oom_limits_changed(void);	      /* some group has a limit, or has it no longer */

#endif
