/*
 * Process groups and sessions: getpid(2), setpgid(2), setsid(2) and the questions job control asks.
 * A group is a number that processes share; it exists as long as one of them, zombies included, has
 * not been waited for.
 */
#include "kernel/exit.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/syscall.h"

bool pgrp_orphaned_without(pid_t pgid, const struct tgroup *will_ignore)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->pgid != pgid || tg == will_ignore || tg->state == TG_ZOMBIE)
			continue;
		if (tg->parent && tg->parent->pgid != pgid && tg->parent->sid == tg->sid)
			return false;
	}
	return true;
}

bool pgrp_is_orphaned(pid_t pgid)
{
	return pgrp_orphaned_without(pgid, NULL);
}

bool pgrp_has_stopped(pid_t pgid)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->pgid == pgid && tg->state == TG_STOPPED)
			return true;
	}
	return false;
}

SYSCALL_DEFINE0(getpid)
{
	return pid_out(current->tg->pid);
}

SYSCALL_DEFINE0(gettid)
{
	return pid_out(current->tid);
}

SYSCALL_DEFINE0(getppid)
{
	return pid_out(task_ppid(current));
}

/* May current move that process? */
static long setpgid_check(const struct tgroup *tg)
{
	const struct tgroup *self = current->tg;

	if (tg != self) {
		if (tg->parent != self)
			return -ESRCH;
		if (tg->sid != self->sid)
			return -EPERM;
		if (tg->has_execed)
			return -EACCES;
	}
	return tg->sid == tg->pid ? -EPERM : 0;
}

static bool pgrp_in_session(pid_t pgid, pid_t sid)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->pgid == pgid && tg->sid == sid)
			return true;
	}
	return false;
}

SYSCALL_DEFINE2(setpgid, int, pid, int, pgid)
{
	struct tgroup *tg = pid ? tgroup_find(pid_in(pid)) : current->tg;
	long err;

	if (pgid < 0)
		return -EINVAL;
	if (!tg)
		return -ESRCH;
	err = setpgid_check(tg);
	if (err < 0)
		return err;
	pgid = pgid ? pid_in(pgid) : tg->pid;
	if (pgid != tg->pid && !pgrp_in_session(pgid, current->tg->sid))
		return -EPERM;
	tg->pgid = pgid;
	return 0;
}

SYSCALL_DEFINE1(getpgid, int, pid)
{
	struct tgroup *tg = pid ? tgroup_find_any(pid_in(pid)) : current->tg;

	return tg ? pid_out(tg->pgid) : -ESRCH;
}

SYSCALL_DEFINE0(getpgrp)
{
	return pid_out(current->tg->pgid);
}

SYSCALL_DEFINE1(getsid, int, pid)
{
	struct tgroup *tg = pid ? tgroup_find_any(pid_in(pid)) : current->tg;

	return tg ? pid_out(tg->sid) : -ESRCH;
}

SYSCALL_DEFINE0(setsid)
{
	struct tgroup *tg = current->tg;

	if (tg->sid == tg->pid || pgrp_exists(tg->pid))
		return -EPERM;
	tg->sid = tg->pgid = tg->pid;
	if (tty_drop_hook)
		tty_drop_hook(tg);
	return pid_out(tg->pid);
}
