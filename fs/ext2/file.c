/*
 * Content of ext2 files. Writes go to the device at once. A file that guests map is copied to a
 * host memfd, which from then on gets each write as well, and is what is read: guests may store to
 * it. What they stored is found by comparing, and written, at a sync, and when the file or the file
 * system goes.
 */
#include "fs/ext2/internal.h"
#include "fs/file.h"
#include "kernel/os.h"

#include <linux/fiemap.h>

/* ---- read ---- */

/* How much of len from pos lies in one piece: at *at of the device; 0: a hole. */
static int find_piece(struct inode *i, u64 pos, size_t *len, u64 *at)
{
	const struct ext2_super *es = ext2_sb(i);
	u64 lblk = pos / es->bs, off = pos % es->bs, span, have;
	u32 block, next;
	int ret = ext2_map(i, lblk, &block, &span);

	if (ret < 0)
		return ret;
	*at = block ? (u64)block * es->bs + off : 0;
	have = span * es->bs - off;
	while (block && have < *len) {
		ret = ext2_map(i, ++lblk, &next, &span);
		if (ret < 0 || next != block + 1)
			break;
		block = next;
		have += es->bs;
	}
	*len = MIN(*len, have);
	return 0;
}

static ssize_t read_piece(struct inode *i, struct uio *to, size_t len, u64 pos, u8 *buf)
{
	struct ext2_node *n = ext2_node(i);
	u64 at;
	int ret;

	if (n->hfd >= 0) {
		ssize_t got = os_pread(n->hfd, buf, len, pos);

		return got <= 0 ? got : uio_put(to, buf, (size_t)got);
	}
	ret = find_piece(i, pos, &len, &at);
	if (ret < 0)
		return ret;
	if (!at)
		return uio_put_zeros(to, len);
	ret = ext2_get(ext2_sb(i), at, buf, len);
	return ret < 0 ? ret : uio_put(to, buf, len);
}

static ssize_t ext2_read(struct file *f, struct uio *to, u64 *pos)
{
	struct inode *i = f->inode;
	u8 *buf = io_buffer_get();
	size_t done = 0;
	ssize_t ret = 0;

	if (!buf)
		return -ENOMEM;
	while (to->left && *pos < i->size) {
		size_t want = MIN(MIN(to->left, IO_BUFFER_SIZE), i->size - *pos);

		ret = read_piece(i, to, want, *pos, buf);
		if (ret <= 0)
			break;
		*pos += (u64)ret;
		done += (size_t)ret;
		if (sched_pause_after(done, (size_t)ret) < 0)
			break;
	}
	io_buffer_put(buf);
	return done ? (ssize_t)done : ret;
}

/* ---- write ---- */

/* Into one block; what is new of it reads as zeros. */
static int write_block(struct inode *i, u64 pos, const u8 *data, size_t len)
{
	struct ext2_super *es = ext2_sb(i);
	u32 block, off = (u32)(pos % es->bs);
	u8 whole[4096];
	bool fresh;
	int ret = ext2_map_create(i, pos / es->bs, &block, &fresh);

	if (ret < 0)
		return ret;
	if (!fresh || len == es->bs)
		return ext2_put(es, (u64)block * es->bs + off, data, len);
	memset(whole, 0, es->bs);
	memcpy(whole + off, data, len);
	return ext2_put(es, (u64)block * es->bs, whole, es->bs);
}

static ssize_t write_blocks(struct inode *i, u64 pos, const u8 *data, size_t len)
{
	u32 bs = ext2_sb(i)->bs;
	size_t done = 0;
	int ret = 0;

	while (done < len) {
		size_t part = MIN(len - done, bs - (pos + done) % bs);

		ret = write_block(i, pos + done, data + done, part);
		if (ret < 0)
			break;
		done += part;
	}
	if (done && ext2_node(i)->hfd >= 0)
		os_pwrite(ext2_node(i)->hfd, data, done, pos);
	return done ? (ssize_t)done : ret;
}

