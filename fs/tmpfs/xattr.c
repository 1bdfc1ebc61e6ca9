/* Extended attributes of tmpfs: a list per inode. The core has checked names and rights. xattr(7).
 */
#include "fs/tmpfs/internal.h"

#define XATTR_BYTES_MAX (256 * 1024ul) /* of one inode */
#define XATTR_CREATE_FLAG 1
#define XATTR_REPLACE_FLAG 2

static struct tmpfs_xattr **xattr_find(struct inode *i, const char *name)
{
	struct tmpfs_xattr **p = &tmpfs_node(i)->xattrs;

	while (*p && strcmp((*p)->name, name))
		p = &(*p)->next;
	return p;
}

static size_t xattr_size(const struct tmpfs_xattr *x)
{
	return sizeof(*x) + strlen(x->name) + x->len;
}

static size_t xattr_bytes(const struct inode *i)
{
	size_t n = 0;

	for (const struct tmpfs_xattr *x = tmpfs_node(i)->xattrs; x; x = x->next)
		n += xattr_size(x);
	return n;
}

static void xattr_unlink(struct inode *i, struct tmpfs_xattr **p)
{
	struct tmpfs_xattr *x = *p;

	*p = x->next;
	tmpfs_uncharge_meta(i, xattr_size(x));
	free(x->name);
	free(x);
}

ssize_t tmpfs_getxattr(struct inode *i, const char *name, void *buf, size_t size)
{
	const struct tmpfs_xattr *x = *xattr_find(i, name);

	if (!x)
		return -ENODATA;
	if (!size)
		return (ssize_t)x->len;
	if (size < x->len)
		return -ERANGE;
	memcpy(buf, x->value, x->len);
	return (ssize_t)x->len;
}

int tmpfs_setxattr(struct inode *i, const char *name, const void *v, size_t n, int flags)
{
	struct tmpfs_xattr **old = xattr_find(i, name), *x;

	if (*old && (flags & XATTR_CREATE_FLAG))
		return -EEXIST;
	if (!*old && (flags & XATTR_REPLACE_FLAG))
		return -ENODATA;
	if (xattr_bytes(i) + n > XATTR_BYTES_MAX)
		return -ENOSPC;
	x = malloc(sizeof(*x) + n);
	if (!x)
		return -ENOMEM;
	x->name = strdup(name);
	if (!x->name) {
		free(x);
		return -ENOMEM;
	}
	x->len = n;
	if (tmpfs_charge_meta(i, xattr_size(x)) < 0) {
		free(x->name);
		free(x);
		return -ENOSPC;
	}
	memcpy(x->value, v, n);
	if (*old)
		xattr_unlink(i, old);
	x->next = *old;
	*old = x;
	inode_now(&i->ctime);
	return 0;
}

ssize_t tmpfs_listxattr(struct inode *i, char *buf, size_t size)
{
	size_t done = 0;

	for (const struct tmpfs_xattr *x = tmpfs_node(i)->xattrs; x; x = x->next) {
		size_t n = strlen(x->name) + 1;

		if (size) {
			if (size - done < n)
				return -ERANGE;
			memcpy(buf + done, x->name, n);
		}
		done += n;
	}
	return (ssize_t)done;
}

int tmpfs_removexattr(struct inode *i, const char *name)
{
	struct tmpfs_xattr **p = xattr_find(i, name);

	if (!*p)
		return -ENODATA;
	xattr_unlink(i, p);
	inode_now(&i->ctime);
	return 0;
}

void tmpfs_xattr_free(struct inode *i)
{
	while (tmpfs_node(i)->xattrs)
		xattr_unlink(i, &tmpfs_node(i)->xattrs);
}
