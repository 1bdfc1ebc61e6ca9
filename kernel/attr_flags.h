/* Flags of inodes (immutable, append-only, ...) as requests on open files: ioctl_iflags(2). */
#ifndef SKIFF_KERNEL_ATTR_FLAGS_H
#define SKIFF_KERNEL_ATTR_FLAGS_H

#include "fs/vfs.h"

/* FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR. -ENOTTY: another request,
 * or the filesystem keeps no flags. */
long attr_flags_ioctl(struct file *f, u32 cmd, uaddr_t arg);

#endif
