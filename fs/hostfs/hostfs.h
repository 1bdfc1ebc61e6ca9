/* hostfs: a directory of the host as a filesystem. See super.c for owners, options and limits. */
#ifndef SKIFF_FS_HOSTFS_HOSTFS_H
#define SKIFF_FS_HOSTFS_HOSTFS_H

#include "fs/vfs.h"

extern const struct fs_type hostfs_fs_type;

/* A super over host_path, a directory or (without map) a regular file. rw: changes go to the host.
 * map: owners, modes, device nodes and xattrs that an unprivileged host user cannot set are kept in
 * user.skiff.* attributes (implies that every file there is shown with the owner kept, else root).
 * The caller owns the reference in *out. */
int hostfs_mount_dir(const char *host_path, bool rw, bool map, struct super **out);
/* What it may take from now on, what is there included. 0, or -errno: it could not be counted. */
int hostfs_set_quota(struct super *sb, u64 max_bytes);

#endif
