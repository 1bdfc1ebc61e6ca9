/*
 * Overlay changes to directories. Each first copies the directory up, then changes the upper layer
 * so that the merged view is right: a name the lower layer has too leaves a whiteout behind, a new
 * directory over one is opaque. The VFS has checked permissions and moves the overlay's own
 * dentries. rename(2), overlayfs.
 */
#include "fs/overlay/ovl.h"

#include <stdio.h>

/* Does the lower layer have d's name, hidden or not? */
static int in_lower(struct dentry *d, bool *yes)
{
	struct ovl_inode *dir = ovl_i(d->parent->inode);
	struct dentry *lower;
	int ret;

	*yes = false;
	if (!dir->lower)
		return 0;
	ret = ovl_child(dir->lower, d->name, &lower);
	if (ret < 0)
		return ret == -ENAMETOOLONG ? 0 : ret;
	*yes = lower->inode != NULL;
	d_put(lower);
	return 0;
}

/* The place for a new d in the upper layer: a negative dentry. *hidden: a whiteout was removed. */
static int make_room(struct inode *dir, struct dentry *d, struct dentry **out, bool *hidden)
{
	struct dentry *upper;
	int ret = ovl_copy_up(dir, OVL_ALL);

	*hidden = false;
	if (ret == 0)
		ret = ovl_child(ovl_i(dir)->upper, d->name, &upper);
	if (ret < 0)
		return ret;
	if (upper->inode && ovl_is_whiteout(upper)) {
		ret = ovl_do_remove(upper);
		d_put(upper);
		if (ret < 0)
			return ret;
		*hidden = true;
		ret = ovl_child(ovl_i(dir)->upper, d->name, &upper);
		if (ret < 0)
			return ret;
	}
	if (upper->inode) {
		d_put(upper);
		return -EEXIST;
	}
	*out = upper;
	return 0;
}

/* upper has been made (ret == 0) or not: the overlay's inode for it, or the whiteout back. Takes
 * the reference on upper. */
static int made(struct inode *dir, struct dentry *d, struct dentry *upper, bool hidden, int ret)
{
	struct inode *i;

	if (ret == 0 && hidden && S_ISDIR(upper->inode->mode))
		ret = ovl_set_opaque(upper);
	if (ret == 0)
		ret = ovl_iget(ovl_of(dir), upper, NULL, &i);
	if (ret == 0)
		ret = ovl_bind(d, i, NULL);
	if (ret < 0) {
		if (upper->inode)
			ovl_do_remove(upper);
		if (hidden)
			ovl_whiteout(ovl_of(dir), ovl_i(dir)->upper, d->name);
	}
	d_put(upper);
	ovl_copyattr(dir);
	return ret;
}

static int ovl_create(struct inode *dir, struct dentry *d, u32 mode)
{
	struct dentry *upper;
	bool hidden;
	int ret = make_room(dir, d, &upper, &hidden);

	return ret < 0 ? ret : made(dir, d, upper, hidden, ovl_do_create(upper, mode));
}

static int ovl_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	struct dentry *upper;
	bool hidden;
	int ret = make_room(dir, d, &upper, &hidden);

	return ret < 0 ? ret : made(dir, d, upper, hidden, ovl_do_mkdir(upper, mode));
}

static int ovl_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	struct dentry *upper;
	bool hidden;
	int ret;

	if (S_ISCHR(mode) && !rdev)
		return -EPERM; /* would be a whiteout */
	ret = make_room(dir, d, &upper, &hidden);
	return ret < 0 ? ret : made(dir, d, upper, hidden, ovl_do_mknod(upper, mode, rdev));
}

static int ovl_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	struct dentry *upper;
	bool hidden;
	int ret = make_room(dir, d, &upper, &hidden);

	return ret < 0 ? ret : made(dir, d, upper, hidden, ovl_do_symlink(upper, target));
}