static ssize_t ext2_write(struct file *f, struct uio *from, u64 *pos)
{
	struct inode *i = f->inode;
	u64 max = ext2_max_size(ext2_sb(i));
	u8 *buf;
	size_t done = 0;
	ssize_t ret = ext2_writable(ext2_sb(i));

	if (ret < 0 || !from->left)
		return ret;
	if (*pos >= max)
		return -EFBIG;
	buf = io_buffer_get();
	if (!buf)
		return -ENOMEM;
	while (from->left && *pos < max) {
		size_t want = MIN(MIN(from->left, IO_BUFFER_SIZE), max - *pos);
		ssize_t got = uio_get(from, buf, want);

		ret = got > 0 ? write_blocks(i, *pos, buf, (size_t)got) : got;
		if (ret <= 0)
			break;
		*pos += (u64)ret;
		done += (size_t)ret;
		i->size = MAX(i->size, *pos);
		if (ret < got || (size_t)got < want || sched_pause_after(done, (size_t)ret) < 0)
			break;
	}
	io_buffer_put(buf);
	if (done) {
		int err;

		inode_now(&i->mtime);
		i->ctime = i->mtime;
		err = ext2_write_inode(i);
		if (err < 0)
			return err;
	}
	return done ? (ssize_t)done : ret;
}

/* The rest of the block that size is in becomes zeros. */
static int zero_tail(struct inode *i, u64 size)
{
	static const u8 zeros[4096];
	struct ext2_super *es = ext2_sb(i);
	u32 off = (u32)(size % es->bs), block;
	u64 span;
	int ret;

	if (!off)
		return 0;
	ret = ext2_map(i, size / es->bs, &block, &span);
	if (ret < 0 || !block)
		return ret;
	return ext2_put(es, (u64)block * es->bs + off, zeros, es->bs - off);
}

int ext2_truncate(struct inode *i, u64 size)
{
	struct ext2_super *es = ext2_sb(i);
	int ret = 0;

	if (size > ext2_max_size(es))
		return -EFBIG;
	if (size < i->size) {
		ret = zero_tail(i, size);
		if (ret == 0)
			ret = ext2_truncate_blocks(i, (size + es->bs - 1) / es->bs);
	}
	if (ret == 0 && ext2_node(i)->hfd >= 0)
		ret = os_ftruncate(ext2_node(i)->hfd, size);
	if (ret == 0)
		i->size = size;
	return ret;
}

/* ---- mapped files ---- */

/* A block as the memfd has it: written if the device has it otherwise. */
static int write_back_block(struct inode *i, u64 pos, size_t len)
{
	struct ext2_super *es = ext2_sb(i);
	u8 now[4096], stored[4096];
	u64 span;
	u32 block;
	ssize_t n = os_pread(ext2_node(i)->hfd, now, len, pos);
	int ret = n < 0 ? (int)n : ext2_map(i, pos / es->bs, &block, &span);

	if (ret < 0 || !n)
		return ret;
	memset(stored, 0, es->bs);
	if (block)
		ret = ext2_get(es, (u64)block * es->bs, stored, (size_t)n);
	if (ret == 0 && memcmp(now, stored, (size_t)n))
		ret = write_block(i, pos, now, (size_t)n);
	return ret;
}

int ext2_write_back(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);
	struct ext2_super *es = ext2_sb(i);
	int ret = 0, err;
	s64 pos = 0, end;

	if (n->hfd < 0 || !n->maybe_stored)
		return 0;
	ret = ext2_writable(es);
	while (ret == 0 && (pos = os_lseek(n->hfd, pos, SEEK_DATA)) >= 0) {
		end = os_lseek(n->hfd, pos, SEEK_HOLE);
		for (pos -= pos % es->bs; pos < end && (u64)pos < i->size; pos += es->bs) {
			err = write_back_block(i, (u64)pos, MIN((u64)es->bs, i->size - (u64)pos));
			if (err < 0)
				ret = err;
		}
		pos = MAX(pos, end);
	}
	err = ext2_write_inode(i);
	return ret < 0 ? ret : err;
}

