/* Interval timers (setitimer(2)) and the sampling of CPU time behind every CPU-time timer. */
#ifndef SKIFF_KERNEL_ITIMER_H
#define SKIFF_KERNEL_ITIMER_H

#include "kernel/task.h"

/* A CPU-time timer or RLIMIT_CPU of the group was armed or changed. fork calls it too, for the
 * limit the child inherits. */
void cpu_sampler_update(struct tgroup *tg);
void itimers_exit(struct tgroup *tg);

#endif
