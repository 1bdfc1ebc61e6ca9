/*
 * The cgroup2 filesystem: a directory for each control group, made by mkdir(2) and removed by
 * rmdir(2), with the files of files.c. Every mount shows the tree from the root of the mounter's
 * cgroup namespace. cgroups(7).
 */
#include "fs/cgroup/cgroup.h"

#include "fs/cgroup/files.h"
#include "fs/pseudo_file.h"
#include "kernel/task.h"

#define CGROUP2_MAGIC 0x63677270

static const struct inode_ops dir_ops, file_ops_of_inode;
static const struct file_ops dir_fops;

static struct cgroup *dir_group(const struct inode *dir)
{
	return ((const struct pseudo_ctx *)dir->priv)->object;
}

static struct inode *new_inode(struct super *sb, struct cgroup *cg, const struct pseudo_row *row)
{
	struct pseudo_ctx *c = calloc(1, sizeof(*c));
	struct inode *i = c ? inode_alloc(sb) : NULL;

	if (!i) {
		free(c);
		return NULL;
	}
	c->row = row;
	c->object = cgroup_get(cg);
	i->priv = c;
	if (row) {
		i->mode = row->mode;
		i->ops = &file_ops_of_inode;
		i->fops = row->fops ? row->fops : &pseudo_text_fops;
	} else {
		i->mode = S_IFDIR | 0755;
		i->nlink = 2;
		i->ops = &dir_ops;
		i->fops = &dir_fops;
	}
	return i;
}

static const struct pseudo_row *find_row(const struct cgroup *cg, const char *name)
{
	for (unsigned i = 0; i < nr_cgroup_rows; i++)
		if (!strcmp(cgroup_rows[i].name, name))
			return cgroup_has_row(cg, &cgroup_rows[i]) ? &cgroup_rows[i] : NULL;
	return NULL;
}

/* Owners and modes are the inode's alone: a group's inodes stay as long as it has a name. */
static int cg_lookup(struct inode *dir, struct dentry *d)
{
	struct cgroup *cg = dir_group(dir), *child = cgroup_child(cg, d->name, d->name_len);
	const struct pseudo_row *row = child ? NULL : find_row(cg, d->name);
	struct inode *i;

	if (!child && !row)
		return 0;
	i = new_inode(dir->sb, child ? child : cg, row);
	if (!i)
		return -ENOMEM;
	if (row) {
		i->uid = dir->uid;
		i->gid = dir->gid;
	}
	d_instantiate(d, i);
	return 0;
}

static int cg_revalidate(struct inode *dir, struct dentry *d)
{
	struct cgroup *cg = dir_group(dir), *child = cgroup_child(cg, d->name, d->name_len);
	const struct pseudo_ctx *c = d->inode ? d->inode->priv : NULL;

	if (!c)
		return !child && !find_row(cg, d->name);
	return c->row ? find_row(cg, d->name) == c->row : child == c->object;
}

static int cg_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	struct cgroup *cg;
	struct inode *i;
	int ret;

	if (strchr(d->name, '\n'))
		return -EINVAL;
	if (find_row(dir_group(dir), d->name))
		return -EEXIST;
	ret = cgroup_create(dir_group(dir), d->name, &cg);
	if (ret < 0)
		return ret;
	i = new_inode(dir->sb, cg, NULL);
	if (!i) {
		cgroup_remove(cg);
		return -ENOMEM;
	}
	inode_init_owner(i, dir, S_IFDIR | (mode & 07777));
	dir->nlink++;
	d_get(d); /* kept until rmdir: it remembers owner and mode */
	d_instantiate(d, i);
	return 0;
}

static int cg_rmdir(struct inode *dir, struct dentry *d)
{
	struct cgroup *cg = dir_group(d->inode);
	int ret = cgroup_remove(cg);

	if (ret < 0)
		return ret;
	d->inode->nlink = 0;
	dir->nlink--;
	d_put(d); /* the caller has its own reference */
	return 0;
}

/* Positions: 0 ".", 1 "..", 2 + i row i, then the children by their order. */
static int cg_iterate(struct file *f, struct dir_sink *sink)
{
	const struct cgroup *cg = dir_group(f->inode), *c;
	u64 at;

	for (; f->pos < 2; f->pos++)
		if (!sink->emit(sink, "..", 1 + f->pos, f->inode->ino, S_IFDIR >> 12, f->pos + 1))
			return 0;
	for (; f->pos < 2 + nr_cgroup_rows; f->pos++) {
		const struct pseudo_row *row = &cgroup_rows[f->pos - 2];

		if (cgroup_has_row(cg, row) &&
			!sink->emit(sink, row->name, strlen(row->name), f->inode->ino * 64 + f->pos,
				S_IFREG >> 12, f->pos + 1))
			return 0;
	}
	at = 2 + nr_cgroup_rows;
	list_for_each_entry (c, &cg->children, sibling) {
		if (at++ < f->pos)
			continue;
		if (!sink->emit(sink, c->name, strlen(c->name), f->inode->ino * 64 + at,
			    S_IFDIR >> 12, at))
			return 0;
		f->pos = at;
	}
	return 0;
}

static int cg_setattr(struct inode *i, const struct setattr *a)
{
	struct setattr rest = *a;

	rest.valid &= ~ATTR_SIZE; /* O_TRUNC: every write is a whole new value anyway */
	return rest.valid ? inode_setattr(i, &rest) : 0;
}

static void cg_evict(struct inode *i)
{
	struct pseudo_ctx *c = i->priv;

	if (c)
		cgroup_put(c->object);
	free(c);
}

static const struct inode_ops dir_ops = {
	.lookup = cg_lookup,
	.revalidate = cg_revalidate,
	.mkdir = cg_mkdir,
	.rmdir = cg_rmdir,
	.setattr = cg_setattr,
};

static const struct inode_ops file_ops_of_inode = {
	.setattr = cg_setattr,
};

static const struct file_ops dir_fops = {
	.iterate = cg_iterate,
};

static const struct super_ops cg_super_ops = {
	.evict_inode = cg_evict,
};

struct cgroup *cgroup_of_dir(const struct file *f)
{
	return f->inode->ops == &dir_ops ? dir_group(f->inode) : NULL;
}

/* One instance holds the whole tree; a mount elsewhere than at the root is a bind of a part. */
static int cg_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	static struct super *instance;
	struct inode *root;

	if (nsset_current()->cgroup->root != &root_cgroup)
		return -EPERM;
	if (!instance) {
		instance = super_alloc(type, &cg_super_ops, NULL);
		if (!instance)
			return -ENOMEM;
		instance->magic = CGROUP2_MAGIC;
		strcpy(instance->source, "cgroup2");
		root = new_inode(instance, &root_cgroup, NULL);
		if (root)
			instance->root = d_make_root(instance, root);
		if (!instance->root) {
			super_put(instance);
			instance = NULL;
			return -ENOMEM;
		}
	}
	instance->refs++;
	*out = instance;
	return 0;
}

const struct fs_type cgroup_fs_type = {
	.name = "cgroup2",
	.user_mount = true,
	.mount = cg_mount,
};
