/*
 * System calls that control an open file: fcntl, ioctl's dispatch and the commands every file
 * knows, flock, fallocate, the fsync family, advice. fcntl(2), ioctl(2), flock(2), fallocate(2),
 * fsync(2), sync(2), posix_fadvise(2).
 */
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/flock.h"
#include "fs/fsnotify.h"
#include "fs/lease.h"
#include "kernel/attr_flags.h"
#include "kernel/fasync.h"
#include "kernel/pid_ns.h"
#include "kernel/pipe.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

/* ---- fcntl ---- */

#define ABI_F_CREATED_QUERY 1028
#define SETFL_MASK ((u32)(O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT | FASYNC))
#define ALL_SEALS \
	((u32)(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))

static long set_flags(struct file *f, int fd, u32 flags)
{
	int err = 0;

	if ((flags & O_NOATIME) && !(f->flags & O_NOATIME) && !inode_owner_or_capable(f->inode))
		return -EPERM;
	if ((f->flags & ~flags & O_APPEND) && (f->inode->attr_flags & FS_APPEND_FL))
		return -EPERM;
	if ((flags ^ f->flags) & FASYNC)
		err = fasync_set(f, fd, flags & FASYNC);
	if (err < 0)
		return err;
	f->flags = (f->flags & ~SETFL_MASK) | (flags & SETFL_MASK);
	return 0;
}

static long dup_min(struct file *f, u64 min, bool cloexec)
{
	int ret;

	if (min >= task_rlimit(current, RLIMIT_NOFILE))
		return -EINVAL;
	ret = fd_install(file_get(f), (int)min, cloexec);
	if (ret < 0)
		file_put(f);
	return ret;
}

static long set_owner(struct file *f, int type, int id)
{
	id = pid_in(id);
	if (id && type == F_OWNER_PID && !tgroup_find(id))
		return -ESRCH;
	if (id && type == F_OWNER_TID && !task_find(id))
		return -ESRCH;
	if (id && type == F_OWNER_PGRP && !pgrp_exists(id))
		return -ESRCH;
	f->owner_uid = current->cred->uid;
	f->owner_euid = current->cred->euid;
	f->owner_type = type;
	f->owner_id = id;
	return 0;
}

static long set_owner_ex(struct file *f, uaddr_t arg)
{
	struct f_owner_ex o;

	if (copy_from_user(&o, arg, sizeof(o)))
		return -EFAULT;
	if (o.type != F_OWNER_PID && o.type != F_OWNER_TID && o.type != F_OWNER_PGRP)
		return -EINVAL;
	return set_owner(f, (int)o.type, o.pid);
}

static long get_owner_ex(struct file *f, uaddr_t arg)
{
	struct f_owner_ex o = {.type = (enum __pid_type)f->owner_type, .pid = pid_out(f->owner_id)};

	return copy_to_user(arg, &o, sizeof(o));
}

static bool has_seals(const struct file *f)
{
	return S_ISREG(f->inode->mode) && f->inode->sb->magic == 0x01021994;
}

static long add_seals(struct file *f, u32 seals)
{
	if (!has_seals(f) || (seals & ~ALL_SEALS))
		return -EINVAL;
	if (!FMODE_CAN_WRITE(f) || (f->inode->seals & F_SEAL_SEAL))
		return -EPERM;
	if ((seals & F_SEAL_WRITE) && f->ops->seal_write) {
		int err = f->ops->seal_write(f);

		if (err < 0)
			return err;
	}
	f->inode->seals |= seals;
	return 0;
}

/* The commands that O_PATH files know too. */
static long fcntl_descriptor(struct file *f, int fd, int cmd, u64 arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return dup_min(f, arg, cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return fd_get_cloexec(fd);
	case F_SETFD:
		return fd_set_cloexec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->flags;
	default:
		return -EBADF;
	}
}

