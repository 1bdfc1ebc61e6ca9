/*
 * /proc/PID and /proc/PID/task/TID: which files there are, who owns them, and who may look inside a
 * process. A file speaks for one thread (its tid) or for the process; either may be gone by the
 * time it is read, which proc_task says with NULL. proc(5), ptrace(2) "access mode checking".
 */
#include "fs/fdtable.h"
#include "fs/proc/proc.h"
#include "kernel/cgroup.h"
#include "kernel/charge.h"
#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/posix_timer.h"
#include "kernel/ptrace.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#include <stdio.h>

struct task *proc_task(const struct pseudo_ctx *c)
{
	if (c->tid) {
		struct task *t = task_find(c->tid);

		return t && t->tg == c->tg && t->start_ns == c->tid_start_ns ? t : NULL;
	}
	if (c->tg->leader)
		return c->tg->leader;
	return list_empty(&c->tg->tasks) ? NULL : list_first(&c->tg->tasks, struct task, tg_link);
}

bool proc_may_access(const struct task *t)
{
	return trace_may_access(t, TRACE_READ_FS);
}

int proc_open_access(const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);

	if (!t)
		return 0; /* a zombie has nothing to hide: its files are empty */
	return proc_may_access(t) ? 0 : -EACCES;
}

/* Files belong to the process's effective user, unless it must not be looked into; what everybody
 * may see of a directory is the user's in any case. */
void proc_owner(const struct pseudo_ctx *c, struct inode *inode)
{
	const struct task *t = proc_task(c);

	inode->uid = inode->gid = 0;
	if (!t) {
		inode->uid = c->tg->exit_uid;
		return;
	}
	if ((t->mm && t->mm->dumpable) || inode->mode == (PROC_DIR)) {
		inode->uid = t->cred->euid;
		inode->gid = t->cred->egid;
	}
}

/* ---- small files ---- */
static int show_comm(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%s\n", proc_comm(c));
	return 0;
}

static int store_comm(const struct pseudo_ctx *c, char *text, size_t len)
{
	struct task *t = proc_task(c);

	if (!t)
		return -ESRCH;
	if (current && current->tg != t->tg)
		return -EINVAL;
	len = strcspn(text, "\n");
	snprintf(t->comm, sizeof(t->comm), "%.*s", (int)MIN(len, sizeof(t->comm) - 1), text);
	return 0;
}

static int show_coredump_filter(struct seq *s, const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);

	if (t && t->mm)
		seq_printf(s, "%08x\n", t->mm->dump_filter);
	return 0;
}

static int store_coredump_filter(const struct pseudo_ctx *c, char *text, size_t len)
{
	struct task *t = proc_task(c);
	s64 v;

	if (!t || !t->mm)
		return -ESRCH;
	if (pseudo_parse(text, 0, UINT32_MAX, &v) < 0)
		return -EINVAL;
	t->mm->dump_filter = (u32)v & 0x1ff;
	return 0;
}

static int show_oom_score_adj(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%d\n", c->tg->oom_score_adj);
	return 0;
}

static int set_oom_score_adj(struct tgroup *tg, s64 v)
{
	bool privileged = capable(CAP_SYS_RESOURCE);

	if (v < tg->oom_score_adj_min && !privileged)
		return -EACCES;
	tg->oom_score_adj = (s32)v;
	if (privileged)
		tg->oom_score_adj_min = (s32)v;
	return 0;
}

static int store_oom_score_adj(const struct pseudo_ctx *c, char *text, size_t len)
{
	s64 v;

	return pseudo_parse(text, -1000, 1000, &v) < 0 ? -EINVAL : set_oom_score_adj(c->tg, v);
}

/* The old scale: -17 (never) to 15. */
static int show_oom_adj(struct seq *s, const struct pseudo_ctx *c)
{
	s32 adj = c->tg->oom_score_adj;

	seq_printf(s, "%d\n", adj == 1000 ? 15 : adj * 17 / 1000);
	return 0;
}

static int store_oom_adj(const struct pseudo_ctx *c, char *text, size_t len)
{
	s64 v;

	if (pseudo_parse(text, -17, 15, &v) < 0)
		return -EINVAL;
	return set_oom_score_adj(c->tg, v == 15 ? 1000 : v * 1000 / 17);
}

