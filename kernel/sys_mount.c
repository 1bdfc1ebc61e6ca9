/*
 * mount(2), umount2(2), pivot_root(2): new mounts, bind mounts, remounts, moves, propagation types.
 * All of it concerns the caller's mount namespace and needs CAP_SYS_ADMIN there.
 */
#include "fs/mnt_ns.h"
#include "kernel/cred.h"
#include "kernel/sys_mount.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#define ABI_MS_RDONLY 1u
#define ABI_MS_NOSUID 2u
#define ABI_MS_NODEV 4u
#define ABI_MS_NOEXEC 8u
#define ABI_MS_REMOUNT 32u
#define ABI_MS_NOSYMFOLLOW 256u
#define ABI_MS_NOATIME 1024u
#define ABI_MS_NODIRATIME 2048u
#define ABI_MS_BIND 4096u
#define ABI_MS_MOVE 8192u
#define ABI_MS_REC 16384u
#define ABI_MS_UNBINDABLE (1u << 17)
#define ABI_MS_PRIVATE (1u << 18)
#define ABI_MS_SLAVE (1u << 19)
#define ABI_MS_SHARED (1u << 20)
#define ABI_MS_RELATIME (1u << 21)
#define ABI_MS_STRICTATIME (1u << 24)
#define ABI_MS_ATIME (ABI_MS_NOATIME | ABI_MS_NODIRATIME | ABI_MS_RELATIME | ABI_MS_STRICTATIME)
#define ABI_MS_PROPAGATION (ABI_MS_UNBINDABLE | ABI_MS_PRIVATE | ABI_MS_SLAVE | ABI_MS_SHARED)
#define ABI_MS_SILENT (1u << 15)
#define ABI_MS_MAGIC 0xc0ed0000u

#define UMOUNT_FORCE 1
#define UMOUNT_DETACH 2
#define UMOUNT_EXPIRE 4
#define UMOUNT_NOFOLLOW_LINK 8

static u32 mount_flags(u32 ms)
{
	return (ms & (MNT_READONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC)) |
	       (ms & ABI_MS_NOATIME ? MNT_NOATIME : 0) |
	       (ms & ABI_MS_NODIRATIME ? MNT_NODIRATIME : 0) |
	       (ms & ABI_MS_STRICTATIME ? MNT_STRICTATIME : 0) |
	       (ms & ABI_MS_NOSYMFOLLOW ? MNT_NOSYMFOLLOW : 0);
}

bool may_change_super(const struct super *sb)
{
	return mnt_ns_current()->ns.owner == &init_user_ns || sb->user_mounted;
}

static int remount(const struct path *p, u32 ms)
{
	u32 flags = mount_flags(ms);
	int ret = 0;

	if (p->dentry != p->mnt->root)
		return -EINVAL;
	if (!(ms & ABI_MS_ATIME))
		flags |= p->mnt->flags & MNT_ATIME;
	if (p->mnt->locked_flags & ~flags)
		return -EPERM;
	if (!(ms & ABI_MS_BIND))
		ret = may_change_super(p->mnt->sb)
			      ? super_set_readonly(p->mnt->sb, ms & ABI_MS_RDONLY)
			      : -EPERM;
	return ret < 0 ? ret : mount_remount(p, flags);
}

/* Mounts of other namespaces stay there; but a file of nsfs may be bound anywhere. */
static bool from_is_fine(const struct path *from, u32 ms)
{
	return mount_is_ours(from->mnt) || (!from->mnt->ns && !(ms & ABI_MS_MOVE));
}

static int mount_from_path(const char *source, const struct path *at, u32 ms)
{
	struct path from;
	int ret;

	if (!source || !*source)
		return -EINVAL;
	ret = path_lookup(&current->fs->cwd, source, LOOKUP_FOLLOW, &from);
	if (ret < 0)
		return ret;
	if (!from_is_fine(&from, ms))
		ret = -EINVAL;
	else if (ms & ABI_MS_MOVE)
		ret = mount_move(&from, at);
	else
		ret = mount_bind(&from, at, ms & ABI_MS_REC);
	path_put(&from);
	return ret;
}

static int set_propagation(const struct path *at, u32 ms)
{
	bool recursive = ms & ABI_MS_REC;

	switch (ms & ~(ABI_MS_REC | ABI_MS_SILENT)) {
	case ABI_MS_PRIVATE:
		return mount_set_propagation(at, PROP_PRIVATE, recursive);
	case ABI_MS_SLAVE:
		return mount_set_propagation(at, PROP_SLAVE, recursive);
	case ABI_MS_SHARED:
		return mount_set_propagation(at, PROP_SHARED, recursive);
	case ABI_MS_UNBINDABLE:
		return mount_set_propagation(at, PROP_UNBINDABLE, recursive);
	default:
		return -EINVAL;
	}
}

int mount_type_allowed(const struct fs_type *t, u32 *flags)
{
	if (mnt_ns_current()->ns.owner == &init_user_ns)
		return 0;
	if (!t->user_mount)
		return -EPERM;
	if (strcmp(t->name, "devpts"))
		*flags |= MNT_NODEV;
	return 0;
}

static int mount_new(
	const char *type, const char *source, const struct path *at, u32 flags, const char *data)
{
	const struct fs_type *t = fs_find(type);
	int ret = t ? mount_type_allowed(t, &flags) : -ENODEV;

	return ret < 0 ? ret : mount_fs(type, source, at, flags, data);
}

