/* Sums of resource usage, and their form in getrusage(2) and wait4(2). */
#ifndef SKIFF_KERNEL_USAGE_H
#define SKIFF_KERNEL_USAGE_H

#include "kernel/task.h"

void usage_add(struct guest_usage *sum, const struct guest_usage *u); /* maxrss: the larger one */
void usage_to_rusage(const struct guest_usage *u, struct rusage *r);
/* tg has been waited for: its usage, as far as it is known, goes to its parent; the rest will. */
void usage_pass_on(struct tgroup *tg);
/* Of a process now, threads that have ended included. */
void usage_of_group(struct tgroup *tg, struct guest_usage *u);

#endif
