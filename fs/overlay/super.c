/*
 * Overlay supers. The lower tree is only ever read; the upper directory holds what was made or
 * changed: copies of lower files (copy_up.c), new ones, whiteouts (character device 0:0) where a
 * lower name is gone, opaque directories (attribute trusted.overlay.opaque) that hide the lower one
 * of the same name, and moved ones (trusted.overlay.redirect) that say where their lower part is.
 * Files appear complete: they are made in "work" beside it and renamed.
 *
 * Numbers are stable: st_dev is the overlay's, st_ino the lower file's before and after copy-up.
 * Differences from Linux's overlayfs: an open file descriptor follows its file to the upper layer;
 * hard links of a lower file stay links after copy-up (index.c). As there,
 * renaming a directory that has a lower part gives -EXDEV. overlayfs: mount(8).
 */
#include "fs/overlay/overlay.h"
#include "fs/overlay/ovl.h"
#include "kernel/task.h"

#include <stdio.h>

#define OVERLAY_MAGIC 0x794c7630

static void ovl_free(struct ovl *o)
{
	d_put(o->lower);
	d_put(o->upper);
	d_put(o->work);
	if (o->lower_sb)
		super_put(o->lower_sb);
	if (o->upper_sb)
		super_put(o->upper_sb);
	htab_fini(&o->inodes);
	free(o);
}

static void ovl_put_super(struct super *sb)
{
	ovl_drop_kept(sb->priv);
	ovl_free(sb->priv);
}

static int ovl_statfs(struct super *sb, struct statfs *sf)
{
	struct ovl *o = sb->priv;
	int ret = 0;

	if (o->upper_sb->ops->statfs)
		ret = o->upper_sb->ops->statfs(o->upper_sb, sf);
	sf->f_type = OVERLAY_MAGIC;
	return ret;
}

static int ovl_sync(struct super *sb)
{
	struct ovl *o = sb->priv;

	return super_sync(o->upper_sb);
}

static int ovl_show_options(struct super *sb, char *buf, size_t size)
{
	struct ovl *o = sb->priv;

	return snprintf(
		buf, size, ",lowerdir=%s,upperdir=%s", o->lower_sb->source, o->upper_sb->source);
}

static const struct super_ops ovl_super_ops = {
	.put_super = ovl_put_super,
	.evict_inode = ovl_evict,
	.statfs = ovl_statfs,
	.sync = ovl_sync,
	.show_options = ovl_show_options,
};

/* Takes over o with all it holds. */
static int make_super(struct ovl *o, struct super **out)
{
	struct super *sb = super_alloc(&overlay_fs_type, &ovl_super_ops, o);
	struct inode *root;
	int ret;

	if (!sb) {
		ovl_free(o);
		return -ENOMEM;
	}
	o->sb = sb;
	sb->magic = OVERLAY_MAGIC;
	sb->block_size = o->upper_sb->block_size;
	sb->attr_flags = o->upper_sb->attr_flags;
	snprintf(sb->source, sizeof(sb->source), "overlay");
	ret = ovl_iget(o, o->upper, o->lower, &root);
	if (ret == 0) {
		sb->root = d_make_root(sb, root);
		ret = sb->root ? 0 : -ENOMEM;
	}
	if (ret < 0)
		super_put(sb);
	else
		*out = sb;
	return ret;
}

/* The directory name in dir, made if missing; *made tells. */
static int get_dir(struct dentry *dir, const char *name, struct dentry **out, bool *made)
{
	int ret = ovl_child(dir, name, out);

	*made = false;
	if (ret < 0)
		return ret;
	if (!(*out)->inode) {
		ret = ovl_do_mkdir(*out, 0755);
		*made = ret == 0;
	} else if (!S_ISDIR((*out)->inode->mode)) {
		ret = -ENOTDIR;
	}
	return ret;
}

