/*
 * Pipes and FIFOs: pipe(2), pipe(7), fifo(7). A pipe is a byte ring between head and tail, absolute
 * stream positions whose difference never exceeds capacity; the memory behind it grows on demand.
 * Writes in packet mode (O_DIRECT) also queue their boundaries. The pipe lives as long as a file
 * refers to it; a FIFO's inode points to it meanwhile. Waking: readers wait for data, writers for
 * room of PIPE_BUF, so that small reads do not wake a writer each.
 */
#include "kernel/pipe.h"

#include "fs/fdtable.h"
#include "kernel/charge.h"
#include "kernel/cred.h"
#include "kernel/lib/log.h"
#include "kernel/pipe_user.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/tty/hoststream.h"

#include <stdio.h>

#define PIPE_DEFAULT_SIZE (16 * PAGE_SIZE)
#define PIPE_MIN_SIZE (2 * PAGE_SIZE) /* of users beyond their soft limit */
#define PIPE_HARD_SIZE (64 * 1024 * 1024ul)
#define ABI_FIONREAD 0x541b

struct packet {
	u64 start, end; /* stream positions */
};

struct pipe {
	unsigned files, readers, writers;
	u64 reader_opens, writer_opens; /* ever; FIFO opens wait for the other to move */
	u64 head, tail;
	struct pipe_user *user; /* charged with the capacity */
	size_t capacity;
	u8 *ring;
	size_t ring_size; /* power of two, <= capacity */
	struct packet *packets;
	unsigned packet_first, nr_packets, max_packets;
	bool read_claimed, write_claimed;
	bool unnamed; /* of pipe(2): opens by way of /proc/PID/fd wait for nobody */
	struct inode *inode;
	struct waitq read_wait, write_wait, open_wait;
};

static unsigned next_pipe_id = 1;
u32 pipe_max_size = 1024 * 1024;

/* ---- the ring ---- */

static size_t pipe_used(const struct pipe *p)
{
	return p->tail - p->head;
}

size_t pipe_space(const struct pipe *p)
{
	if (p->nr_packets && p->nr_packets >= p->capacity / PAGE_SIZE)
		return 0;
	return p->capacity - pipe_used(p);
}

static size_t ring_span(const struct pipe *p, u64 pos, size_t len, u8 **at)
{
	size_t off = pos & (p->ring_size - 1);

	*at = p->ring + off;
	return MIN(len, p->ring_size - off);
}

static void ring_copy_out(const struct pipe *p, u64 pos, u8 *dst, size_t len)
{
	while (len) {
		u8 *at;
		size_t n = ring_span(p, pos, len, &at);

		memcpy(dst, at, n);
		dst += n, pos += n, len -= n;
	}
}

static int ring_resize(struct pipe *p, size_t size)
{
	size_t used = pipe_used(p);
	u64 pos = p->head;
	u8 *ring;

	if (mem_charge(&mem_charges.buffers, size) < 0)
		return -ENOMEM;
	ring = malloc(size);
	if (!ring) {
		mem_charges.buffers -= size;
		return -ENOMEM;
	}
	while (pos < p->tail) { /* place every byte at its position modulo the new size */
		size_t off = pos & (size - 1);
		size_t n = MIN(size - off, (size_t)(p->tail - pos));

		ring_copy_out(p, pos, ring + off, n);
		pos += n;
	}
	BUG_ON(used > size);
	mem_charges.buffers -= p->ring_size;
	free(p->ring);
	p->ring = ring;
	p->ring_size = size;
	return 0;
}

/* Makes room for want more bytes where capacity allows it; what can be written now, or -ENOMEM. */
static ssize_t ring_reserve(struct pipe *p, size_t want)
{
	size_t used = pipe_used(p);
	size_t size = p->ring_size ? p->ring_size : PAGE_SIZE;

	want = MIN(want, p->capacity - used);
	while (size < used + want)
		size *= 2;
	if (size != p->ring_size && ring_resize(p, size) && p->ring_size <= used)
		return -ENOMEM;
	return MIN(want, p->ring_size - used);
}

/* ---- packets ---- */

static struct packet *packet_head(const struct pipe *p)
{
	return p->nr_packets ? &p->packets[p->packet_first] : NULL;
}

