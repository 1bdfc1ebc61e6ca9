/*
 * /proc/PID/status and /proc/PID/limits: the same facts as stat and getrlimit(2), for people and
 * for scripts. Lines about what this kernel has no notion of (NUMA, speculation) are left out;
 * readers look lines up by name. proc(5).
 */
#include "fs/fdtable.h"
#include "fs/proc/proc.h"
#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/seccomp.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#include <stdio.h>

#define MASK_CPUS 1024

static const char *state_text(char state)
{
	switch (state) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "X (dead)";
	}
}

/* Names may hold anything but must not look like further lines. */
static void show_name(struct seq *s, const char *comm)
{
	seq_puts(s, "Name:\t");
	for (; *comm; comm++) {
		if (*comm == '\n')
			seq_puts(s, "\\n");
		else if (*comm == '\\')
			seq_puts(s, "\\\\");
		else
			seq_putc(s, *comm);
	}
	seq_putc(s, '\n');
}

static void show_ids(struct seq *s, const struct pseudo_ctx *c)
{
	const struct tgroup *tg = c->tg;
	const struct task *t = proc_task(c);
	const struct cred *cr = t ? t->cred : NULL;
	u32 uid = tg->exit_uid;

	seq_printf(s, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		proc_pid(c, tg->pid), proc_pid(c, c->tid ? c->tid : tg->pid),
		proc_pid(c, tg->parent ? tg->parent->pid : 0),
		proc_pid(c, t ? trace_tracer_tid(t) : 0));
	if (!cr) {
		seq_printf(s, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t0\nGroups:\t\n",
			uid, uid, tg->exit_suid, uid, 0, 0, 0, 0);
		return;
	}
	seq_printf(s, "Uid:\t%u\t%u\t%u\t%u\n", uid_out(cr->uid), uid_out(cr->euid),
		uid_out(cr->suid), uid_out(cr->fsuid));
	seq_printf(s, "Gid:\t%u\t%u\t%u\t%u\n", gid_out(cr->gid), gid_out(cr->egid),
		gid_out(cr->sgid), gid_out(cr->fsgid));
	seq_printf(s, "FDSize:\t%u\nGroups:\t", t->files ? t->files->nr : 0);
	for (unsigned i = 0; i < cr->nr_groups; i++)
		seq_printf(s, i ? " %u" : "%u", gid_out(cr->groups[i]));
	seq_puts(s, " \n");
}

/* An id in every namespace from the one shown down to the process's own. */
static void show_ns_ids(struct seq *s, const struct pseudo_ctx *c, const char *name, pid_t id)
{
	const struct pid_ns *shown = c->ns ? (const struct pid_ns *)c->ns : &init_pid_ns;
	const struct pid_ns *own = c->tg->pid_ns ? c->tg->pid_ns : &init_pid_ns;

	seq_printf(s, "%s:", name);
	for (unsigned level = shown->level; level <= own->level; level++) {
		const struct pid_ns *ns = own;

		while (ns->level > level)
			ns = ns->parent;
		seq_printf(s, "\t%d", pid_in_ns(ns, id));
	}
	seq_putc(s, '\n');
}

static void show_namespaces(struct seq *s, const struct pseudo_ctx *c)
{
	show_ns_ids(s, c, "NStgid", c->tg->pid);
	show_ns_ids(s, c, "NSpid", c->tid ? c->tid : c->tg->pid);
	show_ns_ids(s, c, "NSpgid", c->tg->pgid);
	show_ns_ids(s, c, "NSsid", c->tg->sid);
	seq_puts(s, "Kthread:\t0\n");
}

static void kib(struct seq *s, const char *name, u64 kib)
{
	seq_printf(s, "%s:\t%8llu kB\n", name, (unsigned long long)kib);
}

static void show_memory(struct seq *s, struct task *t)
{
	struct guest_mem_detail d;

	if (!t->mm || !t->guest || guest_mem_detail(t, &d) < 0)
		return;
	kib(s, "VmPeak", d.peak);
	kib(s, "VmSize", d.size);
	kib(s, "VmLck", d.locked);
	kib(s, "VmPin", d.pinned);
	kib(s, "VmHWM", d.hwm);
	kib(s, "VmRSS", d.rss);
	kib(s, "RssAnon", d.anon);
	kib(s, "RssFile", d.file);
	kib(s, "RssShmem", d.shmem);
	kib(s, "VmData", d.data);
	kib(s, "VmStk", d.stack);
	kib(s, "VmExe", (t->mm->end_code - t->mm->start_code) >> 10);
	kib(s, "VmLib", d.lib);
	kib(s, "VmPTE", d.pte);
	kib(s, "VmSwap", d.swap);
	seq_puts(s, "HugetlbPages:\t       0 kB\nCoreDumping:\t0\n");
}

static unsigned queue_len(const struct sigpending *p)
{
	const struct list_head *l;
	unsigned n = 0;

	for (l = p->queue.next; l != &p->queue; l = l->next)
		n++;
	return n;
}

static void show_mask(struct seq *s, const char *name, u64 mask)
{
	seq_printf(s, "%s:\t%016llx\n", name, (unsigned long long)mask);
}

