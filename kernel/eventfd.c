/*
 * eventfd(2): a counter of 64 bits. Reading takes it (or one, with EFD_SEMAPHORE) and sleeps while
 * it is 0; writing adds and sleeps while the sum would exceed UINT64_MAX - 1.
 */
#include "kernel/eventfd.h"

#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "kernel/syscall.h"

#include <stdio.h>

#define ABI_EFD_SEMAPHORE 1

struct eventfd {
	u64 count;
	bool semaphore;
	struct waitq wait;
};

static ssize_t eventfd_read(struct file *f, struct uio *to, u64 *pos)
{
	struct eventfd *e = f->priv;
	u64 v;

	if (to->left < sizeof(v))
		return -EINVAL;
	if (!e->count && f->flags & O_NONBLOCK)
		return -EAGAIN;
	if (!e->count && wait_event(&e->wait, e->count))
		return -ERESTARTSYS;
	v = e->semaphore ? 1 : e->count;
	e->count -= v;
	waitq_wake(&e->wait, EPOLLOUT);
	return uio_put(to, &v, sizeof(v)) == sizeof(v) ? (ssize_t)sizeof(v) : -EFAULT;
}

static ssize_t eventfd_write(struct file *f, struct uio *from, u64 *pos)
{
	struct eventfd *e = f->priv;
	u64 v;

	if (from->left < sizeof(v))
		return -EINVAL;
	if (uio_get(from, &v, sizeof(v)) != sizeof(v))
		return -EFAULT;
	if (v == UINT64_MAX)
		return -EINVAL;
	if (v >= UINT64_MAX - e->count) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&e->wait, v < UINT64_MAX - e->count))
			return -ERESTARTSYS;
	}
	e->count += v;
	waitq_wake(&e->wait, EPOLLIN);
	return sizeof(v);
}

static u32 eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->priv;

	poll_wait(pt, &e->wait);
	return (e->count ? EPOLLIN : 0) | (e->count < UINT64_MAX - 1 ? EPOLLOUT : 0);
}

static void eventfd_release(struct file *f)
{
	free(f->priv);
}

static int eventfd_fdinfo(struct file *f, char *buf, size_t size)
{
	struct eventfd *e = f->priv;

	return snprintf(buf, size, "eventfd-count: %16llx\neventfd-semaphore: %d\n",
		(unsigned long long)e->count, e->semaphore);
}

static const struct file_ops eventfd_ops = {
	.release = eventfd_release,
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.show_fdinfo = eventfd_fdinfo,
	.stream = true,
	.poll_notify = true,
};

bool file_is_eventfd(const struct file *f)
{
	return f->ops == &eventfd_ops;
}

void eventfd_signal(struct file *f)
{
	struct eventfd *e = f->priv;

	if (e->count < UINT64_MAX)
		e->count++;
	waitq_wake(&e->wait, EPOLLIN);
}

static long do_eventfd(u32 count, u32 flags)
{
	struct eventfd *e;
	struct file *f;
	int fd, ret;

	if (flags & ~(u32)(O_CLOEXEC | O_NONBLOCK | ABI_EFD_SEMAPHORE))
		return -EINVAL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->count = count;
	e->semaphore = flags & ABI_EFD_SEMAPHORE;
	waitq_init(&e->wait);
	ret = file_anon(
		"anon_inode:[eventfd]", &eventfd_ops, e, O_RDWR | (flags & O_NONBLOCK), 0600, &f);
	if (ret) {
		free(e);
		return ret;
	}
	fd = fd_install(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

SYSCALL_DEFINE1(eventfd, u32, count)
{
	return do_eventfd(count, 0);
}

SYSCALL_DEFINE2(eventfd2, u32, count, u32, flags)
{
	return do_eventfd(count, flags);
}
