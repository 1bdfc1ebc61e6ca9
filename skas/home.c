/*
 * Binding of hot guest threads to skiff's CPU. Under ptrace a thread is hot if little time passed
 * between its resumption and its next call. One that has not stopped for a tick is released, and so
 * is one whose calls are far apart. Under notify threads are bound by meetings, which end at the
 * next tick, and skiff is free as well then: who got a descriptor meets skiff, for more may follow;
 * so does a clone's child, and its parent, if nobody else on the host runs. A polling skiff keeps
 * the threads it polls for off its CPU instead. Binding is a matter of speed only. Ticks come only
 * while there are hot threads. sched_setaffinity(2).
 */
#include "skas/home.h"

#include "skas/fastpath.h"
#include "skas/skas.h"

#include <sched.h>

#define QUICK_NS (200 * NSEC_PER_USEC) /* calls closer than this are worth it */
#define TICK_NS (4 * NSEC_PER_MSEC)
#define MEETING_NS (1 * NSEC_PER_MSEC)
#define MOVE_TICKS 64 /* between chances for the host to move skiff elsewhere */
#define HOT_MAX 16

static cpu_set_t own_cpus; /* skiff's, as it was started */
static int home = -1;	   /* -1: binding is off */
static bool settled;
static bool meeting; /* notify: nobody is bound for longer */
static struct guest *hot[HOT_MAX];
static unsigned nr_hot, ticks;
static u64 due_ns = UINT64_MAX;

void home_init(void)
{
	sched_getaffinity(0, sizeof(own_cpus), &own_cpus);
}

static bool may_run_on(const struct guest *g, int cpu)
{
	return !g->cpus_len || ((size_t)cpu / 8 < g->cpus_len && (g->cpus[cpu / 8] >> cpu % 8 & 1));
}

static void set_cpu(pid_t tid, int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(tid, sizeof(one), &one);
}

static void set_free(const struct guest *g)
{
	if (g->exited || g->proc->dead)
		return;
	if (g->cpus_len)
		sched_setaffinity(g->host_tid, g->cpus_len, (const cpu_set_t *)g->cpus);
	else
		sched_setaffinity(g->host_tid, sizeof(own_cpus), &own_cpus);
}

void home_mask(const struct guest *g, void *mask, size_t len)
{
	memset(mask, 0, len);
	if (g->cpus_len)
		memcpy(mask, g->cpus, MIN(len, g->cpus_len));
	else
		memcpy(mask, &own_cpus, MIN(len, sizeof(own_cpus)));
}

bool home_bound(const struct guest *g)
{
	return g->home != HOME_NONE;
}

void home_settle(void)
{
	int cpu = sched_getcpu();

	if (cpu < 0 || cpu >= CPU_SETSIZE || CPU_COUNT(&own_cpus) < 2)
		return;
	home = cpu;
	settled = true;
	set_cpu(0, home);
}

static void hot_drop(unsigned i)
{
	hot[i]->hot = false;
	hot[i] = hot[--nr_hot];
}

void home_forget(struct guest *g)
{
	for (unsigned i = 0; g->hot && i < nr_hot; i++)
		if (hot[i] == g) {
			hot_drop(i);
			return;
		}
}

void home_release(struct guest *g)
{
	if (g->home == HOME_NONE)
		return;
	g->home = HOME_NONE;
	set_free(g);
}

void home_call(struct guest *g)
{
	if (home >= 0)
		g->slow =
			g->resumed_ns && os_clock_ns(OS_CLOCK_MONOTONIC) - g->resumed_ns > QUICK_NS;
}

static void bind(struct guest *g, u64 until_ns)
{
	if (g->home != home) {
		set_cpu(g->host_tid, home);
		g->home = home;
	}
	if (g->hot)
		return;
	g->hot = true;
	hot[nr_hot++] = g;
	if (nr_hot == 1) {
		due_ns = until_ns;
		os_watch_deadline(due_ns);
	}
}

