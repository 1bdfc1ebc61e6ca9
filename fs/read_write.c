/*
 * Data through open files, above the filesystems: access mode, append, file size limits, what a
 * read or write does to time stamps and set-user-ID bits, seeking, and copies from file to file.
 * read(2), write(2), lseek(2), sendfile(2).
 */
#include "fs/file.h"
#include "fs/fsnotify.h"
#include "kernel/signal.h"
#include "kernel/task.h"

ssize_t file_read(struct file *f, struct uio *to, u64 *pos)
{
	ssize_t ret;

	if (!FMODE_CAN_READ(f))
		return -EBADF;
	if (!f->ops->read)
		return S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
	ret = fsnotify_permission(f, FSN_ACCESS_PERM);
	if (ret < 0)
		return ret;
	ret = f->ops->read(f, to, pos);
	if (current) {
		current->tg->io.nr_reads++;
		current->tg->io.read_bytes += (u64)MAX(ret, 0l);
	}
	if (ret > 0) {
		if (S_ISREG(f->inode->mode) && !(f->flags & O_NOATIME))
			inode_touch_atime(&f->path);
		fsnotify_file(f, FSN_ACCESS);
	}
	return ret;
}

/* Regular files: where the write goes and how much of it may. */
static int write_limits(struct file *f, struct uio *from, u64 *pos)
{
	u64 limit = INT64_MAX;
	int ret;

	if (f->flags & O_APPEND) {
		ret = inode_refresh(f->inode);
		if (ret < 0)
			return ret;
		*pos = f->inode->size;
	}
	if (!from->left)
		return 0;
	if (current && task_rlimit(current, RLIMIT_FSIZE) != RLIM_INFINITY) {
		limit = MIN(limit, (u64)task_rlimit(current, RLIMIT_FSIZE));
		if (*pos >= limit) {
			siginfo_t info;

			siginfo_kernel(&info, SIGXFSZ);
			signal_send_task(current, SIGXFSZ, &info);
		}
	}
	if (*pos >= limit)
		return -EFBIG;
	from->left = MIN(from->left, limit - *pos);
	return 0;
}

ssize_t file_write(struct file *f, struct uio *from, u64 *pos)
{
	ssize_t ret;

	if (!FMODE_CAN_WRITE(f))
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	if (S_ISREG(f->inode->mode)) {
		ret = write_limits(f, from, pos);
		if (ret == 0 && from->left)
			ret = inode_remove_privs(&f->path);
		if (ret < 0)
			return ret;
	}
	ret = f->ops->write(f, from, pos);
	if (current) {
		current->tg->io.nr_writes++;
		current->tg->io.written_bytes += (u64)MAX(ret, 0l);
	}
	if (ret > 0)
		fsnotify_file(f, FSN_MODIFY);
	return ret;
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t len, u64 pos)
{
	struct uio u;

	if (!f->ops->read)
		return -EINVAL;
	uio_kernel(&u, buf, len);
	return f->ops->read(f, &u, &pos);
}

ssize_t file_write_kernel(struct file *f, const void *buf, size_t len, u64 pos)
{
	struct uio u;

	if (!f->ops->write)
		return -EINVAL;
	uio_kernel(&u, (void *)buf, len);
	return f->ops->write(f, &u, &pos);
}

static s64 seek_regular(struct file *f, s64 off, int whence)
{
	struct inode *i = f->inode;
	int ret;

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(off, (s64)f->pos, &off))
			return -EINVAL;
		break;
	case SEEK_END:
	case SEEK_DATA:
	case SEEK_HOLE:
		ret = inode_refresh(i);
		if (ret < 0)
			return ret;
		if (whence == SEEK_END) {
			if (__builtin_add_overflow(off, (s64)i->size, &off))
				return -EINVAL;
			break;
		}
		if (off < 0 || (u64)off >= i->size)
			return -ENXIO;
		if (whence == SEEK_HOLE)
			off = (s64)i->size;
		break;
	default:
		return -EINVAL;
	}
	if (off < 0)
		return -EINVAL;
	f->pos = (u64)off;
	return off;
}

s64 file_llseek(struct file *f, s64 off, int whence)
{
	if (f->ops->stream)
		return -ESPIPE;
	if (f->ops->llseek)
		return f->ops->llseek(f, off, whence);
	return seek_regular(f, off, whence);
}

ssize_t file_copy(struct file *in, u64 *in_pos, struct file *out, u64 *out_pos, size_t len)
{
	char *buf = io_buffer_get();
	size_t done = 0;
	ssize_t ret = 0;

	if (!buf)
		return -ENOMEM;
	while (done < len) {
		u64 start = *in_pos;
		struct uio u;
		ssize_t n;

		uio_kernel(&u, buf, MIN(len - done, IO_BUFFER_SIZE));
		n = ret = file_read(in, &u, in_pos);
		if (n <= 0)
			break;
		uio_kernel(&u, buf, (size_t)n);
		ret = file_write(out, &u, out_pos);
		if (ret < n && !in->ops->stream) /* what did not fit was not taken */
			*in_pos = start + (u64)MAX(ret, 0l);
		if (ret <= 0)
			break;
		done += (size_t)ret;
		if (ret < n || in->ops->stream || sched_pause_after(done, (size_t)ret) < 0)
			break;
	}
	io_buffer_put(buf);
	return done ? (ssize_t)done : ret;
}
