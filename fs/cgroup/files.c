/*
 * What the files of a control group show and take: the core's (cgroup.*), and those of the
 * controllers pids and memory. cgroups(7).
 */
#include "fs/cgroup/files.h"

#include "kernel/oom.h"
#include "kernel/pid_ns.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

static struct cgroup *group(const struct pseudo_ctx *c)
{
	return c->object;
}

static const struct {
	const char *name;
	u32 bit;
} controllers[] = {{"memory", CGROUP_MEMORY}, {"pids", CGROUP_PIDS}};

static void show_controllers(struct seq *s, u32 set)
{
	const char *gap = "";

	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (!(set & controllers[i].bit))
			continue;
		seq_printf(s, "%s%s", gap, controllers[i].name);
		gap = " ";
	}
	seq_putc(s, '\n');
}

static int show_available(struct seq *s, const struct pseudo_ctx *c)
{
	show_controllers(s, cgroup_controllers(group(c)));
	return 0;
}

static int show_subtree(struct seq *s, const struct pseudo_ctx *c)
{
	show_controllers(s, group(c)->subtree_control);
	return 0;
}

static int store_subtree(const struct pseudo_ctx *c, char *text, size_t len)
{
	u32 add = 0, drop = 0;
	char *word;

	while ((word = strsep(&text, " \t\n"))) {
		u32 bit = 0;

		if (!*word)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
			if (!strcmp(word + 1, controllers[i].name))
				bit = controllers[i].bit;
		if (!bit || (*word != '+' && *word != '-'))
			return -EINVAL;
		if (*word == '+')
			add |= bit, drop &= ~bit;
		else
			drop |= bit, add &= ~bit;
	}
	return cgroup_set_subtree_control(group(c), add, drop);
}

static int show_procs(struct seq *s, const struct pseudo_ctx *c)
{
	const struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link)
		if (cgroup_of(tg) == group(c) && tg->state != TG_ZOMBIE && pid_out(tg->pid))
			seq_printf(s, "%d\n", pid_out(tg->pid));
	return 0;
}

static int show_threads(struct seq *s, const struct pseudo_ctx *c)
{
	const struct tgroup *tg;
	const struct task *t;

	list_for_each_entry (tg, &all_tgroups, all_link)
		list_for_each_entry (t, &tg->tasks, tg_link)
			if (cgroup_of(tg) == group(c) && pid_out(t->tid))
				seq_printf(s, "%d\n", pid_out(t->tid));
	return 0;
}

/* One who is not root moves processes only below what both groups have been given to him. */
static int may_move(const struct tgroup *tg)
{
	const struct task *t = tg->leader;
	const struct cred *me = current->cred;

	if (capable(CAP_SYS_ADMIN) || tg == current->tg)
		return 0;
	return t && (me->euid == t->cred->uid || me->euid == t->cred->suid) ? 0 : -EACCES;
}

static int store_procs(const struct pseudo_ctx *c, char *text, size_t len)
{
	struct tgroup *tg;
	s64 pid;
	int ret;

	if (pseudo_parse(text, 0, INT32_MAX, &pid) < 0)
		return -EINVAL;
	tg = pid ? tgroup_find(pid_in((pid_t)pid)) : current->tg;
	if (!tg)
		return -ESRCH;
	ret = may_move(tg);
	return ret < 0 ? ret : cgroup_move(group(c), tg);
}

static int show_events(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "populated %d\nfrozen 0\n", group(c)->nr_below > 0);
	return 0;
}

static u32 poll_events(const struct pseudo_ctx *c, u64 *seen, struct poll_table *pt)
{
	const struct cgroup *cg = group(c);
	u32 ev = EPOLLIN | EPOLLRDNORM;

	poll_wait(pt, &group(c)->wait);
	if (*seen && *seen != cg->nr_changes + 1)
		ev |= EPOLLERR | EPOLLPRI;
	*seen = cg->nr_changes + 1;
	return ev;
}

static int store_kill(const struct pseudo_ctx *c, char *text, size_t len)
{
	s64 v;

	if (pseudo_parse(text, 1, 1, &v) < 0)
		return -ERANGE;
	cgroup_kill(group(c));
	return 0;
}

static u64 descendants(const struct cgroup *cg)
{
	const struct cgroup *c;
	u64 n = 0;

	list_for_each_entry (c, &cg->children, sibling)
		n += 1 + descendants(c);
	return n;
}

static int show_stat(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "nr_descendants %llu\nnr_dying_descendants 0\n",
		(unsigned long long)descendants(group(c)));
	return 0;
}

/* ---- controllers ---- */

static void show_limit(struct seq *s, u64 v)
{
	if (v == CGROUP_NO_LIMIT)
		seq_puts(s, "max\n");
	else
		seq_printf(s, "%llu\n", (unsigned long long)v);
}

