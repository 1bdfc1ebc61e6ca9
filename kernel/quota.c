/*
 * The CPU quota (quota.h). The meter tells what has been used and asks when it should look again:
 * not before the rest can have been used up by as many threads as there are CPUs.
 *
 * On a busy host one slice of it may be all that a period gives. So that a process that always runs
 * does not take it each time, those that have had more than their share go on after the others.
 */
#include "kernel/quota.h"

#include "kernel/freeze.h"
#include "kernel/meter.h"
#include "kernel/os.h"
#include "kernel/task.h"

#define PERIOD_NS (100 * NSEC_PER_MSEC)
#define STRAGGLER_NS (10 * NSEC_PER_MSEC) /* while frozen: who has woken up meanwhile? */

struct quota_stats quota_stats;
bool quota_by_host;
static u64 quota_ns; /* per period */
static s64 left_ns;  /* < 0: debt */
static u64 period_end_ns, frozen_ns;
static u64 turn_end_ns; /* until then the others go first; 0: nobody is held */
static unsigned nr_cpus = 1;

bool quota_exhausted(void)
{
	return machine_frozen & FREEZE_QUOTA;
}

bool quota_holds(void)
{
	return quota_exhausted() || turn_end_ns;
}

static void end_turn(void)
{
	if (turn_end_ns)
		freeze_release_held();
	turn_end_ns = 0;
}

static u64 used_by(const struct tgroup *tg)
{
	return tg->metered_ns - tg->quota_start_ns;
}

/* Who has had more than the average of those that ran is held; what is left of the period is enough
 * for the quota all the same. */
static void begin_turn(u64 now)
{
	u64 total = 0, nr = 0;
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		total += used_by(tg);
		nr += used_by(tg) != 0;
	}
	if (nr < 2 || quota_ns >= PERIOD_NS)
		return;
	list_for_each_entry (tg, &all_tgroups, all_link)
		tg->held = used_by(tg) > total / nr;
	turn_end_ns = now + (PERIOD_NS - quota_ns) / 4;
}

static void thaw(u64 now)
{
	bool exhausted = quota_exhausted();
	struct tgroup *tg;

	end_turn();
	if (exhausted && quota_ns)
		begin_turn(now);
	list_for_each_entry (tg, &all_tgroups, all_link)
		tg->quota_mark_ns = tg->quota_start_ns = tg->metered_ns;
	if (!exhausted)
		return;
	quota_stats.throttled_ns += now - frozen_ns;
	freeze_release(FREEZE_QUOTA);
}

/* Those that have run since the period began, or have been frozen and run again. */
static void freeze(u64 now)
{
	struct tgroup *tg;

	if (!quota_exhausted()) {
		frozen_ns = now;
		quota_stats.throttled++;
		freeze_hold(FREEZE_QUOTA);
	}
	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->metered_ns == tg->quota_mark_ns)
			continue;
		tg->quota_mark_ns = tg->metered_ns;
		freeze_process(tg);
	}
}

static void begin_periods(u64 now)
{
	u64 nr = (now - period_end_ns) / PERIOD_NS + 1;

	quota_stats.periods += nr;
	left_ns = MIN(left_ns + (s64)(MIN(nr, 1000000ull) * quota_ns), (s64)quota_ns);
	period_end_ns += nr * PERIOD_NS;
	if (left_ns > 0)
		thaw(now);
}

static u64 next_event(void)
{
	return turn_end_ns ? MIN(turn_end_ns, period_end_ns) : period_end_ns;
}

u64 quota_check(u64 now, u64 used_ns)
{
	left_ns -= (s64)used_ns;
	if (now >= period_end_ns)
		begin_periods(now);
	if (now >= turn_end_ns)
		end_turn();
	if (left_ns <= 0)
		freeze(now);
	return MIN(next_event() - now, left_ns > 0 ? (u64)left_ns / nr_cpus : (u64)STRAGGLER_NS);
}

void quota_set(u64 milli_cpus)
{
	struct os_sysinfo si = {0};
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	if (quota_by_host)
		return;
	if (os_sysinfo(&si) == 0)
		nr_cpus = MAX(si.nr_cpus, 1u);
	quota_ns = milli_cpus * (PERIOD_NS / 1000);
	left_ns = (s64)quota_ns;
	period_end_ns = now + PERIOD_NS;
	thaw(now);
	meter_want(METER_CPU, milli_cpus != 0);
}
