/*
 * Flags of inodes: what they are and who may change them. Filesystems say in struct super which
 * they keep, fs/ obeys them. Flags come in two forms, FS_*_FL and FS_XFLAG_*, and by two ways, an
 * open file or a name. ioctl_iflags(2), file_getattr(2).
 */
#include "kernel/attr_flags.h"

#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define GUARDED (FS_IMMUTABLE_FL | FS_APPEND_FL) /* only CAP_LINUX_IMMUTABLE changes them */

static const struct {
	u32 flag, xflag;
} forms[] = {
	{FS_SYNC_FL, FS_XFLAG_SYNC},
	{FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE},
	{FS_APPEND_FL, FS_XFLAG_APPEND},
	{FS_NODUMP_FL, FS_XFLAG_NODUMP},
	{FS_NOATIME_FL, FS_XFLAG_NOATIME},
	{FS_DAX_FL, FS_XFLAG_DAX},
	{FS_PROJINHERIT_FL, FS_XFLAG_PROJINHERIT},
};
#define XFLAGS_KNOWN 0x8001ffffu

struct abi_file_attr {
	u64 xflags;
	u32 extsize, nextents, projid, cowextsize;
};
static_assert(sizeof(struct abi_file_attr) == 24, "struct file_attr");

static u32 to_xflags(u32 flags)
{
	u32 x = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(forms); i++)
		if (flags & forms[i].flag)
			x |= forms[i].xflag;
	return x;
}

/* Flags without the second form stay as they were. -EOPNOTSUPP: an xflag without the first. */
static int from_xflags(u64 xflags, u32 old, u32 *flags)
{
	*flags = old;
	for (unsigned i = 0; i < ARRAY_SIZE(forms); i++) {
		*flags &= ~forms[i].flag;
		if (xflags & forms[i].xflag)
			*flags |= forms[i].flag;
		xflags &= ~(u64)forms[i].xflag;
	}
	return xflags ? -EOPNOTSUPP : 0;
}

static int set_flags(const struct path *p, u32 flags)
{
	struct inode *i = p->dentry->inode;
	struct setattr a = {.valid = ATTR_FLAGS, .attr_flags = flags};

	if (mount_readonly(p->mnt))
		return -EROFS;
	if (!inode_owner_or_capable(i))
		return -EPERM;
	if (((flags ^ i->attr_flags) & GUARDED) && !capable(CAP_LINUX_IMMUTABLE))
		return -EPERM;
	if (flags & ~i->sb->attr_flags)
		return -EOPNOTSUPP;
	return vfs_setattr(p, &a);
}

/* Extent sizes and project ids are in none of our filesystems. */
static int set_xflags(const struct path *p, const struct abi_file_attr *fa)
{
	u32 flags;
	int err = from_xflags(fa->xflags, p->dentry->inode->attr_flags, &flags);

	if (err == 0 && (fa->extsize || fa->projid || fa->cowextsize))
		err = -EOPNOTSUPP;
	return err < 0 ? err : set_flags(p, flags);
}

static long ioctl_set(struct file *f, uaddr_t arg)
{
	u32 flags;

	if (copy_from_user(&flags, arg, sizeof(flags)))
		return -EFAULT;
	return set_flags(&f->path, flags);
}

static long ioctl_get_xattr(struct file *f, uaddr_t arg)
{
	struct fsxattr x = {.fsx_xflags = to_xflags(f->inode->attr_flags)};

	return copy_to_user(arg, &x, sizeof(x));
}

static long ioctl_set_xattr(struct file *f, uaddr_t arg)
{
	struct abi_file_attr fa = {0};
	struct fsxattr x;

	if (copy_from_user(&x, arg, sizeof(x)))
		return -EFAULT;
	fa.xflags = x.fsx_xflags;
	fa.extsize = x.fsx_extsize;
	fa.projid = x.fsx_projid;
	fa.cowextsize = x.fsx_cowextsize;
	return set_xflags(&f->path, &fa);
}

long attr_flags_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	if (!f->inode->sb->attr_flags || !f->path.mnt ||
		(!S_ISREG(f->inode->mode) && !S_ISDIR(f->inode->mode)))
		return -ENOTTY;
	switch (cmd) {
	case FS_IOC_GETFLAGS:
		return put_user_u32(arg, f->inode->attr_flags);
	case FS_IOC_SETFLAGS:
		return ioctl_set(f, arg);
	case FS_IOC_FSGETXATTR:
		return ioctl_get_xattr(f, arg);
	case FS_IOC_FSSETXATTR:
		return ioctl_set_xattr(f, arg);
	default:
		return -ENOTTY;
	}
}

/* ---- by name ---- */

static int check_args(size_t size, int flags, u32 *lookup)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	*lookup = (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
		  (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	if (size > PAGE_SIZE)
		return -E2BIG;
	return size < sizeof(struct abi_file_attr) ? -EINVAL : 0;
}

/* A caller of a later kernel may know more fields: they must be zero. */
static int copy_attr(struct abi_file_attr *fa, uaddr_t src, size_t size)
{
	u8 rest[64];

	if (copy_from_user(fa, src, sizeof(*fa)))
		return -EFAULT;
	for (size_t at = sizeof(*fa); at < size;) {
		size_t n = MIN(size - at, sizeof(rest));

		if (copy_from_user(rest, src + at, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (rest[i])
				return -E2BIG;
		at += n;
	}
	return 0;
}

SYSCALL_DEFINE5(file_getattr, int, dfd, uaddr_t, name, uaddr_t, dst, size_t, size, int, at_flags)
{
	struct abi_file_attr fa = {0};
	struct path p;
	u32 lookup;
	int err = check_args(size, at_flags, &lookup);

	if (err == 0)
		err = path_lookup_user(dfd, name, lookup, &p);
	if (err < 0)
		return err;
	fa.xflags = to_xflags(p.dentry->inode->attr_flags);
	err = p.dentry->inode->sb->attr_flags ? 0 : -EOPNOTSUPP;
	path_put(&p);
	return err < 0 ? err : copy_to_user(dst, &fa, sizeof(fa));
}

SYSCALL_DEFINE5(file_setattr, int, dfd, uaddr_t, name, uaddr_t, src, size_t, size, int, at_flags)
{
	struct abi_file_attr fa = {0};
	struct path p;
	u32 lookup;
	int err = check_args(size, at_flags, &lookup);

	if (err == 0)
		err = copy_attr(&fa, src, size);
	if (err < 0 || fa.xflags & ~(u64)XFLAGS_KNOWN)
		return err < 0 ? err : -EINVAL;
	err = path_lookup_user(dfd, name, lookup, &p);
	if (err < 0)
		return err;
	err = p.dentry->inode->sb->attr_flags ? set_xflags(&p, &fa) : -EOPNOTSUPP;
	path_put(&p);
	return err;
}