static int packet_reserve(struct pipe *p)
{
	unsigned max = p->max_packets ? p->max_packets * 2 : 16;
	struct packet *a;

	if (p->nr_packets < p->max_packets)
		return 0;
	a = malloc(max * sizeof(*a));
	if (!a)
		return -ENOMEM;
	for (unsigned i = 0; i < p->nr_packets; i++)
		a[i] = p->packets[(p->packet_first + i) % p->max_packets];
	free(p->packets);
	p->packets = a;
	p->packet_first = 0;
	p->max_packets = max;
	return 0;
}

static void packet_add(struct pipe *p, u64 start, u64 end)
{
	p->packets[(p->packet_first + p->nr_packets++) % p->max_packets] =
		(struct packet){start, end};
}

static void packet_pop(struct pipe *p)
{
	p->packet_first = (p->packet_first + 1) % p->max_packets;
	p->nr_packets--;
}

/* Bytes one read may take at once: to the end of the packet at the head, or to its start. */
static size_t pipe_readable(const struct pipe *p, bool *whole_packet)
{
	const struct packet *k = packet_head(p);

	*whole_packet = k && k->start == p->head;
	if (!k)
		return pipe_used(p);
	return (*whole_packet ? k->end : k->start) - p->head;
}

/* ---- life ---- */

static u64 pipe_charge(struct pipe *p, size_t capacity)
{
	size_t old = p->capacity;

	p->capacity = capacity;
	return pipe_user_charge(p->user, old / PAGE_SIZE, capacity / PAGE_SIZE);
}

static void pipe_free(struct pipe *p)
{
	pipe_charge(p, 0);
	pipe_user_put(p->user);
	mem_charges.buffers -= p->ring_size;
	free(p->ring);
	free(p->packets);
	free(p);
}

/* -ENOMEM, or -ENFILE beyond the user's hard limit. */
static int pipe_alloc(struct pipe **out)
{
	struct pipe *p = calloc(1, sizeof(*p));
	u64 pages;

	if (!p)
		return -ENOMEM;
	p->user = pipe_user_get();
	if (!p->user) {
		free(p);
		return -ENOMEM;
	}
	waitq_init(&p->read_wait);
	waitq_init(&p->write_wait);
	waitq_init(&p->open_wait);
	pages = pipe_charge(p, PIPE_DEFAULT_SIZE);
	if (pipe_user_over_soft(pages))
		pages = pipe_charge(p, PIPE_MIN_SIZE);
	if (pipe_user_over_hard(pages)) {
		pipe_free(p);
		return -ENFILE;
	}
	*out = p;
	return 0;
}

static void pipe_put(struct pipe *p)
{
	if (--p->files)
		return;
	if (p->inode && p->inode->object == p)
		p->inode->object = NULL;
	pipe_free(p);
}

static void end_add(struct pipe *p, const struct file *f)
{
	if (FMODE_CAN_READ(f)) {
		p->readers++;
		p->reader_opens++;
	}
	if (FMODE_CAN_WRITE(f)) {
		p->writers++;
		p->writer_opens++;
	}
}

