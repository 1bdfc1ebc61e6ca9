/*
 * Where the VFS reports file events. Costs two tests while nobody watches. IN_* of inotify(7); for
 * directories IN_ISDIR is added. An event of an inode is reported once, with its directory and
 * name: the listener hands it to the watches of both. Events of the inode alone (IN_DELETE_SELF,
 * IN_MOVE_SELF) have no directory, those of a directory's entries alone (IN_CREATE, IN_DELETE,
 * IN_MOVED_*) no inode.
 */
#ifndef SKIFF_FS_FSNOTIFY_H
#define SKIFF_FS_FSNOTIFY_H

#include "fs/vfs.h"
#include "kernel/dnotify.h"

#define FSN_ACCESS 0x1u
#define FSN_MODIFY 0x2u
#define FSN_ATTRIB 0x4u
#define FSN_CLOSE_WRITE 0x8u
#define FSN_CLOSE_NOWRITE 0x10u
#define FSN_OPEN 0x20u
#define FSN_MOVED_FROM 0x40u
#define FSN_MOVED_TO 0x80u
#define FSN_CREATE 0x100u
#define FSN_DELETE 0x200u
#define FSN_DELETE_SELF 0x400u
#define FSN_MOVE_SELF 0x800u
#define FSN_RENAME_HERE 0x10000000u /* of dnotify alone: within the directory */
#define FSN_UNLINKED 0x4000000u	    /* IN_EXCL_UNLINK: for watches that want none of it */
#define FSN_ISDIR 0x40000000u

/* Something happened to what d names: read, written, opened, closed, its attributes. */
static inline void fsnotify_dentry(struct dentry *d, u32 mask)
{
	struct inode *dir;

	if ((!fsnotify_hook && !nr_dnotify) || !d->inode)
		return;
	dir = d->parent == d ? NULL : d->parent->inode;
	if (nr_dnotify) {
		dnotify_event(dir, mask);
		dnotify_event(d->inode, mask);
	}
	if (!fsnotify_hook || (list_empty(&d->inode->marks) && (!dir || list_empty(&dir->marks))))
		return;
	if (S_ISDIR(d->inode->mode))
		mask |= FSN_ISDIR;
	if (!d->hashed && d->parent != d)
		mask |= FSN_UNLINKED;
	fsnotify_hook(dir ? d->parent : NULL, dir, d->inode, d->name, mask, 0);
}

#define FSN_OPEN_EXEC 0x1000u
#define FSN_OPEN_PERM 0x10000u /* these ask before it happens: fanotify alone */
#define FSN_ACCESS_PERM 0x20000u
#define FSN_OPEN_EXEC_PERM 0x40000u

/* Set while there are fanotify marks. FAN_*, as FSN_*; 0, or -EPERM where it asks, and may sleep.
 */
extern int (*fanotify_hook)(const struct path *p, u64 mask);

/* What happened to p, as fsnotify_dentry; the mount is of interest, too. */
static inline void fsnotify_path(const struct path *p, u32 mask)
{
	if (fanotify_hook)
		fanotify_hook(p, mask);
	fsnotify_dentry(p->dentry, mask);
}

static inline void fsnotify_file(const struct file *f, u32 mask)
{
	if (!f->no_notify)
		fsnotify_path(&f->path, mask);
}

/* May it happen? 0 or -EPERM. May sleep. */
static inline int fsnotify_permission(const struct file *f, u32 mask)
{
	return fanotify_hook && !f->no_notify ? fanotify_hook(&f->path, mask) : 0;
}

/* An entry of a directory came, went or moved. */
static inline void fsnotify_entry(struct dentry *dir, const char *name, u32 mask, u32 cookie)
{
	if (nr_dnotify)
		dnotify_event(dir->inode, mask);
	if (fsnotify_hook && dir->inode && !list_empty(&dir->inode->marks))
		fsnotify_hook(dir, dir->inode, NULL, name, mask, cookie);
}

static inline void fsnotify_self(struct inode *inode, u32 mask)
{
	if (fsnotify_hook && inode && !list_empty(&inode->marks))
		fsnotify_hook(
			NULL, NULL, inode, NULL, S_ISDIR(inode->mode) ? mask | FSN_ISDIR : mask, 0);
}

#endif
