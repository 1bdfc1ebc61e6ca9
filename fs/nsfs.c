/*
 * nsfs: an inode per namespace that somebody has open; it holds a reference on the namespace, and
 * its number is the namespace's. ioctl_ns(2).
 */
#include "fs/nsfs.h"

#include "fs/fdtable.h"
#include "kernel/pid_ns.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#include <stdio.h>

#define NSFS_MAGIC 0x6e736673
#define NS_GET_USERNS 0xb701u
#define NS_GET_PARENT 0xb702u
#define NS_GET_NSTYPE 0xb703u
#define NS_GET_OWNER_UID 0xb704u
#define NS_GET_MNTNS_ID 0x8008b705u

static struct mount *nsfs_mount;
static const struct file_ops ns_fops;
static const struct fs_type nsfs_type = {.name = "nsfs"};

static void nsfs_evict(struct inode *i)
{
	struct ns *ns = i->priv;

	if (!ns)
		return;
	ns->inode = NULL;
	ns_put(ns);
}

static const struct super_ops nsfs_super_ops = {
	.evict_inode = nsfs_evict,
};

static int nsfs_start(void)
{
	struct super *sb = super_alloc(&nsfs_type, &nsfs_super_ops, NULL);
	struct inode *root;
	int ret;

	if (!sb)
		return -ENOMEM;
	sb->magic = NSFS_MAGIC;
	strcpy(sb->source, "nsfs");
	root = inode_alloc(sb);
	if (root) {
		root->mode = S_IFDIR | 0555;
		sb->root = d_make_root(sb, root);
	}
	ret = sb->root ? mount_internal(sb, &nsfs_mount) : -ENOMEM;
	super_put(sb);
	return ret;
}

static struct inode *ns_inode(struct ns *ns)
{
	struct inode *i;

	if (ns->inode)
		return inode_get(ns->inode);
	i = inode_alloc(nsfs_mount->sb);
	if (!i)
		return NULL;
	i->ino = ns->number;
	i->mode = S_IFREG | 0444;
	i->fops = &ns_fops;
	i->priv = ns_get(ns);
	ns->inode = i;
	return i;
}

int nsfs_path(struct ns *ns, struct path *out)
{
	char name[32];
	struct dentry *d;
	struct inode *i;
	int ret = nsfs_mount ? 0 : nsfs_start();

	if (ret < 0)
		return ret;
	snprintf(
		name, sizeof(name), "%s:[%llu]", ns_name(ns->kind), (unsigned long long)ns->number);
	d = d_alloc(nsfs_mount->sb, NULL, name, strlen(name));
	i = d ? ns_inode(ns) : NULL;
	if (!i) {
		if (d)
			d_put(d);
		return -ENOMEM;
	}
	d->inode = i;
	nsfs_mount->refs++;
	*out = (struct path){nsfs_mount, d};
	return 0;
}

struct ns *nsfs_ns(const struct file *f)
{
	return f->ops == &ns_fops ? f->inode->priv : NULL;
}

static long open_ns(struct ns *ns)
{
	struct path p;
	struct file *f;
	int ret = nsfs_path(ns, &p), fd;

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

/* What is around the caller's own namespaces is out of sight. */
static bool in_sight(const struct user_ns *ns)
{
	const struct user_ns *mine = current_user_ns();

	while (ns && ns->level > mine->level)
		ns = ns->parent;
	return ns == mine;
}

static long open_owner(const struct ns *ns)
{
	return ns->owner && in_sight(ns->owner) ? open_ns(&ns->owner->ns) : -EPERM;
}

static long open_parent(const struct ns *ns)
{
	const struct pid_ns *parent;

	if (ns->kind == NS_USER)
		return open_owner(ns);
	if (ns->kind != NS_PID)
		return -EINVAL;
	parent = ((const struct pid_ns *)ns)->parent;
	if (!parent || !pid_ns_contains(pid_ns_current(), parent))
		return -EPERM;
	return open_ns((struct ns *)&parent->ns);
}

static long ns_ioctl(struct file *file, u32 cmd, uaddr_t arg)
{
	const struct ns *ns = file->inode->priv;

	switch (cmd) {
	case NS_GET_USERNS:
		return open_owner(ns);
	case NS_GET_PARENT:
		return open_parent(ns);
	case NS_GET_NSTYPE:
		return ns_clone_flag(ns->kind);
	case NS_GET_OWNER_UID:
		if (ns->kind != NS_USER)
			return -EINVAL;
		return put_user_u32(arg, uid_out(((const struct user_ns *)ns)->owner_uid));
	case NS_GET_MNTNS_ID:
		return ns->kind == NS_MNT ? put_user_u64(arg, ns->number) : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct file_ops ns_fops = {
	.ioctl = ns_ioctl,
};
