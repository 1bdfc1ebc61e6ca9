/*
 * open_tree(2), open_tree_attr(2), move_mount(2), mount_setattr(2): mounts by descriptor. A tree
 * that is in no namespace yet belongs to the open file that came with it, and goes with its last
 * close unless move_mount has found it a place.
 */
#include "fs/fdtable.h"
#include "fs/mnt_ns.h"
#include "kernel/cred.h"
#include "kernel/sys_mount.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define AT_RECURSIVE_ 0x8000
#define OPEN_TREE_CLONE_ 1u
#define MOVE_F_SYMLINKS 1u
#define MOVE_F_EMPTY 4u
#define MOVE_T_SYMLINKS 0x10u
#define MOVE_T_EMPTY 0x40u
#define MOVE_SET_GROUP 0x100u
#define MOVE_BENEATH 0x200u
#define MOVE_KNOWN 0x377u
#define ABI_PROP_UNBINDABLE (1u << 17)
#define ABI_PROP_PRIVATE (1u << 18)
#define ABI_PROP_SLAVE (1u << 19)
#define ABI_PROP_SHARED (1u << 20)
#define ATTR_IDMAP 0x100000u

struct abi_mount_attr {
	u64 set, clr, propagation, userns_fd;
};
static_assert(sizeof(struct abi_mount_attr) == 32, "struct mount_attr");

u32 mount_attr_to_flags(u64 attr)
{
	return (u32)(attr & (MNT_READONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC | MNT_NOATIME)) |
	       (attr & ATTR_STRICTATIME ? MNT_STRICTATIME : 0) |
	       (attr & ATTR_NODIRATIME ? MNT_NODIRATIME : 0) |
	       (attr & ATTR_NOSYMFOLLOW ? MNT_NOSYMFOLLOW : 0);
}

u64 mount_attr_from_flags(u32 flags)
{
	return (flags & (MNT_READONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC | MNT_NOATIME)) |
	       (flags & MNT_STRICTATIME ? ATTR_STRICTATIME : 0) |
	       (flags & MNT_NODIRATIME ? ATTR_NODIRATIME : 0) |
	       (flags & MNT_NOSYMFOLLOW ? ATTR_NOSYMFOLLOW : 0);
}

/* In current's namespace, or in a detached tree? */
static bool within_reach(const struct mount *m)
{
	if (mount_is_ours(m))
		return true;
	while (m->parent)
		m = m->parent;
	return m->detached;
}

int mount_detached_fd(struct mount *m, bool cloexec)
{
	struct path p = {m, m->root};
	struct file *f;
	int ret = file_open_path(&p, O_PATH, &f), fd;

	if (ret < 0)
		return ret;
	fd = fd_install(f, 0, cloexec);
	if (fd < 0)
		file_put(f);
	else
		f->owns_mount = true;
	return fd;
}

/* ---- mount_setattr ---- */

struct change {
	u32 set, clr;	 /* MNT_* */
	int propagation; /* enum propagation, or -1 */
};

static int get_propagation(u64 ms, int *out)
{
	switch (ms) {
	case 0:
		*out = -1;
		return 0;
	case ABI_PROP_UNBINDABLE:
		*out = PROP_UNBINDABLE;
		return 0;
	case ABI_PROP_PRIVATE:
		*out = PROP_PRIVATE;
		return 0;
	case ABI_PROP_SLAVE:
		*out = PROP_SLAVE;
		return 0;
	case ABI_PROP_SHARED:
		*out = PROP_SHARED;
		return 0;
	default:
		return -EINVAL;
	}
}

/* The atime modes exclude each other: they are cleared together, and then one may be set. */
static int get_atime(const struct abi_mount_attr *a)
{
	u64 set = a->set & ATTR_ATIME_MASK;

	if (!(a->clr & ATTR_ATIME_MASK))
		return set ? -EINVAL : 0;
	if ((a->clr & ATTR_ATIME_MASK) != ATTR_ATIME_MASK)
		return -EINVAL;
	return set && set != MNT_NOATIME && set != ATTR_STRICTATIME ? -EINVAL : 0;
}

static int get_change(const struct abi_mount_attr *a, struct change *c)
{
	int ret = get_propagation(a->propagation, &c->propagation);

	if (ret < 0)
		return ret;
	if ((a->set | a->clr) & ~(u64)ATTR_MOUNT_KNOWN) /* ID maps too: no filesystem has them */
		return -EINVAL;
	c->set = mount_attr_to_flags(a->set);
	c->clr = mount_attr_to_flags(a->clr);
	return get_atime(a);
}

static int change_mounts(const struct path *p, const struct change *c, bool recursive)
{
	struct mount *top = p->mnt, *m;

	if (p->dentry != top->root || !within_reach(top))
		return -EINVAL;
	for (m = top; m; m = recursive ? mount_next(m, top) : NULL)
		if (m->locked_flags & c->clr & ~c->set)
			return -EPERM;
	for (m = top; m; m = recursive ? mount_next(m, top) : NULL) {
		struct path at = {m, m->root};

		mount_remount(&at, (m->flags & ~c->clr) | c->set);
	}
	return c->propagation < 0
		       ? 0
		       : mount_set_propagation(p, (enum propagation)c->propagation, recursive);
}

/* 1: there is something to do. */
static int get_attr(uaddr_t uattr, size_t size, struct change *c)
{
	struct abi_mount_attr a;
	int ret;

	if (size < sizeof(a))
		return -EINVAL;
	if (!may_mount())
		return -EPERM;
	ret = copy_struct_from_user(&a, sizeof(a), uattr, size);
	if (ret < 0 || !(a.set || a.clr || a.propagation))
		return ret;
	ret = get_change(&a, c);
	return ret < 0 ? ret : 1;
}

