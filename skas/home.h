/*
 * Which CPU skiff and guest threads meet on. A wake-up across CPUs costs more than all the rest of
 * a call, so a thread that calls often is bound to skiff's CPU, its home, until it computes again.
 */
#ifndef SKIFF_SKAS_HOME_H
#define SKIFF_SKAS_HOME_H

#include "kernel/lib/types.h"

struct guest;

void home_init(void);			/* before skiff's affinity is touched */
void home_settle(void);			/* skiff itself stays on one CPU from now on */
void home_call(struct guest *g);	/* g has stopped at a call of guest code */
void home_resume(struct guest *g);	/* g is about to go on */
void home_forget(struct guest *g);	/* g is about to be freed */
void home_tick(void);			/* the deadline set by os_watch_deadline may have come */
void home_release(struct guest *g);	/* g may run wherever the guest lets it */
bool home_bound(const struct guest *g); /* is its host affinity ours and not the guest's? */
/* What g's affinity is but for us. */
void home_mask(const struct guest *g, void *mask, size_t len);

/* notify: g is bound to skiff's CPU, and skiff to it, until the deadline told to os_watch_deadline
 * or home_part; but not where every CPU has work, for then nobody is woken on another. */
void home_meet(struct guest *g);
void home_clone(struct guest *parent, struct guest *child); /* before the order */
void home_born(struct guest *g);			    /* its host_tid is known */
void home_part(void);
void home_avoid(struct guest *g, int cpu); /* g is kept off that CPU until home_release */
void home_meeting_tick(void);		   /* that deadline may have come */

#endif
