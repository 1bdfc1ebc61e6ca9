/*
 * Copying to and from the current task's memory, and struct uio, the buffers of one read- or
 * write-like call. Every guest pointer of every system call passes through here: ranges that reach
 * beyond the user half are -EFAULT before the guest is asked. Also owns the pool of transfer
 * buffers that filesystems bounce large reads and writes through. readv(2).
 */
#include "kernel/uaccess.h"

#include "kernel/guest.h"
#include "kernel/sched.h"

static bool user_range_ok(uaddr_t p, size_t len)
{
	return len <= USER_ADDR_MAX && p <= USER_ADDR_MAX - len;
}

int copy_from_user(void *dst, uaddr_t src, size_t len)
{
	if (!user_range_ok(src, len))
		return -EFAULT;
	return len ? guest_read(current, dst, src, len) : 0;
}

int copy_to_user(uaddr_t dst, const void *src, size_t len)
{
	if (!user_range_ok(dst, len))
		return -EFAULT;
	return len ? guest_write(current, dst, src, len) : 0;
}

int clear_user(uaddr_t dst, size_t len)
{
	static const char zeros[PAGE_SIZE];

	while (len) {
		size_t n = MIN(len, sizeof(zeros));

		if (copy_to_user(dst, zeros, n))
			return -EFAULT;
		dst += n;
		len -= n;
	}
	return 0;
}

ssize_t strncpy_from_user(char *dst, uaddr_t src, size_t size)
{
	size_t done = 0;

	while (done < size) {
		/* Short strings are the rule: one small read finds their end. */
		size_t want = MIN(size - done, done ? PAGE_SIZE : (size_t)256);
		ssize_t n;
		char *end;

		if (src + done >= USER_ADDR_MAX)
			return -EFAULT;
		want = MIN(want, (size_t)(USER_ADDR_MAX - (src + done)));
		n = guest_read_some(current, dst + done, src + done, want);
		if (n <= 0)
			return -EFAULT;
		end = memchr(dst + done, 0, (size_t)n);
		if (end)
			return end - dst;
		done += (size_t)n;
	}
	return -ENAMETOOLONG;
}

