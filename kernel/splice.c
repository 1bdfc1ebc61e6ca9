/*
 * splice(2), tee(2), vmsplice(2): moving data between a pipe and another file. Pages are copied,
 * not passed on: that is permitted by the interface and what one copy through kernel memory costs
 * is little beside the calls. The pipe is claimed while the other side sleeps, so nobody overtakes.
 */
#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/pipe.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define SPLICE_CHUNK (64 * 1024ul)
#define SPLICE_FLAGS ((u32)(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT))
#define SPLICE_MAX 0x7ffff000ul

/* One chunk from a file; what was read fits, because the claim keeps other writers out. */
static ssize_t file_to_pipe(struct file *in, u64 *pos, struct pipe *p, size_t len, bool nonblock)
{
	ssize_t n, put;
	struct uio u;
	u8 *buf;
	int ret = pipe_claim_write(p, nonblock);

	if (ret)
		return ret;
	len = MIN(MIN(len, pipe_space(p)), SPLICE_CHUNK);
	buf = malloc(len);
	if (!buf) {
		pipe_unclaim_write(p);
		return -ENOMEM;
	}
	uio_kernel(&u, buf, len);
	n = file_read(in, &u, pos);
	if (n > 0) {
		put = pipe_push(p, buf, n);
		if (put < n)
			n = put;
	}
	pipe_unclaim_write(p);
	free(buf);
	return n;
}

static ssize_t pipe_to_file(struct pipe *p, struct file *out, u64 *pos, size_t len, bool nonblock)
{
	struct uio u;
	ssize_t n;
	u8 *buf;
	int ret = pipe_claim_read(p, nonblock);

	if (ret)
		return ret > 0 ? 0 : ret;
	len = MIN(len, SPLICE_CHUNK);
	buf = malloc(len);
	if (!buf) {
		pipe_unclaim_read(p);
		return -ENOMEM;
	}
	len = pipe_peek(p, buf, len);
	uio_kernel(&u, buf, len);
	n = file_write(out, &u, pos);
	if (n > 0)
		pipe_consume(p, n);
	pipe_unclaim_read(p);
	free(buf);
	return n;
}

/* One buffer's worth from pipe to pipe; move: consumes it at the source. */
static ssize_t pipe_to_pipe(struct pipe *in, struct pipe *out, size_t len, bool nonblock, bool move)
{
	ssize_t n;
	u8 *buf;
	int ret;

	if (in == out)
		return -EINVAL;
	ret = pipe_claim_read(in, nonblock);
	if (ret)
		return ret > 0 ? 0 : ret;
	ret = pipe_claim_write(out, nonblock);
	if (ret) {
		pipe_unclaim_read(in);
		return ret;
	}
	len = MIN(MIN(len, pipe_space(out)), SPLICE_CHUNK);
	buf = malloc(len);
	n = buf ? (ssize_t)pipe_peek(in, buf, len) : -ENOMEM;
	if (n > 0)
		n = pipe_push(out, buf, n);
	if (n > 0 && move)
		pipe_consume(in, n);
	free(buf);
	pipe_unclaim_write(out);
	pipe_unclaim_read(in);
	return n;
}

/* Moves until len is done or the source (or the room, or the first chunk's wait) ends. */
static ssize_t splice_loop(
	struct file *in, u64 *in_pos, struct file *out, u64 *out_pos, size_t len, bool nonblock)
{
	struct pipe *ip = pipe_of(in), *op = pipe_of(out);
	bool in_nb = nonblock || (ip && in->flags & O_NONBLOCK);
	bool out_nb = nonblock || (op && out->flags & O_NONBLOCK);
	size_t total = 0;

	while (total < len) {
		bool nb = total > 0;
		ssize_t n;

		if (ip && op)
			n = pipe_to_pipe(ip, op, len - total, nb || in_nb || out_nb, true);
		else if (op)
			n = file_to_pipe(in, in_pos, op, len - total, nb || out_nb);
		else
			n = pipe_to_file(ip, out, out_pos, len - total, nb || in_nb);
		if (n <= 0)
			return total ? (ssize_t)total : n;
		total += n;
		if (op && !ip && in->ops->stream)
			break; /* a stream's next read may block: what has come is enough */
	}
	return total;
}

/* The position a side works at: the caller's offset, or the file's own. -ESPIPE for offsets on
 * pipes and streams. */
static int splice_pos(struct file *f, uaddr_t uoff, u64 *tmp, u64 **pos)
{
	s64 off;

	*pos = &f->pos;
	if (!uoff)
		return 0;
	if (pipe_of(f) || f->ops->stream)
		return -ESPIPE;
	if (copy_from_user(&off, uoff, sizeof(off)))
		return -EFAULT;
	if (off < 0)
		return -EINVAL;
	*tmp = off;
	*pos = tmp;
	return 0;
}

