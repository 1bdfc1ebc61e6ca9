/* sysfs: the few files of /sys that programs ask for. */
#ifndef SKIFF_FS_SYSFS_SYSFS_H
#define SKIFF_FS_SYSFS_SYSFS_H

#include "fs/pseudo.h"

extern const struct fs_type sysfs_fs_type;
extern const struct pseudo_dir sysfs_block_dir, sysfs_dev_block_dir; /* block.c */
extern const struct pseudo_dir sysfs_net_dir, sysfs_class_net_dir;   /* net.c */

#endif
