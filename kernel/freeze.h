/*
 * The machine frozen: no guest instruction runs, calls in flight do not return. Whoever freezes it
 * thaws it; it goes on when nobody holds it any more.
 */
#ifndef SKIFF_KERNEL_FREEZE_H
#define SKIFF_KERNEL_FREEZE_H

#include "kernel/lib/types.h"

struct tgroup;

#define FREEZE_PAUSE 1u /* from outside: skiff pause */
#define FREEZE_QUOTA 2u /* for the rest of a period: --cpus */

extern u32 machine_frozen; /* FREEZE_*; check before a return to guest code, then freeze_wait */

void machine_freeze(void); /* FREEZE_PAUSE, every process */
void machine_thaw(void);
void freeze_hold(u32 who);		/* who comes to the kernel stays there */
void freeze_process(struct tgroup *tg); /* and those of its threads that run do come */
void freeze_release(u32 who);
void freeze_release_held(void); /* tgroup.held: those stay frozen until then */
void freeze_wait(void);		/* sleeps until nobody holds the machine, or killed */

#endif
