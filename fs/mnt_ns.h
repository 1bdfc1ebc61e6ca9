/* Mount namespaces (mount_namespaces(7)): whose tree a mount is in, and the propagation of mounts
 * between trees. */
#ifndef SKIFF_FS_MNT_NS_H
#define SKIFF_FS_MNT_NS_H

#include "fs/vfs.h"
#include "kernel/ns.h"

struct mnt_ns {
	struct ns ns;
	struct mount *root; /* by its tree's reference */
};
extern struct mnt_ns init_mnt_ns;

struct mnt_ns *mnt_ns_current(void);
/* A copy of from's tree; fs, the caller's own, moves into it. */
int mnt_ns_copy(struct mnt_ns *from, struct user_ns *owner, struct fs_ctx *fs, struct mnt_ns **out);
void mnt_ns_free(struct mnt_ns *ns);			 /* unmounts everything */
void mnt_ns_enter(struct mnt_ns *ns, struct fs_ctx *fs); /* root and cwd become its root */
bool mount_is_ours(const struct mount *m);		 /* in current's namespace? */
/* pivot_root(2), paths already looked up. */
int mount_pivot(const struct path *new_root, const struct path *put_old);

/* ---- trees outside any namespace: of an open file's (struct file.owns_mount) ---- */
struct mount *mount_detached(struct super *sb, u32 flags); /* NULL: no memory */
void mount_set_detached(struct mount *m);		   /* of mount_clone_tree */
/* As mount_move, but below the mount whose root to is: that comes to lie on it. */
int mount_move_beneath(const struct path *from, const struct path *to);

/* Would a copy of the one mount show what a mount on it hides, and is that locked? */
bool mount_hides_locked(const struct path *from);

/* ---- propagation (fs/propagate.c) ---- */
enum propagation { PROP_PRIVATE, PROP_SLAVE, PROP_SHARED, PROP_UNBINDABLE };
int mount_set_propagation(const struct path *p, enum propagation how, bool recursive);
/* The clone m of from is part of from's peer group or has from's master. */
void propagate_inherit(struct mount *m, const struct mount *from);
void propagate_leave(struct mount *m); /* m goes away */
/* m has been attached: also where the mount below propagates to. Failures leave some out. */
void propagate_attach(struct mount *m);
void propagate_detach(const struct mount *m); /* m is about to be: its propagated likes go */

/* ---- for propagate.c (mount.c) ---- */
struct mount *mount_clone_tree(const struct path *from, bool recursive); /* NULL: no memory */
void mount_attach(struct mount *m, const struct path *at);	   /* on top of what is there */
void mount_attach_beneath(struct mount *m, const struct path *at); /* what is at at comes on top */
void mount_detach_tree(struct mount *top);
void mount_slip_out(struct mount *m); /* m goes, and with it all but what lies on its root */
/* The mount after m in the tree of top, parents first; NULL behind the last. Trees may be deep. */
struct mount *mount_next(struct mount *m, const struct mount *top);
void mount_set_ns(struct mount *top, struct mnt_ns *ns);
struct mount *mount_on(const struct path *p);
bool mount_is_below(const struct mount *m, const struct mount *top); /* or is top */
bool mount_dentry_below(const struct dentry *d, const struct dentry *top);

#endif