static void end_remove(struct pipe *p, const struct file *f)
{
	if (FMODE_CAN_READ(f) && --p->readers == 0)
		waitq_wake(&p->write_wait, EPOLLOUT | EPOLLWRNORM | EPOLLERR);
	if (FMODE_CAN_WRITE(f) && --p->writers == 0)
		waitq_wake(&p->read_wait, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->priv;

	if (!p)
		return;
	end_remove(p, f);
	pipe_put(p);
}

/* Waits for the opposite end, fifo(7): -ENXIO is the non-blocking writer's lot. */
static int fifo_wait_peer(struct pipe *p, struct file *f)
{
	bool nonblock = f->flags & O_NONBLOCK;
	u64 seen;
	int ret;

	switch (f->flags & O_ACCMODE) {
	case O_RDONLY:
		if (p->writers)
			return 0;
		f->ra_pos = p->writer_opens; /* no EPOLLHUP before the first writer has come */
		if (nonblock)
			return 0;
		seen = p->writer_opens;
		ret = wait_event(&p->open_wait, p->writer_opens != seen);
		return ret ? -ERESTARTSYS : 0;
	case O_WRONLY:
		if (p->readers)
			return 0;
		if (nonblock)
			return -ENXIO;
		seen = p->reader_opens;
		ret = wait_event(&p->open_wait, p->reader_opens != seen);
		return ret ? -ERESTARTSYS : 0;
	default:
		return 0;
	}
}

static int fifo_open(struct inode *inode, struct file *f)
{
	struct pipe *p = inode->object;
	int ret;

	if (inode->fops == &hoststream_ops) /* skiff's own stdin and friends, when they are pipes */
		return hoststream_attach(inode, f);
	if (!p) {
		ret = pipe_alloc(&p);
		if (ret < 0)
			return ret;
		p->inode = inode;
		inode->object = p;
	}
	p->files++;
	f->ra_pos = 0;
	if (!p->unnamed && (f->flags & O_ACCMODE) == O_WRONLY && !p->readers &&
		(f->flags & O_NONBLOCK)) {
		pipe_put(p);
		return -ENXIO;
	}
	end_add(p, f);
	waitq_wake(&p->open_wait, 0);
	ret = p->unnamed ? 0 : fifo_wait_peer(p, f);
	if (ret) {
		end_remove(p, f);
		pipe_put(p);
		return ret;
	}
	f->priv = p;
	return 0;
}

/* The two ends of a pipe are one inode. */
static void share_inode(struct file *f, struct file *with)
{
	struct path old = f->path;
	struct inode *old_inode = f->inode;

	f->path = with->path;
	if (f->path.dentry)
		path_get(&f->path);
	f->inode = inode_get(with->inode);
	if (old.dentry)
		path_put(&old);
	inode_put(old_inode);
}

int pipe_create(u32 flags, struct file *out[2])
{
	struct pipe *p;
	char name[32];
	int ret = pipe_alloc(&p);

	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), "pipe:[%u]", next_pipe_id++);
	ret = file_anon(
		name, &fifo_ops, NULL, O_RDONLY | (flags & O_NONBLOCK), S_IFIFO | 0600, &out[0]);
	if (ret) {
		pipe_free(p);
		return ret;
	}
	ret = file_anon(name, &fifo_ops, NULL, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)),
		S_IFIFO | 0600, &out[1]);
	if (ret) {
		file_put(out[0]);
		pipe_free(p);
		return ret;
	}
	share_inode(out[1], out[0]);
	p->inode = out[0]->inode;
	p->inode->object = p;
	p->unnamed = true;
	p->files = 2;
	out[0]->priv = out[1]->priv = p;
	end_add(p, out[0]);
	end_add(p, out[1]);
	return 0;
}

struct pipe *pipe_of(const struct file *f)
{
	return f->ops == &fifo_ops ? f->priv : NULL;
}

/* ---- reading ---- */

static bool read_ready(const struct pipe *p)
{
	return !p->read_claimed && (p->head != p->tail || !p->writers);
}

static void pipe_woke_room(struct pipe *p)
{
	if (!list_empty(&p->write_wait.waiters) && pipe_space(p) >= MIN(p->capacity, PAGE_SIZE))
		waitq_wake(&p->write_wait, EPOLLOUT | EPOLLWRNORM);
}

/* Waits until something can be read: 1 there is data, 0 end of file, or -errno. */
static int read_wait(struct pipe *p, bool nonblock)
{
	while (p->head == p->tail || p->read_claimed) {
		if (!p->read_claimed && !p->writers)
			return 0;
		if (nonblock && !p->read_claimed)
			return -EAGAIN;
		if (wait_event(&p->read_wait, read_ready(p)))
			return -ERESTARTSYS;
	}
	return 1;
}

/* Moves what is there, stopping behind a packet, whose unread rest is dropped. */
static ssize_t read_some(struct pipe *p, struct uio *to)
{
	ssize_t total = 0;
	bool packet = false;

	while (to->left && p->head != p->tail && !packet) {
		size_t avail = pipe_readable(p, &packet);
		u8 *at;
		size_t n = ring_span(p, p->head, MIN(avail, to->left), &at);
		ssize_t got = uio_put(to, at, n);

		if (got <= 0)
			return total ? total : got;
		p->head += got;
		total += got;
		if (packet && (size_t)got == n && to->left && p->head != packet_head(p)->end) {
			packet = false; /* wrapped in the ring: go on within the packet */
			packet_head(p)->start = p->head;
		} else if (packet) {
			p->head = packet_head(p)->end;
			packet_pop(p);
		}
	}
	return total;
}

