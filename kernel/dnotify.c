/*
 * F_NOTIFY: a signal to a file's owner when something happens to its directory or in it. A watch
 * belongs to an open directory and the descriptor table it was asked for in, and ends with the
 * first close there. fcntl(2), "File and directory change notification (dnotify)".
 */
#include "kernel/dnotify.h"

#include "fs/fsnotify.h"
#include "kernel/fasync.h"
#include "kernel/task.h"

#define ABI_DN_ACCESS 1u
#define ABI_DN_MODIFY 2u
#define ABI_DN_CREATE 4u
#define ABI_DN_DELETE 8u
#define ABI_DN_RENAME 16u
#define ABI_DN_ATTRIB 32u
#define ABI_DN_MULTISHOT 0x80000000u

struct dnotify {
	struct dnotify *next;	   /* of the same inode */
	struct file *file;	   /* borrowed */
	const struct files *files; /* only compared */
	int fd;
	u32 mask; /* DN_* */
};

unsigned nr_dnotify;

static u32 events_to_dn(u32 fsn)
{
	return (fsn & FSN_ACCESS ? ABI_DN_ACCESS : 0) | (fsn & FSN_MODIFY ? ABI_DN_MODIFY : 0) |
	       (fsn & (FSN_CREATE | FSN_MOVED_TO) ? ABI_DN_CREATE : 0) |
	       (fsn & (FSN_DELETE | FSN_MOVED_FROM) ? ABI_DN_DELETE : 0) |
	       (fsn & FSN_RENAME_HERE ? ABI_DN_RENAME : 0) | (fsn & FSN_ATTRIB ? ABI_DN_ATTRIB : 0);
}

static void end(struct dnotify **at)
{
	struct dnotify *d = *at;

	*at = d->next;
	free(d);
	nr_dnotify--;
}

/* files NULL: whoever set them. */
static void remove_watches(struct file *f, const struct files *files)
{
	struct dnotify **at = &f->inode->dnotify;

	while (*at) {
		if ((*at)->file == f && (!files || (*at)->files == files))
			end(at);
		else
			at = &(*at)->next;
	}
}

void dnotify_close(struct file *f, const struct files *files)
{
	remove_watches(f, files);
}

void dnotify_file_gone(struct file *f)
{
	remove_watches(f, NULL);
}

int dnotify_set(struct file *f, int fd, u32 mask)
{
	struct dnotify *d;

	if (!(mask & ~ABI_DN_MULTISHOT)) {
		remove_watches(f, current->files);
		return 0;
	}
	if (!S_ISDIR(f->inode->mode))
		return -ENOTDIR;
	fasync_default_owner(f);
	for (d = f->inode->dnotify; d; d = d->next) {
		if (d->file != f || d->files != current->files)
			continue;
		d->fd = fd;
		d->mask |= mask;
		return 0;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	*d = (struct dnotify){f->inode->dnotify, f, current->files, fd, mask};
	f->inode->dnotify = d;
	nr_dnotify++;
	return 0;
}

void dnotify_event(struct inode *dir, u32 mask)
{
	u32 events = events_to_dn(mask);
	struct dnotify **at;

	if (!dir || !events)
		return;
	for (at = &dir->dnotify; *at;) {
		struct dnotify *d = *at;

		if (!(d->mask & events)) {
			at = &d->next;
			continue;
		}
		fasync_message(d->file, d->fd);
		if (d->mask & ABI_DN_MULTISHOT)
			at = &d->next;
		else
			end(at);
	}
}
