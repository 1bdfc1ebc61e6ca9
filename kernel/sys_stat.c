/*
 * System calls that ask about files: the stat family, statx, statfs, access, readlink, getdents,
 * getcwd. stat(2), statx(2), statfs(2), access(2), readlink(2), getdents(2), getcwd(2).
 */
#include "fs/fsnotify.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/block/loopdev.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define AT_STATX_SYNC_BITS 0x6000

/* ---- stat ---- */

static long stat_at(int dfd, uaddr_t name, int flags, struct stat *st)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	int ret;

	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = path_lookup_user(dfd, name, lookup, &p);
	if (ret < 0)
		return ret;
	ret = vfs_stat(&p, st);
	path_put(&p);
	return ret;
}

static long stat_to_user(int dfd, uaddr_t name, int flags, uaddr_t dst)
{
	struct stat st;
	long ret = stat_at(dfd, name, flags, &st);

	return ret < 0 ? ret : copy_to_user(dst, &st, sizeof(st));
}

SYSCALL_DEFINE2(stat, uaddr_t, name, uaddr_t, dst)
{
	return stat_to_user(AT_FDCWD, name, 0, dst);
}

SYSCALL_DEFINE2(lstat, uaddr_t, name, uaddr_t, dst)
{
	return stat_to_user(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, dst);
}

static long fstat_fd(int fd, struct stat *st)
{
	struct file *f = fd_file_raw(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = vfs_fstat(f, st);
	file_put(f);
	return ret;
}

SYSCALL_DEFINE2(fstat, int, fd, uaddr_t, dst)
{
	struct stat st;
	long ret = fstat_fd(fd, &st);

	return ret < 0 ? ret : copy_to_user(dst, &st, sizeof(st));
}

/* glibc's fstat is newfstatat(fd, "", AT_EMPTY_PATH); since Linux 6.11 the name may be NULL. */
static bool is_fstat(int dfd, uaddr_t name, int flags)
{
	char c;

	if (!(flags & AT_EMPTY_PATH) || dfd < 0)
		return false;
	return !name || (copy_from_user(&c, name, 1) == 0 && !c);
}

SYSCALL_DEFINE4(newfstatat, int, dfd, uaddr_t, name, uaddr_t, dst, int, flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_BITS))
		return -EINVAL;
	if (is_fstat(dfd, name, flags))
		return sys_fstat(dfd, dst);
	return stat_to_user(dfd, name, flags, dst);
}

#define STATX_KNOWN (STATX_BASIC_STATS | STATX_BTIME)
#define STATX_ATTR_FLAGS (FS_COMPR_FL | FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL)
#define STATX_MNT_ID_BIT 0x1000u
#define STATX_DIOALIGN_BIT 0x2000u
#define STATX_MNT_ID_UNIQUE_BIT 0x4000u
#define STATX_ATTR_MOUNT_ROOT_BIT 0x2000u

struct abi_statx { /* 256 bytes; libc's may lack the later fields */
	u32 mask, blksize;
	u64 attributes;
	u32 nlink, uid, gid;
	u16 mode, pad0;
	u64 ino, size, blocks, attributes_mask;
	struct {
		s64 sec;
		u32 nsec, pad;
	} atime, btime, ctime, mtime;
	u32 rdev_major, rdev_minor, dev_major, dev_minor;
	u64 mnt_id;
	u32 dio_mem_align, dio_offset_align;
	u64 spare[12];
};
static_assert(sizeof(struct abi_statx) == 256, "struct statx");

#define STATX_TIME(dst, src) \
	do { \
		(dst).sec = (src).tv_sec; \
		(dst).nsec = (u32)(src).tv_nsec; \
	} while (0)

static void statx_fill_mount(struct abi_statx *x, const struct path *p, u32 mask)
{
	x->mnt_id = p->mnt->id;
	x->mask |= STATX_MNT_ID_BIT;
	if (mask & STATX_MNT_ID_UNIQUE_BIT) {
		x->mnt_id = mount_unique_id(p->mnt);
		x->mask ^= STATX_MNT_ID_BIT | STATX_MNT_ID_UNIQUE_BIT;
	}
	x->attributes_mask |= STATX_ATTR_MOUNT_ROOT_BIT;
	if (p->dentry == p->mnt->root)
		x->attributes |= STATX_ATTR_MOUNT_ROOT_BIT;
}

