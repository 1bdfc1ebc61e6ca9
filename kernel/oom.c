/*
 * Memory limits of the machine and of control groups (oom.h). What a process has is asked of the
 * host only if it has used CPU time since it was asked last. Memory that processes share natively
 * counts in full at first, and by shares (slower to find out) where it would be too much. The
 * victim is chosen as on Linux: the largest, by oom_score_adj; pid 1 only where the end of all
 * others would not help. proc(5), cgroups(7).
 */
#include "kernel/oom.h"

#include "kernel/cgroup.h"
#include "kernel/charge.h"
#include "kernel/dmesg.h"
#include "kernel/lib/log.h"
#include "kernel/meter.h"
#include "kernel/os.h"
#include "kernel/task.h"

#define GROWTH 3ull		     /* bytes per ns one CPU can fill at most */
#define VICTIM_NS (NSEC_PER_SEC / 2) /* for one to be gone, before there is another */
#define SHARED_MIN (8ull << 20)	     /* libraries and the like: below this nobody looks */
#define TRIM_MIN (16ull << 20)	     /* more than that unused in skiff: give it back */
#define NONE CGROUP_NO_LIMIT

static u64 process_memory; /* of all, at the last look */
static u64 looked_ns;
static u64 pass;	      /* number of the look: a shared mm counts once in each */
static struct tgroup *victim; /* a reference; NULL: none is dying */
static u64 victim_ns;
static unsigned nr_cpus = 1;

u64 oom_process_memory(void)
{
	return process_memory;
}

/* ---- what a process has ---- */

static struct task *any_task(const struct tgroup *tg)
{
	struct task *t;

	if (list_empty(&tg->tasks))
		return NULL;
	t = list_first(&tg->tasks, struct task, tg_link);
	return t->guest && t->started ? t : NULL;
}

static void refresh(struct tgroup *tg)
{
	struct task *t = any_task(tg);
	struct guest_mem_detail d;
	struct guest_mem m;

	if (t && tg->mem.asked && !meter_has_run(tg, tg->mem.cpu_ns))
		return;
	tg->mem = (struct tgroup_mem){.asked = t != NULL, .cpu_ns = tg->metered_ns};
	if (!t || guest_mem(t, &m) < 0)
		return;
	tg->mem.resident = m.resident;
	tg->mem.own = m.resident - MIN(m.shared, m.resident);
	if (m.shared >= SHARED_MIN && guest_mem_detail(t, &d) == 0)
		tg->mem.shared = d.shmem * 1024;
}

/* Counted already in this pass, by another process with the same memory (vfork)? */
static bool counted(const struct tgroup *tg)
{
	struct task *t = any_task(tg);

	if (!t || !t->mm || t->mm->oom_pass == pass)
		return true;
	t->mm->oom_pass = pass;
	return false;
}

struct sums {
	u64 own, shared, ending; /* ending: part of own */
};

static struct sums processes_of(const struct cgroup *cg)
{
	struct sums s = {0};
	struct tgroup *tg;

	pass++;
	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (!cgroup_contains(cg, cgroup_of(tg)) || counted(tg))
			continue;
		s.own += tg->mem.own;
		s.ending += tg->exiting ? tg->mem.own : 0;
		s.shared += tg->mem.shared;
	}
	return s;
}

/* The same of shared memory by shares: each page once, however many have it. */
static u64 shares_of(const struct cgroup *cg)
{
	struct tgroup *tg;
	u64 sum = 0;

	pass++;
	list_for_each_entry (tg, &all_tgroups, all_link)
		if (tg->mem.shared && cgroup_contains(cg, cgroup_of(tg)) && !counted(tg))
			sum += guest_shmem_share(any_task(tg));
	return sum;
}

/* ---- what a group has ---- */

/* Skiff's own memory: what is charged, and what the kernel needs besides. */
static u64 kernel_memory(void)
{
	u64 own = os_own_memory(false), known = mem_charges.pages + mem_charges.buffers;

	if (own > known + TRIM_MIN && own > machine_mem_limit / 8)
		own = os_own_memory(true);
	return MAX(own, known);
}

/* Files of the guest in memory are counted by the kernel, and also where processes map them: what
 * is more is what they share without a file. */
