/*
 * devpts: one file per pseudo-terminal, named by its number, and ptmx. pts(4). There is one
 * instance; each mount of it shows the same terminals, and its options are those of the first. An
 * inode is made when its pty is (kernel/tty/pty.c) and lives as long as that; this file only finds
 * it by name.
 */
#include "fs/devpts/devpts.h"

#include "kernel/lib/log.h"
#include "kernel/task.h"
#include "kernel/tty/pty.h"

#include <stdio.h>

#define DEVPTS_MAGIC 0x1cd1
#define PTMX_INO 2
#define FIRST_INO 3 /* of pty 0 */
#define PTMX_RDEV (5u << 8 | 2)

struct devpts {
	u32 uid, gid, mode, ptmx_mode;
	bool has_uid, has_gid;
	struct inode *ptmx;
};

static struct super *instance;

/* ---- names ---- */

static struct pty *pty_by_name(const char *name, size_t len)
{
	unsigned n = 0;

	if (!len || len > 5 || (len > 1 && name[0] == '0'))
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return NULL;
		n = n * 10 + (name[i] - '0');
	}
	return pty_find(n);
}

static struct inode *inode_by_name(struct devpts *dp, const char *name, size_t len)
{
	struct pty *pty;

	if (len == 4 && !memcmp(name, "ptmx", 4))
		return dp->ptmx;
	pty = pty_by_name(name, len);
	return pty ? pty_inode(pty) : NULL;
}

static int devpts_lookup(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = inode_by_name(dir->sb->priv, dentry->name, dentry->name_len);

	if (inode)
		d_instantiate(dentry, inode_get(inode));
	return 0;
}

static int devpts_revalidate(struct inode *dir, struct dentry *dentry)
{
	return dentry->inode == inode_by_name(dir->sb->priv, dentry->name, dentry->name_len);
}

static bool emit_inode(struct dir_sink *sink, const char *name, const struct inode *i, u64 next)
{
	return sink->emit(sink, name, strlen(name), i->ino, (i->mode & S_IFMT) >> 12, next);
}

/* Positions: 0 ".", 1 "..", 2 ptmx, 3 + n pty n. */
static int devpts_iterate(struct file *f, struct dir_sink *sink)
{
	struct devpts *dp = f->inode->sb->priv;
	char name[16];
	int index;

	if (f->pos == 0 && !emit_inode(sink, ".", f->inode, ++f->pos))
		return f->pos = 0;
	if (f->pos == 1 && !emit_inode(sink, "..", f->inode, ++f->pos))
		return f->pos = 1, 0;
	if (f->pos == 2 && !emit_inode(sink, "ptmx", dp->ptmx, ++f->pos))
		return f->pos = 2, 0;
	while (f->pos - 3 < PTY_MAX && (index = pty_next(f->pos - 3)) >= 0) {
		snprintf(name, sizeof(name), "%d", index);
		f->pos = index + 3;
		if (!emit_inode(sink, name, pty_inode(pty_find(index)), f->pos + 1))
			break;
		f->pos++;
	}
	return 0;
}

static const struct inode_ops devpts_dir_ops = {
	.lookup = devpts_lookup,
	.revalidate = devpts_revalidate,
};

static const struct inode_ops devpts_node_ops = {.lookup = NULL};

static const struct file_ops devpts_dir_fops = {.iterate = devpts_iterate};

/* ---- what ptys need ---- */

int devpts_new_inode(u64 rdev, struct inode **out)
{
	struct devpts *dp;
	struct inode *i;

	if (!instance)
		return -ENODEV;
	dp = instance->priv;
	i = inode_alloc(instance);
	if (!i)
		return -ENOMEM;
	i->ino = FIRST_INO + ((rdev & 0xff) | (rdev >> 12 & ~0xffu));
	i->mode = S_IFCHR | dp->mode;
	i->uid = dp->has_uid ? dp->uid : current->cred->fsuid;
	i->gid = dp->has_gid ? dp->gid : current->cred->fsgid;
	i->nlink = 1;
	i->rdev = rdev;
	i->ops = &devpts_node_ops;
	instance->refs++; /* until devpts_forget */
	*out = i;
	return 0;
}

void devpts_forget(unsigned index)
{
	char name[16];
	struct dentry *d;

	if (!instance)
		return;
	snprintf(name, sizeof(name), "%u", index);
	d = d_lookup_cached(instance->root, name, strlen(name));
	if (d) {
		d_drop(d);
		d_put(d);
	}
	super_put(instance);
}

