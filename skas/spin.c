/*
 * When skiff polls doors instead of sleeping. A polling skiff needs a CPU beside the guest's own,
 * so it does so only while the host has one to spare and the calls come thick enough: a guest
 * thread must have made a run of calls, each soon after the answer to the one before, and polling
 * ends as soon as no call comes for a while, every call that came sleeps, or the CPUs are wanted by
 * others than those who make the calls (two ends of a pipe may well share the CPU that is left).
 * How long a run is asked for doubles with each spell of polling that did not pay for itself.
 */
#include "skas/fastpath.h"

#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "skas/home.h"
#include "skas/skas.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define GAP_NS 20000	   /* between an answer and the next call of a run */
#define PATIENCE_NS 150000 /* without a call: sleep; a wake-up on another CPU alone takes 30 us */
#define LOOK_NS 1000000	   /* how often the load is looked at meanwhile */
#define RUN_MIN 16u
#define RUN_MAX 4096u
#define REST_MIN_NS 1000000ull /* after the CPUs were wanted */
#define REST_MAX_NS 500000000ull
#define TURNS_PER_LOOK 32
#define MAX_POLLED 4
#define MAX_RECENT 4
#define RECENT_NS 200000 /* who has been answered since is taken to run, and to call again soon */

/* Measured: what a call through a door saves; what a spell costs; what an ordinary call costs more
 * while it lasts. */
#define GAIN_NS 4500
#define SPELL_NS 60000
#define ORDINARY_NS 20000

static struct {
	struct guest *on[MAX_POLLED];
	unsigned nr, nr_awake; /* awake: not in a call that sleeps */
	bool move;	       /* still to leave the CPU that the guest needs */
	int cpu;	       /* as the doors are told */
	u64 looked_ns;
	s64 gain_ns;
} spell;
static struct guest *recent[MAX_RECENT]; /* made ordinary calls, have doors */
static unsigned run_wanted = RUN_MIN, nr_cpus;
static u64 rest_ns = REST_MIN_NS, rest_until_ns;
static cpu_set_t own_cpus;
static int loadavg = -1;

static u64 now_ns(void)
{
	return os_clock_ns(OS_CLOCK_MONOTONIC);
}

void spin_init(void)
{
	sched_getaffinity(0, sizeof(own_cpus), &own_cpus);
	nr_cpus = (unsigned)CPU_COUNT(&own_cpus);
	loadavg = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	if (nr_cpus < 2 || loadavg < 0)
		fast_mode = FAST_OFF;
	if (fast_mode == FAST_ALWAYS)
		run_wanted = 2;
}

/* Threads that run or wait for a CPU, on the whole host, this one among them. */
static unsigned host_running(void)
{
	char buf[64];
	ssize_t n = pread(loadavg, buf, sizeof(buf) - 1, 0);
	unsigned running;

	if (n <= 0)
		return ~0u;
	buf[n] = '\0';
	return sscanf(buf, "%*s %*s %*s %u/", &running) == 1 ? running : ~0u;
}

static bool recently(const struct guest *g, u64 now)
{
	return g->run == RUN_NATIVE && now - g->answered_ns < RECENT_NS;
}

/* Those of our guest threads, g apart, that run and are worth a spell. */
static unsigned own_running(const struct guest *g, u64 now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < spell.nr; i++)
		n += spell.on[i] != g && !spell.on[i]->asleep;
	for (unsigned i = 0; i < MAX_RECENT; i++)
		n += recent[i] && recent[i] != g && !recent[i]->polled && recently(recent[i], now);
	return n;
}

static void note_recent(struct guest *g)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < MAX_RECENT; i++) {
		if (recent[i] == g)
			return;
		if (recent[oldest] &&
			(!recent[i] || recent[i]->answered_ns < recent[oldest]->answered_ns))
			oldest = i;
	}
	recent[oldest] = g;
}

/* The CPU and node as a guest sees them. */
static int this_cpu(void)
{
	unsigned v;

	__asm__ volatile("lsl %1, %0" : "=r"(v) : "r"(CPU_NODE_SELECTOR) : "cc");
	return (int)v;
}

static void door_cpu(struct guest *g, int cpu)
{
	__atomic_store_n(&g->door->cpu, cpu, __ATOMIC_SEQ_CST);
}

/* ---- a spell ---- */

static void spell_end(void)
{
	trace(TRACE_SKAS, "polling ends, %lld us won", (long long)spell.gain_ns / 1000);
	notify_sync_wakeups(true);
	if (fast_mode == FAST_ALWAYS)
		return;
	if (spell.gain_ns < 0)
		run_wanted = MIN(run_wanted * 2, RUN_MAX);
	else
		run_wanted = MAX(run_wanted / 2, RUN_MIN);
}

static void drop(unsigned i)
{
	struct guest *g = spell.on[i];

	door_cpu(g, -1);
	g->polled = false;
	g->run_length = 0;
	if (!g->asleep)
		spell.nr_awake--;
	g->asleep = false;
	spell.on[i] = spell.on[--spell.nr];
	if (!spell.nr)
		spell_end();
}

