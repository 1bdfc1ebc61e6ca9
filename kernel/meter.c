/*
 * The meter (meter.h). A look reads the CPU clock of every guest process; those that have run are
 * looked at more closely by who wants it, who also says when the next look is due. Once nothing has
 * run for a while the host is asked to tell when a process uses CPU time again, and the timer
 * rests.
 */
#include "kernel/meter.h"

#include "kernel/oom.h"
#include "kernel/os.h"
#include "kernel/quota.h"
#include "kernel/task.h"
#include "kernel/timer.h"

#define LOOK_MIN_NS NSEC_PER_MSEC
#define LOOK_MAX_NS (100 * NSEC_PER_MSEC)
#define QUIET_NS (50 * NSEC_PER_MSEC) /* nothing has run for so long: rest */
#define SHARE 10		      /* at most 1/SHARE of the time goes into looking */

static bool wanted[METER_COUNT];
static struct timer timer;
static bool resting;
static u64 active_ns; /* when something had run last */
static u64 used_ns;   /* by guest processes, since quota.c was told; own_ns: by skiff until then */
static u64 own_ns;

static struct task *clock_of(const struct tgroup *tg)
{
	struct task *t;

	if (list_empty(&tg->tasks))
		return NULL;
	t = list_first(&tg->tasks, struct task, tg_link);
	return t->guest && t->started ? t : NULL;
}

bool meter_has_run(const struct tgroup *tg, u64 ns)
{
	return tg->metered_ns != ns;
}

void meter_read(void)
{
	struct tgroup *tg;
	bool any = false;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		struct task *t = clock_of(tg);
		u64 ns = t ? guest_cpu_ns(t) : 0;

		if (ns <= tg->metered_ns)
			continue;
		any = true;
		used_ns += ns - tg->metered_ns;
		tg->metered_ns = ns;
	}
	if (any)
		active_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
}

/* false: the host cannot tell of one of them. */
static bool rest(void)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		struct task *t = clock_of(tg);

		if (t && guest_watch_cpu(t) < 0)
			return false;
	}
	return true;
}

static u64 take_used(void)
{
	u64 own = os_own_cpu_ns(), used = used_ns + own - own_ns;

	own_ns = own;
	used_ns = 0;
	return used;
}

static void look(struct timer *unused)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), next = LOOK_MAX_NS, spent;

	meter_read();
	if (wanted[METER_MEMORY])
		next = MIN(next, oom_check());
	if (wanted[METER_CPU])
		next = MIN(next, quota_check(now, take_used()));
	spent = os_clock_ns(OS_CLOCK_MONOTONIC) - now;
	resting = now > active_ns + QUIET_NS && !quota_holds() && rest();
	if (!resting)
		timer_arm(&timer, now + MAX(next, MAX(LOOK_MIN_NS, spent * SHARE)));
}

void meter_wake(void)
{
	if (!wanted[METER_MEMORY] && !wanted[METER_CPU])
		return;
	resting = false;
	active_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	timer.fn = look;
	if (!timer_armed(&timer) || timer.deadline_ns > active_ns + LOOK_MIN_NS)
		timer_arm(&timer, active_ns + LOOK_MIN_NS);
}

void meter_want(enum meter_use use, bool on)
{
	wanted[use] = on;
	if (on)
		meter_wake();
	else if (!wanted[METER_MEMORY] && !wanted[METER_CPU])
		timer_cancel(&timer);
}

void meter_process_new(struct tgroup *tg)
{
	if (resting)
		meter_wake();
}

void meter_process_reaped(struct tgroup *tg, u64 cpu_ns)
{
	if (cpu_ns > tg->metered_ns)
		used_ns += cpu_ns - tg->metered_ns;
	tg->metered_ns = cpu_ns;
}

void meter_process_filled(struct tgroup *tg)
{
	tg->mem.asked = false;
	if (resting)
		meter_wake();
}

void kernel_guest_runs(void)
{
	if (resting)
		meter_wake();
}
