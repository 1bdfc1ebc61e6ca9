/*
 * hostfs open files. All opens of a file share two host descriptors, one for reading and one for
 * writing, made at the first such open and closed at the last; transfers carry their position. Data
 * goes through a bounce buffer, small enough to stay in the second-level
 * cache between the host's copy and ours. Mappings get a duplicate with the least access.
 * read(2), lseek(2), fallocate(2), mmap(2).
 */
#include "fs/hostfs/node.h"

/* ---- opening ---- */

static struct hostfs_node *kept; /* its writing fd has no user yet: made by create */

static void kept_drop(void)
{
	struct hostfs_node *n = kept;

	kept = NULL;
	if (n && !n->users[HOSTFS_WR]) {
		os_close(n->fd[HOSTFS_WR]);
		n->fd[HOSTFS_WR] = -1;
	}
}

void hostfs_keep_fd(struct hostfs_node *n, int fd)
{
	kept_drop();
	n->fd[HOSTFS_WR] = fd;
	n->write_only = false;
	kept = n;
}

void hostfs_forget_kept(struct hostfs_node *n)
{
	if (kept == n)
		kept_drop();
}

static int open_write(struct inode *i, bool must_read)
{
	struct hostfs_node *n = hostfs_node(i);
	int fd = hostfs_open_as(i, O_RDWR);

	n->write_only = false;
	if (fd == -EACCES && !must_read) {
		fd = hostfs_open_as(i, O_WRONLY);
		n->write_only = fd >= 0;
	}
	return fd;
}

static int hostfs_open(struct inode *i, struct file *file)
{
	struct hostfs_node *n = hostfs_node(i);
	int acc = file->flags & O_ACCMODE, slot = acc == O_RDONLY ? HOSTFS_RD : HOSTFS_WR, fd;

	if (slot == HOSTFS_WR && n->fd[slot] >= 0 && n->write_only && acc != O_WRONLY)
		return -EACCES;
	if (slot == HOSTFS_RD) {
		fd = hostfs_read_fd(i);
	} else if (n->fd[slot] < 0) {
		fd = n->fd[slot] = open_write(i, acc != O_WRONLY);
	} else {
		fd = n->fd[slot];
	}
	if (fd < 0)
		return fd;
	n->users[slot]++;
	if (kept == n)
		kept = n->users[HOSTFS_WR] ? NULL : n;
	return 0;
}

static void hostfs_release(struct file *file)
{
	struct hostfs_node *n = hostfs_node(file->inode);
	int slot = (file->flags & O_ACCMODE) == O_RDONLY ? HOSTFS_RD : HOSTFS_WR;

	if (--n->users[slot])
		return;
	if (slot == HOSTFS_RD) {
		hostfs_close_read_fd(n);
	} else {
		os_close(n->fd[slot]);
		n->fd[slot] = -1;
	}
}

static int file_fd(const struct file *file)
{
	if ((file->flags & O_ACCMODE) == O_RDONLY)
		return hostfs_read_fd(file->inode);
	return hostfs_node(file->inode)->fd[HOSTFS_WR];
}

/* ---- data ---- */

#define MAPPED_MIN (64 * 1024ul) /* below, a copy through a buffer costs less */

/* Large reads go straight from the page cache into the guest. Bytes; 0 where that does not work. */
static ssize_t read_mapped(struct file *file, struct uio *to, u64 *pos)
{
	size_t done = 0;

	while (to->left >= MAPPED_MIN) {
		const void *data;
		ssize_t got = os_map_read(file_fd(file), *pos, MIN(to->left, SCHED_PIECE), &data),
			n;

		n = got > 0 ? uio_put(to, data, (size_t)got) : 0;
		if (n <= 0)
			break;
		*pos += (u64)n;
		done += (size_t)n;
		if (sched_pause_after(done, (size_t)n) < 0)
			break;
	}
	return (ssize_t)done;
}

static ssize_t hostfs_read(struct file *file, struct uio *to, u64 *pos)
{
	ssize_t done = 0, n = 0;
	char *buf;

	if (file_fd(file) < 0)
		return file_fd(file);
	if (to->left >= MAPPED_MIN && !to->kernel)
		done = read_mapped(file, to, pos);
	buf = io_buffer_get();
	if (!buf)
		return -ENOMEM;
	while (to->left) {
		size_t want = MIN(to->left, IO_BUFFER_SIZE);
		ssize_t got = os_pread(file_fd(file), buf, want, *pos);

		n = got > 0 ? uio_put(to, buf, (size_t)got) : got;
		if (n <= 0)
			break;
		*pos += (u64)n;
		done += n;
		if (n < got || (size_t)got < want || sched_pause_after((size_t)done, (size_t)n) < 0)
			break;
	}
	io_buffer_put(buf);
	return done ? done : n;
}

