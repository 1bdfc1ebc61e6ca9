/*
 * Copying between the kernel and the current task's memory, and struct uio: the buffers of one
 * read- or write-like call, in guest memory or in the kernel. Guest pointers are uaddr_t and are
 * only ever used through these functions.
 */
#ifndef SKIFF_KERNEL_UACCESS_H
#define SKIFF_KERNEL_UACCESS_H

#include "kernel/abi.h"

int copy_from_user(void *dst, uaddr_t src, size_t len); /* 0 or -EFAULT */
int copy_to_user(uaddr_t dst, const void *src, size_t len);
/* A struct that has grown or will: usize is the caller's idea of its size. Fields the caller does
 * not know are zero, those we do not know must be: else -E2BIG, as beyond a page. Or -EFAULT. */
int copy_struct_from_user(void *dst, size_t size, uaddr_t src, size_t usize);
int clear_user(uaddr_t dst, size_t len);
/* Copies a NUL-terminated string; its length, -EFAULT, or -ENAMETOOLONG if it does not fit. */
ssize_t strncpy_from_user(char *dst, uaddr_t src, size_t size);
/* A malloc'ed path of at most PATH_MAX bytes: -ENAMETOOLONG, -EFAULT, -ENOMEM. *out is to be freed.
 */
int getname(uaddr_t src, char **out);

static inline int put_user_u32(uaddr_t dst, u32 v)
{
	return copy_to_user(dst, &v, sizeof(v));
}
static inline int put_user_u64(uaddr_t dst, u64 v)
{
	return copy_to_user(dst, &v, sizeof(v));
}

#define UIO_MAX_BYTES 0x7ffff000ul /* what one call transfers at most, as on Linux */

struct uio {
	const struct iovec *iov; /* iov_base: guest address, or kernel pointer if kernel is set */
	unsigned nr;		 /* segments left */
	size_t off;		 /* consumed bytes of iov[0] */
	size_t left;		 /* bytes left in all */
	bool kernel;
	struct iovec one; /* storage for the single-buffer case */
};

void uio_user(struct uio *u, uaddr_t buf, size_t len);
void uio_kernel(struct uio *u, void *buf, size_t len);
/* Imports a guest iovec array (readv & co): checks count (UIO_MAXIOV) and that the lengths sum to
 * at most SSIZE_MAX (cut to 0x7ffff000). *array is to be freed. */
int uio_user_vec(struct uio *u, uaddr_t iov, u64 nr, struct iovec **array);
/* The caller of a read receives bytes: copies src into the buffers and advances. Bytes copied;
 * -EFAULT if none could be. */
ssize_t uio_put(struct uio *u, const void *src, size_t len);
/* The caller of a write supplies bytes: copies them to dst and advances. */
ssize_t uio_get(struct uio *u, void *dst, size_t len);
void uio_advance(struct uio *u, size_t len);
ssize_t uio_put_zeros(struct uio *u, size_t len);

/* Transfer buffers for files whose data has to pass through the kernel's memory: taken from a small
 * pool, so that large reads and writes do not pay for fresh pages. NULL: out of memory. */
#define IO_BUFFER_SIZE (128 * 1024ul)
void *io_buffer_get(void);
void io_buffer_put(void *buf);

#endif
