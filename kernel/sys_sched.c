/*
 * Scheduling: getpriority(2), setpriority(2), sched_setscheduler(2) and relatives. The host
 * schedules guest threads: nice values and CPU masks are passed on to it; policies are recorded,
 * shown and inherited, but an unprivileged host process cannot have realtime ones or deadlines.
 */
#include "kernel/os.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/syscall.h"
#include "kernel/sys_time.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#define NICE_MIN (-20)
#define NICE_MAX 19
#define RESET_ON_FORK 0x40000000
#define RR_INTERVAL_NS (100 * NSEC_PER_MSEC)
#define FAIR_SLICE_NS (3 * NSEC_PER_MSEC)

static bool same_owner(const struct task *t)
{
	const struct cred *me = current->cred;

	return me->euid == t->cred->euid || me->euid == t->cred->uid || capable(CAP_SYS_NICE);
}

/* ---- nice ---- */

/* Calls fn for every task that (which, who) names: 0, or -ESRCH for none, -EINVAL. */
static int for_each_target(int which, int who, void (*fn)(struct task *t, void *arg), void *arg)
{
	struct tgroup *tg;
	struct task *t;
	bool any = false;

	if (which == PRIO_PROCESS) {
		t = who ? task_find(pid_in(who)) : current;
		if (t)
			fn(t, arg);
		return t ? 0 : -ESRCH;
	}
	if (which != PRIO_PGRP && which != PRIO_USER)
		return -EINVAL;
	if (!who)
		who = which == PRIO_PGRP ? current->tg->pgid : (int)current->cred->uid;
	else
		who = which == PRIO_PGRP ? pid_in(who) : (int)uid_in((u32)who);
	list_for_each_entry (tg, &all_tgroups, all_link) {
		list_for_each_entry (t, &tg->tasks, tg_link) {
			if (which == PRIO_PGRP ? tg->pgid != who : t->cred->uid != (u32)who)
				continue;
			any = true;
			fn(t, arg);
		}
	}
	return any ? 0 : -ESRCH;
}

static void least_nice(struct task *t, void *arg)
{
	int *best = arg;

	*best = MIN(*best, t->nice);
}

SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	int nice = NICE_MAX + 1;
	int err = for_each_target(which, who, least_nice, &nice);

	return err < 0 ? err : 20 - nice;
}

static bool may_nice(const struct task *t, int nice)
{
	return nice >= t->nice || capable(CAP_SYS_NICE) ||
	       task_rlimit(t, RLIMIT_NICE) >= (rlim_t)(20 - nice);
}

struct renice {
	int nice, err;
};

static void renice(struct task *t, void *arg)
{
	struct renice *r = arg;

	if (!same_owner(t)) {
		r->err = -EPERM;
	} else if (!may_nice(t, r->nice)) {
		r->err = -EACCES;
	} else {
		t->nice = r->nice;
		guest_set_nice(t, r->nice); /* the host may refuse to lower it again */
	}
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, nice)
{
	struct renice r = {.nice = MAX(NICE_MIN, MIN(nice, NICE_MAX))};
	int err = for_each_target(which, who, renice, &r);

	return err < 0 ? err : r.err;
}

/* ---- policies ---- */

