/*
 * When skiff polls doors instead of sleeping. A polling skiff needs a CPU beside the guest's own,
 * so it does so only while the host has one to spare and the calls come thick enough: a guest
 * thread must have made a run of calls, each soon after the answer to the one before. Polling ends
 * as soon as no call comes for a while, every thread polled for sleeps, a look at what it has won
 * finds a loss, or the CPUs are wanted by others than those who make the calls (two ends of a pipe
 * may well share the CPU that is left). After a spell that did not pay for itself skiff rests, each
 * time for longer.
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
#define RUN_MIN 16u	   /* calls of a run */
#define RUN_MIN_ALWAYS 2u  /* FAST_ALWAYS */
#define REST_MIN_NS 1000000ull
#define REST_MAX_NS 256000000ull
#define HOLD_NS 100000 /* the longest a reader is kept from the CPU of its writer */
#define TURNS_PER_LOOK 32
#define MAX_POLLED 4
#define MAX_RECENT 4
#define RECENT_NS 200000 /* who has been answered since is taken to run, and to call again soon */

/* Measured: what a call through a door saves; what a spell costs; what an ordinary call costs more
 * while it lasts. */
#define GAIN_NS 4500
#define SPELL_NS 60000
#define ORDINARY_NS 20000 /* and leaves the guest's CPU idle */
#define SHARED_NS 5000	  /* others go on there */

static struct {
	struct guest *on[MAX_POLLED];
	unsigned nr;
	bool move;    /* still to leave the CPU that the guest needs */
	bool crowded; /* at the last look more ran than there are CPUs for */
	int cpu;      /* as the doors are told */
	int own_cpu;  /* skiff's, once it has moved */
	u64 looked_ns;
	s64 gain_ns, looked_gain_ns;
} spell;
static u64 held_ns;			 /* since when the kernel holds tasks for us */
static struct guest *recent[MAX_RECENT]; /* made ordinary calls, have doors */
static unsigned nr_cpus;
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
}

unsigned host_running(void)
{
	char buf[64];
	ssize_t n = pread(loadavg, buf, sizeof(buf) - 1, 0);
	unsigned running;

	if (n <= 0)
		return ~0u;
	buf[n] = '\0';
	return sscanf(buf, "%*s %*s %*s %u/", &running) == 1 ? running : ~0u;
}

/* Not in a call that sleeps. */
static bool awake(const struct guest *g)
{
	return g->run == RUN_NATIVE;
}

static unsigned nr_awake(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < spell.nr; i++)
		n += awake(spell.on[i]);
	return n;
}

static bool recently(const struct guest *g, u64 now)
{
	return awake(g) && now - g->answered_ns < RECENT_NS;
}

/* Those of our guest threads, g apart, that run and are worth a spell. */
static unsigned own_running(const struct guest *g, u64 now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < spell.nr; i++)
		n += spell.on[i] != g && awake(spell.on[i]);
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

static void rest(u64 now)
{
	if (fast_mode == FAST_ALWAYS)
		return;
	rest_until_ns = now + rest_ns;
	rest_ns = MIN(rest_ns * 2, REST_MAX_NS);
}

static void spell_end(const char *why)
{
	trace(TRACE_SKAS, "polling ends (%s), %lld us won", why, (long long)spell.gain_ns / 1000);
	notify_sync_wakeups(true);
	sched_setaffinity(0, sizeof(own_cpus), &own_cpus);
	if (spell.gain_ns < 0)
		rest(now_ns());
	else
		rest_ns = REST_MIN_NS;
}

static void drop(unsigned i, const char *why)
{
	struct guest *g = spell.on[i];

	door_cpu(g, -1);
	g->polled = false;
	g->run_length = 0;
	home_release(g);
	spell.on[i] = spell.on[--spell.nr];
	if (!spell.nr)
		spell_end(why);
}

void spin_forget(struct guest *g)
{
	for (unsigned i = 0; g->polled && i < spell.nr; i++)
		if (spell.on[i] == g)
			drop(i, "thread gone");
	for (unsigned i = 0; i < MAX_RECENT; i++)
		if (recent[i] == g)
			recent[i] = NULL;
}

/* A call of a thread that we poll for, by the ordinary way. */
static void count_ordinary(void)
{
	spell.gain_ns -= nr_awake() ? SHARED_NS : ORDINARY_NS;
}

void spin_sleeps(struct guest *g)
{
	if (g->polled)
		count_ordinary();
}

static void drop_all(const char *why)
{
	while (spell.nr)
		drop(0, why);
}

static void spell_join(struct guest *g)
{
	spell.on[spell.nr++] = g;
	g->polled = true;
	g->run_length = 0;
	if (spell.move)
		return;
	door_cpu(g, spell.cpu);
	home_avoid(g, spell.own_cpu);
}

