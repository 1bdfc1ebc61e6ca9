/*
 * System calls that change the tree: mkdir, mknod, unlink, rmdir, rename, link, symlink; and those
 * that move the caller in it: chdir, chroot, umask. mkdir(2), mknod(2), unlink(2), rename(2),
 * link(2), symlink(2), chdir(2), chroot(2).
 */
#include "fs/fdtable.h"
#include "fs/namei.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <stdio.h>

/* ---- making ---- */

/* Resolves name to a parent and a negative child. */
static int create_at(
	int dfd, uaddr_t name, bool directory, struct path *parent, struct dentry **child)
{
	struct pathname n;
	struct path base;
	int ret = pathname_get(&n, name, false);

	if (ret < 0)
		return ret;
	ret = path_base(dfd, n.s, &base);
	if (ret == 0) {
		ret = path_create(&base, n.s, 0, parent, child, directory);
		path_put(&base);
	}
	pathname_put(&n);
	return ret;
}

static void create_end(struct path *parent, struct dentry *child)
{
	d_put(child);
	path_put(parent);
}

SYSCALL_DEFINE3(mkdirat, int, dfd, uaddr_t, name, u32, mode)
{
	struct path parent;
	struct dentry *d;
	int ret = create_at(dfd, name, true, &parent, &d);

	if (ret < 0)
		return ret;
	ret = vfs_mkdir(&parent, d, mode);
	create_end(&parent, d);
	return ret;
}

SYSCALL_DEFINE2(mkdir, uaddr_t, name, u32, mode)
{
	return sys_mkdirat(AT_FDCWD, name, mode);
}

/* mknod's 32-bit device numbers are already in makedev's encoding. */
SYSCALL_DEFINE4(mknodat, int, dfd, uaddr_t, name, u32, mode, u32, dev)
{
	struct path parent;
	struct dentry *d;
	int ret;

	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	ret = create_at(dfd, name, false, &parent, &d);
	if (ret < 0)
		return ret;
	if (!(mode & S_IFMT) || S_ISREG(mode))
		ret = vfs_create(&parent, d, mode & 07777);
	else
		ret = vfs_mknod(&parent, d, mode, S_ISCHR(mode) || S_ISBLK(mode) ? dev : 0);
	create_end(&parent, d);
	return ret;
}

SYSCALL_DEFINE3(mknod, uaddr_t, name, u32, mode, u32, dev)
{
	return sys_mknodat(AT_FDCWD, name, mode, dev);
}

SYSCALL_DEFINE3(symlinkat, uaddr_t, target, int, dfd, uaddr_t, name)
{
	struct path parent;
	struct dentry *d;
	char *text;
	int ret = getname(target, &text);

	if (ret < 0)
		return ret;
	ret = *text ? create_at(dfd, name, false, &parent, &d) : -ENOENT;
	if (ret == 0) {
		ret = vfs_symlink(&parent, d, text);
		create_end(&parent, d);
	}
	free(text);
	return ret;
}

SYSCALL_DEFINE2(symlink, uaddr_t, target, uaddr_t, name)
{
	return sys_symlinkat(target, AT_FDCWD, name);
}

SYSCALL_DEFINE5(linkat, int, olddfd, uaddr_t, oldname, int, newdfd, uaddr_t, newname, int, flags)
{
	struct path old, parent;
	struct dentry *d;
	u32 lookup = 0;
	int ret;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	/* a descriptor may have been handed to someone who could not open the file: root only */
	if ((flags & AT_EMPTY_PATH) && capable(CAP_DAC_READ_SEARCH))
		lookup |= LOOKUP_EMPTY;
	if (flags & AT_SYMLINK_FOLLOW)
		lookup |= LOOKUP_FOLLOW;
	ret = path_lookup_user(olddfd, oldname, lookup, &old);
	if (ret < 0)
		return ret;
	ret = create_at(newdfd, newname, false, &parent, &d);
	if (ret == 0) {
		ret = old.mnt == parent.mnt ? vfs_link(&old, &parent, d) : -EXDEV;
		create_end(&parent, d);
	}
	path_put(&old);
	return ret;
}