static bool is_realtime(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool policy_valid(int policy)
{
	return is_realtime(policy) || policy == SCHED_OTHER || policy == SCHED_BATCH ||
	       policy == SCHED_IDLE;
}

static struct task *sched_target(int pid, int *err)
{
	struct task *t = pid ? task_find(pid_in(pid)) : current;

	*err = pid < 0 ? -EINVAL : t ? 0 : -ESRCH;
	return pid < 0 ? NULL : t;
}

/* What a thread has, or a process that has ended and was not waited for had. */
static int sched_shown(int pid, int *policy, int *priority)
{
	int err;
	const struct task *t = sched_target(pid, &err);
	const struct tgroup *tg = err == -ESRCH ? tgroup_find(pid_in(pid)) : NULL;

	if (!t && !tg)
		return err;
	*policy = t ? t->sched_policy | (t->sched_reset_on_fork ? RESET_ON_FORK : 0)
		    : tg->exit_policy;
	*priority = t ? t->sched_priority : tg->exit_priority;
	return 0;
}

/* policy may include RESET_ON_FORK, which only privilege takes away again. */
static int set_policy(struct task *t, int policy, int priority)
{
	bool reset = policy & RESET_ON_FORK;

	policy &= ~RESET_ON_FORK;
	if (!policy_valid(policy))
		return -EINVAL;
	if (is_realtime(policy) ? priority < 1 || priority > 99 : priority != 0)
		return -EINVAL;
	if (!capable(CAP_SYS_NICE)) {
		if (!same_owner(t) || (t->sched_reset_on_fork && !reset))
			return -EPERM;
		if (is_realtime(policy) && (rlim_t)priority > task_rlimit(t, RLIMIT_RTPRIO))
			return -EPERM;
	}
	t->sched_policy = policy;
	t->sched_priority = priority;
	t->sched_reset_on_fork = reset;
	return 0;
}

SYSCALL_DEFINE3(sched_setscheduler, int, pid, int, policy, uaddr_t, uparam)
{
	struct task *t;
	s32 priority;
	int err;

	if (policy < 0 || !uparam)
		return -EINVAL;
	t = sched_target(pid, &err);
	if (!t)
		return err;
	if (copy_from_user(&priority, uparam, sizeof(priority)) < 0)
		return -EFAULT;
	return set_policy(t, policy, priority);
}

SYSCALL_DEFINE1(sched_getscheduler, int, pid)
{
	int policy, priority;
	int err = sched_shown(pid, &policy, &priority);

	return err < 0 ? err : policy;
}

SYSCALL_DEFINE2(sched_setparam, int, pid, uaddr_t, uparam)
{
	struct task *t;
	s32 priority;
	int err;

	if (!uparam)
		return -EINVAL;
	t = sched_target(pid, &err);
	if (!t)
		return err;
	if (copy_from_user(&priority, uparam, sizeof(priority)) < 0)
		return -EFAULT;
	return set_policy(
		t, t->sched_policy | (t->sched_reset_on_fork ? RESET_ON_FORK : 0), priority);
}

SYSCALL_DEFINE2(sched_getparam, int, pid, uaddr_t, uparam)
{
	int policy, priority, err;

	if (!uparam)
		return -EINVAL;
	err = sched_shown(pid, &policy, &priority);
	return err < 0 ? err : put_user_u32(uparam, (u32)priority);
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	if (policy == SCHED_DEADLINE)
		return 0;
	return policy_valid(policy) ? (is_realtime(policy) ? 99 : 0) : -EINVAL;
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	if (policy == SCHED_DEADLINE)
		return 0;
	return policy_valid(policy) ? is_realtime(policy) : -EINVAL;
}

SYSCALL_DEFINE2(sched_rr_get_interval, int, pid, uaddr_t, uts)
{
	struct timespec ts;
	struct task *t;
	int err;

	t = sched_target(pid, &err);
	if (!t)
		return err;
	ts = ns_timespec(t->sched_policy == SCHED_RR	 ? RR_INTERVAL_NS
			 : t->sched_policy == SCHED_FIFO ? 0
							 : FAIR_SLICE_NS);
	return copy_to_user(uts, &ts, sizeof(ts));
}

struct abi_sched_attr {
	u32 size, policy;
	u64 flags;
	s32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 util_min, util_max;
};
static_assert(sizeof(struct abi_sched_attr) == 56, "struct sched_attr");
#define SCHED_ATTR_SIZE_VER0 48

SYSCALL_DEFINE4(sched_getattr, int, pid, uaddr_t, uattr, u32, size, u32, flags)
{
	struct abi_sched_attr a = {0};
	struct task *t;
	int err;

	if (!uattr || flags || size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		return -EINVAL;
	t = sched_target(pid, &err);
	if (!t)
		return err;
	a.size = MIN(size, (u32)sizeof(a));
	a.policy = (u32)t->sched_policy;
	a.flags = t->sched_reset_on_fork;
	if (t->sched_policy == SCHED_DEADLINE) {
		a.flags |= t->dl_flags;
		a.runtime = t->dl_runtime_ns;
		a.deadline = t->dl_deadline_ns;
		a.period = t->dl_period_ns;
	}
	a.priority = t->sched_priority;
	if (!is_realtime(t->sched_policy))
		a.nice = t->nice;
	a.util_max = 1024;
	return copy_to_user(uattr, &a, a.size);
}

#define FLAG_RESET_ON_FORK 1ull
#define FLAGS_DEADLINE 6ull /* SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN */
#define BANDWIDTH_SHIFT 20

static u64 bandwidth(u64 runtime, u64 period)
{
	while (runtime >> (63 - BANDWIDTH_SHIFT)) {
		runtime >>= 1;
		period >>= 1;
	}
	return period ? (runtime << BANDWIDTH_SHIFT) / period : 0;
}

/* Deadlines are kept only if all fit into 95 % of the CPUs. */
static bool deadline_fits(const struct task *for_task, u64 runtime, u64 period)
{
	u64 sum = bandwidth(runtime, period);
	struct os_sysinfo si;
	struct tgroup *tg;
	struct task *t;

	if (os_sysinfo(&si) < 0)
		return false;
	list_for_each_entry (tg, &all_tgroups, all_link)
		list_for_each_entry (t, &tg->tasks, tg_link)
			if (t != for_task && t->sched_policy == SCHED_DEADLINE)
				sum += bandwidth(t->dl_runtime_ns, t->dl_period_ns);
	return sum <= (MAX(si.nr_cpus, 1u) * 95ull << BANDWIDTH_SHIFT) / 100;
}

/* sched(7): runtime <= deadline <= period, of 1024 ns at least. */
static int set_deadline(struct task *t, const struct abi_sched_attr *a)
{
	u64 period = a->period ? a->period : a->deadline;

	if (a->priority || a->runtime < 1024 || a->runtime > a->deadline || a->deadline > period ||
		period >> 63)
		return -EINVAL;
	if (!capable(CAP_SYS_NICE))
		return -EPERM;
	if (!deadline_fits(t, a->runtime, period))
		return -EBUSY;
	t->sched_policy = SCHED_DEADLINE;
	t->sched_priority = 0;
	t->sched_reset_on_fork = a->flags & FLAG_RESET_ON_FORK;
	t->dl_flags = a->flags & FLAGS_DEADLINE;
	t->dl_runtime_ns = a->runtime;
	t->dl_deadline_ns = a->deadline;
	t->dl_period_ns = period;
	return 0;
}

SYSCALL_DEFINE3(sched_setattr, int, pid, uaddr_t, uattr, u32, flags)
{
	struct abi_sched_attr a = {0};
	struct renice r;
	struct task *t;
	int err;

	if (!uattr || flags || pid < 0)
		return -EINVAL;
	if (copy_from_user(&a.size, uattr, sizeof(a.size)) < 0)
		return -EFAULT;
	if (!a.size)
		a.size = SCHED_ATTR_SIZE_VER0;
	if (a.size < SCHED_ATTR_SIZE_VER0 || a.size > sizeof(a))
		return put_user_u32(uattr, sizeof(a)) < 0 ? -EFAULT : -E2BIG;
	if (copy_from_user(&a, uattr, a.size) < 0)
		return -EFAULT;
	t = sched_target(pid, &err);
	if (!t)
		return err;
	r = (struct renice){.nice = a.nice};
	if (a.nice < NICE_MIN || a.nice > NICE_MAX)
		return -EINVAL;
	if (a.policy > INT_MAX || (a.policy & RESET_ON_FORK) ||
		(a.flags & ~(FLAG_RESET_ON_FORK | FLAGS_DEADLINE)))
		return -EINVAL;
	if (a.policy == SCHED_DEADLINE)
		return set_deadline(t, &a);
	err = set_policy(t, (int)a.policy | (a.flags & 1 ? RESET_ON_FORK : 0), (int)a.priority);
	if (err == 0 && !is_realtime(a.policy))
		renice(t, &r);
	return err ? err : r.err == -EACCES ? -EPERM : r.err;
}

/* ---- CPU masks ---- */

#define CPU_MASK_MAX 1024 /* bytes */

static size_t cpu_mask_size(void)
{
	struct os_sysinfo si;

	if (os_sysinfo(&si) < 0)
		return 8;
	return ALIGN_UP(MAX(si.nr_cpus, 1u), 64u) / 8;
}

SYSCALL_DEFINE3(sched_setaffinity, int, pid, u32, len, uaddr_t, umask)
{
	u8 mask[CPU_MASK_MAX];
	size_t n = MIN((size_t)len, sizeof(mask));
	struct task *t;

	memset(mask, 0, sizeof(mask));
	if (copy_from_user(mask, umask, n) < 0)
		return -EFAULT;
	t = pid ? task_find(pid) : current;
	if (!t)
		return -ESRCH;
	if (!same_owner(t))
		return -EPERM;
	return guest_set_affinity(t, mask, MAX(n, (size_t)8));
}

SYSCALL_DEFINE3(sched_getaffinity, int, pid, u32, len, uaddr_t, umask)
{
	u8 mask[CPU_MASK_MAX];
	size_t n = MIN((size_t)len, cpu_mask_size());
	struct task *t = pid ? task_find(pid) : current;
	ssize_t ret;

	if (len < cpu_mask_size() || (len & 7))
		return -EINVAL;
	if (!t)
		return -ESRCH;
	ret = guest_get_affinity(t, mask, sizeof(mask));
	if (ret < 0)
		return ret;
	n = MIN(n, sizeof(mask));
	return copy_to_user(umask, mask, n) < 0 ? -EFAULT : (long)n;
}
