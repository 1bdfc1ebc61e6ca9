/* What the calls that change the mount tree share. mount(2), fsopen(2). */
#ifndef SKIFF_KERNEL_SYS_MOUNT_H
#define SKIFF_KERNEL_SYS_MOUNT_H

#include "fs/vfs.h"

bool may_mount(void); /* CAP_SYS_ADMIN in the owner of current's mount namespace */
/* What root of a user namespace mounts must not bring device nodes or foreign privilege: 0, perhaps
 * with more in *flags (MNT_*), or -EPERM. */
int mount_type_allowed(const struct fs_type *t, u32 *flags);
bool may_change_super(const struct super *sb); /* by a remount that is not of one mount only */

/* A descriptor for a detached tree, which goes with its last close. On failure m is the caller's.
 */
int mount_detached_fd(struct mount *m, bool cloexec);

/* MOUNT_ATTR_* of mount_setattr(2) */
#define ATTR_ATIME_MASK 0x70u
#define ATTR_STRICTATIME 0x20u
#define ATTR_NODIRATIME 0x80u
#define ATTR_NOSYMFOLLOW 0x200000u
#define ATTR_MOUNT_KNOWN 0x2000ffu
u32 mount_attr_to_flags(u64 attr); /* to MNT_* */
u64 mount_attr_from_flags(u32 flags);

#endif
