/*
 * /proc/PID/ns: there is one namespace of each kind, with the numbers Linux gives the initial ones.
 * Behind a link is a file that can be opened, compared and asked what it is; setns(2) has nowhere
 * else to go. namespaces(7), ioctl_ns(2).
 */
#include "fs/fdtable.h"
#include "fs/proc/proc.h"
#include "kernel/task.h"

#include <stdio.h>

#define NS_GET_USERNS 0xb701u
#define NS_GET_PARENT 0xb702u
#define NS_GET_NSTYPE 0xb703u
#define NS_GET_OWNER_UID 0xb704u

struct namespace
{
	const char *kind;
	u64 number;
	int clone_flag;
	struct path object; /* made at its first use, then kept */
};

static struct namespace cgroup_ns = {"cgroup", 4026531835, CLONE_NEWCGROUP, {NULL, NULL}},
			ipc_ns = {"ipc", 4026531839, CLONE_NEWIPC, {NULL, NULL}},
			mnt_ns = {"mnt", 4026531841, CLONE_NEWNS, {NULL, NULL}},
			net_ns = {"net", 4026531840, CLONE_NEWNET, {NULL, NULL}},
			pid_ns = {"pid", 4026531836, CLONE_NEWPID, {NULL, NULL}},
			time_ns = {"time", 4026531834, CLONE_NEWTIME, {NULL, NULL}},
			user_ns = {"user", 4026531837, CLONE_NEWUSER, {NULL, NULL}},
			uts_ns = {"uts", 4026531838, CLONE_NEWUTS, {NULL, NULL}};

static const struct file_ops ns_fops;

static int may_see(const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);

	if (!t)
		return -ENOENT;
	return proc_may_access(t) ? 0 : -EACCES;
}

static int show_ns(struct seq *s, const struct pseudo_ctx *c)
{
	const struct namespace *ns = c->row->arg;
	int ret = may_see(c);

	if (ret == 0)
		seq_printf(s, "%s:[%llu]", ns->kind, (unsigned long long)ns->number);
	return ret;
}

static int ns_object(struct namespace *ns, struct path *out)
{
	char name[32];
	struct file *f;
	int ret;

	if (!ns->object.dentry) {
		snprintf(name, sizeof(name), "%s:[%llu]", ns->kind, (unsigned long long)ns->number);
		ret = file_anon(name, &ns_fops, NULL, O_RDONLY, S_IFREG | 0444, &f);
		if (ret < 0)
			return ret;
		f->inode->fops = &ns_fops;
		f->inode->object = ns;
		ns->object = f->path;
		path_get(&ns->object);
		file_put(f);
	}
	*out = ns->object;
	path_get(out);
	return 0;
}

static int get_ns(const struct pseudo_ctx *c, struct path *out)
{
	int ret = may_see(c);

	return ret < 0 ? ret : ns_object((struct namespace *)c->row->arg, out);
}

/* A descriptor of the user namespace, which owns all the others. */
static long open_user_ns(void)
{
	struct file *f;
	struct path p;
	int ret = ns_object(&user_ns, &p), fd;

	if (ret < 0)
		return ret;
	ret = file_open_path(&p, O_RDONLY, &f);
	path_put(&p);
	if (ret < 0)
		return ret;
	fd = fd_install(f, 0, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long ns_ioctl(struct file *file, u32 cmd, uaddr_t arg)
{
	const struct namespace *ns = file->inode->object;

	switch (cmd) {
	case NS_GET_USERNS:
		return ns == &user_ns ? -EPERM : open_user_ns(); /* its parent is out of sight */
	case NS_GET_PARENT:
		return ns == &user_ns || ns == &pid_ns ? -EPERM : -EINVAL;
	case NS_GET_NSTYPE:
		return ns->clone_flag;
	case NS_GET_OWNER_UID:
		return ns == &user_ns ? put_user_u32(arg, 0) : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct file_ops ns_fops = {
	.ioctl = ns_ioctl,
};

#define NS_ROW(text, ns) \
	{ \
		.name = text, .mode = PROC_LINK, .show = show_ns, .get_link = get_ns, .arg = &(ns) \
	}

static const struct pseudo_row ns_rows[] = {
	NS_ROW("cgroup", cgroup_ns),
	NS_ROW("ipc", ipc_ns),
	NS_ROW("mnt", mnt_ns),
	NS_ROW("net", net_ns),
	NS_ROW("pid", pid_ns),
	NS_ROW("pid_for_children", pid_ns),
	NS_ROW("time", time_ns),
	NS_ROW("time_for_children", time_ns),
	NS_ROW("user", user_ns),
	NS_ROW("uts", uts_ns),
};

const struct pseudo_dir proc_ns_dir = {
	PSEUDO_DIR(ns_rows),
	.open = proc_open_access,
};