int copy_struct_from_user(void *dst, size_t size, uaddr_t src, size_t usize)
{
	u8 rest[256];

	if (usize > PAGE_SIZE)
		return -E2BIG;
	memset(dst, 0, size);
	if (copy_from_user(dst, src, MIN(size, usize)))
		return -EFAULT;
	for (size_t at = size; at < usize;) {
		size_t n = MIN(usize - at, sizeof(rest));

		if (copy_from_user(rest, src + at, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (rest[i])
				return -E2BIG;
		at += n;
	}
	return 0;
}

int getname(uaddr_t src, char **out)
{
	char small[256], *name;
	ssize_t n = strncpy_from_user(small, src, sizeof(small));

	if (n >= 0) {
		name = malloc((size_t)n + 1);
		if (!name)
			return -ENOMEM;
		memcpy(name, small, (size_t)n + 1);
		*out = name;
		return 0;
	}
	if (n != -ENAMETOOLONG)
		return (int)n;
	name = malloc(PATH_MAX);
	if (!name)
		return -ENOMEM;
	n = strncpy_from_user(name, src, PATH_MAX);
	if (n < 0) {
		free(name);
		return (int)n;
	}
	*out = name;
	return 0;
}

/* ---- struct uio ---- */

void uio_user(struct uio *u, uaddr_t buf, size_t len)
{
	u->one.iov_base = (void *)buf;
	u->one.iov_len = MIN(len, (size_t)UIO_MAX_BYTES);
	u->iov = &u->one;
	u->nr = 1;
	u->off = 0;
	u->left = u->one.iov_len;
	u->kernel = false;
}

void uio_kernel(struct uio *u, void *buf, size_t len)
{
	u->one.iov_base = buf;
	u->one.iov_len = len;
	u->iov = &u->one;
	u->nr = 1;
	u->off = 0;
	u->left = len;
	u->kernel = true;
}

int uio_user_vec(struct uio *u, uaddr_t iov, u64 nr, struct iovec **array)
{
	struct iovec *v;
	size_t total = 0;

	*array = NULL;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	v = malloc((nr ? nr : 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	if (copy_from_user(v, iov, nr * sizeof(*v))) {
		free(v);
		return -EFAULT;
	}
	for (u64 i = 0; i < nr; i++) {
		if ((ssize_t)v[i].iov_len < 0) {
			free(v);
			return -EINVAL;
		}
		if (!user_range_ok((uaddr_t)v[i].iov_base, v[i].iov_len)) {
			free(v);
			return -EFAULT;
		}
		v[i].iov_len = MIN(v[i].iov_len, (size_t)UIO_MAX_BYTES - total);
		total += v[i].iov_len;
	}
	memset(u, 0, sizeof(*u));
	u->iov = v;
	u->nr = (unsigned)nr;
	u->left = total;
	*array = v;
	return 0;
}

void uio_advance(struct uio *u, size_t len)
{
	u->left -= len;
	while (u->nr && len) {
		size_t room = u->iov->iov_len - u->off;

		if (len < room) {
			u->off += len;
			return;
		}
		len -= room;
		u->iov++;
		u->nr--;
		u->off = 0;
	}
}

/* Fills seg with the buffers that the next len bytes go to or come from; their number. */
#define UIO_BATCH 16
static unsigned uio_segments(const struct uio *u, struct iovec *seg, size_t len)
{
	size_t off = u->off;
	unsigned n = 0;

	for (unsigned i = 0; i < u->nr && n < UIO_BATCH && len; i++, off = 0) {
		size_t part = MIN(u->iov[i].iov_len - off, len);

		if (!part)
			continue;
		seg[n].iov_base = (char *)u->iov[i].iov_base + off;
		seg[n++].iov_len = part;
		len -= part;
	}
	return n;
}

static size_t segments_len(const struct iovec *seg, unsigned n)
{
	size_t len = 0;

	while (n--)
		len += seg[n].iov_len;
	return len;
}

static ssize_t segments_copy(
	const struct uio *u, const struct iovec *seg, unsigned n, char *buf, bool put)
{
	size_t len = segments_len(seg, n);

	if (u->kernel) {
		for (unsigned i = 0; i < n; buf += seg[i++].iov_len)
			if (put)
				memcpy(seg[i].iov_base, buf, seg[i].iov_len);
			else
				memcpy(buf, seg[i].iov_base, seg[i].iov_len);
		return (ssize_t)len;
	}
	if (n > 1)
		return put ? guest_writev(current, buf, len, seg, n)
			   : guest_readv(current, buf, len, seg, n);
	if (!user_range_ok((uaddr_t)seg->iov_base, len))
		return -EFAULT;
	return put ? guest_write_some(current, (uaddr_t)seg->iov_base, buf, len)
		   : guest_read_some(current, buf, (uaddr_t)seg->iov_base, len);
}

static ssize_t uio_copy(struct uio *u, char *buf, size_t len, bool put)
{
	struct iovec seg[UIO_BATCH];
	size_t done = 0;

	len = MIN(len, u->left);
	while (done < len) {
		unsigned n = uio_segments(u, seg, len - done);
		size_t want = segments_len(seg, n);
		ssize_t got = segments_copy(u, seg, n, buf + done, put);

		if (got <= 0)
			return done ? (ssize_t)done : -EFAULT;
		uio_advance(u, (size_t)got);
		done += (size_t)got;
		if ((size_t)got < want)
			break;
	}
	return (ssize_t)done;
}

ssize_t uio_put(struct uio *u, const void *src, size_t len)
{
	return uio_copy(u, (char *)src, len, true);
}

ssize_t uio_get(struct uio *u, void *dst, size_t len)
{
	return uio_copy(u, dst, len, false);
}

ssize_t uio_put_zeros(struct uio *u, size_t len)
{
	static const char zeros[4 * PAGE_SIZE];
	size_t done = 0;

	len = MIN(len, u->left);
	while (done < len) {
		size_t want = MIN(len - done, sizeof(zeros));
		ssize_t n = uio_put(u, zeros, want);

		if (n <= 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		if ((size_t)n < want)
			break;
	}
	return (ssize_t)done;
}

/* ---- transfer buffers ---- */

static void *idle_buffers[2];

void *io_buffer_get(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(idle_buffers); i++) {
		void *p = idle_buffers[i];

		if (p) {
			idle_buffers[i] = NULL;
			return p;
		}
	}
	return malloc(IO_BUFFER_SIZE);
}

void io_buffer_put(void *buf)
{
	for (size_t i = 0; i < ARRAY_SIZE(idle_buffers); i++) {
		if (!idle_buffers[i]) {
			idle_buffers[i] = buf;
			return;
		}
	}
	free(buf);
}