static int show_loginuid(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%u", c->tg->loginuid - 1);
	return 0;
}

/* Set at log-in, by one who may; a process sets its own only. pam_loginuid(8) */
static int store_loginuid(const struct pseudo_ctx *c, char *text, size_t len)
{
	s64 v;

	if (!current || current->tg != c->tg || !capable(CAP_AUDIT_CONTROL))
		return -EPERM;
	if (pseudo_parse(text, 0, UINT32_MAX, &v) < 0)
		return -EINVAL;
	c->tg->loginuid = (u32)v + 1;
	return 0;
}

/* How good a victim the process is: its share of the memory in thousandths, 2/3 + adj/3 as Linux.
 */
static int show_oom_score(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);
	struct guest_mem m = {0};
	struct os_sysinfo si = {0};
	s64 points = 0;

	if (t && guest_mem(t, &m) == 0 && os_sysinfo(&si) == 0 && si.mem_total)
		points = (s64)(m.resident * 1000 /
			       (machine_mem_limit ? machine_mem_limit : si.mem_total));
	points += c->tg->oom_score_adj;
	seq_printf(s, "%lld\n",
		c->tg->oom_score_adj == -1000 ? 0LL : MAX((1000LL + points) * 2 / 3, 0LL));
	return 0;
}

static int show_personality(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);

	if (t)
		seq_printf(s, "%08x\n", t->personality);
	return t ? 0 : -ESRCH;
}

static int show_children(struct seq *s, const struct pseudo_ctx *c)
{
	const struct tgroup *child;

	if (c->tid && c->tid != c->tg->pid)
		return 0; /* children belong to the process; they are listed at its leader */
	list_for_each_entry (child, &c->tg->children, sibling)
		seq_printf(s, "%d ", proc_pid(c, child->pid));
	return 0;
}

static int show_cgroup(struct seq *s, const struct pseudo_ctx *c)
{
	char buf[PATH_MAX];

	seq_printf(s, "0::%s\n",
		cgroup_path(cgroup_of(c->tg), nsset_current()->cgroup->root, buf, sizeof(buf)));
	return 0;
}

/* ---- user namespace ---- */
static struct user_ns *ns_of(const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);

	return t && t->cred->user_ns ? t->cred->user_ns : &init_user_ns;
}

static int show_uid_map(struct seq *s, const struct pseudo_ctx *c)
{
	return id_map_show_text(s, ns_of(c), false);
}

static int show_gid_map(struct seq *s, const struct pseudo_ctx *c)
{
	return id_map_show_text(s, ns_of(c), true);
}

static int store_uid_map(const struct pseudo_ctx *c, char *text, size_t len)
{
	return id_map_write(ns_of(c), false, text);
}

static int store_gid_map(const struct pseudo_ctx *c, char *text, size_t len)
{
	return id_map_write(ns_of(c), true, text);
}

/* Project ids do not exist here: the initial map, and none elsewhere. */
static int show_projid_map(struct seq *s, const struct pseudo_ctx *c)
{
	if (ns_of(c) == &init_user_ns)
		seq_printf(s, "%10u %10u %10u\n", 0, 0, 0xffffffffu);
	return 0;
}

static int show_setgroups(struct seq *s, const struct pseudo_ctx *c)
{
	seq_puts(s, ns_of(c)->setgroups_denied ? "deny\n" : "allow\n");
	return 0;
}

/* Denial is for good, and must come before gid_map. */
static int store_setgroups(const struct pseudo_ctx *c, char *text, size_t len)
{
	struct user_ns *ns = ns_of(c);
	bool deny = !strncmp(text, "deny", 4), allow = !strncmp(text, "allow", 5);
	const char *rest = text + (deny ? 4 : 5);

	if (!ns_capable(ns, CAP_SYS_ADMIN))
		return -EACCES;
	if (!(deny || allow) || (*rest && *rest != '\n'))
		return -EINVAL;
	if (deny ? ns->gids.nr > 0 && !ns->setgroups_denied : ns->setgroups_denied)
		return -EPERM;
	ns->setgroups_denied = deny;
	return 0;
}

