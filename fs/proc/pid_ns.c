/*
 * /proc/PID/ns: links to the namespaces a process lives in; behind each is a file of nsfs.
 * namespaces(7).
 */
#include "fs/nsfs.h"
#include "fs/proc/proc.h"
#include "kernel/task.h"

struct ns_link {
	enum ns_kind kind;
	bool for_children;
};

static struct ns *linked(const struct pseudo_ctx *c, int *ret)
{
	const struct ns_link *l = c->row->arg;
	struct task *t = proc_task(c);

	*ret = !t ? -ENOENT : proc_may_access(t) ? 0 : -EACCES;
	return *ret == 0 ? task_ns(t, l->kind, l->for_children) : NULL;
}

static int show_ns(struct seq *s, const struct pseudo_ctx *c)
{
	int ret;
	const struct ns *ns = linked(c, &ret);

	if (ns)
		seq_printf(s, "%s:[%llu]", ns_name(ns->kind), (unsigned long long)ns->number);
	return ret;
}

static int get_ns(const struct pseudo_ctx *c, struct path *out)
{
	int ret;
	struct ns *ns = linked(c, &ret);

	return ns ? nsfs_path(ns, out) : ret;
}

#define NS_ROW(text, kind, for_children) \
	{ \
		.name = text, .mode = PROC_LINK, .show = show_ns, .get_link = get_ns, \
		.arg = &(const struct ns_link) \
		{ \
			kind, for_children \
		} \
	}

static const struct pseudo_row ns_rows[] = {
	NS_ROW("cgroup", NS_CGROUP, false),
	NS_ROW("ipc", NS_IPC, false),
	NS_ROW("mnt", NS_MNT, false),
	NS_ROW("net", NS_NET, false),
	NS_ROW("pid", NS_PID, false),
	NS_ROW("pid_for_children", NS_PID, true),
	NS_ROW("time", NS_TIME, false),
	NS_ROW("time_for_children", NS_TIME, true),
	NS_ROW("user", NS_USER, false),
	NS_ROW("uts", NS_UTS, false),
};

const struct pseudo_dir proc_ns_dir = {
	PSEUDO_DIR(ns_rows),
	.open = proc_open_access,
};
