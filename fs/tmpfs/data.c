/*
 * Contents of tmpfs files. A small file is a table of pages in the kernel's memory, NULL for a
 * hole; it moves to a host memfd once it is mapped or grows beyond PAGES_MAX pages, so that small
 * files cost no host descriptor and mappings share the host's page cache. Memory is charged to the
 * super: pages as they come, a memfd by what the host has allocated for it. Bytes behind the end of
 * a file are always zero in its last page.
 */
#include "fs/file.h"
#include "fs/tmpfs/internal.h"
#include "kernel/os.h"

#define PAGES_MAX 256u /* 1 MiB */
#define MAPPED_MIN (64 * 1024ul)
#define FALLOC_KEEP_SIZE 1
#define FALLOC_PUNCH_HOLE 2
#define FALLOC_ZERO_RANGE 16

/* ---- accounting ---- */

static int charge(struct inode *i, u64 bytes)
{
	struct tmpfs_super *ts = tmpfs_sb(i);

	if (bytes > ts->max_bytes || ts->used_bytes > ts->max_bytes - bytes)
		return -ENOSPC;
	if (mem_charge(&mem_charges.pages, bytes) < 0)
		return -ENOMEM;
	ts->used_bytes += bytes;
	tmpfs_node(i)->charged += bytes;
	i->blocks += bytes / 512;
	return 0;
}

static void uncharge(struct inode *i, u64 bytes)
{
	mem_charges.pages -= bytes;
	tmpfs_sb(i)->used_bytes -= bytes;
	tmpfs_node(i)->charged -= bytes;
	i->blocks -= bytes / 512;
}

/* Room for bytes more in a memfd? They are charged by recharge, when the host has them. */
static int memfd_room(const struct inode *i, u64 bytes)
{
	const struct tmpfs_super *ts = tmpfs_sb(i);

	if (bytes > ts->max_bytes || ts->used_bytes > ts->max_bytes - bytes)
		return -ENOSPC;
	return mem_has_room(bytes) ? 0 : -ENOMEM;
}

/* Brings the charge of a memfd in line with what the host has allocated. */
static void recharge(struct inode *i)
{
	mem_file_update(&tmpfs_node(i)->memfd);
}

static void memfd_changed(struct mem_file *f, u64 before)
{
	struct inode *i = container_of(f, struct tmpfs_node, memfd)->inode;

	tmpfs_sb(i)->used_bytes += f->bytes - before;
	i->blocks = f->bytes / 512;
}

/* ---- pages ---- */

static u8 *page_at(const struct tmpfs_node *n, u64 idx)
{
	return idx < n->nr_pages ? n->pages[idx] : NULL;
}

static int page_make(struct inode *i, u64 idx, u8 **out)
{
	struct tmpfs_node *n = tmpfs_node(i);
	int ret;

	if (idx >= n->nr_pages) {
		size_t nr = MIN((size_t)PAGES_MAX, MAX(n->nr_pages * 2, (size_t)idx + 1));
		u8 **p = realloc(n->pages, nr * sizeof(*p));

		if (!p)
			return -ENOMEM;
		memset(p + n->nr_pages, 0, (nr - n->nr_pages) * sizeof(*p));
		n->pages = p;
		n->nr_pages = nr;
	}
	if (!n->pages[idx]) {
		ret = charge(i, PAGE_SIZE);
		if (ret < 0)
			return ret;
		n->pages[idx] = calloc(1, PAGE_SIZE);
		if (!n->pages[idx]) {
			uncharge(i, PAGE_SIZE);
			return -ENOMEM;
		}
	}
	*out = n->pages[idx];
	return 0;
}

static void page_free(struct inode *i, u64 idx)
{
	struct tmpfs_node *n = tmpfs_node(i);

	if (!page_at(n, idx))
		return;
	free(n->pages[idx]);
	n->pages[idx] = NULL;
	uncharge(i, PAGE_SIZE);
}

/* Makes [from, to) read as zeros, freeing whole pages. */
static void pages_zero(struct inode *i, u64 from, u64 to)
{
	struct tmpfs_node *n = tmpfs_node(i);

	to = MIN(to, (u64)n->nr_pages * PAGE_SIZE);
	while (from < to) {
		u64 idx = from / PAGE_SIZE, off = from % PAGE_SIZE;
		u64 len = MIN(PAGE_SIZE - off, to - from);

		if (len == PAGE_SIZE)
			page_free(i, idx);
		else if (page_at(n, idx))
			memset(page_at(n, idx) + off, 0, len);
		from += len;
	}
}

