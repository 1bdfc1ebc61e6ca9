/*
 * open(2): from a path and flags to an open file. Walks to the last component, creates it if asked
 * to, checks what may_open checks on Linux in its order, then hands the new file to the
 * filesystem, or to the driver for devices and FIFOs. open(2), openat2(2).
 */
#include "fs/chrdev.h"
#include "fs/file.h"
#include "fs/fsnotify.h"
#include "fs/lease.h"
#include "kernel/cred.h"
#include "kernel/lib/log.h"
#include "kernel/pipe.h"
#include "kernel/task.h"

#define ABI_O_LARGEFILE 0100000u
#define OPEN_TMPFILE (O_TMPFILE & ~O_DIRECTORY)

static const struct file_ops path_ops; /* O_PATH: nothing works */

static int access_mask(int flags)
{
	static const int masks[4] = {
		MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};
	int mask = masks[flags & O_ACCMODE];

	return flags & O_TRUNC ? mask | MAY_WRITE : mask;
}

static int may_open_type(const struct path *p, int flags, int mask)
{
	switch (p->dentry->inode->mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		return mask & MAY_WRITE ? -EISDIR : 0;
	case S_IFCHR:
	case S_IFBLK:
		return p->mnt->flags & MNT_NODEV ? -EACCES : 0;
	default:
		return 0;
	}
}