static int ovl_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *i = old->inode;
	struct dentry *upper;
	bool hidden;
	int ret = ovl_copy_up(i, OVL_ALL);

	if (ret == 0)
		ret = make_room(dir, d, &upper, &hidden);
	if (ret < 0)
		return ret;
	ret = ovl_do_link(ovl_i(i)->upper, upper);
	if (ret == 0) {
		inode_get(i);
		ovl_note_move(i, dir);
		ret = ovl_bind(d, i, NULL);
	} else if (hidden) {
		ovl_whiteout(ovl_of(dir), ovl_i(dir)->upper, d->name);
	}
	d_put(upper);
	ovl_copyattr(i);
	ovl_copyattr(dir);
	return ret;
}

/* d's name is gone: from the upper layer, and hidden in the lower. */
static int remove_name(struct inode *dir, struct dentry *d)
{
	struct inode *i = d->inode;
	struct dentry *upper;
	bool lower, had;
	int ret = ovl_copy_up(dir, OVL_ALL);

	if (ret == 0)
		ret = in_lower(d, &lower);
	if (ret == 0)
		ret = ovl_child(ovl_i(dir)->upper, d->name, &upper);
	if (ret < 0)
		return ret;
	had = upper->inode && !ovl_is_whiteout(upper);
	if (had && S_ISDIR(upper->inode->mode))
		ret = ovl_clear_whiteouts(upper);
	if (ret == 0 && had && (!lower || S_ISDIR(upper->inode->mode)))
		ret = ovl_do_remove(upper);
	if (ret == 0 && lower)
		ret = ovl_whiteout(ovl_of(dir), ovl_i(dir)->upper, d->name);
	if (ret == 0) {
		ovl_unbind(d);
		ovl_count_link(i, had ? 0 : -1);
		if (S_ISDIR(i->mode))
			i->nlink = 0;
	}
	d_put(upper);
	ovl_copyattr(dir);
	return ret;
}

static int ovl_unlink(struct inode *dir, struct dentry *d)
{
	return remove_name(dir, d);
}

static int ovl_rmdir(struct inode *dir, struct dentry *d)
{
	int ret = ovl_check_empty(d->inode);

	return ret < 0 ? ret : remove_name(dir, d);
}

/* ---- rename ---- */

struct rename {
	struct ovl *o;
	struct inode *old_dir, *new_dir;
	struct dentry *old, *new; /* the overlay's */
	struct dentry *upper_old, *upper_new;
	bool old_in_lower, new_in_lower, exchange;
};

static bool is_dir(const struct dentry *d)
{
	return d->inode && S_ISDIR(d->inode->mode);
}

static int prepare_end(struct dentry *d, bool *lower)
{
	int ret = 0;

	if (is_dir(d))
		ret = ovl_copy_up(d->inode, OVL_ALL);
	else if (d->inode)
		ret = ovl_copy_up_name(d);
	return ret < 0 ? ret : in_lower(d, lower);
}

/* Everything that can fail before the upper layer's rename. */
static int rename_prepare(struct rename *r)
{
	int ret = prepare_end(r->old, &r->old_in_lower);

	if (ret == 0 && r->exchange)
		ret = prepare_end(r->new, &r->new_in_lower);
	else if (ret == 0)
		ret = in_lower(r->new, &r->new_in_lower);
	if (ret == 0 && !r->exchange && is_dir(r->new))
		ret = ovl_check_empty(r->new->inode);
	if (ret == 0)
		ret = ovl_copy_up(r->old_dir, OVL_ALL);
	if (ret == 0)
		ret = ovl_copy_up(r->new_dir, OVL_ALL);
	if (ret == 0)
		ret = ovl_child(ovl_i(r->old_dir)->upper, r->old->name, &r->upper_old);
	if (ret == 0)
		ret = ovl_child(ovl_i(r->new_dir)->upper, r->new->name, &r->upper_new);
	return ret;
}

/* A directory that moves takes its lower part along, or hides the one at its new name. */
static int keep_lower(struct rename *r, struct dentry *d, struct dentry *upper, bool new_in_lower)
{
	struct dentry *lower = is_dir(d) ? ovl_i(d->inode)->lower : NULL;

	if (lower)
		return ovl_set_redirect(r->o, upper, lower);
	return is_dir(d) && new_in_lower ? ovl_set_opaque(upper) : 0;
}