static ssize_t pipe_read(struct file *f, struct uio *to, u64 *pos)
{
	struct pipe *p = f->priv;
	ssize_t ret;

	if (!to->left)
		return 0;
	ret = read_wait(p, f->flags & O_NONBLOCK);
	if (ret <= 0)
		return ret;
	ret = read_some(p, to);
	pipe_woke_room(p);
	return ret;
}

/* ---- writing ---- */

static ssize_t broken_pipe(void)
{
	siginfo_t info;

	siginfo_user(&info, SIGPIPE);
	signal_send_task(current, SIGPIPE, &info);
	return -EPIPE;
}

static bool write_ready(const struct pipe *p, size_t need)
{
	return !p->readers || (!p->write_claimed && pipe_space(p) >= need);
}

/* One wait for room of need bytes: 0, -EPIPE (not signalled), -EAGAIN or -ERESTARTSYS. */
static int write_wait(struct pipe *p, size_t need, bool nonblock)
{
	while (!write_ready(p, need)) {
		if (nonblock && !p->write_claimed)
			return -EAGAIN;
		if (wait_event(&p->write_wait, write_ready(p, need)))
			return -ERESTARTSYS;
	}
	return p->readers ? 0 : -EPIPE;
}

static ssize_t write_some(struct pipe *p, struct uio *from, size_t max, bool packet)
{
	u64 start = p->tail;
	ssize_t room = ring_reserve(p, MIN(max, from->left));
	ssize_t ret = room;

	if (packet && packet_reserve(p))
		return -ENOMEM;
	while (room > 0) {
		u8 *at;
		size_t n = ring_span(p, p->tail, room, &at);

		ret = uio_get(from, at, n);
		if (ret <= 0)
			break;
		p->tail += ret;
		room -= ret;
		if ((size_t)ret < n)
			break;
	}
	if (p->tail == start)
		return ret;
	if (packet)
		packet_add(p, start, p->tail);
	waitq_wake(&p->read_wait, EPOLLIN | EPOLLRDNORM);
	return p->tail - start;
}

static ssize_t pipe_write(struct file *f, struct uio *from, u64 *pos)
{
	struct pipe *p = f->priv;
	bool packet = f->flags & O_DIRECT;
	ssize_t total = 0, ret = 0;

	if (!from->left)
		return 0;
	while (from->left) {
		size_t chunk = packet ? MIN(from->left, PAGE_SIZE) : from->left;
		/* Up to PIPE_BUF bytes go as one, if the whole write or packet is that small. */
		size_t need = total && !packet ? 1 : chunk <= PAGE_SIZE ? chunk : 1;

		ret = write_wait(p, need, f->flags & O_NONBLOCK);
		if (ret)
			break;
		ret = write_some(p, from, chunk, packet);
		if (ret <= 0)
			break;
		total += ret;
	}
	if (ret == -EPIPE)
		broken_pipe();
	return total ? total : ret;
}

/* ---- the rest of the file operations ---- */

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->priv;
	u32 ev = 0;

	if (FMODE_CAN_READ(f)) {
		poll_wait(pt, &p->read_wait);
		if (p->head != p->tail)
			ev |= EPOLLIN | EPOLLRDNORM;
		if (!p->writers && f->ra_pos != p->writer_opens)
			ev |= EPOLLHUP;
	}
	if (FMODE_CAN_WRITE(f)) {
		poll_wait(pt, &p->write_wait);
		if (pipe_space(p) >= PAGE_SIZE)
			ev |= EPOLLOUT | EPOLLWRNORM;
		if (!p->readers)
			ev |= EPOLLERR;
	}
	return ev;
}

static long pipe_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	struct pipe *p = f->priv;

	if (cmd == ABI_FIONREAD)
		return put_user_u32(arg, pipe_used(p));
	return -ENOTTY;
}