static long fcntl_file(struct file *f, int fd, int cmd, u64 arg)
{
	switch (cmd) {
	case F_SETFL:
		return set_flags(f, fd, (u32)arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return flock_fcntl(f, fd, cmd, arg);
	case F_GETOWN:
		return f->owner_type == F_OWNER_PGRP ? -f->owner_id : f->owner_id;
	case F_SETOWN:
		if ((int)arg == INT_MIN)
			return -EINVAL;
		return (int)arg < 0 ? set_owner(f, F_OWNER_PGRP, -(int)arg)
				    : set_owner(f, F_OWNER_PID, (int)arg);
	case F_GETOWN_EX:
		return get_owner_ex(f, arg);
	case F_SETOWN_EX:
		return set_owner_ex(f, arg);
	case F_GETSIG:
		return f->owner_sig;
	case F_SETSIG:
		if (arg > ABI_NSIG)
			return -EINVAL;
		f->owner_sig = (s32)arg;
		return 0;
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	case F_ADD_SEALS:
		return add_seals(f, (u32)arg);
	case F_GET_SEALS:
		return has_seals(f) ? (long)f->inode->seals : -EINVAL;
	case ABI_F_CREATED_QUERY:
		return f->created;
	case F_GETLEASE:
		return lease_get(f);
	case F_SETLEASE:
		return lease_set(f, fd, (int)arg);
	case F_NOTIFY:
		return dnotify_set(f, fd, (u32)arg);
	default: /* write hints: not here */
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(fcntl, int, fd, int, cmd, u64, arg)
{
	struct file *f = fd_file_raw(fd);
	long ret;

	if (!f)
		return -EBADF;
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD ||
		cmd == F_GETFL || (f->flags & O_PATH))
		ret = fcntl_descriptor(f, fd, cmd, arg);
	else
		ret = fcntl_file(f, fd, cmd, arg);
	file_put(f);
	return ret;
}

SYSCALL_DEFINE2(flock, int, fd, int, op)
{
	struct file *f = fd_file(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = flock_flock(f, op);
	file_put(f);
	return ret;
}

/* ---- ioctl ---- */

#define ABI_FIONREAD 0x541b
#define ABI_FIONBIO 0x5421
#define ABI_FIONCLEX 0x5450
#define ABI_FIOCLEX 0x5451
#define ABI_FIOASYNC 0x5452
#define ABI_FIOQSIZE 0x5460
#define ABI_FIGETBSZ 2
#define ABI_FICLONE 0x40049409
#define ABI_FICLONERANGE 0x4020940d

static long set_flag_from_user(struct file *f, int fd, uaddr_t arg, u32 flag)
{
	int on, err = 0;

	if (copy_from_user(&on, arg, sizeof(on)))
		return -EFAULT;
	if (flag == FASYNC && !on != !(f->flags & FASYNC))
		err = fasync_set(f, fd, on);
	if (err < 0)
		return err;
	f->flags = on ? f->flags | flag : f->flags & ~flag;
	return 0;
}

static long ioctl_regular(struct file *f, u32 cmd, uaddr_t arg)
{
	int ret;

	switch (cmd) {
	case ABI_FIONREAD:
		ret = inode_refresh(f->inode);
		return ret < 0 ? ret : put_user_u32(arg, (u32)(f->inode->size - f->pos));
	case ABI_FICLONE:
	case ABI_FICLONERANGE:
		return -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
}

static long do_ioctl(struct file *f, int fd, u32 cmd, uaddr_t arg)
{
	long ret = -ENOTTY;

	switch (cmd) {
	case ABI_FIOCLEX:
	case ABI_FIONCLEX:
		return fd_set_cloexec(fd, cmd == ABI_FIOCLEX);
	case ABI_FIONBIO:
		return set_flag_from_user(f, fd, arg, O_NONBLOCK);
	case ABI_FIOASYNC:
		return set_flag_from_user(f, fd, arg, FASYNC);
	case ABI_FIOQSIZE:
		return S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode)
			       ? put_user_u64(arg, f->inode->size)
			       : -ENOTTY;
	case ABI_FIGETBSZ:
		return put_user_u32(arg, f->inode->sb->block_size);
	default:
		ret = attr_flags_ioctl(f, cmd, arg);
		break;
	}
	if (ret == -ENOTTY && f->ops->ioctl)
		ret = f->ops->ioctl(f, cmd, arg);
	if (ret == -ENOTTY && S_ISREG(f->inode->mode))
		ret = ioctl_regular(f, cmd, arg);
	return ret;
}

SYSCALL_DEFINE3(ioctl, int, fd, u32, cmd, uaddr_t, arg)
{
	struct file *f = fd_file(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = do_ioctl(f, fd, cmd, arg);
	file_put(f);
	return ret;
}

/* ---- space ---- */

#define FALLOC_FL_KEEP 1
#define FALLOC_FL_KNOWN 0x7f

static int check_fallocate(struct file *f, int mode, s64 off, s64 len)
{
	u64 end = (u64)off + (u64)len;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~FALLOC_FL_KNOWN)
		return -EOPNOTSUPP;
	if (!FMODE_CAN_WRITE(f))
		return -EBADF;
	if ((mode & ~FALLOC_FL_KEEP) ? inode_is_fixed(f->inode)
				     : f->inode->attr_flags & FS_IMMUTABLE_FL)
		return -EPERM;
	if (f->ops->stream)
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode))
		return -ENODEV;
	if (end > INT64_MAX)
		return -EFBIG;
	if (!(mode & FALLOC_FL_KEEP) && end > task_rlimit(current, RLIMIT_FSIZE)) {
		siginfo_t info;

		siginfo_kernel(&info, SIGXFSZ);
		signal_send_task(current, SIGXFSZ, &info);
		return -EFBIG;
	}
	return f->ops->fallocate ? 0 : -EOPNOTSUPP;
}

SYSCALL_DEFINE4(fallocate, int, fd, int, mode, s64, off, s64, len)
{
	struct file *f = fd_file(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = check_fallocate(f, mode, off, len);
	if (ret == 0)
		ret = inode_remove_privs(&f->path);
	if (ret == 0)
		ret = f->ops->fallocate(f, mode, (u64)off, (u64)len);
	if (ret == 0)
		fsnotify_file(f, FSN_MODIFY);
	file_put(f);
	return ret;
}

/* ---- syncing ---- */

static long do_fsync(int fd, bool data_only)
{
	struct file *f = fd_file(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = f->ops->fsync ? f->ops->fsync(f, data_only) : -EINVAL;
	file_put(f);
	return ret;
}

SYSCALL_DEFINE1(fsync, int, fd)
{
	return do_fsync(fd, false);
}

SYSCALL_DEFINE1(fdatasync, int, fd)
{
	return do_fsync(fd, true);
}

SYSCALL_DEFINE0(sync)
{
	struct super *sb, *next;

	if (list_empty(&all_supers))
		return 0;
	sb = list_first(&all_supers, struct super, link);
	sb->refs++;
	for (;;) { /* syncing may sleep: hold where we are */
		super_sync(sb);
		if (sb->link.next == &all_supers)
			break;
		next = list_entry(sb->link.next, struct super, link);
		next->refs++;
		super_put(sb);
		sb = next;
	}
	super_put(sb);
	return 0;
}

SYSCALL_DEFINE1(syncfs, int, fd)
{
	struct file *f = fd_file(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = super_sync(f->inode->sb);
	file_put(f);
	return ret;
}

#define SYNC_FILE_RANGE_FLAGS 7u

SYSCALL_DEFINE4(sync_file_range, int, fd, s64, off, s64, len, unsigned, flags)
{
	struct file *f;
	int ret;

	if (flags & ~SYNC_FILE_RANGE_FLAGS || off < 0 || len < 0 || off + (u64)len > INT64_MAX)
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	if (!S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode) && !S_ISDIR(f->inode->mode))
		ret = -ESPIPE;
	else
		ret = f->ops->fsync ? f->ops->fsync(f, true) : 0; /* more than was asked for */
	file_put(f);
	return ret;
}

/* ---- advice: the host's page cache does its own reading ahead ---- */

SYSCALL_DEFINE4(fadvise64, int, fd, s64, off, s64, len, int, advice)
{
	struct file *f = fd_file(fd);
	int ret = 0;

	if (!f)
		return -EBADF;
	if (f->ops->stream)
		ret = -ESPIPE;
	else if (len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		ret = -EINVAL;
	file_put(f);
	return ret;
}

SYSCALL_DEFINE3(readahead, int, fd, s64, off, size_t, len)
{
	struct file *f = fd_file(fd);
	int ret = 0;

	if (!f)
		return -EBADF;
	if (!FMODE_CAN_READ(f))
		ret = -EBADF;
	else if (!S_ISREG(f->inode->mode))
		ret = -EINVAL;
	file_put(f);
	return ret;
}