/* Only block devices tell it: where O_DIRECT may begin, in memory and on the device. */
static void statx_fill_direct(struct abi_statx *x, const struct stat *st)
{
	if (!S_ISBLK(st->st_mode) || x->rdev_major != LOOP_MAJOR ||
		x->rdev_minor >= loopdev_count())
		return;
	x->dio_mem_align = x->dio_offset_align = loopdev_state(x->rdev_minor).block_size;
	x->mask |= STATX_DIOALIGN_BIT;
}

static void statx_fill(
	struct abi_statx *x, const struct stat *st, const struct inode *inode, u32 mask)
{
	memset(x, 0, sizeof(*x));
	x->mask = STATX_BASIC_STATS;
	x->blksize = (u32)st->st_blksize;
	x->nlink = (u32)st->st_nlink;
	x->uid = st->st_uid;
	x->gid = st->st_gid;
	x->mode = (u16)st->st_mode;
	x->ino = st->st_ino;
	x->size = (u64)st->st_size;
	x->blocks = (u64)st->st_blocks;
	/* the flags are the same bits */
	x->attributes = inode->attr_flags & STATX_ATTR_FLAGS;
	x->attributes_mask = inode->sb->attr_flags & STATX_ATTR_FLAGS;
	STATX_TIME(x->atime, st->st_atim);
	STATX_TIME(x->ctime, st->st_ctim);
	STATX_TIME(x->mtime, st->st_mtim);
	if (inode->btime.tv_sec || inode->btime.tv_nsec) {
		STATX_TIME(x->btime, inode->btime);
		x->mask |= STATX_BTIME;
	}
	x->rdev_major = dev_major(st->st_rdev);
	x->rdev_minor = dev_minor(st->st_rdev);
	x->dev_major = dev_major(st->st_dev);
	x->dev_minor = dev_minor(st->st_dev);
	if (mask & STATX_DIOALIGN_BIT)
		statx_fill_direct(x, st);
}

static long statx_path(const struct path *p, u32 mask, uaddr_t dst)
{
	struct abi_statx x;
	struct stat st;
	int ret = vfs_stat(p, &st);

	if (ret < 0)
		return ret;
	statx_fill(&x, &st, p->dentry->inode, mask);
	if (p->mnt)
		statx_fill_mount(&x, p, mask);
	return copy_to_user(dst, &x, sizeof(x));
}

static long statx_fd(int fd, u32 mask, uaddr_t dst)
{
	struct file *f = fd_file_raw(fd);
	struct abi_statx x;
	struct stat st;
	int ret;

	if (!f)
		return -EBADF;
	ret = vfs_fstat(f, &st);
	if (ret == 0) {
		statx_fill(&x, &st, f->inode, mask);
		if (f->path.mnt)
			statx_fill_mount(&x, &f->path, mask);
	}
	file_put(f);
	return ret < 0 ? ret : copy_to_user(dst, &x, sizeof(x));
}

SYSCALL_DEFINE5(statx, int, dfd, uaddr_t, name, int, flags, u32, mask, uaddr_t, dst)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	long ret;

	if (mask & 0x80000000u)
		return -EINVAL;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_BITS))
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_BITS) == AT_STATX_SYNC_BITS)
		return -EINVAL;
	if (is_fstat(dfd, name, flags))
		return statx_fd(dfd, mask, dst);
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	ret = path_lookup_user(dfd, name, lookup, &p);
	if (ret < 0)
		return ret;
	ret = statx_path(&p, mask, dst);
	path_put(&p);
	return ret;
}

/* ---- statfs ---- */

SYSCALL_DEFINE2(statfs, uaddr_t, name, uaddr_t, dst)
{
	struct statfs sf;
	struct path p;
	int ret = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &p);

	if (ret < 0)
		return ret;
	ret = vfs_statfs(&p, &sf);
	path_put(&p);
	return ret < 0 ? ret : copy_to_user(dst, &sf, sizeof(sf));
}

SYSCALL_DEFINE2(fstatfs, int, fd, uaddr_t, dst)
{
	struct file *f = fd_file_raw(fd);
	struct statfs sf;
	int ret;

	if (!f)
		return -EBADF;
	ret = vfs_statfs(&f->path, &sf);
	file_put(f);
	return ret < 0 ? ret : copy_to_user(dst, &sf, sizeof(sf));
}