static u64 memory_of(struct cgroup *cg)
{
	struct sums s = processes_of(cg);
	bool root = cg == &root_cgroup;
	u64 files = root ? mem_charges.files : 0;
	u64 rest = s.own + (root ? kernel_memory() : 0);
	u64 sum = rest + MAX(files, s.shared);

	if (sum > cg->memory_max && s.shared > files)
		sum = rest + MAX(files, shares_of(cg));
	if (root)
		process_memory = s.own - s.ending + sum - rest - files;
	cg->memory_peak = MAX(cg->memory_peak, sum);
	return sum;
}

static void refresh_all(void)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link)
		refresh(tg);
	mem_files_update();
	looked_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
}

u64 oom_memory_of(struct cgroup *cg)
{
	meter_read();
	refresh_all();
	return memory_of(cg);
}

bool oom_look_again(void)
{
	if (os_clock_ns(OS_CLOCK_MONOTONIC) - looked_ns < NSEC_PER_MSEC)
		return false;
	oom_memory_of(&root_cgroup);
	return true;
}

/* ---- the victim ---- */

static s64 badness(const struct tgroup *tg, u64 total)
{
	s64 adj = (s64)(total / 1000) * tg->oom_score_adj;

	if (!any_task(tg) || tg->exiting || tg->oom_score_adj == -1000)
		return 0;
	return MAX((s64)tg->mem.resident + adj, (s64)1);
}

static struct tgroup *choose(const struct cgroup *cg, u64 total, bool spare_init)
{
	struct tgroup *tg, *worst = NULL;
	s64 most = 0;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		s64 points = cgroup_contains(cg, cgroup_of(tg)) ? badness(tg, total) : 0;

		if (points <= most || (spare_init && tg == init_tg))
			continue;
		most = points;
		worst = tg;
	}
	return worst;
}

/* Would pid 1 and the kernel be too much without anybody else? */
static bool init_is_too_large(const struct cgroup *cg)
{
	u64 kernel = kernel_memory() + mem_charges.files;

	return init_tg->mem.resident > cg->memory_max - MIN(cg->memory_max, kernel);
}

static bool victim_is_dying(u64 now)
{
	if (!victim)
		return false;
	if ((victim->state != TG_ZOMBIE || victim->usage_due) && now - victim_ns < VICTIM_NS)
		return true;
	tgroup_put(victim);
	victim = NULL;
	return false;
}

static void kill_one(struct cgroup *cg, u64 used, u64 now)
{
	bool root = cg == &root_cgroup;
	struct tgroup *tg;
	const char *comm;

	if (victim_is_dying(now))
		return;
	tg = choose(cg, cg->memory_max, root && !init_is_too_large(cg));
	cg->memory_max_events++;
	if (!tg)
		return;
	cg->oom_kills++;
	comm = tg->leader ? tg->leader->comm : tg->exit_comm;
	dmesg_printf(DMESG_ERR,
		"%s: Killed process %d (%s) rss:%llukB, oom_score_adj:%d; in use %lluK of %lluK",
		root ? "Out of memory" : "Memory cgroup out of memory", tg->pid, comm,
		(unsigned long long)(tg->mem.resident >> 10), tg->oom_score_adj,
		(unsigned long long)(used >> 10), (unsigned long long)(cg->memory_max >> 10));
	if (tg == init_tg)
		klog("out of memory (--mem): killed pid 1 (%s)", comm);
	victim = tgroup_get(tg);
	victim_ns = now;
	signal_send_group(tg, SIGKILL, NULL);
}

/* ---- the look ---- */

static u64 check(struct cgroup *cg, u64 now)
{
	u64 next = UINT64_MAX, used;
	struct cgroup *c;

	if (cg->memory_max != NONE) {
		used = memory_of(cg);
		if (used > cg->memory_max)
			kill_one(cg, used, now);
		next = (cg->memory_max - MIN(used, cg->memory_max)) / (GROWTH * nr_cpus);
	}
	list_for_each_entry (c, &cg->children, sibling)
		next = MIN(next, check(c, now));
	return next;
}

u64 oom_check(void)
{
	refresh_all();
	return check(&root_cgroup, os_clock_ns(OS_CLOCK_MONOTONIC));
}

static bool any_limit(const struct cgroup *cg)
{
	const struct cgroup *c;

	if (cg->memory_max != NONE)
		return true;
	list_for_each_entry (c, &cg->children, sibling)
		if (any_limit(c))
			return true;
	return false;
}

void oom_limits_changed(void)
{
	struct os_sysinfo si = {0};

	if (os_sysinfo(&si) == 0)
		nr_cpus = MAX(si.nr_cpus, 1u);
	meter_want(METER_MEMORY, any_limit(&root_cgroup));
}
