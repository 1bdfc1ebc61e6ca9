/* The files behind /proc/PID/ns: a namespace that can be opened, mounted on a file and entered.
 * namespaces(7), ioctl_ns(2). */
#ifndef SKIFF_FS_NSFS_H
#define SKIFF_FS_NSFS_H

#include "fs/vfs.h"
#include "kernel/ns.h"

int nsfs_path(struct ns *ns, struct path *out); /* *out: new references */
struct ns *nsfs_ns(const struct file *f);	/* borrowed; NULL: not such a file */

#endif
