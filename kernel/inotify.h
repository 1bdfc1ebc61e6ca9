/* inotify(7): what the file layer calls. Masks are those of <sys/inotify.h>, by kernel/abi.h. */
#ifndef SKIFF_KERNEL_INOTIFY_H
#define SKIFF_KERNEL_INOTIFY_H

#include "kernel/lib/types.h"

struct inode;
struct super;

/* Limits of the machine: /proc/sys/fs/inotify. */
extern u32 inotify_max_queued, inotify_max_watches, inotify_max_instances;

/* The inode is gone for good (last name and last user): IN_DELETE_SELF, IN_IGNORED. Marks hold a
 * reference to their inode, so the file layer calls this when nlink has become 0. */
void inotify_inode_gone(struct inode *inode);
/* A filesystem is about to go: IN_UNMOUNT and IN_IGNORED for every mark on it. */
void inotify_unmount(struct super *sb);

#endif
