/*
 * /proc/PID/{stat,statm,sched,schedstat,wchan,syscall}: figures about a process or one thread of
 * it. Times and faults come from the host process, the rest from the task. A zombie shows what its
 * group keeps. proc(5) gives the fields of stat by number.
 */
#include "fs/proc/proc.h"
#include "kernel/ptrace.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/tty/tty.h"

#include <stdio.h>

/* Flags of stat(5) that mean the same here. */
#define PF_EXITING 0x4u
#define PF_FORKNOEXEC 0x40u
#define PF_RANDOMIZE 0x400000u

u64 proc_ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / 100);
}

int proc_usage(const struct pseudo_ctx *c, struct guest_usage *u)
{
	struct task *t = proc_task(c);

	memset(u, 0, sizeof(*u));
	if (t && t->guest)
		return guest_usage(t, !c->tid, u);
	*u = c->tg->usage;
	return 0;
}

char proc_state(const struct pseudo_ctx *c)
{
	const struct tgroup *tg = c->tg;
	struct task *t = proc_task(c);

	if (!t || tg->state == TG_ZOMBIE || (!c->tid && !tg->leader))
		return 'Z';
	return task_state_char(t);
}

const char *proc_comm(const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);

	if (!c->tid && !c->tg->leader && c->tg->exit_comm[0])
		return c->tg->exit_comm;
	return t ? t->comm : c->tg->exit_comm;
}

static sigmask_t handler_set(const struct task *t, bool caught)
{
	sigmask_t set = 0;

	for (int sig = 1; sig <= ABI_NSIG; sig++) {
		uaddr_t h = t->sighand->action[sig - 1].handler;

		if (caught ? h > (uaddr_t)SIG_IGN : h == (uaddr_t)SIG_IGN)
			set |= SIGBIT(sig);
	}
	return set;
}

sigmask_t proc_sig_ignored(const struct task *t)
{
	return handler_set(t, false);
}

sigmask_t proc_sig_caught(const struct task *t)
{
	return handler_set(t, true);
}

static unsigned stat_flags(const struct tgroup *tg)
{
	return PF_RANDOMIZE | (tg->has_execed ? 0 : PF_FORKNOEXEC) | (tg->exiting ? PF_EXITING : 0);
}

/* Linux's scale: 0..39 for nice -20..19, -2..-100 for real-time policies. */
static int stat_priority(const struct task *t)
{
	return t->sched_policy == SCHED_FIFO || t->sched_policy == SCHED_RR ? -1 - t->sched_priority
									    : 20 + t->nice;
}

void proc_tty(const struct tgroup *tg, int *tty_nr, int *tpgid)
{
	u64 rdev = tg->ctty ? tty_rdev(tg->ctty) : 0;

	*tty_nr = (int)rdev; /* makedev's low half is the old encoding stat(5) has */
	*tpgid = tg->ctty ? tty_pgrp(tg->ctty) : -1;
}

static void show_stat_head(struct seq *s, const struct pseudo_ctx *c, const struct guest_usage *u)
{
	const struct tgroup *tg = c->tg;
	const struct guest_usage *cu = &tg->child_usage;
	const struct task *t = proc_task(c);
	int tty_nr = 0, tpgid = -1;

	proc_tty(tg, &tty_nr, &tpgid);
	seq_printf(s, "%d (%s) %c %d %d %d %d %d %u", proc_pid(c, c->tid ? c->tid : tg->pid),
		proc_comm(c), proc_state(c), proc_pid(c, tg->parent ? tg->parent->pid : 0),
		proc_pid(c, tg->pgid), proc_pid(c, tg->sid), tty_nr,
		tpgid > 0 ? proc_pid(c, tpgid) : tpgid, stat_flags(tg));
	seq_printf(s, " %llu %llu %llu %llu %llu %llu %llu %llu", (unsigned long long)u->minflt,
		(unsigned long long)cu->minflt, (unsigned long long)u->majflt,
		(unsigned long long)cu->majflt, (unsigned long long)proc_ticks(u->utime_ns),
		(unsigned long long)proc_ticks(u->stime_ns),
		(unsigned long long)proc_ticks(cu->utime_ns),
		(unsigned long long)proc_ticks(cu->stime_ns));
	seq_printf(s, " %d %d %u 0 %llu", t ? stat_priority(t) : 20, t ? t->nice : 0,
		MAX(tg->nr_tasks, t ? 1u : 0u),
		(unsigned long long)proc_ticks(c->tid ? c->tid_start_ns : tg->start_ns));
}

/* Addresses are for those who may look into the process; others see zeros, as on Linux. */
static void show_stat_memory(struct seq *s, const struct pseudo_ctx *c, bool open)
{
	struct task *t = proc_task(c);
	const struct mm *mm = t ? t->mm : NULL;
	struct guest_mem m = {0};
	u64 sp = 0, ip = 0;

	if (t && t->guest && mm)
		guest_mem(t, &m);
	seq_printf(s, " %llu %llu %llu", (unsigned long long)m.size,
		(unsigned long long)(m.resident / PAGE_SIZE),
		(unsigned long long)c->tg->rlim[RLIMIT_RSS].rlim_cur);
	if (!mm || !open) {
		seq_printf(s, " %d %d 0 0 0", !!mm, !!mm);
		return;
	}
	seq_printf(s, " %llu %llu %llu %llu %llu", (unsigned long long)mm->start_code,
		(unsigned long long)mm->end_code, (unsigned long long)mm->start_stack,
		(unsigned long long)sp, (unsigned long long)ip);
}