SYSCALL_DEFINE5(mount_setattr, int, dfd, uaddr_t, name, u32, flags, uaddr_t, uattr, size_t, size)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct change c;
	struct path p;
	int ret;

	if (flags & ~(u32)(AT_EMPTY_PATH | AT_RECURSIVE_ | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return -EINVAL;
	ret = get_attr(uattr, size, &c);
	if (ret <= 0)
		return ret;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = path_lookup_user(dfd, name, lookup, &p);
	if (ret < 0)
		return ret;
	ret = change_mounts(&p, &c, flags & AT_RECURSIVE_);
	path_put(&p);
	return ret;
}

/* ---- open_tree ---- */

static int open_plain(const struct path *p, bool cloexec)
{
	struct file *f;
	int ret = file_open_path(p, O_PATH, &f), fd;

	if (ret < 0)
		return ret;
	fd = fd_install(f, 0, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

static int open_clone(const struct path *p, u32 flags, const struct change *c)
{
	struct mount *m;
	int ret = 0;

	if (p->mnt->unbindable || !(within_reach(p->mnt) || !p->mnt->ns))
		return -EINVAL;
	if (!(flags & AT_RECURSIVE_) && mount_hides_locked(p))
		return -EINVAL;
	m = mount_clone_tree(p, flags & AT_RECURSIVE_);
	if (!m)
		return -ENOMEM;
	mount_set_detached(m);
	if (c) {
		struct path top = {m, m->root};

		ret = change_mounts(&top, c, flags & AT_RECURSIVE_);
	}
	if (ret == 0)
		ret = mount_detached_fd(m, flags & O_CLOEXEC);
	if (ret < 0)
		mount_detach_tree(m);
	return ret;
}

static int open_tree(int dfd, uaddr_t name, u32 flags, const struct change *c)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	int ret;

	if (flags & ~(u32)(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE_ | AT_SYMLINK_NOFOLLOW |
			    OPEN_TREE_CLONE_ | O_CLOEXEC))
		return -EINVAL;
	if ((flags & (AT_RECURSIVE_ | OPEN_TREE_CLONE_)) == AT_RECURSIVE_)
		return -EINVAL;
	if ((flags & OPEN_TREE_CLONE_) && !may_mount())
		return -EPERM;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = path_lookup_user(dfd, name, lookup, &p);
	if (ret < 0)
		return ret;
	if (flags & OPEN_TREE_CLONE_)
		ret = open_clone(&p, flags, c);
	else
		ret = open_plain(&p, flags & O_CLOEXEC);
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE3(open_tree, int, dfd, uaddr_t, name, u32, flags)
{
	return open_tree(dfd, name, flags, NULL);
}

SYSCALL_DEFINE5(open_tree_attr, int, dfd, uaddr_t, name, u32, flags, uaddr_t, uattr, size_t, size)
{
	struct change c;
	int ret;

	if (!uattr && size)
		return -EINVAL;
	if (!size)
		return open_tree(dfd, name, flags, NULL);
	ret = get_attr(uattr, size, &c);
	if (ret < 0)
		return ret;
	if (ret && !(flags & OPEN_TREE_CLONE_)) /* only what is new may be changed on the way */
		return -EINVAL;
	return open_tree(dfd, name, flags, ret ? &c : NULL);
}

/* ---- move_mount ---- */

static int set_group(const struct mount *from, struct mount *to)
{
	if (!mount_is_ours(from) || !mount_is_ours(to) || from->sb != to->sb)
		return -EINVAL;
	if (to->peer_group || to->master_group || !(from->peer_group || from->master_group))
		return -EINVAL;
	if (!mount_dentry_below(to->root, from->root))
		return -EINVAL;
	propagate_inherit(to, from);
	return 0;
}

static int do_move(const struct path *from, const struct path *to, u32 flags)
{
	if (from->dentry != from->mnt->root)
		return -EINVAL;
	if (flags & MOVE_SET_GROUP)
		return to->dentry == to->mnt->root ? set_group(from->mnt, to->mnt) : -EINVAL;
	if (!mount_is_ours(to->mnt))
		return -EINVAL;
	if (!mount_is_ours(from->mnt) && !from->mnt->detached)
		return -EINVAL;
	return flags & MOVE_BENEATH ? mount_move_beneath(from, to) : mount_move(from, to);
}

SYSCALL_DEFINE5(
	move_mount, int, from_dfd, uaddr_t, from_name, int, to_dfd, uaddr_t, to_name, u32, flags)
{
	u32 from_lookup = (flags & MOVE_F_SYMLINKS ? LOOKUP_FOLLOW : 0) |
			  (flags & MOVE_F_EMPTY ? LOOKUP_EMPTY : 0);
	u32 to_lookup = (flags & MOVE_T_SYMLINKS ? LOOKUP_FOLLOW : 0) |
			(flags & MOVE_T_EMPTY ? LOOKUP_EMPTY : 0);
	struct path from, to;
	int ret;

	if (!may_mount())
		return -EPERM;
	if ((flags & ~MOVE_KNOWN) ||
		(flags & (MOVE_SET_GROUP | MOVE_BENEATH)) == (MOVE_SET_GROUP | MOVE_BENEATH))
		return -EINVAL;
	ret = path_lookup_user(from_dfd, from_name, from_lookup, &from);
	if (ret < 0)
		return ret;
	ret = path_lookup_user(to_dfd, to_name, to_lookup, &to);
	if (ret == 0) {
		ret = do_move(&from, &to, flags);
		path_put(&to);
	}
	path_put(&from);
	return ret;
}