/* Storage is the host's business and not accounted here. */
static int show_io(struct seq *s, const struct pseudo_ctx *c)
{
	const struct tgroup *tg = c->tg;

	seq_printf(s, "rchar: %llu\nwchar: %llu\nsyscr: %llu\nsyscw: %llu\n",
		(unsigned long long)tg->io.read_bytes, (unsigned long long)tg->io.written_bytes,
		(unsigned long long)tg->io.nr_reads, (unsigned long long)tg->io.nr_writes);
	seq_puts(s, "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n");
	return 0;
}

static void timer_rows(const struct posix_timer_info *info, void *arg)
{
	static const char *const names[4] = {"signal", "none", "thread", ""};
	const struct pseudo_ctx *c = ((void **)arg)[1];
	bool to_thread = info->tid;

	seq_printf(((void **)arg)[0], "ID: %d\nsignal: %d/%016llx\nnotify: %s/%s.%d\nClockID: %d\n",
		info->id, info->signo, (unsigned long long)info->value, names[info->notify & 3],
		to_thread ? "tid" : "pid", proc_pid(c, to_thread ? info->tid : c->tg->pid),
		info->clockid);
}

static int show_timers(struct seq *s, const struct pseudo_ctx *c)
{
	void *arg[2] = {s, (void *)c};

	if (!proc_task(c))
		return -ESRCH;
	posix_timers_for_each(c->tg, timer_rows, arg);
	return 0;
}

static int show_timerslack(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);

	if (t)
		seq_printf(s, "%u\n", t->timerslack_ns);
	return t ? 0 : -ESRCH;
}

/* ---- /proc/PID/task ---- */
static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static ssize_t task_keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	struct task *t;
	ssize_t nr = 0;

	*out = calloc(MAX(dir->tg->nr_tasks, 1u), sizeof(u64));
	if (!*out)
		return -ENOMEM;
	list_for_each_entry (t, &dir->tg->tasks, tg_link)
		if (proc_pid(dir, t->tid) && (u64)proc_pid(dir, t->tid) >= from &&
			nr < (ssize_t)dir->tg->nr_tasks)
			(*out)[nr++] = (u64)proc_pid(dir, t->tid);
	qsort(*out, (size_t)nr, sizeof(u64), compare_u64);
	if (!nr)
		free(*out);
	return nr;
}

static int task_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	pid_t tid = child->key <= INT_MAX ? (pid_t)child->key : -1;
	struct task *t =
		task_find(dir->ns ? pid_from_ns((const struct pid_ns *)dir->ns, tid) : tid);

	if (!t || t->tg != dir->tg)
		return -ENOENT;
	child->tid = t->tid;
	child->tid_start_ns = t->start_ns;
	return 0;
}

const struct pseudo_dir proc_task_dir = {
	.child = &proc_tid_row,
	.keys = task_keys,
	.enter = task_enter,
};

static void refresh_pid_dir(const struct pseudo_ctx *c, struct inode *inode)
{
	inode->nlink = 7;
}

static void refresh_task_dir(const struct pseudo_ctx *c, struct inode *inode)
{
	inode->nlink = 2 + c->tg->nr_tasks;
}

/* ---- the table ---- */
static struct mm *pid_mm(const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);

	return t ? t->mm : NULL;
}

/* /proc/ID is a process's directory even if ID is a thread's. */
static bool is_process(const struct pseudo_ctx *c)
{
	return !c->outer_key;
}

static bool is_thread(const struct pseudo_ctx *c)
{
	return c->outer_key;
}