static int do_mount(
	const char *source, const struct path *at, const char *type, u32 ms, const char *data)
{
	if (!mount_is_ours(at->mnt))
		return -EINVAL;
	if (ms & ABI_MS_REMOUNT)
		return remount(at, ms);
	if (ms & (ABI_MS_BIND | ABI_MS_MOVE))
		return mount_from_path(source, at, ms);
	if (ms & ABI_MS_PROPAGATION)
		return set_propagation(at, ms);
	if (!type)
		return -EINVAL;
	return mount_new(type, source, at, mount_flags(ms), data);
}

struct mount_strings {
	char *source, *type, *data;
};

static int get_optional(uaddr_t src, char **out)
{
	*out = NULL;
	return src ? getname(src, out) : 0;
}

/* The options are a page of text at most, cut where it faults or has no end. */
static int get_data(uaddr_t src, char **out)
{
	ssize_t n;

	*out = NULL;
	if (!src)
		return 0;
	*out = calloc(1, PAGE_SIZE);
	if (!*out)
		return -ENOMEM;
	n = strncpy_from_user(*out, src, PAGE_SIZE);
	if (n == -EFAULT && !(*out)[0])
		return -EFAULT;
	(*out)[PAGE_SIZE - 1] = 0;
	return 0;
}

bool may_mount(void)
{
	return ns_capable(mnt_ns_current()->ns.owner, CAP_SYS_ADMIN);
}

SYSCALL_DEFINE5(mount, uaddr_t, source, uaddr_t, target, uaddr_t, type, u64, flags, uaddr_t, data)
{
	struct mount_strings s = {0};
	u32 ms = (u32)flags;
	struct path at;
	int ret;

	if ((ms & 0xffff0000u) == ABI_MS_MAGIC)
		ms &= 0xffffu;
	ret = get_optional(type, &s.type);
	if (ret == 0)
		ret = get_optional(source, &s.source);
	if (ret == 0)
		ret = get_data(data, &s.data);
	if (ret == 0)
		ret = path_lookup_user(AT_FDCWD, target, LOOKUP_FOLLOW, &at);
	if (ret == 0) {
		ret = may_mount() ? do_mount(s.source, &at, s.type, ms, s.data) : -EPERM;
		path_put(&at);
	}
	free(s.type);
	free(s.source);
	free(s.data);
	return ret;
}

/* The first of two umounts with MNT_EXPIRE: the second succeeds if nobody uses the mount between.
 * Puts p. */
static int expire(struct path *p)
{
	struct mount *m = p->mnt;
	bool busy = !m->parent || m->refs > 2 || !list_empty(&m->children);

	path_put(p); /* the tree keeps m */
	if (busy)
		return -EBUSY;
	m->expiring = true;
	return -EAGAIN;
}

/* The caller's root stays; its filesystem becomes read-only, as for a shutdown. */
static int umount_root(const struct mount *m, int flags)
{
	if (flags & UMOUNT_EXPIRE)
		return -EINVAL;
	return may_change_super(m->sb) ? super_set_readonly(m->sb, true) : -EPERM;
}

SYSCALL_DEFINE2(umount2, uaddr_t, target, int, flags)
{
	struct path p;
	int ret;

	if (flags & ~(UMOUNT_FORCE | UMOUNT_DETACH | UMOUNT_EXPIRE | UMOUNT_NOFOLLOW_LINK))
		return -EINVAL;
	if ((flags & UMOUNT_EXPIRE) && (flags & (UMOUNT_FORCE | UMOUNT_DETACH)))
		return -EINVAL;
	ret = path_lookup_user(AT_FDCWD, target,
		LOOKUP_UMOUNT | (flags & UMOUNT_NOFOLLOW_LINK ? 0 : LOOKUP_FOLLOW), &p);
	if (ret < 0)
		return ret;
	mount_follow(&p);
	if (!may_mount())
		ret = -EPERM;
	else if (p.dentry != p.mnt->root || !mount_is_ours(p.mnt))
		ret = -EINVAL;
	else if (p.mnt == current->fs->root.mnt && !(flags & UMOUNT_DETACH))
		ret = umount_root(p.mnt, flags);
	else if ((flags & UMOUNT_EXPIRE) && !p.mnt->expiring)
		return expire(&p);
	else
		ret = mount_umount(&p, flags);
	path_put(&p);
	return ret;
}

/* Everybody who had the old root as root or working directory has the new one. */
static void move_everybody(const struct path *old, const struct path *new)
{
	struct tgroup *tg;
	struct task *t;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		list_for_each_entry (t, &tg->tasks, tg_link) {
			struct path *const ps[] = {
				t->fs ? &t->fs->root : NULL, t->fs ? &t->fs->cwd : NULL};

			for (int i = 0; i < 2 && ps[i]; i++) {
				struct path was = *ps[i];

				if (was.mnt != old->mnt || was.dentry != old->dentry)
					continue;
				*ps[i] = *new;
				path_get(new);
				path_put(&was);
			}
		}
	}
}

static int do_pivot(const struct path *new, const struct path *put_old)
{
	struct path old = current->fs->root;
	int ret;

	if (!mount_is_ours(new->mnt) || !mount_is_ours(put_old->mnt) || !mount_is_ours(old.mnt))
		return -EINVAL;
	path_get(&old);
	ret = mount_pivot(new, put_old);
	if (ret == 0)
		move_everybody(&old, new);
	path_put(&old);
	return ret;
}

SYSCALL_DEFINE2(pivot_root, uaddr_t, unew, uaddr_t, uold)
{
	struct path new, put_old;
	int ret;

	if (!may_mount())
		return -EPERM;
	ret = path_lookup_user(AT_FDCWD, unew, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (ret < 0)
		return ret;
	ret = path_lookup_user(AT_FDCWD, uold, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &put_old);
	if (ret == 0) {
		ret = do_pivot(&new, &put_old);
		path_put(&put_old);
	}
	path_put(&new);
	return ret;
}
