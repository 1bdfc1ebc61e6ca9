/*
 * I/O priorities: ioprio_set(2), ioprio_get(2). They are kept and inherited; it is the host that
 * orders the I/O, and it knows nothing of them.
 */
#include "kernel/pid.h"
#include "kernel/syscall.h"

#define CLASS_SHIFT 13
#define LEVELS 8u
#define LEVEL_DEFAULT 4u

enum ioprio_class { CLASS_NONE, CLASS_RT, CLASS_BE, CLASS_IDLE };
enum ioprio_who { WHO_PROCESS = 1, WHO_PGRP, WHO_USER };

static u32 ioprio_make(enum ioprio_class c, u32 level)
{
	return (u32)c << CLASS_SHIFT | level;
}

/* A task that has none set goes by its nice value. */
static u32 effective(const struct task *t)
{
	return t->ioprio ? t->ioprio : ioprio_make(CLASS_BE, (u32)(t->nice + 20) / 5);
}

static int check(int ioprio)
{
	u32 level = (u32)ioprio & ((1u << CLASS_SHIFT) - 1);

	switch (ioprio >> CLASS_SHIFT) {
	case CLASS_RT:
		if (!capable(CAP_SYS_ADMIN) && !capable(CAP_SYS_NICE))
			return -EPERM;
		return level < LEVELS ? 0 : -EINVAL;
	case CLASS_BE:
		return level < LEVELS ? 0 : -EINVAL;
	case CLASS_IDLE:
		return 0;
	case CLASS_NONE:
		return level ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static bool names(int which, int who, const struct task *t)
{
	if (which == WHO_PGRP)
		return t->tg->pgid == (who ? who : current->tg->pgid);
	return t->cred->uid == (who ? (u32)who : current->cred->uid);
}

static int set_one(struct task *t, int ioprio)
{
	const struct cred *me = current->cred;

	if (t->cred->uid != me->euid && t->cred->uid != me->uid && !capable(CAP_SYS_NICE))
		return -EPERM;
	t->ioprio = (u16)ioprio;
	return 0;
}

SYSCALL_DEFINE3(ioprio_set, int, which, int, who, int, ioprio)
{
	int err = check(ioprio), found = -ESRCH;
	struct tgroup *tg;
	struct task *t;

	if (err < 0)
		return err;
	if (which == WHO_PROCESS) {
		t = who ? task_find(who) : current;
		return t ? set_one(t, ioprio) : -ESRCH;
	}
	if (which != WHO_PGRP && which != WHO_USER)
		return -EINVAL;
	list_for_each_entry (tg, &all_tgroups, all_link) {
		list_for_each_entry (t, &tg->tasks, tg_link) {
			if (!names(which, who, t))
				continue;
			found = set_one(t, ioprio);
			if (found < 0)
				return found;
		}
	}
	return found;
}

SYSCALL_DEFINE2(ioprio_get, int, which, int, who)
{
	struct tgroup *tg;
	int best = -ESRCH;
	struct task *t;

	if (which == WHO_PROCESS) {
		t = who ? task_find(who) : current;
		return t ? t->ioprio : -ESRCH;
	}
	if (which != WHO_PGRP && which != WHO_USER)
		return -EINVAL;
	list_for_each_entry (tg, &all_tgroups, all_link)
		list_for_each_entry (t, &tg->tasks, tg_link)
			if (names(which, who, t) && (best < 0 || (int)effective(t) < best))
				best = (int)effective(t);
	return best;
}
