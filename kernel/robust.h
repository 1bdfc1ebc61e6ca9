/* Robust futex lists (get_robust_list(2)): locks a dying thread holds are marked and handed on. */
#ifndef SKIFF_KERNEL_ROBUST_H
#define SKIFF_KERNEL_ROBUST_H

#include "kernel/task.h"

/* Does some thread of the group hold a robust lock? Then its end has to go through the stub. */
bool robust_held(struct tgroup *tg);
/* exit(2) in a plain call: 0 go on, -ERESTARTNOINTR: done from the stub, make the call again. */
long robust_exit_thread(struct task *t);
/* Current's group is about to end: hands on the locks of all threads. Enters the stub if there is
 * anything to do. Sleeps. */
void robust_exit_group(struct task *t);

#endif
