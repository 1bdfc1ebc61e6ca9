/*
 * System calls that move data through descriptors: read and write in all their variants, lseek,
 * sendfile, copy_file_range. read(2), readv(2), pread(2), lseek(2), sendfile(2),
 * copy_file_range(2).
 */
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

static bool buffer_ok(uaddr_t buf, size_t len)
{
	return len <= USER_ADDR_MAX && buf <= USER_ADDR_MAX - len;
}

/* At the file's own position. Takes over the reference on f. */
static long transfer(struct file *f, struct uio *u, bool write)
{
	u64 before = f->pos;
	/* &f->pos itself: host streams share their position with other host processes */
	ssize_t ret = write ? file_write(f, u, &f->pos) : file_read(f, u, &f->pos);

	if (f->ops->stream || ret < 0)
		f->pos = before;
	file_put(f);
	return ret;
}

SYSCALL_DEFINE3(read, int, fd, uaddr_t, buf, size_t, len)
{
	struct file *f = fd_file(fd);
	struct uio u;

	if (!f)
		return -EBADF;
	if (!buffer_ok(buf, len)) {
		file_put(f);
		return -EFAULT;
	}
	uio_user(&u, buf, len);
	return transfer(f, &u, false);
}

SYSCALL_DEFINE3(write, int, fd, uaddr_t, buf, size_t, len)
{
	struct file *f = fd_file(fd);
	struct uio u;

	if (!f)
		return -EBADF;
	if (!buffer_ok(buf, len)) {
		file_put(f);
		return -EFAULT;
	}
	uio_user(&u, buf, len);
	return transfer(f, &u, true);
}

static long vector(int fd, uaddr_t iov, u64 nr, bool write)
{
	struct file *f = fd_file(fd);
	struct iovec *array;
	struct uio u;
	long ret;

	if (!f)
		return -EBADF;
	ret = uio_user_vec(&u, iov, nr, &array);
	if (ret < 0) {
		file_put(f);
		return ret;
	}
	ret = transfer(f, &u, write);
	free(array);
	return ret;
}

SYSCALL_DEFINE3(readv, int, fd, uaddr_t, iov, u64, nr)
{
	return vector(fd, iov, nr, false);
}

SYSCALL_DEFINE3(writev, int, fd, uaddr_t, iov, u64, nr)
{
	return vector(fd, iov, nr, true);
}

static long at_position(struct file *f, struct uio *u, s64 pos, bool write)
{
	u64 p = (u64)pos;

	if (f->ops->stream)
		return -ESPIPE;
	return write ? file_write(f, u, &p) : file_read(f, u, &p);
}

static long positioned(int fd, uaddr_t buf, size_t len, s64 pos, bool write)
{
	struct file *f;
	struct uio u;
	long ret;

	if (pos < 0)
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	ret = -EFAULT;
	if (buffer_ok(buf, len)) {
		uio_user(&u, buf, len);
		ret = at_position(f, &u, pos, write);
	}
	file_put(f);
	return ret;
}

SYSCALL_DEFINE4(pread64, int, fd, uaddr_t, buf, size_t, len, s64, pos)
{
	return positioned(fd, buf, len, pos, false);
}

SYSCALL_DEFINE4(pwrite64, int, fd, uaddr_t, buf, size_t, len, s64, pos)
{
	return positioned(fd, buf, len, pos, true);
}

static long positioned_vector(int fd, uaddr_t iov, u64 nr, s64 pos, bool write)
{
	struct iovec *array;
	struct file *f;
	struct uio u;
	long ret;

	if (pos < 0)
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	ret = uio_user_vec(&u, iov, nr, &array);
	if (ret == 0)
		ret = at_position(f, &u, pos, write);
	free(array);
	file_put(f);
	return ret;
}

/* On 64-bit the position is whole in the fourth argument; the fifth is ignored. */
SYSCALL_DEFINE4(preadv, int, fd, uaddr_t, iov, u64, nr, s64, pos)
{
	return positioned_vector(fd, iov, nr, pos, false);
}

SYSCALL_DEFINE4(pwritev, int, fd, uaddr_t, iov, u64, nr, s64, pos)
{
	return positioned_vector(fd, iov, nr, pos, true);
}

#define RWF_HIPRI_FLAG 1u
#define RWF_DSYNC_FLAG 2u
#define RWF_SYNC_FLAG 4u

SYSCALL_DEFINE6(preadv2, int, fd, uaddr_t, iov, u64, nr, s64, pos, u64, high, unsigned, flags)
{
	if (flags & ~RWF_HIPRI_FLAG)
		return -EOPNOTSUPP;
	return pos == -1 ? vector(fd, iov, nr, false) : positioned_vector(fd, iov, nr, pos, false);
}

