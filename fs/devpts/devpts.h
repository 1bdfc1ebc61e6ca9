/* devpts: the directory of pseudo-terminal slaves. pts(4). */
#ifndef SKIFF_FS_DEVPTS_H
#define SKIFF_FS_DEVPTS_H

#include "fs/vfs.h"

extern const struct fs_type devpts_fs_type;

#endif
