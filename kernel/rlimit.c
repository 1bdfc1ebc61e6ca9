/*
 * Resource limits: getrlimit(2), setrlimit(2), prlimit(2). The limits are kept here and enforced
 * where the resource is given out: descriptors, file size, processes, queued signals, CPU time. The
 * host enforces those on the address space.
 */
#include "kernel/rlimit.h"

#include "kernel/itimer.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

u32 rlimit_nr_open = 1u << 20;
static u64 data_max = RLIM_INFINITY;

static void tell_host(const struct tgroup *tg, int which)
{
	struct task *t = tgroup_task(tg);
	u64 soft = tg->rlim[which].rlim_cur;

	if (t)
		guest_set_limit(t, which, which == RLIMIT_DATA ? MIN(soft, data_max) : soft);
}

void rlimit_host_data(const struct tgroup *tg)
{
	tell_host(tg, RLIMIT_DATA);
}

void rlimit_set_data_max(u64 max)
{
	struct tgroup *tg;

	data_max = max;
	list_for_each_entry (tg, &all_tgroups, all_link)
		tell_host(tg, RLIMIT_DATA);
}

static int limit_set(struct tgroup *tg, int which, const struct rlimit *new)
{
	struct rlimit *r = &tg->rlim[which];

	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > rlimit_nr_open)
		return -EPERM;
	if (new->rlim_max > r->rlim_max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	*r = *new;
	if (which == RLIMIT_AS || which == RLIMIT_DATA || which == RLIMIT_STACK)
		tell_host(tg, which);
	if (which == RLIMIT_CPU) {
		if (!r->rlim_cur)
			r->rlim_cur = 1; /* 0 means at once: one second, as Linux has it */
		tg->xcpu_next_ns = 0;
		cpu_sampler_update(tg);
	}
	return 0;
}

static int limit_permission(const struct tgroup *tg)
{
	const struct cred *me = current->cred;
	const struct task *t = tgroup_task(tg);
	const struct cred *c = t ? t->cred : NULL;

	if (tg == current->tg || capable(CAP_SYS_RESOURCE))
		return 0;
	if (!c || me->uid != c->uid || me->uid != c->euid || me->uid != c->suid ||
		me->gid != c->gid || me->gid != c->egid || me->gid != c->sgid)
		return -EPERM;
	return 0;
}

SYSCALL_DEFINE4(prlimit64, int, pid, u32, which, uaddr_t, unew, uaddr_t, uold)
{
	struct tgroup *tg = pid ? tgroup_find_any(pid_in(pid)) : current->tg;
	struct rlimit old, new;
	int err;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (unew && copy_from_user(&new, unew, sizeof(new)) < 0)
		return -EFAULT;
	if (!tg)
		return -ESRCH;
	err = limit_permission(tg);
	if (err < 0)
		return err;
	old = tg->rlim[which];
	if (unew) {
		err = limit_set(tg, which, &new);
		if (err < 0)
			return err;
	}
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE2(getrlimit, u32, which, uaddr_t, urlim)
{
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	return copy_to_user(urlim, &current->tg->rlim[which], sizeof(struct rlimit));
}

SYSCALL_DEFINE2(setrlimit, u32, which, uaddr_t, urlim)
{
	struct rlimit new;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (copy_from_user(&new, urlim, sizeof(new)) < 0)
		return -EFAULT;
	return limit_set(current->tg, which, &new);
}