void home_resume(struct guest *g)
{
	if (home < 0)
		return;
	g->resumed_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (g->resumed_ns >= due_ns)
		home_tick();
	if (!g->slow && (g->hot || nr_hot < HOT_MAX) && may_run_on(g, home))
		bind(g, g->resumed_ns + TICK_NS);
	else
		home_release(g);
}

/* Where the host has put skiff while it was free is its next home. */
static void move_home(void)
{
	if (!settled)
		home_settle();
	else if (++ticks % MOVE_TICKS == 0) {
		settled = false;
		sched_setaffinity(0, sizeof(own_cpus), &own_cpus);
	}
}

void home_tick(void)
{
	u64 now;

	if (due_ns == UINT64_MAX)
		return;
	now = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (now < due_ns)
		return;
	for (unsigned i = 0; i < nr_hot;) {
		struct guest *g = hot[i];
		bool runs = g->run == RUN_NATIVE;

		if (runs && g->resumed_ns + TICK_NS > now) {
			i++;
			continue;
		}
		hot_drop(i);
		if (runs)
			home_release(g);
	}
	move_home();
	due_ns = nr_hot || !settled ? now + TICK_NS : UINT64_MAX;
	os_watch_deadline(due_ns);
}

static void meet(struct guest *g)
{
	if (home < 0)
		home_settle();
	meeting = true;
	if (home < 0 || !may_run_on(g, home) || (!g->hot && nr_hot == HOT_MAX))
		return;
	bind(g, os_clock_ns(OS_CLOCK_MONOTONIC) + MEETING_NS);
}

/* Does a CPU idle that the host might wake a thread on? Looked at once in a while: the look costs
 * as much as a call. */
static bool cpu_idles(void)
{
	static u64 looked_ns;
	static bool idles;
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	if (!looked_ns || now - looked_ns >= TICK_NS) {
		looked_ns = now;
		idles = host_running() < (unsigned)CPU_COUNT(&own_cpus);
	}
	return idles;
}

void home_meet(struct guest *g)
{
	if ((meeting && nr_hot) || cpu_idles())
		meet(g);
}

void home_avoid(struct guest *g, int cpu)
{
	cpu_set_t set;

	home_mask(g, &set, sizeof(set));
	CPU_CLR(cpu, &set);
	if (!CPU_COUNT(&set) || sched_setaffinity(g->host_tid, sizeof(set), &set) < 0)
		return;
	g->home = HOME_AWAY;
}

static void home_unmeet(struct guest *g)
{
	if (g->home == HOME_AWAY)
		home_release(g);
	if (!g->hot || !meeting)
		return;
	home_forget(g);
	home_release(g);
}

/*
 * The host would start a child on another CPU, at the price of two wake-ups across CPUs before the
 * child's first call has been answered. That pays only if its parent or others have work
 * meanwhile; if nobody else on the host runs, parent, child and skiff meet.
 */
void home_clone(struct guest *parent, struct guest *child)
{
	if (backend != &notify_ops)
		return;
	if (!spinning() && host_running() <= 1)
		meet(parent);
	else
		home_unmeet(parent);
	child->home = home_bound(parent) ? HOME_UNKNOWN : HOME_NONE;
}

void home_born(struct guest *g)
{
	if (backend != &notify_ops || g->home != HOME_UNKNOWN)
		return;
	if (meeting && home >= 0)
		meet(g);
	if (g->home == HOME_UNKNOWN)
		home_release(g);
}

void home_part(void)
{
	if (home < 0)
		return;
	while (nr_hot) {
		home_release(hot[0]);
		hot_drop(0);
	}
	sched_setaffinity(0, sizeof(own_cpus), &own_cpus);
	home = -1;
	due_ns = UINT64_MAX;
	os_watch_deadline(due_ns);
}

void home_meeting_tick(void)
{
	if (due_ns != UINT64_MAX && os_clock_ns(OS_CLOCK_MONOTONIC) >= due_ns)
		home_part();
}