/* The contents move to a memfd. On failure nothing has changed. */
static int to_memfd(struct inode *i)
{
	struct tmpfs_node *n = tmpfs_node(i);
	int hfd, ret;

	if (n->hfd >= 0)
		return 0;
	hfd = os_memfd("skiff-tmpfs");
	if (hfd < 0)
		return hfd == -EMFILE || hfd == -ENFILE ? -ENOMEM : hfd;
	ret = os_ftruncate(hfd, i->size);
	for (u64 idx = 0; ret >= 0 && idx < n->nr_pages; idx++) {
		u64 pos = idx * PAGE_SIZE;
		size_t len = pos < i->size ? MIN(PAGE_SIZE, i->size - pos) : 0;

		if (n->pages[idx] && len)
			ret = (int)os_pwrite(hfd, n->pages[idx], len, pos);
	}
	if (ret < 0) {
		os_close(hfd);
		return ret;
	}
	pages_zero(i, 0, UINT64_MAX);
	free(n->pages);
	n->pages = NULL;
	n->nr_pages = 0;
	n->hfd = hfd;
	n->memfd.changed = memfd_changed;
	mem_file_add(&n->memfd, hfd);
	return 0;
}

void tmpfs_data_free(struct inode *i)
{
	struct tmpfs_node *n = tmpfs_node(i);

	pages_zero(i, 0, UINT64_MAX);
	free(n->pages);
	if (n->hfd >= 0) {
		tmpfs_sb(i)->used_bytes -= n->memfd.bytes;
		mem_file_del(&n->memfd);
		os_close(n->hfd);
	}
}

int tmpfs_truncate(struct inode *i, u64 size)
{
	struct tmpfs_node *n = tmpfs_node(i);
	int ret;

	if ((size < i->size && (i->seals & F_SEAL_SHRINK)) ||
		(size > i->size && (i->seals & F_SEAL_GROW)))
		return -EPERM;
	if (n->hfd < 0 && size > PAGES_MAX * PAGE_SIZE && (ret = to_memfd(i)) < 0)
		return ret;
	if (n->hfd >= 0) {
		ret = os_ftruncate(n->hfd, size);
		if (ret < 0)
			return ret;
		recharge(i);
	} else if (size < i->size) {
		pages_zero(i, size, UINT64_MAX);
	}
	i->size = size;
	return 0;
}

/* ---- read ---- */

static void pages_copy_out(const struct tmpfs_node *n, char *dst, size_t len, u64 pos)
{
	while (len) {
		size_t off = pos % PAGE_SIZE, part = MIN(len, PAGE_SIZE - off);
		const u8 *page = page_at(n, pos / PAGE_SIZE);

		if (page)
			memcpy(dst, page + off, part);
		else
			memset(dst, 0, part);
		dst += part;
		pos += part;
		len -= part;
	}
}

/* Large reads of a memfd: from a mapping straight into the guest. Bytes; 0 where it does not work.
 */
static size_t read_mapped(const struct inode *i, struct uio *to, size_t len, u64 pos)
{
	size_t done = 0;

	while (done < len) {
		const void *data;
		ssize_t n = os_map_read(
			tmpfs_node(i)->hfd, pos + done, MIN(len - done, SCHED_PIECE), &data);

		n = n > 0 ? uio_put(to, data, (size_t)n) : 0;
		if (n <= 0)
			break;
		done += (size_t)n;
		if (sched_pause_after(done, (size_t)n) < 0)
			break;
	}
	return done;
}

/* Up to a buffer's worth from pos, len bytes known to be in the file. */
static ssize_t read_chunk(struct inode *i, struct uio *to, size_t len, u64 pos, char *buf)
{
	struct tmpfs_node *n = tmpfs_node(i);

	if (n->hfd >= 0) {
		ssize_t got = os_pread(n->hfd, buf, len, pos);

		if (got < 0)
			return got;
		len = (size_t)got;
	} else {
		pages_copy_out(n, buf, len, pos);
	}
	return uio_put(to, buf, len);
}

