/*
 * Operations on directory entries: create, mkdir, mknod, symlink, link, unlink, rmdir, rename. Each
 * checks what Linux checks, in its order (existence, permission, sticky bit, mountpoints, loops),
 * calls the filesystem's op, then brings the dentry cache and the watches up to date. Callers have
 * checked for read-only mounts unless they come here with a path from path_create. Modes are as the
 * caller asked for them: the umask is applied here.
 */
#include "fs/fsnotify.h"
#include "fs/namei.h"
#include "kernel/cred.h"
#include "kernel/task.h"

#include <stdio.h>

int (*fanotify_hook)(const struct path *p, u64 mask);
void (*fsnotify_hook)(struct dentry *dir, struct inode *dir_inode, struct inode *inode,
	const char *name, u32 mask, u32 cookie);

static u32 inherited_flags(u32 mode)
{
	const u32 all = FS_NODUMP_FL | FS_NOATIME_FL;
	const u32 files = all | FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL;

	return S_ISDIR(mode) ? files | FS_DIRSYNC_FL : S_ISREG(mode) ? files : all;
}

void inode_init_owner(struct inode *inode, const struct inode *dir, u32 mode)
{
	const struct cred *c = current ? current->cred : NULL;

	inode->uid = c ? c->fsuid : 0;
	inode->gid = c ? c->fsgid : 0;
	if (dir && (dir->mode & S_ISGID)) {
		inode->gid = dir->gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
	}
	inode->mode = mode;
	if (dir)
		inode->attr_flags = dir->attr_flags & inherited_flags(mode);
}

