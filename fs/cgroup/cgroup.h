/* cgroup2: the filesystem of control groups. */
#ifndef SKIFF_FS_CGROUP_CGROUP_H
#define SKIFF_FS_CGROUP_CGROUP_H

#include "fs/vfs.h"

extern const struct fs_type cgroup_fs_type;

#endif