static ssize_t tmpfs_read(struct file *f, struct uio *to, u64 *pos)
{
	struct inode *i = f->inode;
	u64 p = *pos;
	size_t left = p < i->size ? MIN(to->left, i->size - p) : 0, done = 0;
	ssize_t ret = 0;
	char *buf;

	if (!left)
		return 0;
	if (tmpfs_node(i)->hfd < 0 && p % PAGE_SIZE + left <= PAGE_SIZE) {
		const u8 *page = page_at(tmpfs_node(i), p / PAGE_SIZE);

		ret = page ? uio_put(to, page + p % PAGE_SIZE, left) : uio_put_zeros(to, left);
		if (ret > 0)
			*pos += (u64)ret;
		return ret;
	}
	if (tmpfs_node(i)->hfd >= 0 && left >= MAPPED_MIN && !to->kernel)
		done = read_mapped(i, to, left, p);
	buf = io_buffer_get();
	if (!buf)
		return -ENOMEM;
	while (done < left) {
		size_t want = MIN(left - done, IO_BUFFER_SIZE);

		ret = read_chunk(i, to, want, p + done, buf);
		if (ret <= 0)
			break;
		done += (size_t)ret;
		if ((size_t)ret < want || sched_pause_after(done, (size_t)ret) < 0)
			break;
	}
	io_buffer_put(buf);
	*pos += done;
	return done ? (ssize_t)done : ret;
}

/* ---- write ---- */

static ssize_t pages_copy_in(struct inode *i, const char *src, size_t len, u64 pos)
{
	size_t done = 0;

	while (done < len) {
		size_t off = (pos + done) % PAGE_SIZE, part = MIN(len - done, PAGE_SIZE - off);
		u8 *page;
		int ret = page_make(i, (pos + done) / PAGE_SIZE, &page);

		if (ret < 0)
			return done ? (ssize_t)done : ret;
		memcpy(page + off, src + done, part);
		done += part;
	}
	return (ssize_t)done;
}

static ssize_t write_chunk(struct inode *i, struct uio *from, size_t len, u64 pos, char *buf)
{
	struct tmpfs_node *n = tmpfs_node(i);
	ssize_t got = uio_get(from, buf, len);
	int ret;

	if (got <= 0)
		return got;
	if (n->hfd < 0)
		return pages_copy_in(i, buf, (size_t)got, pos);
	ret = memfd_room(i, (u64)got);
	return ret < 0 ? ret : os_pwrite(n->hfd, buf, (size_t)got, pos);
}

/* The whole write falls into one page that is there: no detour through a buffer. */
static ssize_t write_in_page(struct inode *i, struct uio *from, u64 pos)
{
	u8 *page;
	int ret = page_make(i, pos / PAGE_SIZE, &page);

	return ret < 0 ? ret : uio_get(from, page + pos % PAGE_SIZE, from->left);
}

static ssize_t write_chunks(struct inode *i, struct uio *from, u64 pos)
{
	char *buf = io_buffer_get();
	size_t done = 0;
	ssize_t ret = 0;

	if (!buf)
		return -ENOMEM;
	while (from->left) {
		size_t want = MIN(from->left, IO_BUFFER_SIZE);

		ret = write_chunk(i, from, want, pos + done, buf);
		if (ret <= 0)
			break;
		done += (size_t)ret;
		if ((size_t)ret < want)
			break;
		i->size = MAX(i->size, pos + done); /* others may look, or seal, while we pause */
		if (sched_pause_after(done, (size_t)ret) < 0 || (i->seals & F_SEAL_WRITE))
			break;
	}
	io_buffer_put(buf);
	if (tmpfs_node(i)->hfd >= 0)
		recharge(i);
	return done ? (ssize_t)done : ret;
}

static ssize_t tmpfs_write(struct file *f, struct uio *from, u64 *pos)
{
	struct inode *i = f->inode;
	struct tmpfs_node *n = tmpfs_node(i);
	u64 end = *pos + from->left;
	ssize_t ret;

	if (!from->left)
		return 0;
	if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (end > i->size && (i->seals & F_SEAL_GROW))
		return -EPERM;
	if (n->hfd < 0 && end > PAGES_MAX * PAGE_SIZE && (ret = to_memfd(i)) < 0)
		return ret;
	if (n->hfd < 0 && *pos % PAGE_SIZE + from->left <= PAGE_SIZE)
		ret = write_in_page(i, from, *pos);
	else
		ret = write_chunks(i, from, *pos);
	if (ret > 0) {
		*pos += (u64)ret;
		i->size = MAX(i->size, *pos);
		inode_now(&i->mtime);
		i->ctime = i->mtime;
	}
	return ret;
}

/* ---- the rest ---- */

static s64 pages_seek(const struct inode *i, u64 off, bool data)
{
	const struct tmpfs_node *n = tmpfs_node(i);

	for (; off < i->size; off = ALIGN_DOWN(off, PAGE_SIZE) + PAGE_SIZE)
		if (!!page_at(n, off / PAGE_SIZE) == data)
			return (s64)off;
	return data ? -ENXIO : (s64)i->size;
}

