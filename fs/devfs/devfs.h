/* /dev: a memory filesystem that starts out with every registered device in it. */
#ifndef SKIFF_FS_DEVFS_H
#define SKIFF_FS_DEVFS_H

#include "fs/vfs.h"

extern const struct fs_type devfs_fs_type; /* "devtmpfs" */

/* Registers null, zero, full, random, urandom and kmsg; before devfs is mounted. 0 or -errno. */
int chr_mem_init(void);

void devfs_fini(void); /* forgets devices and contents (unit tests) */

extern const struct file_ops kmsg_fops;

#endif
