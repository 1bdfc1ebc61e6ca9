/*
 * mount(2) and umount2(2): new mounts, bind mounts, remounts, moves. There is one mount namespace;
 * propagation types are accepted, as a namespace of one has nothing to propagate to.
 */
#include "fs/vfs.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define ABI_MS_RDONLY 1u
#define ABI_MS_NOSUID 2u
#define ABI_MS_NODEV 4u
#define ABI_MS_NOEXEC 8u
#define ABI_MS_REMOUNT 32u
#define ABI_MS_NOATIME 1024u
#define ABI_MS_BIND 4096u
#define ABI_MS_MOVE 8192u
#define ABI_MS_REC 16384u
#define ABI_MS_UNBINDABLE (1u << 17)
#define ABI_MS_PRIVATE (1u << 18)
#define ABI_MS_SLAVE (1u << 19)
#define ABI_MS_SHARED (1u << 20)
#define ABI_MS_PROPAGATION (ABI_MS_UNBINDABLE | ABI_MS_PRIVATE | ABI_MS_SLAVE | ABI_MS_SHARED)
#define ABI_MS_MAGIC 0xc0ed0000u

#define UMOUNT_FORCE 1
#define UMOUNT_DETACH 2
#define UMOUNT_EXPIRE 4
#define UMOUNT_NOFOLLOW_LINK 8

static u32 mount_flags(u32 ms)
{
	return (ms & (MNT_READONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC)) |
	       (ms & ABI_MS_NOATIME ? MNT_NOATIME : 0);
}

static int remount(const struct path *p, u32 ms)
{
	int ret = mount_remount(p, mount_flags(ms));

	if (ret == 0 && !(ms & ABI_MS_BIND))
		p->mnt->sb->readonly = false; /* the mount's own flag says it now */
	return ret;
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
	if (ms & ABI_MS_MOVE)
		ret = mount_move(&from, at);
	else
		ret = mount_bind(&from, at, ms & ABI_MS_REC);
	path_put(&from);
	return ret;
}

static int do_mount(
	const char *source, const struct path *at, const char *type, u32 ms, const char *data)
{
	if (ms & ABI_MS_REMOUNT)
		return remount(at, ms);
	if (ms & (ABI_MS_BIND | ABI_MS_MOVE))
		return mount_from_path(source, at, ms);
	if (ms & ABI_MS_PROPAGATION)
		return at->dentry == at->mnt->root ? 0 : -EINVAL;
	if (!type)
		return -EINVAL;
	return mount_fs(type, source, at, mount_flags(ms), data);
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
		ret = capable(CAP_SYS_ADMIN) ? do_mount(s.source, &at, s.type, ms, s.data) : -EPERM;
		path_put(&at);
	}
	free(s.type);
	free(s.source);
	free(s.data);
	return ret;
}

SYSCALL_DEFINE2(umount2, uaddr_t, target, int, flags)
{
	struct path p;
	int ret;

	if (flags & ~(UMOUNT_FORCE | UMOUNT_DETACH | UMOUNT_EXPIRE | UMOUNT_NOFOLLOW_LINK))
		return -EINVAL;
	if (flags & UMOUNT_EXPIRE)
		return -EINVAL;
	ret = path_lookup_user(
		AT_FDCWD, target, flags & UMOUNT_NOFOLLOW_LINK ? 0 : LOOKUP_FOLLOW, &p);
	if (ret < 0)
		return ret;
	if (!capable(CAP_SYS_ADMIN))
		ret = -EPERM;
	else if (p.dentry != p.mnt->root)
		ret = -EINVAL;
	else if (p.mnt == current->fs->root.mnt && !(flags & UMOUNT_DETACH))
		ret = -EBUSY;
	else
		ret = mount_umount(&p, flags);
	path_put(&p);
	return ret;
}
