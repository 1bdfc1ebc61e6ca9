/* cgroup2: the filesystem of control groups. */
#ifndef SKIFF_FS_CGROUP_CGROUP_H
#define SKIFF_FS_CGROUP_CGROUP_H

#include "fs/vfs.h"

struct cgroup;

extern const struct fs_type cgroup_fs_type;
/* The group whose directory f is, borrowed from it; NULL: it is something else. */
struct cgroup *cgroup_of_dir(const struct file *f);

#endif
