/*
 * /proc/PID/ns: there is one namespace of each kind, with the numbers Linux gives the initial ones.
 * Behind a link is a file that can be opened and compared, and that is all: setns(2) has nowhere
 * else to go. namespaces(7).
 */
#include "fs/proc/proc.h"
#include "kernel/task.h"

#define NS_CGROUP 4026531835u
#define NS_IPC 4026531839u
#define NS_MNT 4026531841u
#define NS_NET 4026531840u
#define NS_PID 4026531836u
#define NS_TIME 4026531834u
#define NS_USER 4026531837u
#define NS_UTS 4026531838u

#define NS_OBJECTS 10

static const struct pseudo_row ns_rows[NS_OBJECTS];

static int show_ns(struct seq *s, const struct pseudo_ctx *c)
{
	const char *name = c->row->name;
	size_t len = strcspn(name, "_"); /* pid_for_children is the pid namespace's */
	struct task *t = proc_task(c);
	u64 number = (u64)(uintptr_t)c->row->arg;

	if (!t)
		return -ENOENT;
	if (!proc_may_access(t))
		return -EACCES;
	seq_printf(s, "%.*s:[%llu]", (int)len, name, (unsigned long long)number);
	return 0;
}

static const struct file_ops ns_fops; /* nothing to read */

/* The object of a namespace is made at its first use and stays. */
static int get_ns(const struct pseudo_ctx *c, struct path *out)
{
	static struct path objects[NS_OBJECTS];
	struct path *p = &objects[(size_t)(c->row - ns_rows)];
	struct task *t = proc_task(c);
	struct seq s = {0};
	struct file *f;
	int ret;

	if (!t || !proc_may_access(t))
		return t ? -EACCES : -ENOENT;
	if (!p->dentry) {
		ret = show_ns(&s, c);
		seq_putc(&s, '\0');
		if (ret == 0)
			ret = s.failed ? -ENOMEM
				       : file_anon(s.buf, &ns_fops, NULL, O_RDONLY, S_IFREG | 0444,
						 &f);
		seq_fini(&s);
		if (ret < 0)
			return ret;
		f->inode->fops = &ns_fops;
		*p = f->path;
		path_get(p);
		file_put(f);
	}
	*out = *p;
	path_get(out);
	return 0;
}

#define NS_ROW(text, number) \
	{ \
		.name = text, .mode = PROC_LINK, .show = show_ns, .get_link = get_ns, \
		.arg = (const void *)(uintptr_t)(number) \
	}

static const struct pseudo_row ns_rows[NS_OBJECTS] = {
	NS_ROW("cgroup", NS_CGROUP),
	NS_ROW("ipc", NS_IPC),
	NS_ROW("mnt", NS_MNT),
	NS_ROW("net", NS_NET),
	NS_ROW("pid", NS_PID),
	NS_ROW("pid_for_children", NS_PID),
	NS_ROW("time", NS_TIME),
	NS_ROW("time_for_children", NS_TIME),
	NS_ROW("user", NS_USER),
	NS_ROW("uts", NS_UTS),
};

const struct pseudo_dir proc_ns_dir = {
	PSEUDO_DIR(ns_rows),
	.open = proc_open_access,
};
