/* tmpfs: files in memory. Used for /tmp, /dev/shm, devtmpfs and memfd_create. */
#ifndef SKIFF_FS_TMPFS_TMPFS_H
#define SKIFF_FS_TMPFS_TMPFS_H

#include "fs/vfs.h"

extern const struct fs_type tmpfs_fs_type;

/* memfd_create(2): an unlinked file "memfd:<name>", open for reading and writing. */
int tmpfs_memfd(const char *name, bool sealable, bool executable, struct file **out);

#endif
