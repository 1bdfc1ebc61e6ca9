/* The state of the machine in the kernel's log, for whoever debugs it without a debugger. */
#ifndef SKIFF_KERNEL_DUMP_H
#define SKIFF_KERNEL_DUMP_H

#include "kernel/lib/types.h"

/* Every task as a tree: state, the call it is in and what it sleeps on, its kernel stack; then the
 * calls made most. By klog. No sleep. */
void dump_machine(const char *why);

/* Occasions for a dump besides SIGUSR1 and BUG. */
enum dump_event {
	DUMP_EXIT,    /* the machine ends */
	DUMP_CRASH,   /* a guest process dies of a signal that dumps core */
	DUMP_MISSING, /* a call that there is not, for the first time */
	DUMP_EVENT_COUNT
};
extern u32 dump_mask;	      /* bit per event */
int dump_on(const char *csv); /* "exit,crash"; -EINVAL on an unknown name */

static inline void dump_event(enum dump_event e, const char *why)
{
	if (dump_mask & (1u << e))
		dump_machine(why);
}

#endif