static s64 tmpfs_llseek(struct file *f, s64 off, int whence)
{
	struct inode *i = f->inode;
	s64 ret;

	if (whence != SEEK_DATA && whence != SEEK_HOLE) {
		s64 base = whence == SEEK_SET	? 0
			   : whence == SEEK_CUR ? (s64)f->pos
			   : whence == SEEK_END ? (s64)i->size
						: -1;

		if (base < 0)
			return -EINVAL;
		if (__builtin_add_overflow(base, off, &ret) || ret < 0)
			return -EINVAL;
	} else {
		if (off < 0 || (u64)off >= i->size)
			return -ENXIO;
		ret = tmpfs_node(i)->hfd >= 0 ? os_lseek(tmpfs_node(i)->hfd, off, whence)
					      : pages_seek(i, (u64)off, whence == SEEK_DATA);
		if (ret < 0)
			return ret;
	}
	f->pos = (u64)ret;
	return ret;
}

static int tmpfs_fsync(struct file *f, bool data_only)
{
	return 0;
}

static int pages_allocate(struct inode *i, u64 off, u64 end)
{
	u8 *page;
	int ret = 0;

	for (u64 idx = off / PAGE_SIZE; ret == 0 && idx * PAGE_SIZE < end; idx++)
		ret = page_make(i, idx, &page);
	return ret;
}

#define ALLOC_PIECE (4ul << 20)

static int fallocate_memfd(struct inode *i, int mode, u64 off, u64 len)
{
	int ret = mode & FALLOC_PUNCH_HOLE ? 0 : memfd_room(i, len);

	while (ret == 0 && len) {
		u64 piece = MIN(len, mode & FALLOC_PUNCH_HOLE ? len : ALLOC_PIECE);

		ret = os_fallocate(tmpfs_node(i)->hfd, mode | FALLOC_KEEP_SIZE, off, piece);
		off += piece;
		len -= piece;
		if (ret == 0 && len)
			ret = sched_pause();
	}
	recharge(i);
	return ret;
}

static int tmpfs_fallocate(struct file *f, int mode, u64 off, u64 len)
{
	struct inode *i = f->inode;
	struct tmpfs_node *n = tmpfs_node(i);
	u64 end = off + len;
	bool grow = !(mode & FALLOC_KEEP_SIZE) && end > i->size;
	int ret;

	if (mode & ~(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE | FALLOC_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_PUNCH_HOLE) && mode != (FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE))
		return -EOPNOTSUPP;
	if ((mode & ~FALLOC_KEEP_SIZE) && (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -EPERM;
	if (grow && (i->seals & F_SEAL_GROW))
		return -EPERM;
	if (n->hfd < 0 && !(mode & FALLOC_PUNCH_HOLE) && end > PAGES_MAX * PAGE_SIZE &&
		(ret = to_memfd(i)) < 0)
		return ret;
	if (n->hfd >= 0 && grow && (ret = memfd_room(i, len)) == 0)
		ret = os_ftruncate(n->hfd, end);
	else
		ret = 0;
	if (ret == 0 && n->hfd >= 0) {
		ret = fallocate_memfd(i, mode, off, len);
	} else if (ret == 0) {
		if (mode & ~FALLOC_KEEP_SIZE)
			pages_zero(i, off, end);
		if (!(mode & FALLOC_PUNCH_HOLE))
			ret = pages_allocate(i, off, end);
	}
	if (ret < 0)
		return ret;
	if (grow)
		i->size = end;
	inode_now(&i->mtime);
	i->ctime = i->mtime;
	return 0;
}

static int tmpfs_mmap_hfd(struct file *f, bool shared_write, u64 *off)
{
	struct inode *i = f->inode;
	int ret;

	if (shared_write && (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -EPERM;
	ret = to_memfd(i);
	return ret < 0 ? ret : os_reopen(tmpfs_node(i)->hfd, shared_write ? O_RDWR : O_RDONLY);
}

/* The host knows who has the memfd mapped. */
static int tmpfs_seal_write(struct file *f)
{
	int hfd = tmpfs_node(f->inode)->hfd;

	return hfd >= 0 ? os_memfd_seal_write(hfd) : 0;
}

static int tmpfs_getattr(struct inode *i)
{
	if (tmpfs_node(i)->hfd >= 0)
		recharge(i);
	return 0;
}

const struct inode_ops tmpfs_file_ops = {
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	TMPFS_XATTR_OPS,
};

const struct file_ops tmpfs_file_fops = {
	.read = tmpfs_read,
	.write = tmpfs_write,
	.llseek = tmpfs_llseek,
	.fsync = tmpfs_fsync,
	.fallocate = tmpfs_fallocate,
	.mmap_hfd = tmpfs_mmap_hfd,
	.seal_write = tmpfs_seal_write,
};
