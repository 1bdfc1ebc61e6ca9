/*
 * The dump: what SIGUSR1, --dump-on and BUG put into the kernel's log. It only reads, so it may run
 * anywhere, on a coroutine or between two.
 */
#include "kernel/dump.h"

#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <stdio.h>

#define STACK_MAX 32
#define DEPTH_MAX 32u /* further levels are not indented */
#define TOP_CALLS 40

u32 dump_mask;

static const char *const event_names[DUMP_EVENT_COUNT] = {
	[DUMP_EXIT] = "exit",
	[DUMP_CRASH] = "crash",
	[DUMP_MISSING] = "missing",
};

int dump_on(const char *csv)
{
	while (*csv) {
		size_t len = strcspn(csv, ",");
		unsigned i = 0;

		while (i < DUMP_EVENT_COUNT &&
			(strlen(event_names[i]) != len || memcmp(event_names[i], csv, len)))
			i++;
		if (i == DUMP_EVENT_COUNT)
			return -EINVAL;
		dump_mask |= 1u << i;
		csv += len + (csv[len] == ',');
	}
	return 0;
}

static void dump_stack(const struct task *t)
{
	uintptr_t pcs[STACK_MAX];
	unsigned nr = sched_backtrace(t->coro, pcs, STACK_MAX);
	char name[80];

	for (unsigned i = 0; i < nr; i++) {
		os_symbol(pcs[i], name, sizeof(name));
		klog("          %s", name);
	}
}

static void dump_task(struct task *t, unsigned depth)
{
	char line[256];

	task_describe(t, line, sizeof(line));
	klog("  %*s%s", (int)depth * 2, "", line);
	if (t->coro)
		dump_stack(t);
}

static void dump_group(const struct tgroup *tg, unsigned depth)
{
	struct task *t;

	if (tg->state == TG_ZOMBIE)
		klog("  %*s%5d zombie, status %#x", (int)depth * 2, "", tg->pid,
			(unsigned)tg->exit_status);
	list_for_each_entry (t, &tg->tasks, tg_link)
		dump_task(t, depth);
}

/* The process after tg in its tree, parents first; NULL: it was the last. Without recursion, as
 * trees may be deeper than a kernel stack. */
static const struct tgroup *next_group(const struct tgroup *tg, unsigned *depth)
{
	if (!list_empty(&tg->children)) {
		++*depth;
		return list_first(&tg->children, struct tgroup, sibling);
	}
	for (; tg->parent; tg = tg->parent, --*depth)
		if (tg->sibling.next != &tg->parent->children)
			return list_entry(tg->sibling.next, struct tgroup, sibling);
	return NULL;
}

static void dump_tree(const struct tgroup *tg)
{
	unsigned depth = 0;

	for (; tg; tg = next_group(tg, &depth))
		dump_group(tg, MIN(depth, DEPTH_MAX));
}

/* The calls made most, by repeated selection: few rows, and no memory to find. */
static void dump_calls(void)
{
	u64 below = UINT64_MAX;
	unsigned below_nr = 0;

	klog("calls: count, errors, time in us%s", syscall_timing ? "" : " (not measured)");
	for (unsigned row = 0; row < TOP_CALLS; row++) {
		unsigned best = NR_SYSCALLS;

		for (unsigned nr = 0; nr < NR_SYSCALLS; nr++) {
			u64 n = syscall_stats[nr].calls;

			if (!n || n > below || (n == below && row && nr <= below_nr))
				continue;
			if (best == NR_SYSCALLS || n > syscall_stats[best].calls)
				best = nr;
		}
		if (best == NR_SYSCALLS)
			return;
		below = syscall_stats[best].calls;
		below_nr = best;
		klog("  %-20s %10llu %8llu %12llu",
			syscall_table[best].name ? syscall_table[best].name : "-",
			(unsigned long long)below, (unsigned long long)syscall_stats[best].errors,
			(unsigned long long)(syscall_stats[best].time_ns / NSEC_PER_USEC));
	}
}

void dump_machine(const char *why)
{
	const struct tgroup *tg;

	klog("dump: %s", why);
	klog("tasks: tid, pid, name, state, call, signals; kernel stacks");
	list_for_each_entry (tg, &all_tgroups, all_link)
		if (!tg->parent)
			dump_tree(tg);
	dump_calls();
}
