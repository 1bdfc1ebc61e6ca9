/* Devices: which driver serves the number of a special file, and what devfs shows. */
#ifndef SKIFF_FS_CHRDEV_H
#define SKIFF_FS_CHRDEV_H

#include "fs/vfs.h"

/* Opens of character special files with this major and minor in [first, first + count) use fops
 * (fops->open is called with the inode and may replace file->ops and file->priv). -EBUSY: taken. */
int chrdev_register(unsigned major, unsigned first, unsigned count, const struct file_ops *fops);
const struct file_ops *chrdev_find(u64 rdev); /* NULL: -ENXIO */
/* The same for block special files. */
int blkdev_register(unsigned major, unsigned first, unsigned count, const struct file_ops *fops);
const struct file_ops *blkdev_find(u64 rdev); /* NULL: -ENXIO */
bool chrdev_major_used(unsigned major);	      /* for /proc/devices */
void chrdev_fini(void);			      /* forgets every driver (unit tests) */
/* Makes /dev/<name> appear in devfs (name may contain one directory: "net/tun"); a character device
 * unless mode has S_IFBLK. */
int devfs_add(const char *name, u32 mode, u32 gid, u64 rdev);

#endif