static ssize_t hostfs_write(struct file *file, struct uio *from, u64 *pos)
{
	struct inode *i = file->inode;
	char *buf = io_buffer_get();
	ssize_t done = 0, n = 0;

	if (!buf)
		return -ENOMEM;
	while (from->left) {
		ssize_t got = uio_get(from, buf, MIN(from->left, IO_BUFFER_SIZE));

		n = got > 0 ? hostfs_quota_write(i, file_fd(file), *pos, (size_t)got) : got;
		if (n > 0)
			n = os_pwrite(file_fd(file), buf, (size_t)n, *pos);
		if (n <= 0)
			break;
		*pos += (u64)n;
		hostfs_quota_written(i, file_fd(file), *pos);
		done += n;
		if (n < got || sched_pause_after((size_t)done, (size_t)n) < 0)
			break;
	}
	io_buffer_put(buf);
	if (done) {
		i->size = MAX(i->size, *pos);
		hostfs_stale(i);
		if (file->flags & O_DSYNC) {
			int ret = os_fsync(file_fd(file), (file->flags & O_SYNC) != O_SYNC);

			if (ret < 0)
				return ret;
		}
	}
	return done ? done : n;
}

static s64 hostfs_llseek(struct file *file, s64 off, int whence)
{
	int ret;

	switch (whence) {
	case SEEK_DATA:
	case SEEK_HOLE:
		ret = file_fd(file);
		off = ret < 0 ? ret : os_lseek(ret, off, whence);
		break;
	case SEEK_END:
		ret = hostfs_getattr(file->inode);
		if (ret < 0)
			return ret;
		if (__builtin_add_overflow(off, (s64)file->inode->size, &off))
			return -EINVAL;
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(off, (s64)file->pos, &off))
			return -EINVAL;
		break;
	case SEEK_SET:
		break;
	default:
		return -EINVAL;
	}
	if (off < 0)
		return whence == SEEK_DATA || whence == SEEK_HOLE ? off : -EINVAL;
	file->pos = (u64)off;
	return off;
}

static int hostfs_fsync(struct file *file, bool data_only)
{
	int fd = file_fd(file);

	return fd < 0 ? fd : os_fsync(fd, data_only);
}

static int hostfs_fallocate(struct file *file, int mode, u64 off, u64 len)
{
	int ret = hostfs_quota_fallocate(file->inode, file_fd(file), mode, off, len);

	hostfs_stale(file->inode);
	return ret < 0 ? ret : hostfs_refresh(file->inode);
}

static int hostfs_mmap_hfd(struct file *file, bool shared_write, u64 *off)
{
	struct hostfs_node *n = hostfs_node(file->inode);
	int ret;

	if (shared_write) {
		if (n->write_only || n->fd[HOSTFS_WR] < 0)
			return -EACCES;
		ret = hostfs_getattr(file->inode);
		if (ret == 0)
			ret = hostfs_quota_reserve(
				file->inode, n->fd[HOSTFS_WR], file->inode->size);
		return ret < 0 ? ret : os_dup(n->fd[HOSTFS_WR]);
	}
	if (n->users[HOSTFS_RD]) {
		int fd = hostfs_read_fd(file->inode);

		return fd < 0 ? fd : os_dup(fd);
	}
	return os_reopen(n->fd[HOSTFS_WR], O_RDONLY);
}

const struct file_ops hostfs_fops = {
	.open = hostfs_open,
	.release = hostfs_release,
	.read = hostfs_read,
	.write = hostfs_write,
	.llseek = hostfs_llseek,
	.fsync = hostfs_fsync,
	.fallocate = hostfs_fallocate,
	.mmap_hfd = hostfs_mmap_hfd,
};

static int hostfs_dir_fsync(struct file *file, bool data_only)
{
	int fd = hostfs_open_as(file->inode, O_RDONLY | O_DIRECTORY), ret;

	if (fd < 0)
		return fd;
	ret = os_fsync(fd, data_only);
	os_close(fd);
	return ret;
}

const struct file_ops hostfs_dir_fops = {
	.open = hostfs_dir_open,
	.release = hostfs_dir_release,
	.iterate = hostfs_iterate,
	.fsync = hostfs_dir_fsync,
};