/* Files of no type (event counters, epoll and so on) and directories have no data to move. */
static bool has_data(const struct file *f)
{
	return !S_ISDIR(f->inode->mode) && (f->inode->mode & S_IFMT);
}

static long do_splice(
	struct file *in, uaddr_t off_in, struct file *out, uaddr_t off_out, size_t len, u32 flags)
{
	u64 tmp_in, tmp_out, *pos_in, *pos_out;
	long ret;

	if (!FMODE_CAN_READ(in) || !FMODE_CAN_WRITE(out))
		return -EBADF;
	if ((!pipe_of(in) && !pipe_of(out)) || !has_data(in) || !has_data(out))
		return -EINVAL;
	if (!pipe_of(out) && out->flags & O_APPEND)
		return -EINVAL;
	ret = splice_pos(in, off_in, &tmp_in, &pos_in);
	if (!ret)
		ret = splice_pos(out, off_out, &tmp_out, &pos_out);
	if (ret)
		return ret;
	if (pipe_of(in) && pipe_of(in) == pipe_of(out))
		return -EINVAL;
	ret = splice_loop(
		in, pos_in, out, pos_out, MIN(len, SPLICE_MAX), flags & SPLICE_F_NONBLOCK);
	if (ret > 0 && off_in && put_user_u64(off_in, tmp_in))
		return -EFAULT;
	if (ret > 0 && off_out && put_user_u64(off_out, tmp_out))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE6(
	splice, int, fd_in, uaddr_t, off_in, int, fd_out, uaddr_t, off_out, size_t, len, u32, flags)
{
	struct file *in, *out;
	long ret = -EBADF;

	if (flags & ~SPLICE_FLAGS)
		return -EINVAL;
	if (!len)
		return 0;
	in = fd_file(fd_in);
	out = fd_file(fd_out);
	if (in && out)
		ret = do_splice(in, off_in, out, off_out, len, flags);
	if (in)
		file_put(in);
	if (out)
		file_put(out);
	return ret;
}

static long do_tee(struct file *in, struct file *out, size_t len, u32 flags)
{
	bool nonblock = flags & SPLICE_F_NONBLOCK;

	if (!FMODE_CAN_READ(in) || !FMODE_CAN_WRITE(out))
		return -EBADF;
	if (!pipe_of(in) || !pipe_of(out))
		return -EINVAL;
	nonblock |= (in->flags | out->flags) & O_NONBLOCK;
	return pipe_to_pipe(pipe_of(in), pipe_of(out), len, nonblock, false);
}

SYSCALL_DEFINE4(tee, int, fd_in, int, fd_out, size_t, len, u32, flags)
{
	struct file *in, *out;
	long ret = -EBADF;

	if (flags & ~SPLICE_FLAGS)
		return -EINVAL;
	if (!len)
		return 0;
	in = fd_file(fd_in);
	out = fd_file(fd_out);
	if (in && out)
		ret = do_tee(in, out, len, flags);
	if (in)
		file_put(in);
	if (out)
		file_put(out);
	return ret;
}

static long do_vmsplice(struct file *f, uaddr_t iov, u64 nr, u32 flags)
{
	struct iovec *array = NULL;
	struct uio u;
	u64 pos = 0;
	long ret;

	if (!pipe_of(f))
		return -EBADF;
	ret = uio_user_vec(&u, iov, nr, &array);
	if (ret < 0)
		return ret;
	if (!u.left) {
		ret = 0;
	} else if (FMODE_CAN_WRITE(f)) {
		int claim = pipe_claim_write(pipe_of(f), flags & SPLICE_F_NONBLOCK);

		if (!claim) {
			pipe_unclaim_write(pipe_of(f));
			u.left = MIN(u.left, pipe_space(pipe_of(f))); /* it waits only once */
			ret = file_write(f, &u, &pos);
		} else {
			ret = claim;
		}
	} else {
		int claim = pipe_claim_read(pipe_of(f), flags & SPLICE_F_NONBLOCK);

		if (!claim) {
			pipe_unclaim_read(pipe_of(f));
			ret = file_read(f, &u, &pos);
		} else {
			ret = claim > 0 ? 0 : claim;
		}
	}
	free(array);
	return ret;
}

SYSCALL_DEFINE4(vmsplice, int, fd, uaddr_t, iov, u64, nr, u32, flags)
{
	struct file *f;
	long ret;

	if (flags & ~SPLICE_FLAGS)
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	ret = do_vmsplice(f, iov, nr, flags);
	file_put(f);
	return ret;
}
