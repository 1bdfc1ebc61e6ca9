/* fanotify(7): what the file layer calls, by way of fs/fsnotify.h, and the group's marks. */
#ifndef SKIFF_KERNEL_FANOTIFY_H
#define SKIFF_KERNEL_FANOTIFY_H

#include "kernel/lib/list.h"

struct dentry;
struct file;
struct mount;
struct path;
struct super;

extern u32 fanotify_max_queued, fanotify_max_groups, fanotify_max_marks; /* /proc/sys/fs/fanotify */

/* The events that a group wants; it is theirs by descriptor. */
struct fan_group;
struct fan_group *fanotify_group(const struct file *f);	   /* NULL: not one */
bool fanotify_wants_permission(const struct fan_group *g); /* may its marks have such events? */
struct list_head *fanotify_marks(struct fan_group *g);

/* Marks (fanotify_mark.c). */
struct list_head *fanotify_groups(void); /* struct fan_group by its first member */
/* Which of the events in mask (FAN_*) on p does g want? Modifying ends ignoring. */
u64 fanotify_match(struct fan_group *g, const struct path *p, u64 mask);
void fanotify_marks_end(struct fan_group *g);
void fanotify_super_gone(struct super *sb);
void fanotify_mount_gone(struct mount *m);
size_t fanotify_show_marks(struct fan_group *g, char *buf, size_t size);
/* The hook is set while there are marks. */
void fanotify_hook_on(bool on);

#endif