static void show_stat_signals(struct seq *s, const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);

	if (!t) {
		seq_puts(s, " 0 0 0 0");
		return;
	}
	/* Obsolete fields: signals 1 to 31 only. */
	seq_printf(s, " %llu %llu %llu %llu", (unsigned long long)(t->pending.set & 0x7fffffff),
		(unsigned long long)(signal_mask(t) & 0x7fffffff),
		(unsigned long long)(proc_sig_ignored(t) & 0x7fffffff),
		(unsigned long long)(proc_sig_caught(t) & 0x7fffffff));
}

int proc_show_stat(struct seq *s, const struct pseudo_ctx *c)
{
	const struct tgroup *tg = c->tg;
	const struct task *t = proc_task(c);
	const struct mm *mm = t ? t->mm : NULL;
	bool open = t && proc_may_access(t);
	struct guest_usage u;

	proc_usage(c, &u);
	show_stat_head(s, c, &u);
	show_stat_memory(s, c, open);
	show_stat_signals(s, c);
	seq_printf(s, " %d 0 0 %d %u %d %d 0 0 0", t && t->wchan ? 1 : 0,
		c->tid && c->tid != tg->pid ? -1 : tg->exit_signal, u.cpu,
		t ? t->sched_priority : 0, t ? t->sched_policy : 0);
	if (mm && open)
		seq_printf(s, " %llu %llu %llu %llu %llu %llu %llu",
			(unsigned long long)mm->start_data, (unsigned long long)mm->end_data,
			(unsigned long long)mm->brk_start, (unsigned long long)mm->arg_start,
			(unsigned long long)mm->arg_end, (unsigned long long)mm->env_start,
			(unsigned long long)mm->env_end);
	else
		seq_puts(s, " 0 0 0 0 0 0 0");
	seq_printf(s, " %d\n", tg->state == TG_ZOMBIE && !c->tid ? tg->exit_status : 0);
	return 0;
}

int proc_show_statm(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);
	struct guest_mem m = {0};
	u64 text = 0;

	if (t && t->guest && t->mm) {
		guest_mem(t, &m);
		text = ALIGN_UP(t->mm->end_code, PAGE_SIZE) -
		       ALIGN_DOWN(t->mm->start_code, PAGE_SIZE);
	}
	seq_printf(s, "%llu %llu %llu %llu 0 %llu 0\n", (unsigned long long)(m.size / PAGE_SIZE),
		(unsigned long long)(m.resident / PAGE_SIZE),
		(unsigned long long)(m.shared / PAGE_SIZE), (unsigned long long)(text / PAGE_SIZE),
		(unsigned long long)(m.data / PAGE_SIZE));
	return 0;
}

int proc_show_schedstat(struct seq *s, const struct pseudo_ctx *c)
{
	struct guest_usage u;

	proc_usage(c, &u);
	seq_printf(s, "%llu 0 %llu\n", (unsigned long long)(u.utime_ns + u.stime_ns),
		(unsigned long long)(u.nvcsw + u.nivcsw));
	return 0;
}

static void sched_row(struct seq *s, const char *name, u64 v)
{
	seq_printf(s, "%-45s:%21llu\n", name, (unsigned long long)v);
}

int proc_show_sched(struct seq *s, const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);
	struct guest_usage u;
	u64 ns;

	if (!t)
		return -ESRCH;
	proc_usage(c, &u);
	ns = u.utime_ns + u.stime_ns;
	seq_printf(s, "%s (%d, #threads: %u)\n", t->comm, proc_pid(c, t->tid), c->tg->nr_tasks);
	seq_puts(s, "-------------------------------------------------------------------\n");
	seq_printf(s, "%-45s:%14llu.%06llu\n", "se.sum_exec_runtime",
		(unsigned long long)(ns / NSEC_PER_MSEC), (unsigned long long)(ns % NSEC_PER_MSEC));
	sched_row(s, "nr_switches", u.nvcsw + u.nivcsw);
	sched_row(s, "nr_voluntary_switches", u.nvcsw);
	sched_row(s, "nr_involuntary_switches", u.nivcsw);
	sched_row(s, "policy", (u64)t->sched_policy);
	sched_row(s, "prio", (u64)(100 + stat_priority(t)));
	return 0;
}

/* What a task sleeps on: as noted by the sleeper, else the call it is in. */
static const char *wait_channel(const struct task *t)
{
	bool asleep = t->state == TASK_INTERRUPTIBLE || t->state == TASK_UNINTERRUPTIBLE;

	if (t->wchan)
		return t->wchan;
	if (!asleep || (t->event.kind != GUEST_CALL && t->event.kind != GUEST_TRAP) ||
		t->event.nr >= NR_SYSCALLS)
		return NULL;
	return syscall_table[t->event.nr].name;
}

int proc_show_wchan(struct seq *s, const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);
	const char *name = t && proc_may_access(t) ? wait_channel(t) : NULL;

	seq_puts(s, name ? name : "0");
	return 0;
}

/* A call the kernel works on, with its arguments; stack and instruction pointer are the host's. */
int proc_show_syscall(struct seq *s, const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);

	if (!t)
		return -ESRCH;
	if (!t->coro || (t->event.kind != GUEST_CALL && t->event.kind != GUEST_TRAP)) {
		seq_puts(s, "running\n");
		return 0;
	}
	seq_printf(s, "%llu", (unsigned long long)t->event.nr);
	for (int i = 0; i < 6; i++)
		seq_printf(s, " 0x%llx", (unsigned long long)t->event.args[i]);
	seq_printf(s, " 0x0 0x%llx\n", (unsigned long long)t->event.ip);
	return 0;
}