/* "max", or a number with a unit. */
static int parse_limit(const char *text, u64 *out)
{
	char *end;
	u64 v;
	unsigned shift = 0;

	if (!strncmp(text, "max", 3) && (!text[3] || text[3] == '\n')) {
		*out = CGROUP_NO_LIMIT;
		return 0;
	}
	if (*text < '0' || *text > '9')
		return -EINVAL;
	v = strtoull(text, &end, 10);
	switch (*end | 0x20) {
	case 'g':
		shift += 10; /* fall through */
	case 'm':
		shift += 10; /* fall through */
	case 'k':
		shift += 10;
		end++;
	}
	if ((*end && *end != '\n') || v > UINT64_MAX >> shift)
		return -EINVAL;
	*out = v << shift;
	return 0;
}

static int show_pids_max(struct seq *s, const struct pseudo_ctx *c)
{
	show_limit(s, group(c)->pids_max);
	return 0;
}

static int store_pids_max(const struct pseudo_ctx *c, char *text, size_t len)
{
	u64 v;

	if (parse_limit(text, &v) < 0)
		return -EINVAL;
	group(c)->pids_max = v;
	return 0;
}

static int show_pids_current(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", (unsigned long long)group(c)->pids);
	return 0;
}

static int show_pids_peak(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", (unsigned long long)group(c)->pids_peak);
	return 0;
}

static int show_pids_events(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "max %llu\n", (unsigned long long)group(c)->pids_max_events);
	return 0;
}

static int show_memory_current(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", (unsigned long long)oom_memory_of(group(c)));
	return 0;
}

static int show_memory_peak(struct seq *s, const struct pseudo_ctx *c)
{
	oom_memory_of(group(c));
	seq_printf(s, "%llu\n", (unsigned long long)group(c)->memory_peak);
	return 0;
}

static int show_memory_max(struct seq *s, const struct pseudo_ctx *c)
{
	show_limit(s, group(c)->memory_max);
	return 0;
}

static int store_memory_max(const struct pseudo_ctx *c, char *text, size_t len)
{
	u64 v;

	if (parse_limit(text, &v) < 0)
		return -EINVAL;
	cgroup_set_memory_max(group(c), v == CGROUP_NO_LIMIT ? v : ALIGN_DOWN(v, (u64)PAGE_SIZE));
	return 0;
}

static int show_memory_events(struct seq *s, const struct pseudo_ctx *c)
{
	const struct cgroup *cg = group(c);

	seq_printf(s, "low 0\nhigh 0\nmax %llu\noom %llu\noom_kill %llu\noom_group_kill 0\n",
		(unsigned long long)cg->memory_max_events, (unsigned long long)cg->oom_kills,
		(unsigned long long)cg->oom_kills);
	return 0;
}

#define RO S_IFREG | 0444
#define RW S_IFREG | 0644

/* arg: the controller a row belongs to; the root has no limits and no events. */
#define PIDS .arg = &controllers[1].bit
#define MEMORY .arg = &controllers[0].bit

const struct pseudo_row cgroup_rows[] = {
	{"cgroup.controllers", RO, .show = show_available},
	{"cgroup.events", RO, .show = show_events, .fops = &pseudo_poll_fops, .poll = poll_events},
	{"cgroup.kill", S_IFREG | 0200, .store = store_kill},
	{"cgroup.procs", RW, .show = show_procs, .store = store_procs},
	{"cgroup.stat", RO, .show = show_stat},
	{"cgroup.subtree_control", RW, .show = show_subtree, .store = store_subtree},
	{"cgroup.threads", RO, .show = show_threads},
	{"cgroup.type", RO, .show = pseudo_show_text, .arg = "domain"},
	{"memory.current", RO, .show = show_memory_current, MEMORY},
	{"memory.events", RO, .show = show_memory_events, MEMORY},
	{"memory.max", RW, .show = show_memory_max, .store = store_memory_max, MEMORY},
	{"memory.peak", RO, .show = show_memory_peak, MEMORY},
	{"pids.current", RO, .show = show_pids_current, PIDS},
	{"pids.events", RO, .show = show_pids_events, PIDS},
	{"pids.max", RW, .show = show_pids_max, .store = store_pids_max, PIDS},
	{"pids.peak", RO, .show = show_pids_peak, PIDS},
};
const unsigned nr_cgroup_rows = ARRAY_SIZE(cgroup_rows);

bool cgroup_has_row(const struct cgroup *cg, const struct pseudo_row *row)
{
	if (strncmp(row->name, "cgroup.", 7))
		return cg->parent && (cgroup_controllers(cg) & *(const u32 *)row->arg);
	return cg->parent ||
	       (strcmp(row->name, "cgroup.events") && strcmp(row->name, "cgroup.kill") &&
		       strcmp(row->name, "cgroup.type"));
}
