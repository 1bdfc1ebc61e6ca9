/*
 * The root of proc: files about the machine, self and thread-self, and a directory for each
 * process. Tables of what is below are in the files named for them. proc(5).
 */
#include "fs/proc/machine.h"
#include "fs/proc/proc.h"
#include "fs/proc/sysvipc.h"
#include "kernel/keys/key.h"
#include "kernel/dmesg.h"
#include "kernel/lib/log.h"
#include "kernel/pid_ns.h"
#include "kernel/task.h"

#define PROC_SUPER_MAGIC 0x9fa0

pid_t proc_pid(const struct pseudo_ctx *c, pid_t id)
{
	return c->ns ? pid_in_ns((const struct pid_ns *)c->ns, id) : id;
}

static pid_t from_key(const struct pseudo_ctx *c, u64 key)
{
	if (!key || key > INT_MAX)
		return -1;
	return c->ns ? pid_from_ns((const struct pid_ns *)c->ns, (pid_t)key) : (pid_t)key;
}

static int show_self(struct seq *s, const struct pseudo_ctx *c)
{
	if (!current || !proc_pid(c, current->tg->pid))
		return -ENOENT;
	seq_printf(s, "%d", proc_pid(c, current->tg->pid));
	return 0;
}

static int show_thread_self(struct seq *s, const struct pseudo_ctx *c)
{
	if (!current || !proc_pid(c, current->tg->pid))
		return -ENOENT;
	seq_printf(s, "%d/task/%d", proc_pid(c, current->tg->pid), proc_pid(c, current->tid));
	return 0;
}

static const struct pseudo_row tty_rows[] = {
	{.name = "drivers", .mode = PROC_RO, .show = machine_show_tty_drivers},
};
static const struct pseudo_dir tty_dir = {PSEUDO_DIR(tty_rows)};

static const struct pseudo_row root_rows[] = {
	{.name = "cmdline", .mode = PROC_RO, .show = pseudo_show_text, .arg = "skiff"},
	{.name = "config.gz", .mode = PROC_RO, .show = machine_show_config},
	{.name = "cpuinfo", .mode = PROC_RO, .show = machine_show_cpuinfo},
	{.name = "devices", .mode = PROC_RO, .show = machine_show_devices},
	{.name = "diskstats", .mode = PROC_RO, .show = machine_show_nothing},
	{.name = "filesystems", .mode = PROC_RO, .show = machine_show_filesystems},
	{.name = "key-users", .mode = PROC_RO, .show = key_show_users},
	{.name = "keys", .mode = PROC_RO, .show = key_show_all},
	{.name = "kmsg", .mode = PROC_PRIVATE, .fops = &proc_kmsg_fops},
	{.name = "loadavg", .mode = PROC_RO, .show = machine_show_loadavg},
	{.name = "locks", .mode = PROC_RO, .show = machine_show_locks},
	{.name = "meminfo", .mode = PROC_RO, .show = machine_show_meminfo},
	{.name = "misc", .mode = PROC_RO, .show = machine_show_nothing},
	{.name = "mounts", .mode = PROC_LINK, .show = pseudo_show_link, .arg = "self/mounts"},
	{.name = "net", .mode = PROC_LINK, .show = pseudo_show_link, .arg = "self/net"},
	{.name = "partitions", .mode = PROC_RO, .show = machine_show_partitions},
	{.name = "self", .mode = PROC_LINK, .show = show_self},
	{.name = "stat", .mode = PROC_RO, .show = machine_show_stat},
	{.name = "swaps",
		.mode = PROC_RO,
		.show = pseudo_show_text,
		.arg = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority"},
	{.name = "sys", .mode = PROC_DIR, .dir = &proc_sys_dir},
	{.name = "sysvipc", .mode = PROC_DIR, .dir = &proc_sysvipc_dir},
	{.name = "thread-self", .mode = PROC_LINK, .show = show_thread_self},
	{.name = "tty", .mode = PROC_DIR, .dir = &tty_dir},
	{.name = "uptime", .mode = PROC_RO, .show = machine_show_uptime},
	{.name = "version", .mode = PROC_RO, .show = machine_show_version},
	{.name = "vmstat", .mode = PROC_RO, .show = machine_show_vmstat},
};

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static bool is_listed(const struct pseudo_ctx *dir, const struct tgroup *tg, u64 from)
{
	pid_t nr = proc_pid(dir, tg->pid);

	return nr > 0 && (u64)nr >= from;
}

static ssize_t pid_keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	const struct tgroup *tg;
	size_t nr = 0, i = 0;

	list_for_each_entry (tg, &all_tgroups, all_link)
		nr += is_listed(dir, tg, from);
	if (!nr)
		return 0;
	*out = calloc(nr, sizeof(u64));
	if (!*out)
		return -ENOMEM;
	list_for_each_entry (tg, &all_tgroups, all_link)
		if (is_listed(dir, tg, from))
			(*out)[i++] = (u64)proc_pid(dir, tg->pid);
	qsort(*out, nr, sizeof(u64), compare_u64);
	return (ssize_t)nr;
}

/* A thread's id names a directory like its process's, though it is not listed. */
static int pid_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	pid_t id = from_key(dir, child->key);
	struct tgroup *tg = tgroup_find(id);
	struct task *t;

	if (!tg && (t = task_find(id))) {
		tg = t->tg;
		child->tid = t->tid;
		child->tid_start_ns = t->start_ns;
	}
	if (!tg)
		return -ENOENT;
	child->tg = tgroup_get(tg);
	return 0;
}

static u64 pid_birth(const struct pseudo_ctx *dir, u64 key)
{
	pid_t id = from_key(dir, key);
	const struct tgroup *tg = tgroup_find(id);
	const struct task *t = tg ? NULL : task_find(id);

	return tg ? tg->start_ns : t ? t->start_ns : 0;
}

static const struct pseudo_dir root_dir = {
	PSEUDO_DIR(root_rows),
	.child = &proc_pid_row,
	.keys = pid_keys,
	.birth = pid_birth,
	.enter = pid_enter,
};

static const struct pseudo_row root_row = {.name = "/", .mode = PROC_DIR, .dir = &root_dir};

static int proc_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	pseudo_owner_hook = proc_owner;
	return pseudo_mount(type, PROC_SUPER_MAGIC, &root_row, &pid_ns_current()->ns, out);
}

const struct fs_type proc_fs_type = {
	.name = "proc",
	.user_mount = true,
	.mount = proc_mount,
};