u32 vfs_prepare_mode(const struct inode *dir, u32 mode)
{
	if (!current)
		return mode;
	if ((dir->mode & S_ISGID) && !S_ISDIR(mode) &&
		(mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		!cred_in_group(current->cred, dir->gid) && !inode_capable(dir, CAP_FSETID))
		mode &= ~(u32)S_ISGID;
	return mode & ~current->fs->umask;
}

static int may_create(const struct path *parent, const struct dentry *d)
{
	struct inode *dir = parent->dentry->inode;

	if (d->inode)
		return -EEXIST;
	if (mount_readonly(parent->mnt))
		return -EROFS;
	if (!dir->nlink)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

static int may_delete(const struct path *parent, const struct dentry *d, bool want_dir)
{
	struct inode *dir = parent->dentry->inode, *inode = d->inode;
	int ret;

	if (!inode)
		return -ENOENT;
	if (mount_readonly(parent->mnt))
		return -EROFS;
	ret = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (ret < 0)
		return ret;
	if ((dir->attr_flags & FS_APPEND_FL) || inode_is_fixed(inode))
		return -EPERM;
	if ((dir->mode & S_ISVTX) && current && current->cred->fsuid != inode->uid &&
		current->cred->fsuid != dir->uid && !inode_capable(inode, CAP_FOWNER))
		return -EPERM;
	if (want_dir && !S_ISDIR(inode->mode))
		return -ENOTDIR;
	if (!want_dir && S_ISDIR(inode->mode))
		return -EISDIR;
	return 0;
}

static void created(struct dentry *d)
{
	d_hash(d);
	fsnotify_entry(d->parent, d->name,
		FSN_CREATE | (d->inode && S_ISDIR(d->inode->mode) ? FSN_ISDIR : 0), 0);
}

int vfs_create(const struct path *parent, struct dentry *d, u32 mode)
{
	struct inode *dir = parent->dentry->inode;
	int ret = may_create(parent, d);

	if (ret < 0)
		return ret;
	if (!dir->ops->create)
		return -EACCES;
	ret = dir->ops->create(dir, d, vfs_prepare_mode(dir, S_IFREG | (mode & 07777)));
	if (ret == 0)
		created(d);
	return ret;
}

int vfs_mkdir(const struct path *parent, struct dentry *d, u32 mode)
{
	struct inode *dir = parent->dentry->inode;
	int ret = may_create(parent, d);

	if (ret < 0)
		return ret;
	if (!dir->ops->mkdir)
		return -EPERM;
	ret = dir->ops->mkdir(dir, d, vfs_prepare_mode(dir, S_IFDIR | (mode & 01777)) & 01777);
	if (ret == 0)
		created(d);
	return ret;
}

int vfs_mknod(const struct path *parent, struct dentry *d, u32 mode, u64 rdev)
{
	struct inode *dir = parent->dentry->inode;
	int ret = may_create(parent, d);

	if (ret < 0)
		return ret;
	/* a whiteout (0:0) needs no privilege, as on Linux */
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !(S_ISCHR(mode) && !rdev) && current &&
		!capable(CAP_MKNOD))
		return -EPERM;
	if (!dir->ops->mknod)
		return -EPERM;
	ret = dir->ops->mknod(dir, d, vfs_prepare_mode(dir, mode), rdev);
	if (ret == 0)
		created(d);
	return ret;
}

int vfs_symlink(const struct path *parent, struct dentry *d, const char *target)
{
	struct inode *dir = parent->dentry->inode;
	int ret = may_create(parent, d);

	if (ret < 0)
		return ret;
	if (!dir->ops->symlink)
		return -EPERM;
	ret = dir->ops->symlink(dir, d, target);
	if (ret == 0)
		created(d);
	return ret;
}

/* Without protection, a link keeps a file that its owner thinks gone. */
static int may_link(struct inode *inode)
{
	bool risky = !S_ISREG(inode->mode) || (inode->mode & S_ISUID) ||
		     (inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);

	if (!protected_hardlinks || !current || inode_owner_or_capable(inode))
		return 0;
	return risky || inode_permission(inode, MAY_READ | MAY_WRITE) < 0 ? -EPERM : 0;
}

int vfs_link(const struct path *old, const struct path *parent, struct dentry *d)
{
	struct inode *dir = parent->dentry->inode, *inode = old->dentry->inode;
	int ret;

	if (!inode)
		return -ENOENT;
	ret = may_create(parent, d);
	if (ret < 0)
		return ret;
	if (inode->sb != dir->sb)
		return -EXDEV;
	if (!dir->ops->link || S_ISDIR(inode->mode) || inode_is_fixed(inode))
		return -EPERM;
	if (!inode->nlink && !inode->linkable)
		return -ENOENT;
	ret = may_link(inode);
	if (ret < 0)
		return ret;
	ret = dir->ops->link(old->dentry, dir, d);
	if (ret == 0) {
		created(d);
		fsnotify_dentry(old->dentry, FSN_ATTRIB);
	}
	return ret;
}

/* d's object has lost this name. Its own end is reported when its last user goes (inode_put). */
static void removed(struct dentry *d, struct inode *inode, u32 isdir)
{
	d_drop(d);
	if (!isdir)
		fsnotify_self(inode, FSN_ATTRIB);
	fsnotify_entry(d->parent, d->name, FSN_DELETE | isdir, 0);
}

int vfs_unlink(const struct path *parent, struct dentry *d)
{
	struct inode *dir = parent->dentry->inode;
	int ret = may_delete(parent, d, false);

	if (ret < 0)
		return ret;
	if (!dir->ops->unlink)
		return -EPERM;
	if (d->mounts)
		return -EBUSY;
	ret = dir->ops->unlink(dir, d);
	if (ret == 0)
		removed(d, d->inode, 0);
	return ret;
}

int vfs_rmdir(const struct path *parent, struct dentry *d)
{
	struct inode *dir = parent->dentry->inode;
	int ret = may_delete(parent, d, true);

	if (ret < 0)
		return ret;
	if (!dir->ops->rmdir)
		return -EPERM;
	if (d->mounts)
		return -EBUSY;
	ret = dir->ops->rmdir(dir, d);
	if (ret == 0)
		removed(d, d->inode, FSN_ISDIR);
	return ret;
}

static bool dentry_is_ancestor(const struct dentry *a, const struct dentry *d)
{
	for (; d != a; d = d->parent)
		if (d->parent == d)
			return false;
	return true;
}

static int may_rename(const struct path *old_parent, struct dentry *old,
	const struct path *new_parent, struct dentry *new, u32 flags)
{
	bool is_dir = S_ISDIR(old->inode->mode);
	bool cross = old_parent->dentry != new_parent->dentry;
	int ret = may_delete(old_parent, old, is_dir);

	if (ret < 0)
		return ret;
	if (!new->inode)
		ret = may_create(new_parent, new);
	else if (flags & RENAME_EXCHANGE)
		ret = may_delete(new_parent, new, S_ISDIR(new->inode->mode));
	else
		ret = may_delete(new_parent, new, is_dir);
	if (ret < 0)
		return ret;
	/* ".." of a directory that moves changes */
	if (cross && is_dir && (ret = inode_permission(old->inode, MAY_WRITE)) < 0)
		return ret;
	if (cross && (flags & RENAME_EXCHANGE) && S_ISDIR(new->inode->mode))
		return inode_permission(new->inode, MAY_WRITE);
	return 0;
}

static void renamed(struct dentry *old_dir, struct dentry *d, const char *old_name,
	struct inode *victim, u32 isdir)
{
	static u32 next_cookie;

	if (!fsnotify_hook && !nr_dnotify)
		return;
	next_cookie++;
	if (old_dir == d->parent && nr_dnotify)
		dnotify_event(old_dir->inode, FSN_RENAME_HERE);
	fsnotify_entry(old_dir, old_name, FSN_MOVED_FROM | isdir, next_cookie);
	fsnotify_entry(d->parent, d->name, FSN_MOVED_TO | isdir, next_cookie);
	fsnotify_self(d->inode, FSN_MOVE_SELF);
	if (victim && !S_ISDIR(victim->mode))
		fsnotify_self(victim, FSN_ATTRIB);
}

/* The op is done: makes the cache agree and tells the watches. */
static void finish_rename(struct dentry *old, struct dentry *new, u32 flags)
{
	struct dentry *old_dir = d_get(old->parent), *new_dir = d_get(new->parent);
	bool exchange = flags & RENAME_EXCHANGE;
	struct inode *victim = new->inode && !exchange ? inode_get(new->inode) : NULL;
	char *old_name = fsnotify_hook || nr_dnotify ? strdup(old->name) : NULL;
	u32 isdir = S_ISDIR(old->inode->mode) ? FSN_ISDIR : 0;

	d_move(old, new, exchange);
	if (old_name)
		renamed(old_dir, old, old_name, victim, isdir);
	if (exchange && old_name)
		renamed(new_dir, new, old->name, NULL, S_ISDIR(new->inode->mode) ? FSN_ISDIR : 0);
	free(old_name);
	inode_put(victim);
	d_put(old_dir);
	d_put(new_dir);
}

int vfs_rename(const struct path *old_parent, struct dentry *old, const struct path *new_parent,
	struct dentry *new, u32 flags)
{
	struct inode *old_dir = old_parent->dentry->inode, *new_dir = new_parent->dentry->inode;
	int ret;

	if (!old->inode || ((flags & RENAME_EXCHANGE) && !new->inode))
		return -ENOENT;
	if ((flags & RENAME_NOREPLACE) && new->inode)
		return -EEXIST;
	if (dentry_is_ancestor(old, new_parent->dentry))
		return -EINVAL;
	if (new->inode && dentry_is_ancestor(new, old_parent->dentry))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	if (old->inode == new->inode)
		return 0;
	if (old_dir->sb != new_dir->sb)
		return -EXDEV;
	ret = may_rename(old_parent, old, new_parent, new, flags);
	if (ret < 0)
		return ret;
	if (!old_dir->ops->rename)
		return -EPERM;
	if (old->mounts || new->mounts)
		return -EBUSY;
	ret = old_dir->ops->rename(old_dir, old, new_dir, new, flags);
	if (ret == 0)
		finish_rename(old, new, flags);
	return ret;
}