SYSCALL_DEFINE2(link, uaddr_t, oldname, uaddr_t, newname)
{
	return sys_linkat(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

/* ---- removing ---- */

static int start_walk(struct walk *w, struct pathname *n, int dfd, uaddr_t name)
{
	struct path base;
	int ret = pathname_get(n, name, false);

	if (ret < 0)
		return ret;
	ret = path_base(dfd, n->s, &base);
	if (ret < 0) {
		pathname_put(n);
		return ret;
	}
	walk_start(w, &base, n->s, 0);
	path_put(&base);
	ret = walk_parent(w);
	if (ret < 0) {
		walk_end(w);
		pathname_put(n);
	}
	return ret;
}

static int do_rmdir(struct walk *w)
{
	struct dentry *d;
	int ret;

	if (!w->last_len)
		return -EBUSY;
	if (walk_last_special(w))
		return walk_last_is_dot(w) ? -EINVAL : -ENOTEMPTY;
	ret = d_lookup(w->cur.dentry, w->last, w->last_len, &d);
	if (ret < 0)
		return ret;
	ret = vfs_rmdir(&w->cur, d);
	d_put(d);
	return ret;
}

static int do_unlink(struct walk *w)
{
	struct dentry *d;
	int ret;

	if (walk_last_special(w))
		return -EISDIR;
	ret = d_lookup(w->cur.dentry, w->last, w->last_len, &d);
	if (ret < 0)
		return ret;
	if (w->slash)
		ret = !d->inode ? -ENOENT : S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
	else
		ret = vfs_unlink(&w->cur, d);
	d_put(d);
	return ret;
}

SYSCALL_DEFINE3(unlinkat, int, dfd, uaddr_t, name, int, flags)
{
	struct pathname n;
	struct walk w;
	int ret;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	ret = start_walk(&w, &n, dfd, name);
	if (ret < 0)
		return ret;
	ret = flags & AT_REMOVEDIR ? do_rmdir(&w) : do_unlink(&w);
	walk_end(&w);
	pathname_put(&n);
	return ret;
}

SYSCALL_DEFINE1(unlink, uaddr_t, name)
{
	return sys_unlinkat(AT_FDCWD, name, 0);
}

SYSCALL_DEFINE1(rmdir, uaddr_t, name)
{
	return sys_unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

/* ---- renaming ---- */

static int rename_slashes(const struct walk *from, const struct dentry *old, const struct walk *to,
	const struct dentry *new, u32 flags)
{
	if (flags & RENAME_EXCHANGE) {
		if (to->slash && !S_ISDIR(new->inode->mode))
			return -ENOTDIR;
		return from->slash && !S_ISDIR(old->inode->mode) ? -ENOTDIR : 0;
	}
	if (!S_ISDIR(old->inode->mode) && (from->slash || to->slash))
		return -ENOTDIR;
	return 0;
}

static int rename_found(
	struct walk *from, struct dentry *old, struct walk *to, struct dentry *new, u32 flags)
{
	int ret;

	if ((flags & RENAME_NOREPLACE) && new->inode)
		return -EEXIST;
	if ((flags & RENAME_EXCHANGE) && !new->inode)
		return -ENOENT;
	ret = rename_slashes(from, old, to, new, flags);
	return ret < 0 ? ret : vfs_rename(&from->cur, old, &to->cur, new, flags);
}

static int rename_walked(struct walk *from, struct walk *to, u32 flags)
{
	struct dentry *old, *new;
	int ret;

	if (from->cur.mnt != to->cur.mnt)
		return -EXDEV;
	if (walk_last_special(from))
		return -EBUSY;
	if (walk_last_special(to))
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	ret = d_lookup(from->cur.dentry, from->last, from->last_len, &old);
	if (ret < 0)
		return ret;
	ret = -ENOENT;
	if (old->inode) {
		ret = d_lookup(to->cur.dentry, to->last, to->last_len, &new);
		if (ret == 0) {
			ret = rename_found(from, old, to, new, flags);
			d_put(new);
		}
	}
	d_put(old);
	return ret;
}

SYSCALL_DEFINE5(renameat2, int, olddfd, uaddr_t, oldname, int, newdfd, uaddr_t, newname, u32, flags)
{
	struct pathname n_from, n_to;
	struct walk from, to;
	int ret;

	if (flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
		flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	ret = start_walk(&from, &n_from, olddfd, oldname);
	if (ret < 0)
		return ret;
	ret = start_walk(&to, &n_to, newdfd, newname);
	if (ret == 0) {
		ret = rename_walked(&from, &to, flags);
		walk_end(&to);
		pathname_put(&n_to);
	}
	walk_end(&from);
	pathname_put(&n_from);
	return ret;
}

SYSCALL_DEFINE4(renameat, int, olddfd, uaddr_t, oldname, int, newdfd, uaddr_t, newname)
{
	return sys_renameat2(olddfd, oldname, newdfd, newname, 0);
}

SYSCALL_DEFINE2(rename, uaddr_t, oldname, uaddr_t, newname)
{
	return sys_renameat2(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

/* ---- where the caller is ---- */

static int enter_dir(struct path *where, const struct path *p)
{
	struct path old;
	int ret = inode_permission(p->dentry->inode, MAY_EXEC);

	if (ret < 0)
		return ret;
	old = *where;
	*where = *p;
	path_get(where);
	path_put(&old);
	return 0;
}

SYSCALL_DEFINE1(chdir, uaddr_t, name)
{
	struct path p;
	int ret = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (ret < 0)
		return ret;
	ret = enter_dir(&current->fs->cwd, &p);
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE1(fchdir, int, fd)
{
	struct file *f = fd_file_raw(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = S_ISDIR(f->inode->mode) ? enter_dir(&current->fs->cwd, &f->path) : -ENOTDIR;
	file_put(f);
	return ret;
}

SYSCALL_DEFINE1(chroot, uaddr_t, name)
{
	struct path p;
	int ret = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (ret < 0)
		return ret;
	ret = inode_permission(p.dentry->inode, MAY_EXEC);
	if (ret == 0)
		ret = capable_own(CAP_SYS_CHROOT) ? enter_dir(&current->fs->root, &p) : -EPERM;
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE1(umask, u32, mask)
{
	u32 old = current->fs->umask;

	current->fs->umask = mask & 0777;
	return old;
}
