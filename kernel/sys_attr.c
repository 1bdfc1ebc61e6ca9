/*
 * System calls that change a file's attributes: chmod, chown, the utime family, truncate. chmod(2),
 * chown(2), utimensat(2), utime(2), truncate(2).
 */
#include "fs/lease.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/cred.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

static u32 lookup_flags(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

static long setattr_at(int dfd, uaddr_t name, int flags, struct setattr *a)
{
	struct path p;
	int ret = path_lookup_user(dfd, name, lookup_flags(flags), &p);

	if (ret < 0)
		return ret;
	ret = vfs_setattr(&p, a);
	path_put(&p);
	return ret;
}

static long setattr_fd(int fd, struct setattr *a)
{
	struct file *f = fd_file(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = vfs_setattr(&f->path, a);
	file_put(f);
	return ret;
}

/* ---- chmod ---- */

static long do_fchmodat(int dfd, uaddr_t name, u32 mode, int flags)
{
	struct setattr a = {.valid = ATTR_MODE, .mode = mode & 07777};
	struct path p;
	int ret;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	ret = path_lookup_user(dfd, name, lookup_flags(flags), &p);
	if (ret < 0)
		return ret;
	ret = S_ISLNK(p.dentry->inode->mode) ? -EOPNOTSUPP : vfs_setattr(&p, &a);
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE4(fchmodat2, int, dfd, uaddr_t, name, u32, mode, int, flags)
{
	return do_fchmodat(dfd, name, mode, flags);
}

SYSCALL_DEFINE3(fchmodat, int, dfd, uaddr_t, name, u32, mode)
{
	return do_fchmodat(dfd, name, mode, 0);
}

SYSCALL_DEFINE2(chmod, uaddr_t, name, u32, mode)
{
	return do_fchmodat(AT_FDCWD, name, mode, 0);
}

SYSCALL_DEFINE2(fchmod, int, fd, u32, mode)
{
	struct setattr a = {.valid = ATTR_MODE, .mode = mode & 07777};

	return setattr_fd(fd, &a);
}

/* ---- chown ---- */

static struct setattr owner_change(u32 uid, u32 gid)
{
	return (struct setattr){
		.valid = (uid != -1u ? ATTR_UID : 0) | (gid != -1u ? ATTR_GID : 0),
		.uid = uid_in(uid),
		.gid = gid_in(gid),
	};
}

/* Are the new ids mapped in the caller's user namespace? */
static bool owner_exists(const struct setattr *a)
{
	return !((a->valid & ATTR_UID) && a->uid == ID_INVALID) &&
	       !((a->valid & ATTR_GID) && a->gid == ID_INVALID);
}

SYSCALL_DEFINE5(fchownat, int, dfd, uaddr_t, name, u32, uid, u32, gid, int, flags)
{
	struct setattr a = owner_change(uid, gid);

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) || !owner_exists(&a))
		return -EINVAL;
	return setattr_at(dfd, name, flags, &a);
}

SYSCALL_DEFINE3(chown, uaddr_t, name, u32, uid, u32, gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}

SYSCALL_DEFINE3(lchown, uaddr_t, name, u32, uid, u32, gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

SYSCALL_DEFINE3(fchown, int, fd, u32, uid, u32, gid)
{
	struct setattr a = owner_change(uid, gid);

	if (!owner_exists(&a))
		return -EINVAL;
	return setattr_fd(fd, &a);
}

/* ---- times ---- */

static bool time_valid(const struct timespec *ts)
{
	return ts->tv_nsec == UTIME_NOW || ts->tv_nsec == UTIME_OMIT ||
	       (ts->tv_nsec >= 0 && ts->tv_nsec < (long)NSEC_PER_SEC);
}

static void set_time(struct setattr *a, u32 bit, struct timespec *dst, const struct timespec *src)
{
	if (!src || src->tv_nsec == UTIME_NOW)
		inode_now(dst);
	else if (src->tv_nsec == UTIME_OMIT)
		return;
	else
		*dst = *src;
	a->valid |= bit;
}

/* Now is for whoever may write; any other time is the owner's to set. */
static int may_set_times(const struct path *p, const struct timespec *ts)
{
	struct inode *i = p->dentry->inode;
	bool now = !ts || (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW);

	if (now ? i->attr_flags & FS_IMMUTABLE_FL : inode_is_fixed(i))
		return -EPERM;
	if (inode_owner_or_capable(i))
		return 0;
	return now ? inode_permission(i, MAY_WRITE) : -EPERM;
}

static int set_times(const struct path *p, const struct timespec *ts)
{
	struct setattr a = {0};
	int ret;

	if (ts && ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (mount_readonly(p->mnt))
		return -EROFS;
	ret = may_set_times(p, ts);
	if (ret < 0)
		return ret;
	set_time(&a, ATTR_ATIME, &a.atime, ts);
	set_time(&a, ATTR_MTIME, &a.mtime, ts ? ts + 1 : NULL);
	return vfs_setattr(p, &a);
}

static long do_utimensat(int dfd, uaddr_t name, const struct timespec *ts, int flags)
{
	struct path p;
	struct file *f;
	int ret;

	if (ts && (!time_valid(&ts[0]) || !time_valid(&ts[1])))
		return -EINVAL;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!name && dfd != AT_FDCWD) {
		if (flags)
			return -EINVAL;
		f = fd_file(dfd);
		if (!f)
			return -EBADF;
		ret = set_times(&f->path, ts);
		file_put(f);
		return ret;
	}
	ret = path_lookup_user(dfd, name, lookup_flags(flags), &p);
	if (ret < 0)
		return ret;
	ret = set_times(&p, ts);
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE4(utimensat, int, dfd, uaddr_t, name, uaddr_t, times, int, flags)
{
	struct timespec ts[2];

	if (times && copy_from_user(ts, times, sizeof(ts)))
		return -EFAULT;
	return do_utimensat(dfd, name, times ? ts : NULL, flags);
}

SYSCALL_DEFINE3(futimesat, int, dfd, uaddr_t, name, uaddr_t, times)
{
	struct timeval tv[2];
	struct timespec ts[2];

	if (times && copy_from_user(tv, times, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; times && i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i] = (struct timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
	}
	return do_utimensat(dfd, name, times ? ts : NULL, 0);
}

SYSCALL_DEFINE2(utimes, uaddr_t, name, uaddr_t, times)
{
	return sys_futimesat(AT_FDCWD, name, times);
}

SYSCALL_DEFINE2(utime, uaddr_t, name, uaddr_t, times)
{
	s64 t[2]; /* struct utimbuf */
	struct timespec ts[2];

	if (times && copy_from_user(t, times, sizeof(t)))
		return -EFAULT;
	for (int i = 0; times && i < 2; i++)
		ts[i] = (struct timespec){t[i], 0};
	return do_utimensat(AT_FDCWD, name, times ? ts : NULL, 0);
}

/* ---- truncate ---- */

static int size_limit(u64 size)
{
	siginfo_t info;

	if (size <= task_rlimit(current, RLIMIT_FSIZE))
		return 0;
	siginfo_kernel(&info, SIGXFSZ);
	signal_send_task(current, SIGXFSZ, &info);
	return -EFBIG;
}

static int do_truncate(const struct path *p, u64 size, struct file *f)
{
	struct setattr a = {.valid = ATTR_SIZE | ATTR_MTIME, .size = size, .file = f};

	if (size > p->dentry->inode->size && size_limit(size) < 0)
		return -EFBIG;
	inode_now(&a.mtime);
	return vfs_setattr(p, &a);
}

static int truncate_path(const struct path *p, u64 size)
{
	struct inode *i = p->dentry->inode;
	int ret;

	if (S_ISDIR(i->mode))
		return -EISDIR;
	if (!S_ISREG(i->mode))
		return -EINVAL;
	ret = inode_permission(i, MAY_WRITE);
	if (ret < 0)
		return ret;
	if (mount_readonly(p->mnt))
		return -EROFS;
	if (i->exec_users)
		return -ETXTBSY;
	ret = i->leases ? lease_break(i, true, false) : 0;
	return ret < 0 ? ret : do_truncate(p, size, NULL);
}

SYSCALL_DEFINE2(truncate, uaddr_t, name, s64, size)
{
	struct path p;
	int ret;

	if (size < 0)
		return -EINVAL;
	ret = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW, &p);
	if (ret < 0)
		return ret;
	ret = truncate_path(&p, (u64)size);
	path_put(&p);
	return ret;
}

SYSCALL_DEFINE2(ftruncate, int, fd, s64, size)
{
	struct file *f;
	int ret;

	if (size < 0)
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	if (!S_ISREG(f->inode->mode) || !FMODE_CAN_WRITE(f))
		ret = -EINVAL;
	else
		ret = do_truncate(&f->path, (u64)size, f);
	file_put(f);
	return ret;
}