static long pipe_set_size(struct pipe *p, u64 arg)
{
	size_t size = PAGE_SIZE, old = p->capacity;
	u64 pages;

	if (arg > 1u << 31)
		return -EINVAL;
	while (size < arg)
		size *= 2;
	if (size > p->capacity && size > pipe_max_size && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (size > PIPE_HARD_SIZE)
		return -ENOMEM;
	if (size < pipe_used(p) || p->nr_packets > size / PAGE_SIZE)
		return -EBUSY;
	if (size < p->ring_size && ring_resize(p, size))
		return -ENOMEM;
	pages = pipe_charge(p, size);
	if (size > old && (pipe_user_over_soft(pages) || pipe_user_over_hard(pages))) {
		pipe_charge(p, old);
		return -EPERM;
	}
	pipe_woke_room(p);
	return size;
}

long pipe_fcntl(struct file *f, int cmd, u64 arg)
{
	struct pipe *p = pipe_of(f);

	if (!p)
		return -EBADF;
	return cmd == F_SETPIPE_SZ ? pipe_set_size(p, (u32)arg) : (long)p->capacity;
}

const struct file_ops fifo_ops = {
	.open = fifo_open,
	.release = pipe_release,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.stream = true,
	.poll_notify = true,
};

/* ---- what splice uses ---- */

int pipe_claim_read(struct pipe *p, bool nonblock)
{
	int ret = read_wait(p, nonblock);

	if (ret <= 0)
		return ret ? ret : 1;
	p->read_claimed = true;
	return 0;
}

int pipe_claim_write(struct pipe *p, bool nonblock)
{
	int ret = write_wait(p, 1, nonblock);

	if (ret)
		return ret == -EPIPE ? (int)broken_pipe() : ret;
	p->write_claimed = true;
	return 0;
}

void pipe_unclaim_read(struct pipe *p)
{
	p->read_claimed = false;
	waitq_wake(&p->read_wait, p->head != p->tail ? EPOLLIN | EPOLLRDNORM : 0);
	pipe_woke_room(p);
}

void pipe_unclaim_write(struct pipe *p)
{
	p->write_claimed = false;
	waitq_wake(&p->write_wait, EPOLLOUT | EPOLLWRNORM);
}

size_t pipe_peek(const struct pipe *p, void *dst, size_t len)
{
	bool packet;

	len = MIN(len, pipe_readable(p, &packet));
	ring_copy_out(p, p->head, dst, len);
	return len;
}

void pipe_consume(struct pipe *p, size_t len)
{
	BUG_ON(len > pipe_used(p));
	p->head += len;
	while (p->nr_packets && packet_head(p)->end <= p->head)
		packet_pop(p);
	if (p->nr_packets && packet_head(p)->start < p->head)
		packet_head(p)->start = p->head;
}

ssize_t pipe_push(struct pipe *p, const void *src, size_t len)
{
	struct uio u;

	uio_kernel(&u, (void *)src, len);
	return write_some(p, &u, len, false);
}

/* ---- system calls ---- */

static long do_pipe(uaddr_t fds, u32 flags)
{
	struct file *f[2];
	int fd[2], ret;

	if (flags & ~(u32)(O_NONBLOCK | O_CLOEXEC | O_DIRECT))
		return -EINVAL;
	ret = pipe_create(flags, f);
	if (ret)
		return ret;
	fd[0] = fd_install(f[0], 0, flags & O_CLOEXEC);
	if (fd[0] < 0) {
		file_put(f[0]);
		file_put(f[1]);
		return fd[0];
	}
	fd[1] = fd_install(f[1], 0, flags & O_CLOEXEC);
	if (fd[1] < 0) {
		fd_close(fd[0]);
		file_put(f[1]);
		return fd[1];
	}
	if (copy_to_user(fds, fd, sizeof(fd))) {
		fd_close(fd[0]);
		fd_close(fd[1]);
		return -EFAULT;
	}
	return 0;
}

SYSCALL_DEFINE1(pipe, uaddr_t, fds)
{
	return do_pipe(fds, 0);
}

SYSCALL_DEFINE2(pipe2, uaddr_t, fds, u32, flags)
{
	return do_pipe(fds, flags);
}
