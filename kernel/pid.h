/* Finding processes by pid, process group or session, for calls that take such ids. */
#ifndef SKIFF_KERNEL_PID_H
#define SKIFF_KERNEL_PID_H

#include "kernel/task.h"

/* By pid, or by the tid of one of its threads, as kill(2) accepts it. NULL: none. */
static inline struct tgroup *tgroup_find_any(pid_t pid)
{
	struct tgroup *tg = tgroup_find(pid);
	struct task *t = tg ? NULL : task_find(pid);

	return t ? t->tg : tg;
}

/* The process's task, or one of them if it has no leader any more; NULL for a zombie. */
static inline struct task *tgroup_task(const struct tgroup *tg)
{
	if (tg->leader)
		return tg->leader;
	return list_empty(&tg->tasks) ? NULL : list_first(&tg->tasks, struct task, tg_link);
}

/* Would the group be orphaned without will_ignore (NULL: nobody) as a member? setpgid(2) */
bool pgrp_orphaned_without(pid_t pgid, const struct tgroup *will_ignore);
bool pgrp_has_stopped(pid_t pgid);

#endif