/* ---- access ---- */

/* access(2) asks for the real ids: credentials for the time of the question. */
static struct cred *cred_for_access(void)
{
	struct cred *c = cred_copy(current->cred);

	if (!c)
		return NULL;
	c->fsuid = c->uid;
	c->fsgid = c->gid;
	c->cap_effective = c->uid ? 0 : c->cap_permitted;
	return c;
}

static int check_access(const struct path *p, int mode)
{
	struct inode *inode = p->dentry->inode;
	int ret;

	if ((mode & MAY_EXEC) && S_ISREG(inode->mode) && (p->mnt->flags & MNT_NOEXEC))
		return -EACCES;
	ret = inode_permission(inode, mode);
	if (ret == 0 && (mode & MAY_WRITE) && mount_readonly(p->mnt) && !S_ISCHR(inode->mode) &&
		!S_ISBLK(inode->mode) && !S_ISFIFO(inode->mode) && !S_ISSOCK(inode->mode))
		ret = -EROFS;
	return ret;
}

static long do_faccessat(int dfd, uaddr_t name, int mode, int flags)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct cred *old = current->cred, *tmp = NULL;
	struct path p;
	int ret;

	if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	if (!(flags & AT_EACCESS) &&
		(old->uid != old->fsuid || old->gid != old->fsgid ||
			old->cap_effective != (old->uid ? 0 : old->cap_permitted))) {
		tmp = cred_for_access();
		if (!tmp)
			return -ENOMEM;
		current->cred = tmp;
	}
	ret = path_lookup_user(dfd, name, lookup, &p);
	if (ret == 0) {
		ret = mode ? check_access(&p, mode) : 0;
		path_put(&p);
	}
	if (tmp) {
		current->cred = old;
		cred_put(tmp);
	}
	return ret;
}

SYSCALL_DEFINE2(access, uaddr_t, name, int, mode)
{
	return do_faccessat(AT_FDCWD, name, mode, 0);
}

