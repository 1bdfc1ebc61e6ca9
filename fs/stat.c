/*
 * Inode attributes as system calls see and change them: stat, and the one way to chmod, chown, set
 * times or truncate, with the ownership rules, what a change takes away (set-user-ID bits) and the
 * time stamps that move along. inode(7), chown(2), utimensat(2), truncate(2).
 */
#include "fs/fsnotify.h"
#include "kernel/cred.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

static void stat_fill(const struct inode *i, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = i->sb->dev;
	st->st_ino = i->ino;
	st->st_mode = i->mode;
	st->st_nlink = i->nlink;
	st->st_uid = uid_out(i->uid);
	st->st_gid = gid_out(i->gid);
	st->st_rdev = S_ISCHR(i->mode) || S_ISBLK(i->mode) ? i->rdev : 0;
	st->st_size = (off_t)i->size;
	st->st_blksize = (blksize_t)i->sb->block_size;
	st->st_blocks = (blkcnt_t)i->blocks;
	st->st_atim = i->atime;
	st->st_mtim = i->mtime;
	st->st_ctim = i->ctime;
}

int inode_refresh(struct inode *i)
{
	return i->ops->getattr ? i->ops->getattr(i) : 0;
}

int vfs_stat(const struct path *p, struct stat *st)
{
	int ret = inode_refresh(p->dentry->inode);

	if (ret == 0)
		stat_fill(p->dentry->inode, st);
	return ret;
}

int vfs_fstat(struct file *f, struct stat *st)
{
	int ret = inode_refresh(f->inode);

	if (ret == 0)
		stat_fill(f->inode, st);
	return ret;
}

/* The mode without the bits that a change of owner or contents takes away. */
static u32 mode_without_privs(const struct inode *i, u32 mode)
{
	mode &= ~(u32)S_ISUID;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		mode &= ~(u32)S_ISGID;
	else if ((mode & S_ISGID) && current && !cred_in_group(current->cred, i->gid) &&
		 !inode_capable(i, CAP_FSETID))
		mode &= ~(u32)S_ISGID;
	return mode;
}

static int may_chown(const struct inode *i, const struct setattr *a)
{
	const struct cred *c = current->cred;

	if ((a->valid & ATTR_UID) && !(c->fsuid == i->uid && a->uid == i->uid) &&
		!inode_capable(i, CAP_CHOWN))
		return -EPERM;
	if ((a->valid & ATTR_GID) &&
		!(c->fsuid == i->uid && (a->gid == i->gid || cred_in_group(c, a->gid))) &&
		!inode_capable(i, CAP_CHOWN))
		return -EPERM;
	return 0;
}

static void prepare_chown(const struct inode *i, struct setattr *a)
{
	if (S_ISDIR(i->mode) || (a->valid & ATTR_MODE) || !(i->mode & (S_ISUID | S_ISGID)))
		return;
	a->mode = mode_without_privs(i, i->mode) & 07777;
	if (a->mode != (i->mode & 07777))
		a->valid |= ATTR_MODE;
}

static int prepare_chmod(const struct inode *i, struct setattr *a)
{
	u32 gid = a->valid & ATTR_GID ? a->gid : i->gid;

	if (!inode_owner_or_capable(i))
		return -EPERM;
	a->mode &= 07777;
	if ((a->mode & S_ISGID) && !cred_in_group(current->cred, gid) &&
		!inode_capable(i, CAP_FSETID))
		a->mode &= ~(u32)S_ISGID;
	return 0;
}

static int check_setattr(struct inode *i, struct setattr *a)
{
	int ret = 0;

	if ((a->valid & (ATTR_MODE | ATTR_UID | ATTR_GID)) && inode_is_fixed(i))
		return -EPERM;
	if ((a->valid & ATTR_SIZE) && (i->attr_flags & FS_APPEND_FL))
		return -EPERM;
	if (a->valid & (ATTR_UID | ATTR_GID))
		ret = may_chown(i, a);
	if (ret == 0 && (a->valid & ATTR_MODE))
		ret = prepare_chmod(i, a);
	if (ret == 0 && (a->valid & (ATTR_UID | ATTR_GID)))
		prepare_chown(i, a);
	return ret;
}

/* The caller has checked the right to set times (utimensat) and to write (truncate). */
int vfs_setattr(const struct path *p, struct setattr *a)
{
	struct inode *i = p->dentry->inode;
	int ret = 0;

	if (p->mnt && mount_readonly(p->mnt))
		return -EROFS;
	if (current)
		ret = check_setattr(i, a);
	if (ret < 0)
		return ret;
	if ((a->valid & ATTR_SIZE) && !(a->valid & ATTR_MODE) && current) {
		a->mode = mode_without_privs(i, i->mode) & 07777;
		if (a->mode != (i->mode & 07777))
			a->valid |= ATTR_MODE;
	}
	inode_now(&a->ctime);
	a->valid |= ATTR_CTIME;
	if (i->ops->setattr)
		ret = i->ops->setattr(i, a);
	else if (a->valid & ATTR_SIZE)
		ret = -EINVAL;
	else
		ret = inode_setattr(i, a);
	if (ret == 0)
		fsnotify_path(p, a->valid & ATTR_SIZE ? FSN_MODIFY : FSN_ATTRIB);
	return ret;
}

int inode_remove_privs(const struct path *p)
{
	struct inode *i = p->dentry->inode;
	struct setattr a = {0};
	u32 mode;

	if (!(i->mode & (S_ISUID | S_ISGID)) || !S_ISREG(i->mode) || !current ||
		inode_capable(i, CAP_FSETID))
		return 0;
	mode = mode_without_privs(i, i->mode) & 07777;
	if (mode == (i->mode & 07777))
		return 0;
	a.valid = ATTR_MODE | ATTR_CTIME;
	a.mode = mode;
	inode_now(&a.ctime);
	return i->ops->setattr ? i->ops->setattr(i, &a) : inode_setattr(i, &a);
}

/* relatime: the access time moves only past a change, or once a day. */
void inode_touch_atime(const struct path *p)
{
	struct inode *i = p->dentry->inode;
	u32 flags = p->mnt ? p->mnt->flags : 0;
	struct timespec now;

	if (p->mnt && ((flags & MNT_NOATIME) || mount_readonly(p->mnt)))
		return;
	if (i->attr_flags & FS_NOATIME_FL)
		return;
	if ((flags & MNT_NODIRATIME) && S_ISDIR(i->mode))
		return;
	inode_now(&now);
	if (!(flags & MNT_STRICTATIME) && i->atime.tv_sec > i->mtime.tv_sec &&
		i->atime.tv_sec > i->ctime.tv_sec && now.tv_sec - i->atime.tv_sec < 24 * 60 * 60)
		return;
	i->atime = now;
}
