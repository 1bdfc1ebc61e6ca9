/* overlay: a lower tree that is only read, and an upper one that takes every change. See super.c.
 */
#ifndef SKIFF_FS_OVERLAY_OVERLAY_H
#define SKIFF_FS_OVERLAY_OVERLAY_H

#include "fs/vfs.h"

extern const struct fs_type overlay_fs_type;

/* An overlay of lower's root and the directory "upper" in upper's root (made if missing, with
 * "work" beside it). Takes over both references, also on failure. */
int overlay_mount(struct super *lower, struct super *upper, struct super **out);

#endif