/* With g all that made calls beside it, such as the other end of its pipe. */
static void spell_begin(struct guest *g, u64 now)
{
	home_part();
	notify_sync_wakeups(false);
	spell.move = true;
	spell.crowded = false;
	spell.gain_ns = spell.looked_gain_ns = -SPELL_NS;
	spell.looked_ns = now;
	spell_join(g);
	for (unsigned i = 0; i < MAX_RECENT && spell.nr < MAX_POLLED; i++)
		if (recent[i] && recent[i] != g && now - recent[i]->last_call_ns < RECENT_NS)
			spell_join(recent[i]);
}

void spin_call(struct guest *g)
{
	unsigned wanted = fast_mode == FAST_ALWAYS ? RUN_MIN_ALWAYS : RUN_MIN, running, own;
	u64 now = now_ns();

	g->last_call_ns = now;
	if (g->polled) {
		count_ordinary();
		return;
	}
	if (spell.nr && spell.nr < MAX_POLLED) {
		spell_join(g);
		return;
	}
	g->run_length = now - g->answered_ns < GAP_NS ? g->run_length + 1 : g->run_length / 2;
	note_recent(g);
	if (g->run_length < wanted || spell.nr || now < rest_until_ns || g->proc->traps_all)
		return;
	running = host_running();
	own = own_running(g, now);
	if (running >= nr_cpus + own && fast_mode != FAST_ALWAYS) {
		trace(TRACE_SKAS, "no polling: %u threads run, %u of them ours", running, own);
		rest(now);
	} else {
		spell_begin(g, now);
	}
}

bool spinning(void)
{
	return spell.nr > 0;
}

/*
 * The guest's thread is about to run on this CPU, where its last call woke us. From now on one CPU
 * is ours: threads that we poll for, woken, would wait behind us there.
 */
static void move_away(void)
{
	cpu_set_t set = own_cpus;

	CPU_CLR(sched_getcpu(), &set);
	if (CPU_COUNT(&set))
		sched_setaffinity(0, sizeof(set), &set);
	spell.own_cpu = sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET(spell.own_cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (unsigned i = 0; i < spell.nr; i++)
		home_avoid(spell.on[i], spell.own_cpu);
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
		return true;
	}
	return false;
}

static bool drop_idle(u64 now)
{
	for (unsigned i = spell.nr; i-- > 0;) {
		struct guest *g = spell.on[i];

		if (now - MAX(g->last_call_ns, g->answered_ns) < PATIENCE_NS)
			continue;
		drop(i, "no calls");
		if (fast_serve(g)) /* it came in between */
			return true;
	}
	return false;
}

/* Does it still pay, and are there CPUs for it? */
static void look(u64 now)
{
	s64 won = spell.gain_ns - spell.looked_gain_ns;
	bool was_crowded;

	if (now - spell.looked_ns < LOOK_NS || fast_mode == FAST_ALWAYS)
		return;
	spell.looked_ns = now;
	spell.looked_gain_ns = spell.gain_ns;
	was_crowded = spell.crowded;
	spell.crowded = host_running() > nr_cpus + own_running(spell.on[0], now);
	if (won >= 0 && !(spell.crowded && was_crowded))
		return;
	drop_all(won < 0 ? "loss" : "crowded");
	if (spell.gain_ns >= 0)
		rest(now);
}

/*
 * A pipe's reader woken by each write of a thread that we poll for would drive it off the only CPU
 * left, at the price of two switches for each piece. So it is let go on when the writer sleeps or
 * pauses, or has had its time.
 */
bool guest_hold(struct task *t)
{
	const struct guest *g = t->guest;
	unsigned busy = nr_awake();

	if (!g || !g->polled || !busy || busy + 1 < nr_cpus)
		return false;
	if (!kernel_held())
		held_ns = now_ns();
	return true;
}

static bool release_held(u64 now, bool pause)
{
	if (!kernel_held() || (nr_awake() && !pause && now - held_ns < HOLD_NS))
		return false;
	kernel_release_held();
	return true;
}

bool spin_poll(int hfd)
{
	struct pollfd p = {hfd, POLLIN, 0};
	u64 now;

	if (!spell.nr)
		return release_held(0, true);
	if (spell.move)
		move_away();
	now = now_ns();
	tell_cpu();
	look(now);
	if (release_held(now, false))
		return true;
	if (!nr_awake())
		drop_all("all asleep");
	while (spell.nr) {
		for (unsigned turn = 0; turn < TURNS_PER_LOOK; turn++) {
			if (serve_one() || os_attention())
				return true;
			__builtin_ia32_pause();
		}
		if (release_held(0, true))
			return true;
		if (poll(&p, 1, 0) != 0)
			return false;
		tell_cpu();
		if (drop_idle(now_ns()))
			return true;
	}
	return false;
}