void ext2_unmap(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);

	if (n->hfd < 0)
		return;
	ext2_write_back(i);
	os_close(n->hfd);
	n->hfd = -1;
	if (n->pinned) {
		n->pinned = false;
		inode_put(i);
	}
}

static int fill_memfd(struct inode *i, int hfd)
{
	u8 *buf = io_buffer_get();
	int ret = buf ? os_ftruncate(hfd, i->size) : -ENOMEM;

	for (u64 pos = 0; ret == 0 && pos < i->size;) {
		size_t len = MIN(IO_BUFFER_SIZE, i->size - pos);
		u64 at;

		ret = find_piece(i, pos, &len, &at);
		if (ret == 0 && at)
			ret = ext2_get(ext2_sb(i), at, buf, len);
		if (ret == 0 && at && os_pwrite(hfd, buf, len, pos) != (ssize_t)len)
			ret = -ENOMEM;
		pos += len;
	}
	if (buf)
		io_buffer_put(buf);
	return ret;
}

static int ext2_mmap_hfd(struct file *f, bool shared_write, u64 *off)
{
	struct inode *i = f->inode;
	struct ext2_node *n = ext2_node(i);
	int hfd, ret;

	if (n->hfd < 0) {
		hfd = os_memfd("skiff-ext2");
		if (hfd < 0)
			return hfd;
		ret = fill_memfd(i, hfd);
		if (ret < 0) {
			os_close(hfd);
			return ret;
		}
		n->hfd = hfd;
		if (i->nlink) {
			n->pinned = true;
			inode_get(i);
		}
	}
	n->maybe_stored |= shared_write;
	return os_reopen(n->hfd, shared_write ? O_RDWR : O_RDONLY);
}

/* ---- the rest ---- */

static s64 seek_data(struct inode *i, u64 off, bool data)
{
	u32 bs = ext2_sb(i)->bs, block;
	u64 span;
	int ret = ext2_write_back(i);

	while (ret == 0 && off < i->size) {
		ret = ext2_map(i, off / bs, &block, &span);
		if (ret == 0 && !!block == data)
			return (s64)off;
		off = (off / bs + span) * bs;
	}
	return ret < 0 ? ret : data ? -ENXIO : (s64)i->size;
}

static s64 ext2_llseek(struct file *f, s64 off, int whence)
{
	struct inode *i = f->inode;
	s64 base = whence == SEEK_CUR ? (s64)f->pos : whence == SEEK_END ? (s64)i->size : 0, ret;

	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		if (off < 0 || (u64)off >= i->size)
			return -ENXIO;
		ret = seek_data(i, (u64)off, whence == SEEK_DATA);
	} else if (whence < 0 || whence > SEEK_END || __builtin_add_overflow(base, off, &ret) ||
		   ret < 0 || (u64)ret > ext2_max_size(ext2_sb(i))) {
		return -EINVAL;
	}
	if (ret >= 0)
		f->pos = (u64)ret;
	return ret;
}

static int ext2_fsync(struct file *f, bool data_only)
{
	struct ext2_super *es = ext2_sb(f->inode);
	int ret = ext2_write_back(f->inode);

	if (ret == 0 && es->open_for_writing)
		ret = ext2_write_inode(f->inode);
	if (ret == 0)
		ret = ext2_sync_meta(es);
	if (ret == 0 && es->dev->ops->fsync)
		ret = es->dev->ops->fsync(es->dev, data_only);
	return ret;
}

static long ext2_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	return cmd == FS_IOC_FIEMAP ? ext2_fiemap(f->inode, arg) : -ENOTTY;
}

const struct inode_ops ext2_file_ops = {
	.setattr = ext2_setattr,
};

const struct file_ops ext2_file_fops = {
	.read = ext2_read,
	.write = ext2_write,
	.llseek = ext2_llseek,
	.fsync = ext2_fsync,
	.ioctl = ext2_ioctl,
	.mmap_hfd = ext2_mmap_hfd,
};