SYSCALL_DEFINE3(faccessat, int, dfd, uaddr_t, name, int, mode)
{
	return do_faccessat(dfd, name, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, uaddr_t, name, int, mode, int, flags)
{
	return do_faccessat(dfd, name, mode, flags);
}

/* ---- readlink ---- */

static long readlink_path(const struct path *p, uaddr_t buf, size_t size)
{
	struct inode *inode = p->dentry->inode;
	char *target;
	size_t len;
	int ret;

	if (!S_ISLNK(inode->mode) || !inode->ops->readlink)
		return -EINVAL;
	ret = inode->ops->readlink(inode, &target);
	if (ret < 0)
		return ret;
	len = MIN(strlen(target), size);
	ret = copy_to_user(buf, target, len);
	free(target);
	return ret < 0 ? ret : (long)len;
}

static long do_readlinkat(int dfd, uaddr_t name, uaddr_t buf, int size)
{
	struct path p;
	long ret;
	char c;

	if (size <= 0)
		return -EINVAL;
	ret = path_lookup_user(dfd, name, LOOKUP_EMPTY, &p);
	if (ret < 0)
		return ret;
	ret = readlink_path(&p, buf, (size_t)size);
	/* "" that is something else than a link does not exist, it says */
	if (ret == -EINVAL && copy_from_user(&c, name, 1) == 0 && !c)
		ret = -ENOENT;
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE3(readlink, uaddr_t, name, uaddr_t, buf, int, size)
{
	return do_readlinkat(AT_FDCWD, name, buf, size);
}

SYSCALL_DEFINE4(readlinkat, int, dfd, uaddr_t, name, uaddr_t, buf, int, size)
{
	return do_readlinkat(dfd, name, buf, size);
}

/* ---- getdents ---- */

struct dents {
	struct dir_sink sink;
	char *buf;
	size_t size, len;
	u64 last_next; /* the position behind the last entry */
	bool old_format, too_small;
};

struct dent_old { /* struct linux_dirent; the type is the last byte of the record */
	u64 ino;
	u64 off;
	u16 reclen;
	char name[];
};

static bool emit_dirent(
	struct dir_sink *sink, const char *name, size_t len, u64 ino, u8 dtype, u64 next)
{
	struct dents *d = container_of(sink, struct dents, sink);
	size_t head = d->old_format ? offsetof(struct dent_old, name)
				    : offsetof(struct abi_dirent64, name);
	size_t reclen = ALIGN_UP(head + len + 1 + (d->old_format ? 1 : 0), 8);
	char *at = d->buf + d->len;

	if (reclen > d->size - d->len) {
		d->too_small = !d->len;
		return false;
	}
	memset(at, 0, reclen);
	if (d->old_format) {
		struct dent_old *e = (struct dent_old *)at;

		e->ino = ino;
		e->off = next;
		e->reclen = (u16)reclen;
		at[reclen - 1] = (char)dtype;
	} else {
		struct abi_dirent64 *e = (struct abi_dirent64 *)at;

		e->ino = ino;
		e->off = (s64)next;
		e->reclen = (u16)reclen;
		e->type = dtype;
	}
	memcpy(at + head, name, len);
	d->len += reclen;
	return true;
}

static long dents_read(struct file *f, struct dents *d, uaddr_t dst)
{
	u64 start = f->pos;
	int ret;

	if (!f->ops->iterate)
		return -ENOTDIR;
	if (!f->inode->nlink)
		return -ENOENT;
	ret = fsnotify_permission(f, FSN_ACCESS_PERM);
	if (ret < 0)
		return ret;
	ret = f->ops->iterate(f, &d->sink);
	if (d->too_small)
		return -EINVAL;
	if (ret < 0 && !d->len)
		return ret;
	if (d->len && copy_to_user(dst, d->buf, d->len)) {
		f->pos = start;
		return -EFAULT;
	}
	inode_touch_atime(&f->path);
	fsnotify_file(f, FSN_ACCESS);
	return (long)d->len;
}

static long do_getdents(int fd, uaddr_t dst, unsigned size, bool old_format)
{
	struct file *f = fd_file(fd);
	struct dents d = {.sink.emit = emit_dirent, .old_format = old_format};
	long ret;

	if (!f)
		return -EBADF;
	d.size = MIN((size_t)size, IO_BUFFER_SIZE);
	d.buf = io_buffer_get();
	ret = d.buf ? dents_read(f, &d, dst) : -ENOMEM;
	if (d.buf)
		io_buffer_put(d.buf);
	file_put(f);
	return ret;
}

SYSCALL_DEFINE3(getdents64, int, fd, uaddr_t, dst, unsigned, size)
{
	return do_getdents(fd, dst, size, false);
}

SYSCALL_DEFINE3(getdents, int, fd, uaddr_t, dst, unsigned, size)
{
	return do_getdents(fd, dst, size, true);
}

/* ---- getcwd ---- */

static bool below_root(const struct path *p, const struct path *root)
{
	struct path at = *p;

	for (;;) {
		if (at.mnt == root->mnt && at.dentry == root->dentry)
			return true;
		if (at.dentry != at.mnt->root)
			at.dentry = at.dentry->parent;
		else if (at.mnt->parent)
			at = (struct path){at.mnt->parent, at.mnt->mountpoint};
		else
			return false;
	}
}

SYSCALL_DEFINE2(getcwd, uaddr_t, dst, size_t, size)
{
	static const char unreachable[] = "(unreachable)";
	const struct path *cwd = &current->fs->cwd;
	char *buf, *text;
	size_t len;
	long ret = -ENAMETOOLONG;

	if (cwd->dentry->parent != cwd->dentry && cwd->dentry != cwd->mnt->root &&
		!cwd->dentry->hashed && !cwd->dentry->inode->nlink)
		return -ENOENT;
	buf = malloc(PATH_MAX + sizeof(unreachable));
	if (!buf)
		return -ENOMEM;
	text = d_path(cwd, buf + sizeof(unreachable), PATH_MAX);
	if (text) {
		if (!below_root(cwd, &current->fs->root)) {
			text -= sizeof(unreachable) - 1;
			memcpy(text, unreachable, sizeof(unreachable) - 1);
		}
		len = strlen(text) + 1;
		ret = len > size ? -ERANGE : copy_to_user(dst, text, len);
		if (ret == 0)
			ret = (long)len;
	}
	free(buf);
	return ret;
}