static bool type_is_stored(u32 mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

static int may_open(const struct path *p, int flags, u32 lookup)
{
	struct inode *inode = p->dentry->inode;
	int mask = lookup & LOOKUP_EXEC ? MAY_EXEC : access_mask(flags), ret;

	if (!type_is_stored(inode->mode))
		mask &= ~(flags & O_TRUNC && (flags & O_ACCMODE) == O_RDONLY ? MAY_WRITE : 0);
	ret = may_open_type(p, flags, mask);
	if (ret < 0)
		return ret;
	if ((mask & MAY_WRITE) && type_is_stored(inode->mode) && inode->sb->readonly)
		return -EROFS;
	ret = inode_permission(inode, mask);
	if (ret < 0)
		return ret;
	if ((inode->attr_flags & FS_APPEND_FL) && (mask & MAY_WRITE) &&
		(!(flags & O_APPEND) || (flags & O_TRUNC)))
		return -EPERM;
	if ((flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if ((mask & MAY_WRITE) && type_is_stored(inode->mode) && mount_readonly(p->mnt))
		return -EROFS;
	return 0;
}

/* Who serves the file: the filesystem, unless it is only a name for something else. */
static int route(struct file *f)
{
	struct inode *inode = f->inode;

	switch (inode->mode & S_IFMT) {
	case S_IFCHR:
		f->ops = chrdev_find(inode->rdev);
		break;
	case S_IFBLK:
		f->ops = blkdev_find(inode->rdev);
		break;
	case S_IFIFO:
		f->ops = &fifo_ops;
		break;
	case S_IFREG:
	case S_IFDIR:
		f->ops = inode->fops;
		break;
	default: /* sockets */
		f->ops = NULL;
		break;
	}
	if (f->ops)
		return 0;
	f->ops = &path_ops;
	return -ENXIO;
}

static int start_writing(struct file *f)
{
	if (!FMODE_CAN_WRITE(f) || !S_ISREG(f->inode->mode))
		return 0;
	if (f->inode->exec_users)
		return -ETXTBSY;
	f->inode->writers++;
	f->counted_writer = true;
	return 0;
}

int file_open_path(const struct path *p, int flags, struct file **out)
{
	struct file *f;
	int ret = file_alloc(p, (u32)flags & ~(u32)O_CLOEXEC, &f);

	if (ret < 0)
		return ret;
	if (flags & O_PATH) {
		f->ops = &path_ops;
		*out = f;
		return 0;
	}
	ret = start_writing(f);
	if (ret == 0)
		ret = route(f);
	if (ret == 0 && f->ops->open)
		ret = f->ops->open(f->inode, f);
	if (ret < 0) {
		f->ops = &path_ops; /* it was never open: no release, no close event */
		f->flags |= O_PATH;
		file_put(f);
		return ret;
	}
	f->inode->opens++;
	f->counted_open = true;
	f->flags &= ~(u32)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	f->flags |= ABI_O_LARGEFILE;
	*out = f;
	return 0;
}

static int truncate_opened(struct file *f)
{
	struct setattr a = {.valid = ATTR_SIZE | ATTR_MTIME, .file = f};

	inode_now(&a.mtime);
	return vfs_setattr(&f->path, &a);
}

/* Opens what the walk has found; created: by this very call. */
static int open_found(const struct path *p, int flags, u32 lookup, bool created, struct file **out)
{
	struct inode *inode = p->dentry->inode;
	int ret;

	if (!created) {
		if ((flags & O_CREAT) && (flags & O_EXCL))
			return -EEXIST;
		if ((flags & O_CREAT) && S_ISDIR(inode->mode))
			return -EISDIR;
	}
	if ((flags & O_DIRECTORY) && !S_ISDIR(inode->mode))
		return -ENOTDIR;
	if (!created && !(flags & O_PATH) && (ret = may_open(p, flags, lookup)) < 0)
		return ret;
	if (inode->leases && !(flags & O_PATH)) {
		ret = lease_break(inode, access_mask(flags) & MAY_WRITE, flags & O_NONBLOCK);
		if (ret < 0)
			return ret;
	}
	ret = file_open_path(p, flags, out);
	if (ret == 0 && !(flags & O_PATH) && (ret = fsnotify_permission(*out, FSN_OPEN_PERM)) < 0) {
		(*out)->no_notify = true; /* it was never open */
		file_put(*out);
		*out = NULL;
	}
	if (ret < 0)
		return ret;
	if (!created && (flags & O_TRUNC) && S_ISREG(inode->mode)) {
		ret = truncate_opened(*out);
		if (ret < 0) {
			file_put(*out);
			return ret;
		}
	}
	(*out)->created = created;
	if (!(flags & O_PATH))
		fsnotify_file(*out, FSN_OPEN);
	return 0;
}

int file_open_found(const struct path *p, int flags, struct file **out)
{
	int ret = open_check_flags(flags);

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	return ret < 0 ? ret : open_found(p, flags, 0, false, out);
}

/* The last component is reached, perhaps negative, and parent is where it was looked for. */
static int open_last(
	struct walk *w, const struct path *parent, int flags, u32 mode, struct file **out)
{
	bool created = false;
	int ret;

	if ((flags & O_CREAT) && w->slash)
		return -EISDIR;
	if (!w->cur.dentry->inode) {
		if (!(flags & O_CREAT))
			return -ENOENT;
		ret = vfs_create(parent, w->cur.dentry, mode & 07777);
		if (ret < 0)
			return ret;
		created = true;
	} else if (w->slash && !S_ISDIR(w->cur.dentry->inode->mode)) {
		return -ENOTDIR;
	}
	return open_found(&w->cur, flags, w->flags, created, out);
}

static int open_walk(struct walk *w, int flags, u32 mode, struct file **out)
{
	bool follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	struct path parent;
	int ret;

	for (;;) {
		ret = walk_parent(w);
		if (ret < 0)
			return ret;
		parent = w->cur;
		path_get(&parent);
		ret = walk_last(w, follow);
		if (ret == 0)
			ret = open_last(w, &parent, flags, mode, out);
		path_put(&parent);
		if (ret <= 0)
			return ret;
	}
}

static int open_tmpfile(const struct path *base, const char *name, int flags, u32 mode, u32 lookup,
	struct file **out)
{
	struct inode *dir, *inode;
	struct path p, file;
	char text[24] = "#tmpfile";
	int ret;

	ret = path_lookup(base, name,
		lookup | LOOKUP_DIRECTORY | (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW), &p);
	if (ret < 0)
		return ret;
	dir = p.dentry->inode;
	ret = mount_readonly(p.mnt) ? -EROFS : inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (ret == 0)
		ret = dir->ops->tmpfile
			      ? dir->ops->tmpfile(dir,
					vfs_prepare_mode(dir, S_IFREG | (mode & 07777)), &inode)
			      : -EOPNOTSUPP;
	if (ret == 0) {
		inode->linkable = !(flags & O_EXCL);
		file.mnt = p.mnt;
		file.dentry = d_alloc(dir->sb, p.dentry, text, strlen(text));
		if (file.dentry) {
			d_instantiate(file.dentry, inode);
			ret = file_open_path(&file, flags & ~O_DIRECTORY & ~OPEN_TMPFILE, out);
			d_put(file.dentry);
		} else {
			inode_put(inode);
			ret = -ENOMEM;
		}
	}
	path_put(&p);
	return ret;
}

int open_check_flags(int flags)
{
	if (flags & O_PATH)
		return 0;
	if (flags & OPEN_TMPFILE)
		return (flags & O_DIRECTORY) && !(flags & O_CREAT) &&
				       (access_mask(flags) & MAY_WRITE)
			       ? 0
			       : -EINVAL;
	return (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) ? -EINVAL : 0;
}

int file_open_lookup(const struct path *base, const char *name, int flags, u32 mode, u32 lookup,
	struct file **out)
{
	struct walk w;
	int ret = open_check_flags(flags);

	if (ret < 0)
		return ret;
	if (!*name && !(lookup & LOOKUP_EMPTY))
		return -ENOENT;
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (flags & OPEN_TMPFILE)
		return open_tmpfile(base, name, flags, mode, lookup, out);
	ret = walk_start(&w, base, name, lookup);
	if (ret == 0)
		ret = open_walk(&w, flags, mode, out);
	walk_end(&w);
	trace(TRACE_VFS, "open %s, flags %#o: %d", name, (unsigned)flags, ret);
	return ret;
}

int file_open(const struct path *base, const char *name, int flags, u32 mode, struct file **out)
{
	return file_open_lookup(base, name, flags, mode, 0, out);
}