static const struct pseudo_row pid_rows[] = {
	{"auxv", PROC_PRIVATE, .show = proc_show_auxv, .open = proc_open_access, .mm = pid_mm},
	{"cgroup", PROC_RO, .show = show_cgroup},
	{"children", PROC_RO, .show = show_children, .present = is_thread},
	{"cmdline", PROC_RO, .show = proc_show_cmdline},
	{"comm", PROC_RW, .show = show_comm, .store = store_comm},
	{"coredump_filter", PROC_RW, .show = show_coredump_filter, .store = store_coredump_filter},
	{"cpuset", PROC_RO, .show = pseudo_show_text, .arg = "/"},
	{"cwd", PROC_LINK, .show = proc_show_cwd, .get_link = proc_get_cwd},
	{"environ", PROC_PRIVATE, .show = proc_show_environ, .open = proc_open_access,
		.mm = pid_mm},
	{"exe", PROC_LINK, .show = proc_show_exe, .get_link = proc_get_exe},
	{"fd", S_IFDIR | 0500, .dir = &proc_fd_dir, .refresh = proc_fd_dir_refresh},
	{"fdinfo", PROC_DIR, .dir = &proc_fdinfo_dir},
	{"gid_map", PROC_RW, .show = show_gid_map, .store = store_gid_map},
	{"io", PROC_PRIVATE, .show = show_io, .open = proc_open_access},
	{"limits", PROC_RO, .show = proc_show_limits},
	{"loginuid", PROC_RW, .show = show_loginuid, .store = store_loginuid},
	{"maps", PROC_RO, .show = proc_show_maps, .open = proc_open_access, .mm = pid_mm,
		.ioctl = proc_ioctl_maps},
	{"mem", S_IFREG | 0600, .fops = &proc_mem_fops},
	{"mountinfo", PROC_RO, .show = proc_show_mountinfo, .fops = &pseudo_poll_fops,
		.poll = proc_poll_mounts},
	{"mounts", PROC_RO, .show = proc_show_mounts, .fops = &pseudo_poll_fops,
		.poll = proc_poll_mounts},
	{"mountstats", PROC_PRIVATE, .show = proc_show_mountstats, .present = is_process},
	{"net", PROC_DIR, .dir = &proc_net_dir},
	{"ns", S_IFDIR | 0511, .dir = &proc_ns_dir},
	{"oom_adj", PROC_RW, .show = show_oom_adj, .store = store_oom_adj},
	{"oom_score", PROC_RO, .show = show_oom_score},
	{"oom_score_adj", PROC_RW, .show = show_oom_score_adj, .store = store_oom_score_adj},
	{"pagemap", S_IFREG | 0400, .fops = &proc_pagemap_fops},
	{"personality", PROC_PRIVATE, .show = show_personality, .open = proc_open_access},
	{"projid_map", PROC_RO, .show = show_projid_map},
	{"root", PROC_LINK, .show = proc_show_root, .get_link = proc_get_root},
	{"sched", PROC_RO, .show = proc_show_sched},
	{"schedstat", PROC_RO, .show = proc_show_schedstat},
	{"sessionid", PROC_RO, .show = pseudo_show_text, .arg = "4294967295"},
	{"setgroups", PROC_RW, .show = show_setgroups, .store = store_setgroups},
	{"smaps", PROC_RO, .show = proc_show_smaps, .open = proc_open_access, .mm = pid_mm},
	{"smaps_rollup", PROC_RO, .show = proc_show_smaps_rollup, .open = proc_open_access,
		.mm = pid_mm},
	{"stat", PROC_RO, .show = proc_show_stat},
	{"statm", PROC_RO, .show = proc_show_statm},
	{"status", PROC_RO, .show = proc_show_status},
	{"syscall", PROC_PRIVATE, .show = proc_show_syscall, .open = proc_open_access},
	{"task", PROC_DIR, .dir = &proc_task_dir, .refresh = refresh_task_dir,
		.present = is_process},
	{"timers", PROC_RO, .show = show_timers, .present = is_process},
	{"timerslack_ns", PROC_RO, .show = show_timerslack, .present = is_process},
	{"uid_map", PROC_RW, .show = show_uid_map, .store = store_uid_map},
	{"wchan", PROC_RO, .show = proc_show_wchan},
};

static const struct pseudo_dir pid_dir = {PSEUDO_DIR(pid_rows)};

const struct pseudo_row proc_pid_row = {
	.mode = PROC_DIR,
	.dir = &pid_dir,
	.refresh = refresh_pid_dir,
};

const struct pseudo_row proc_tid_row = {
	.mode = PROC_DIR,
	.dir = &pid_dir,
	.refresh = refresh_pid_dir,
};

struct tgroup *proc_dir_process(const struct file *f)
{
	const struct pseudo_ctx *c = f->inode->priv;

	if (f->inode->sb->type != &proc_fs_type || !S_ISDIR(f->inode->mode) ||
		c->row != &proc_pid_row || !c->tg)
		return NULL;
	return tgroup_get(c->tg);
}