SYSCALL_DEFINE6(pwritev2, int, fd, uaddr_t, iov, u64, nr, s64, pos, u64, high, unsigned, flags)
{
	struct file *f;
	long ret;

	if (flags & ~(RWF_HIPRI_FLAG | RWF_DSYNC_FLAG | RWF_SYNC_FLAG))
		return -EOPNOTSUPP;
	ret = pos == -1 ? vector(fd, iov, nr, true) : positioned_vector(fd, iov, nr, pos, true);
	if (ret > 0 && (flags & (RWF_DSYNC_FLAG | RWF_SYNC_FLAG)) && (f = fd_file(fd))) {
		if (f->ops->fsync)
			f->ops->fsync(f, !(flags & RWF_SYNC_FLAG));
		file_put(f);
	}
	return ret;
}

SYSCALL_DEFINE3(lseek, int, fd, s64, off, unsigned, whence)
{
	struct file *f = fd_file(fd);
	s64 ret;

	if (!f)
		return -EBADF;
	ret = whence > SEEK_HOLE ? -EINVAL : file_llseek(f, off, (int)whence);
	file_put(f);
	return ret;
}

/* ---- from file to file ---- */

/* The position a transfer works at: *off_ptr in guest memory, or the file's own. */
static int position_get(struct file *f, uaddr_t off_ptr, u64 *pos)
{
	s64 off;

	*pos = f->pos;
	if (!off_ptr)
		return 0;
	if (f->ops->stream)
		return -ESPIPE;
	if (copy_from_user(&off, off_ptr, sizeof(off)))
		return -EFAULT;
	*pos = (u64)off;
	return off < 0 ? -EINVAL : 0;
}

/* What a transfer advances: copy, or the file's own position itself, which host streams rely on. */
static u64 *position_of(struct file *f, uaddr_t off_ptr, u64 *copy)
{
	return off_ptr || f->ops->stream ? copy : &f->pos;
}

static int position_put(uaddr_t off_ptr, u64 pos)
{
	return off_ptr ? put_user_u64(off_ptr, pos) : 0;
}

static long do_sendfile(struct file *out, struct file *in, uaddr_t off_ptr, size_t len)
{
	u64 in_pos, out_pos = out->pos;
	long ret = position_get(in, off_ptr, &in_pos);

	if (ret < 0)
		return ret;
	if (!FMODE_CAN_READ(in) || !FMODE_CAN_WRITE(out))
		return -EBADF;
	if (out->flags & O_APPEND)
		return -EINVAL;
	if (in->ops->stream && !S_ISREG(in->inode->mode) && !S_ISCHR(in->inode->mode))
		return -EINVAL;
	if ((ssize_t)len < 0)
		return -EINVAL;
	ret = file_copy(in, position_of(in, off_ptr, &in_pos), out, position_of(out, 0, &out_pos),
		MIN(len, (size_t)UIO_MAX_BYTES));
	return position_put(off_ptr, in_pos) ? -EFAULT : ret;
}

SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, uaddr_t, off, size_t, len)
{
	struct file *in = fd_file(in_fd), *out = fd_file(out_fd);
	long ret = in && out ? do_sendfile(out, in, off, len) : -EBADF;

	file_put(in);
	file_put(out);
	return ret;
}

static int check_copy_range(struct file *in, u64 in_pos, struct file *out, u64 out_pos, size_t *len)
{
	int ret;

	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	if (!FMODE_CAN_READ(in) || !FMODE_CAN_WRITE(out) || (out->flags & O_APPEND))
		return -EBADF;
	if (out->inode->attr_flags & FS_IMMUTABLE_FL)
		return -EPERM;
	if (in_pos + *len < in_pos || out_pos + *len < out_pos)
		return -EOVERFLOW;
	ret = inode_refresh(in->inode);
	if (ret < 0)
		return ret;
	*len = in_pos < in->inode->size ? MIN(*len, in->inode->size - in_pos) : 0;
	*len = MIN(*len, (size_t)UIO_MAX_BYTES);
	if (in->inode == out->inode && in_pos < out_pos + *len && out_pos < in_pos + *len)
		return -EINVAL;
	return 0;
}

static long do_copy_range(
	struct file *in, uaddr_t in_off, struct file *out, uaddr_t out_off, size_t len)
{
	u64 in_pos, out_pos;
	long ret;

	if (S_ISFIFO(in->inode->mode) || S_ISFIFO(out->inode->mode))
		return -EINVAL;
	ret = position_get(in, in_off, &in_pos);
	if (ret == 0)
		ret = position_get(out, out_off, &out_pos);
	if (ret == 0)
		ret = check_copy_range(in, in_pos, out, out_pos, &len);
	if (ret < 0 || !len)
		return ret;
	ret = file_copy(in, position_of(in, in_off, &in_pos), out,
		position_of(out, out_off, &out_pos), len);
	if (ret > 0 && (position_put(in_off, in_pos) || position_put(out_off, out_pos)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE6(copy_file_range, int, in_fd, uaddr_t, in_off, int, out_fd, uaddr_t, out_off, size_t,
	len, unsigned, flags)
{
	struct file *in, *out;
	long ret;

	if (flags)
		return -EINVAL;
	in = fd_file(in_fd);
	out = fd_file(out_fd);
	ret = in && out ? do_copy_range(in, in_off, out, out_off, len) : -EBADF;
	file_put(in);
	file_put(out);
	return ret;
}