/* ... and it cannot replace a whiteout. */
static int rename_hide_lower(struct rename *r)
{
	struct dentry *dir = ovl_i(r->new_dir)->upper;
	int ret = keep_lower(r, r->old, r->upper_old, r->new_in_lower);

	if (ret == 0 && r->exchange)
		ret = keep_lower(r, r->new, r->upper_new, r->old_in_lower);
	if (ret < 0 || r->exchange || !r->upper_new->inode || !is_dir(r->old))
		return ret;
	if (S_ISDIR(r->upper_new->inode->mode))
		return ovl_clear_whiteouts(r->upper_new);
	if (!ovl_is_whiteout(r->upper_new))
		return -ENOTDIR;
	ret = ovl_do_remove(r->upper_new);
	d_put(r->upper_new);
	r->upper_new = NULL;
	return ret < 0 ? ret : ovl_child(dir, r->new->name, &r->upper_new);
}

/* The victim's inode and the names' dependencies, after the upper layer's rename. */
static int rename_finish(struct rename *r, bool victim_upper)
{
	struct inode *victim = r->exchange ? NULL : r->new->inode;
	int ret = 0;

	ovl_forget_lower(r->old);
	ovl_note_move(r->old->inode, r->new_dir);
	if (r->exchange) {
		ovl_forget_lower(r->new);
		ovl_note_move(r->new->inode, r->old_dir);
	} else if (r->old_in_lower) {
		ret = ovl_whiteout(r->o, ovl_i(r->old_dir)->upper, r->old->name);
	}
	if (victim) {
		ovl_unbind(r->new);
		ovl_count_link(victim, victim_upper ? 0 : -1);
		if (S_ISDIR(victim->mode))
			victim->nlink = 0;
	}
	ovl_copyattr(r->old->inode);
	ovl_copyattr(r->old_dir);
	ovl_copyattr(r->new_dir);
	return ret;
}

static int ovl_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	struct dentry *new, u32 flags)
{
	struct rename r = {ovl_of(old_dir), old_dir, new_dir, old, new, NULL, NULL, false, false,
		flags &RENAME_EXCHANGE};
	bool victim_upper = false;
	int ret;

	if (flags & ~(u32)(RENAME_EXCHANGE | RENAME_NOREPLACE))
		return -EINVAL;
	ret = rename_prepare(&r);
	if (ret == 0)
		ret = rename_hide_lower(&r);
	if (ret == 0) {
		victim_upper = r.upper_new->inode && !ovl_is_whiteout(r.upper_new);
		ret = ovl_do_rename(r.upper_old, r.upper_new, flags & RENAME_EXCHANGE);
	}
	if (ret == 0)
		ret = rename_finish(&r, victim_upper);
	d_put(r.upper_old);
	d_put(r.upper_new);
	return ret;
}

#define ATTR_OPS \
	.permission = ovl_permission, .getattr = ovl_getattr, .setattr = ovl_setattr, \
	.getxattr = ovl_getxattr, .setxattr = ovl_setxattr, .listxattr = ovl_listxattr, \
	.removexattr = ovl_removexattr

const struct inode_ops ovl_dir_iops = {
	.lookup = ovl_lookup,
	.create = ovl_create,
	.mkdir = ovl_mkdir,
	.mknod = ovl_mknod,
	.symlink = ovl_symlink,
	.link = ovl_link,
	.unlink = ovl_unlink,
	.rmdir = ovl_rmdir,
	.rename = ovl_rename,
	.tmpfile = ovl_tmpfile,
	.revalidate = ovl_revalidate,
	ATTR_OPS,
};

const struct inode_ops ovl_file_iops = {ATTR_OPS};

const struct inode_ops ovl_link_iops = {
	.readlink = ovl_readlink,
	ATTR_OPS,
};
