/* Directory notification by signal: F_NOTIFY of fcntl(2). */
#ifndef SKIFF_KERNEL_DNOTIFY_H
#define SKIFF_KERNEL_DNOTIFY_H

#include "kernel/lib/types.h"

struct file;
struct files;
struct inode;

extern unsigned nr_dnotify; /* there are watches at all */

int dnotify_set(struct file *f, int fd, u32 mask); /* DN_* */
/* A descriptor of f in files is closed: that ends the watch set through files. */
void dnotify_close(struct file *f, const struct files *files);
void dnotify_file_gone(struct file *f); /* its last reference goes */
void dnotify_event(
	struct inode *dir, u32 mask); /* FSN_*, of dir or something in it; dir may be NULL */

#endif
