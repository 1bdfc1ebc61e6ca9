/*
 * Resource usage: getrusage(2), times(2). CPU time and faults are the host's account of the guest's
 * host process.
 *
 * A process ends, for its parent, before the host has reaped its host process, and the exact usage
 * is known only then (usage_due). If it is waited for in between, usage_to remembers who is owed
 * it; calls that report usage wait for what is due, which is never long.
 */
#include "kernel/usage.h"

#include "kernel/meter.h"
#include "kernel/os.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

#define TICK_NS (NSEC_PER_SEC / 100)

void usage_add(struct guest_usage *sum, const struct guest_usage *u)
{
	sum->utime_ns += u->utime_ns;
	sum->stime_ns += u->stime_ns;
	sum->minflt += u->minflt;
	sum->majflt += u->majflt;
	sum->nvcsw += u->nvcsw;
	sum->nivcsw += u->nivcsw;
	sum->maxrss_kib = MAX(sum->maxrss_kib, u->maxrss_kib);
}

void usage_to_rusage(const struct guest_usage *u, struct rusage *r)
{
	memset(r, 0, sizeof(*r));
	r->ru_utime = ns_timeval(u->utime_ns);
	r->ru_stime = ns_timeval(u->stime_ns);
	r->ru_maxrss = u->maxrss_kib;
	r->ru_minflt = u->minflt;
	r->ru_majflt = u->majflt;
	r->ru_nvcsw = u->nvcsw;
	r->ru_nivcsw = u->nivcsw;
}

void usage_of_group(struct tgroup *tg, struct guest_usage *u)
{
	*u = tg->usage;
	if (!tg->exiting && !list_empty(&tg->tasks)) {
		memset(u, 0, sizeof(*u));
		guest_usage(list_first(&tg->tasks, struct task, tg_link), true, u);
	}
}

/* u is owed to the children's account of to, and to whoever has waited for to since. */
static void usage_credit(struct tgroup *to, const struct guest_usage *u)
{
	for (; to; to = to->usage_to)
		usage_add(&to->child_usage, u);
}

/* Nothing more is due from tg: whom it was passed on to hears of it. */
static void usage_settled(struct tgroup *tg)
{
	struct tgroup *to = tg->usage_to;

	if (!to || tg->usage_due || tg->child_usage_due)
		return;
	tg->usage_to = NULL;
	to->child_usage_due--;
	waitq_wake(&to->wait_child, 0);
	usage_settled(to);
	tgroup_put(to);
}

void usage_pass_on(struct tgroup *tg)
{
	usage_add(&tg->parent->child_usage, &tg->usage);
	usage_add(&tg->parent->child_usage, &tg->child_usage);
	if (tg->usage_due || tg->child_usage_due) {
		tg->usage_to = tgroup_get(tg->parent);
		tg->parent->child_usage_due++;
	}
}

void kernel_guest_reaped(struct tgroup *tg, const struct guest_usage *u)
{
	tg->usage = *u;
	meter_process_reaped(tg, u->utime_ns + u->stime_ns);
	tg->usage_due = false;
	usage_credit(tg->usage_to, u);
	usage_settled(tg);
	if (!list_empty(&tg->sibling))
		waitq_wake(&tg->parent->wait_child, 0);
}

static int wait_for_children_usage(void)
{
	struct tgroup *tg = current->tg;

	return wait_event_killable(&tg->wait_child, !tg->child_usage_due);
}

SYSCALL_DEFINE2(getrusage, int, who, uaddr_t, uru)
{
	struct guest_usage u = {0};
	struct rusage r;

	switch (who) {
	case RUSAGE_SELF:
		usage_of_group(current->tg, &u);
		break;
	case RUSAGE_CHILDREN:
		wait_for_children_usage();
		u = current->tg->child_usage;
		break;
	case RUSAGE_THREAD:
		guest_usage(current, false, &u);
		break;
	default:
		return -EINVAL;
	}
	usage_to_rusage(&u, &r);
	return copy_to_user(uru, &r, sizeof(r));
}

SYSCALL_DEFINE1(times, uaddr_t, utms)
{
	const struct guest_usage *c = &current->tg->child_usage;

	if (utms) {
		struct guest_usage u;
		struct tms t;

		wait_for_children_usage();
		usage_of_group(current->tg, &u);
		t.tms_utime = u.utime_ns / TICK_NS;
		t.tms_stime = u.stime_ns / TICK_NS;
		t.tms_cutime = c->utime_ns / TICK_NS;
		t.tms_cstime = c->stime_ns / TICK_NS;
		if (copy_to_user(utms, &t, sizeof(t)) < 0)
			return -EFAULT;
	}
	return os_clock_ns(OS_CLOCK_BOOTTIME) / TICK_NS;
}