/* A new upper root looks like the lower one. */
static int adopt_root_attrs(struct ovl *o)
{
	struct inode *lower = o->lower->inode;
	struct setattr a = {.valid = ATTR_UID | ATTR_GID | ATTR_MODE | ATTR_MTIME};
	int ret = inode_refresh(lower);

	if (ret < 0)
		return ret;
	a.uid = lower->uid;
	a.gid = lower->gid;
	a.mode = lower->mode & 07777;
	a.mtime = lower->mtime;
	return ovl_do_setattr(o->upper, &a);
}

/* What a killed machine left in work. */
static void clear_work(struct dentry *work)
{
	struct file *f;
	struct ovl_list l = {0};
	struct dentry *d;

	if (ovl_open_real(work, O_RDONLY | O_DIRECTORY, &f) < 0)
		return;
	if (ovl_list_layer(f, &l) == 0) {
		for (size_t i = 0; i < l.nr; i++) {
			const char *name = l.names + l.entries[i].name;

			if (!strncmp(name, OVL_INDEX_PREFIX, strlen(OVL_INDEX_PREFIX)) ||
				ovl_child(work, name, &d) < 0)
				continue;
			if (d->inode)
				ovl_do_remove(d);
			d_put(d);
		}
	}
	ovl_list_free(&l);
	ovl_close_real(f);
}

int overlay_mount(struct super *lower, struct super *upper, struct super **out)
{
	struct ovl *o = calloc(1, sizeof(*o));
	bool made, made_work;
	int ret;

	if (!o) {
		super_put(lower);
		super_put(upper);
		return -ENOMEM;
	}
	list_init(&o->kept);
	o->lower_sb = lower;
	o->upper_sb = upper;
	o->lower = d_get(lower->root);
	ret = get_dir(upper->root, "upper", &o->upper, &made);
	if (ret == 0)
		ret = get_dir(upper->root, "work", &o->work, &made_work);
	if (ret == 0 && made)
		ret = adopt_root_attrs(o);
	if (ret < 0) {
		ovl_free(o);
		return ret;
	}
	o->moved = !made; /* who knows what was done there */
	if (!made_work)
		clear_work(o->work);
	return make_super(o, out);
}

/* ---- mount(2): lowerdir=DIR,upperdir=DIR,workdir=DIR ---- */

static int option_dir(const char *data, const char *key, struct path *out)
{
	size_t len = strlen(key);
	const char *p = data;
	char name[PATH_MAX];

	while (p) {
		size_t n = strcspn(p, ",");

		if (n > len && !strncmp(p, key, len) && p[len] == '=') {
			if (n - len - 1 >= sizeof(name))
				return -ENAMETOOLONG;
			*(char *)mempcpy(name, p + len + 1, n - len - 1) = 0;
			return path_lookup(
				&current->fs->cwd, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, out);
		}
		p = p[n] ? p + n + 1 : NULL;
	}
	return -EINVAL;
}

static int ovl_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	struct path lower, upper, work;
	struct ovl *o;
	int ret = option_dir(data, "lowerdir", &lower);

	if (ret < 0)
		return ret;
	ret = option_dir(data, "upperdir", &upper);
	if (ret < 0)
		goto out_lower;
	ret = option_dir(data, "workdir", &work);
	if (ret < 0)
		goto out_upper;
	ret = -EINVAL;
	if (upper.dentry->sb != work.dentry->sb || mount_readonly(upper.mnt))
		goto out_work;
	ret = -ENOMEM;
	o = calloc(1, sizeof(*o));
	if (!o)
		goto out_work;
	list_init(&o->kept);
	o->lower = d_get(lower.dentry);
	o->upper = d_get(upper.dentry);
	o->work = d_get(work.dentry);
	o->moved = true;
	(o->lower_sb = lower.dentry->sb)->refs++;
	(o->upper_sb = upper.dentry->sb)->refs++;
	ret = make_super(o, out);
out_work:
	path_put(&work);
out_upper:
	path_put(&upper);
out_lower:
	path_put(&lower);
	return ret;
}

const struct fs_type overlay_fs_type = {
	.name = "overlay",
	.handles = true,
	.mount = ovl_mount,
};
