/*
 * The mqueue filesystem: one flat directory of POSIX message queues for each IPC namespace. Every
 * mount of it in a namespace shows the same queues; mq_open goes by an internal mount. The queues
 * themselves are kernel/ipc/mqueue.c's. mq_overview(7).
 */
#include "kernel/ipc/mqueue.h"

#include "kernel/ipc/ipc.h"
#include "kernel/task.h"

#include <stdio.h>

#define MQUEUE_MAGIC 0x19800202

struct mq_entry {
	struct list_head link;
	struct inode *inode; /* a reference */
	u64 off;	     /* position in the directory, never reused */
	char name[NAME_MAX + 1];
};

struct mq_super {
	struct ipc_ns *ns;
	struct list_head entries; /* in order of off */
	u64 next_off;
};

static const struct inode_ops dir_ops, file_inode_ops;
static const struct file_ops dir_fops;

static struct mq_entry *entry_find(const struct mq_super *ms, const char *name)
{
	struct mq_entry *e;

	list_for_each_entry (e, &ms->entries, link)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

static int mqfs_lookup(struct inode *dir, struct dentry *d)
{
	struct mq_entry *e = entry_find(dir->sb->priv, d->name);

	if (e)
		d_instantiate(d, inode_get(e->inode));
	return 0;
}

static struct inode *new_inode(struct super *sb, const struct inode *dir, u32 mode)
{
	struct inode *i = inode_alloc(sb);

	if (!i)
		return NULL;
	inode_init_owner(i, dir, mode);
	i->size = 80;
	i->ops = &file_inode_ops;
	i->fops = &mqueue_fops;
	return i;
}

int mqueue_make(struct inode *dir, struct dentry *d, u32 mode, const struct abi_mq_attr *attr)
{
	struct mq_super *ms = dir->sb->priv;
	struct mq_limits *l;
	struct mqueue *q;
	struct mq_entry *e;
	struct inode *i;
	int ret;

	if (!ms->ns)
		return -EACCES;
	l = &ms->ns->mq;
	if (l->nr_queues >= l->queues_max && !capable(CAP_SYS_RESOURCE))
		return -ENOSPC;
	ret = mqueue_create(ms->ns, attr, &q);
	if (ret < 0)
		return ret;
	e = calloc(1, sizeof(*e));
	i = e ? new_inode(dir->sb, dir, S_IFREG | (mode & 07777)) : NULL;
	if (!i) {
		free(e);
		mqueue_free(q);
		return -ENOMEM;
	}
	i->priv = q;
	e->inode = i;
	e->off = ms->next_off++;
	memcpy(e->name, d->name, d->name_len);
	list_add_tail(&e->link, &ms->entries);
	l->nr_queues++;
	dir->size += 20;
	inode_now(&dir->mtime);
	dir->ctime = dir->mtime;
	d_instantiate(d, inode_get(i));
	d_hash(d);
	return 0;
}

static int mqfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return mqueue_make(dir, d, mode, NULL);
}

static int mqfs_unlink(struct inode *dir, struct dentry *d)
{
	struct mq_super *ms = dir->sb->priv;
	struct mq_entry *e = entry_find(ms, d->name);

	if (!e)
		return -ENOENT;
	list_del(&e->link);
	if (ms->ns)
		ms->ns->mq.nr_queues--;
	dir->size -= 20;
	inode_now(&dir->mtime);
	dir->ctime = e->inode->ctime = dir->mtime;
	e->inode->nlink--;
	inode_put(e->inode);
	free(e);
	return 0;
}

static int mqfs_iterate(struct file *f, struct dir_sink *sink)
{
	const struct mq_super *ms = f->inode->sb->priv;
	const struct mq_entry *e;

	for (; f->pos < 2; f->pos++)
		if (!sink->emit(sink, "..", 1 + f->pos, f->inode->ino, S_IFDIR >> 12, f->pos + 1))
			return 0;
	list_for_each_entry (e, &ms->entries, link) {
		if (e->off + 2 < f->pos)
			continue;
		if (!sink->emit(sink, e->name, strlen(e->name), e->inode->ino, S_IFREG >> 12,
			    e->off + 3))
			return 0;
		f->pos = e->off + 3;
	}
	return 0;
}

static void mqfs_evict(struct inode *i)
{
	if (S_ISREG(i->mode) && i->priv)
		mqueue_free(i->priv);
}

static void mqfs_put_super(struct super *sb)
{
	struct mq_super *ms = sb->priv;

	while (!list_empty(&ms->entries)) {
		struct mq_entry *e = list_first(&ms->entries, struct mq_entry, link);

		list_del(&e->link);
		inode_put(e->inode);
		free(e);
	}
	free(ms);
}

static const struct inode_ops dir_ops = {
	.lookup = mqfs_lookup,
	.create = mqfs_create,
	.unlink = mqfs_unlink,
};

static const struct inode_ops file_inode_ops;

static const struct file_ops dir_fops = {
	.iterate = mqfs_iterate,
};

static const struct super_ops super_ops = {
	.put_super = mqfs_put_super,
	.evict_inode = mqfs_evict,
};

void mqueue_ns_gone(struct super *sb)
{
	struct mq_super *ms = sb->priv;

	ms->ns = NULL;
}

/* ---- the instance of a namespace ---- */

static int make_super(struct ipc_ns *ns, struct super **out)
{
	struct mq_super *ms = calloc(1, sizeof(*ms));
	struct super *sb = ms ? super_alloc(&mqueue_fs_type, &super_ops, ms) : NULL;
	struct inode *root;

	if (!sb) {
		free(ms);
		return -ENOMEM;
	}
	ms->ns = ns;
	list_init(&ms->entries);
	sb->magic = MQUEUE_MAGIC;
	sb->block_size = PAGE_SIZE;
	strcpy(sb->source, "mqueue");
	root = inode_alloc(sb);
	if (root) {
		root->mode = S_IFDIR | S_ISVTX | 0777;
		root->nlink = 2;
		root->size = 40;
		root->ops = &dir_ops;
		root->fops = &dir_fops;
		sb->root = d_make_root(sb, root);
	}
	if (!sb->root) {
		super_put(sb);
		return -ENOMEM;
	}
	*out = sb;
	return 0;
}

int mqueue_root(struct ipc_ns *ns, struct path *out)
{
	struct super *sb;
	int ret;

	if (!ns->mq_mount) {
		ret = make_super(ns, &sb);
		if (ret < 0)
			return ret;
		ret = mount_internal(sb, &ns->mq_mount);
		super_put(sb);
		if (ret < 0)
			return ret;
	}
	*out = (struct path){ns->mq_mount, ns->mq_mount->root};
	return 0;
}

static int mqueue_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	struct path root;
	int ret = mqueue_root(ipc_current_ns(), &root);

	if (ret < 0)
		return ret;
	*out = root.mnt->sb;
	(*out)->refs++;
	return 0;
}

const struct fs_type mqueue_fs_type = {
	.name = "mqueue",
	.user_mount = true,
	.mount = mqueue_mount,
};