int devpts_path(unsigned index, struct path *out)
{
	struct mount *m;
	char name[16];

	snprintf(name, sizeof(name), "%u", index);
	list_for_each_entry (m, &all_mounts, link) {
		if (m->sb != instance)
			continue;
		int ret = d_lookup(m->root, name, strlen(name), &out->dentry);

		if (ret)
			return ret;
		out->mnt = m;
		m->refs++;
		return 0;
	}
	return -EIO;
}

/* ---- mounting ---- */

static void devpts_put_super(struct super *sb)
{
	struct devpts *dp = sb->priv;

	if (dp->ptmx)
		inode_put(dp->ptmx);
	free(dp);
	if (instance == sb)
		instance = NULL;
}

static int devpts_show_options(struct super *sb, char *buf, size_t size)
{
	const struct devpts *dp = sb->priv;
	int n = 0;

	if (dp->has_uid)
		n += snprintf(buf + n, size - n, ",uid=%u", dp->uid);
	if (dp->has_gid)
		n += snprintf(buf + n, size - n, ",gid=%u", dp->gid);
	return n + snprintf(buf + n, size - n, ",mode=%03o,ptmxmode=%03o", dp->mode, dp->ptmx_mode);
}

static const struct super_ops devpts_super_ops = {
	.put_super = devpts_put_super,
	.show_options = devpts_show_options,
};

static int parse_option(struct devpts *dp, const char *o, size_t len)
{
	static const char *const names[] = {"uid=", "gid=", "mode=", "ptmxmode=", "max="};
	char *end;

	if (!len || (len == 11 && !memcmp(o, "newinstance", len)))
		return 0;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i]);
		unsigned long v;

		if (len <= n || memcmp(o, names[i], n))
			continue;
		v = strtoul(o + n, &end, i == 2 || i == 3 ? 8 : 10);
		if (end != o + len)
			return -EINVAL;
		if (i == 0)
			dp->uid = v, dp->has_uid = true;
		else if (i == 1)
			dp->gid = v, dp->has_gid = true;
		else if (i == 2)
			dp->mode = v & 0777;
		else if (i == 3)
			dp->ptmx_mode = v & 0777;
		return 0;
	}
	return -EINVAL;
}

static int parse_options(struct devpts *dp, const char *data)
{
	while (data && *data) {
		size_t len = strcspn(data, ",");
		int ret = parse_option(dp, data, len);

		if (ret)
			return ret;
		data += len + (data[len] == ',');
	}
	return 0;
}

static struct inode *node(struct super *sb, u64 ino, u32 mode)
{
	struct inode *i = inode_alloc(sb);

	if (!i)
		return NULL;
	i->ino = ino;
	i->mode = mode;
	i->nlink = S_ISDIR(mode) ? 2 : 1;
	return i;
}

static int fill(struct super *sb, struct devpts *dp)
{
	struct inode *root = node(sb, 1, S_IFDIR | 0755);

	if (!root)
		return -ENOMEM;
	root->ops = &devpts_dir_ops;
	root->fops = &devpts_dir_fops;
	sb->root = d_make_root(sb, root);
	dp->ptmx = node(sb, PTMX_INO, S_IFCHR | dp->ptmx_mode);
	if (!sb->root || !dp->ptmx)
		return -ENOMEM;
	dp->ptmx->rdev = PTMX_RDEV;
	dp->ptmx->ops = &devpts_node_ops;
	return 0;
}

static int devpts_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	struct devpts *dp;
	int ret;

	if (instance) {
		instance->refs++;
		*out = instance;
		return 0;
	}
	dp = calloc(1, sizeof(*dp));
	if (!dp)
		return -ENOMEM;
	dp->mode = 0600;
	ret = parse_options(dp, data);
	instance = ret ? NULL : super_alloc(type, &devpts_super_ops, dp);
	if (!instance) {
		free(dp);
		return ret ? ret : -ENOMEM;
	}
	instance->magic = DEVPTS_MAGIC;
	instance->block_size = 1024;
	ret = fill(instance, dp);
	if (ret) {
		super_put(instance);
		return ret;
	}
	*out = instance;
	return 0;
}

const struct fs_type devpts_fs_type = {
	.name = "devpts",
	.user_mount = true,
	.mount = devpts_mount,
};