void spin_forget(struct guest *g)
{
	for (unsigned i = 0; g->polled && i < spell.nr; i++)
		if (spell.on[i] == g)
			drop(i);
	for (unsigned i = 0; i < MAX_RECENT; i++)
		if (recent[i] == g)
			recent[i] = NULL;
}

void spin_sleeps(struct guest *g)
{
	if (!g->polled || g->asleep)
		return;
	g->asleep = true;
	spell.nr_awake--;
	spell.gain_ns -= ORDINARY_NS;
}

void spin_answered(struct guest *g)
{
	if (!g->asleep)
		return;
	g->asleep = false;
	spell.nr_awake++;
	g->last_call_ns = now_ns();
}

static void drop_all(void)
{
	while (spell.nr)
		drop(0);
}

static void rest(u64 now)
{
	drop_all();
	rest_until_ns = now + rest_ns;
	rest_ns = MIN(rest_ns * 2, REST_MAX_NS);
}

static void spell_join(struct guest *g, u64 now)
{
	unsigned running = host_running(), own = own_running(g, now);

	if (running >= nr_cpus + own && fast_mode != FAST_ALWAYS) {
		trace(TRACE_SKAS, "no polling: %u threads run, %u of them ours", running, own);
		rest(now);
		return;
	}
	if (!spell.nr) {
		home_part();
		notify_sync_wakeups(false);
		spell.move = true;
		spell.gain_ns = -SPELL_NS;
		spell.looked_ns = now;
	}
	spell.on[spell.nr++] = g;
	spell.nr_awake++;
	g->polled = true;
	g->last_call_ns = now;
	if (!spell.move)
		door_cpu(g, spell.cpu);
}

void spin_call(struct guest *g)
{
	u64 now = now_ns();

	if (g->polled) {
		spell.gain_ns -= ORDINARY_NS;
		g->last_call_ns = now;
		return;
	}
	g->run_length = now - g->answered_ns < GAP_NS ? g->run_length + 1 : 0;
	note_recent(g);
	if (g->run_length < run_wanted || spell.nr == MAX_POLLED || now < rest_until_ns ||
		g->proc->traps_all)
		return;
	g->run_length = 0;
	spell_join(g, now);
}

bool spinning(void)
{
	return spell.nr > 0;
}

/* The guest's thread is about to run on this CPU, where its last call woke us. */
static void move_away(void)
{
	cpu_set_t others = own_cpus;
	int cpu = sched_getcpu();

	CPU_CLR(cpu, &others);
	if (CPU_COUNT(&others) && sched_setaffinity(0, sizeof(others), &others) == 0)
		sched_setaffinity(0, sizeof(own_cpus), &own_cpus);
	spell.move = false;
}

static void tell_cpu(void)
{
	int cpu = this_cpu();

	for (unsigned i = 0; i < spell.nr; i++)
		if (cpu != spell.cpu || *(volatile int *)&spell.on[i]->door->cpu != cpu)
			door_cpu(spell.on[i], cpu);
	spell.cpu = cpu;
}

static bool serve_one(void)
{
	for (unsigned i = 0; i < spell.nr; i++) {
		struct guest *g = spell.on[i];

		if (!fast_serve(g))
			continue;
		spell.gain_ns += GAIN_NS;
		if (i < spell.nr && spell.on[i] == g)
			g->last_call_ns = now_ns();
		if (!spell.nr_awake)
			drop_all();
		return true;
	}
	return false;
}

static bool drop_idle(u64 now)
{
	for (unsigned i = spell.nr; i-- > 0;) {
		struct guest *g = spell.on[i];

		if (now - g->last_call_ns < PATIENCE_NS)
			continue;
		drop(i);
		if (fast_serve(g)) /* it came in between */
			return true;
	}
	return false;
}

static void look_at_load(u64 now)
{
	if (now - spell.looked_ns < LOOK_NS)
		return;
	spell.looked_ns = now;
	if (host_running() > nr_cpus + own_running(spell.on[0], now) && fast_mode != FAST_ALWAYS)
		rest(now);
	else
		rest_ns = MAX(rest_ns / 2, REST_MIN_NS);
}

bool spin_poll(int hfd)
{
	struct pollfd p = {hfd, POLLIN, 0};
	u64 now;

	if (!spell.nr)
		return false;
	if (spell.move)
		move_away();
	now = now_ns();
	tell_cpu();
	look_at_load(now);
	while (spell.nr) {
		for (unsigned turn = 0; turn < TURNS_PER_LOOK; turn++) {
			if (serve_one() || os_attention())
				return true;
			__builtin_ia32_pause();
		}
		if (poll(&p, 1, 0) != 0)
			return false;
		tell_cpu();
		if (drop_idle(now_ns()))
			return true;
	}
	return false;
}