static void show_signals(struct seq *s, const struct pseudo_ctx *c, const struct task *t)
{
	seq_printf(s, "SigQ:\t%u/%llu\n", queue_len(&t->pending) + queue_len(&c->tg->pending),
		(unsigned long long)c->tg->rlim[RLIMIT_SIGPENDING].rlim_cur);
	show_mask(s, "SigPnd", t->pending.set);
	show_mask(s, "ShdPnd", c->tg->pending.set);
	show_mask(s, "SigBlk", signal_mask(t));
	show_mask(s, "SigIgn", proc_sig_ignored(t));
	show_mask(s, "SigCgt", proc_sig_caught(t));
}

static void show_caps(struct seq *s, const struct task *t)
{
	show_mask(s, "CapInh", t->cred->cap_inheritable);
	show_mask(s, "CapPrm", t->cred->cap_permitted);
	show_mask(s, "CapEff", t->cred->cap_effective);
	show_mask(s, "CapBnd", t->cred->cap_bounding);
	show_mask(s, "CapAmb", t->cred->cap_ambient);
	seq_printf(s, "NoNewPrivs:\t%d\nSeccomp:\t%d\nSeccomp_filters:\t%u\n", t->no_new_privs,
		t->seccomp_mode, seccomp_nr_filters(t));
}

static bool mask_has(const u8 *mask, unsigned cpu)
{
	return mask[cpu / 8] >> (cpu % 8) & 1;
}

/* "0-3,8": the runs of set bits. */
static void show_mask_list(struct seq *s, const u8 *mask, unsigned nr)
{
	bool first = true;

	for (unsigned i = 0; i < nr; i++) {
		unsigned start = i;

		if (!mask_has(mask, i))
			continue;
		while (i + 1 < nr && mask_has(mask, i + 1))
			i++;
		seq_printf(s, start == i ? "%s%u" : "%s%u-%u", first ? "" : ",", start, i);
		first = false;
	}
	seq_putc(s, '\n');
}

static void show_cpus(struct seq *s, struct task *t)
{
	u8 mask[MASK_CPUS / 8] = {0};
	struct os_sysinfo si = {0};
	unsigned words;

	os_sysinfo(&si);
	if (!t->guest || guest_get_affinity(t, mask, sizeof(mask)) < 0)
		return;
	words = MAX((MIN(si.nr_cpus, (unsigned)MASK_CPUS) + 31) / 32, 1u);
	seq_puts(s, "Cpus_allowed:\t");
	for (unsigned w = words; w-- > 0;) {
		u32 v;

		memcpy(&v, mask + w * 4, 4);
		if (w == words - 1 && words == 1 && si.nr_cpus <= 16)
			seq_printf(s, "%x", v);
		else
			seq_printf(s, "%08x", v);
		if (w)
			seq_putc(s, ',');
	}
	seq_puts(s, "\nCpus_allowed_list:\t");
	show_mask_list(s, mask, MASK_CPUS);
	seq_puts(s, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
}

int proc_show_status(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);
	struct guest_usage u;

	proc_usage(c, &u);
	show_name(s, proc_comm(c));
	if (t && t->fs)
		seq_printf(s, "Umask:\t%04o\n", t->fs->umask);
	seq_printf(s, "State:\t%s\n", state_text(proc_state(c)));
	show_ids(s, c);
	show_namespaces(s, c);
	if (t)
		show_memory(s, t);
	seq_printf(s, "Threads:\t%u\n", MAX(c->tg->nr_tasks, 1u));
	if (t) {
		show_signals(s, c, t);
		show_caps(s, t);
		show_cpus(s, t);
	}
	seq_printf(s, "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
		(unsigned long long)u.nvcsw, (unsigned long long)u.nivcsw);
	return 0;
}

/* ---- limits ---- */
static const struct {
	const char *name, *unit;
	int resource;
} limit_rows[] = {
	{"Max cpu time", "seconds", RLIMIT_CPU},
	{"Max file size", "bytes", RLIMIT_FSIZE},
	{"Max data size", "bytes", RLIMIT_DATA},
	{"Max stack size", "bytes", RLIMIT_STACK},
	{"Max core file size", "bytes", RLIMIT_CORE},
	{"Max resident set", "bytes", RLIMIT_RSS},
	{"Max processes", "processes", RLIMIT_NPROC},
	{"Max open files", "files", RLIMIT_NOFILE},
	{"Max locked memory", "bytes", RLIMIT_MEMLOCK},
	{"Max address space", "bytes", RLIMIT_AS},
	{"Max file locks", "locks", RLIMIT_LOCKS},
	{"Max pending signals", "signals", RLIMIT_SIGPENDING},
	{"Max msgqueue size", "bytes", RLIMIT_MSGQUEUE},
	{"Max nice priority", "", RLIMIT_NICE},
	{"Max realtime priority", "", RLIMIT_RTPRIO},
	{"Max realtime timeout", "us", RLIMIT_RTTIME},
};

static void show_limit_value(struct seq *s, rlim_t v)
{
	if (v == RLIM_INFINITY)
		seq_printf(s, "%-20s ", "unlimited");
	else
		seq_printf(s, "%-20llu ", (unsigned long long)v);
}

int proc_show_limits(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (size_t i = 0; i < ARRAY_SIZE(limit_rows); i++) {
		const struct rlimit *r = &c->tg->rlim[limit_rows[i].resource];

		seq_printf(s, "%-25s ", limit_rows[i].name);
		show_limit_value(s, r->rlim_cur);
		show_limit_value(s, r->rlim_max);
		if (*limit_rows[i].unit)
			seq_printf(s, "%-10s", limit_rows[i].unit);
		seq_putc(s, '\n');
	}
	return 0;
}
