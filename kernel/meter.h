/*
 * The meter looks at what guest processes use, while they use CPU time, and not at all while none
 * does: an idle machine has no wake-ups of it. It works for the limits on memory (oom.h) and on CPU
 * time, and only if there is such a limit.
 */
#ifndef SKIFF_KERNEL_METER_H
#define SKIFF_KERNEL_METER_H

#include "kernel/lib/types.h"

struct tgroup;

enum meter_use { METER_MEMORY, METER_CPU, METER_COUNT };

void meter_want(enum meter_use use, bool on);
void meter_wake(void);					  /* something has changed: look soon */
void meter_process_new(struct tgroup *tg);		  /* before it runs for the first time */
void meter_process_reaped(struct tgroup *tg, u64 cpu_ns); /* what it used in all */
/* The kernel writes much into tg's memory, whose clock stands still meanwhile. */
void meter_process_filled(struct tgroup *tg);
/* Has tg used CPU time since its clock showed ns (struct tgroup.metered_ns)? */
bool meter_has_run(const struct tgroup *tg, u64 ns);
void meter_read(void); /* reads all clocks now */

#endif
