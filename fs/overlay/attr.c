/*
 * Overlay attributes that change: setattr and extended attributes go to the upper layer, after a
 * copy-up. The overlay's own attributes (trusted.overlay.*) are invisible to the guest. Also the
 * text of symlinks, and unnamed files. xattr(7).
 */
#include "fs/overlay/ovl.h"

static bool is_private(const char *name)
{
	return !strncmp(name, OVL_XATTR_PREFIX, sizeof(OVL_XATTR_PREFIX) - 1);
}

int ovl_setattr(struct inode *i, const struct setattr *a)
{
	struct setattr real = *a;
	int ret = ovl_copy_up(i, a->valid & ATTR_SIZE ? a->size : OVL_ALL);

	if (ret < 0)
		return ret;
	real.file = NULL; /* the overlay's file means nothing to the layer */
	ret = ovl_do_setattr(ovl_i(i)->upper, &real);
	ovl_copyattr(i);
	return ret;
}

ssize_t ovl_getxattr(struct inode *i, const char *name, void *buf, size_t size)
{
	return is_private(name) ? -ENODATA : ovl_do_getxattr(ovl_real(i), name, buf, size);
}

int ovl_setxattr(struct inode *i, const char *name, const void *v, size_t n, int flags)
{
	struct inode *real;
	int ret = is_private(name) ? -EPERM : ovl_copy_up(i, OVL_ALL);

	if (ret < 0)
		return ret;
	real = ovl_i(i)->upper->inode;
	return real->ops->setxattr ? real->ops->setxattr(real, name, v, n, flags) : -EOPNOTSUPP;
}

int ovl_removexattr(struct inode *i, const char *name)
{
	struct inode *real;
	ssize_t ret;

	if (is_private(name))
		return -ENODATA;
	ret = ovl_do_getxattr(ovl_real(i), name, NULL, 0); /* no copy-up for what is not there */
	if (ret >= 0)
		ret = ovl_copy_up(i, OVL_ALL);
	if (ret < 0)
		return (int)ret;
	real = ovl_i(i)->upper->inode;
	return real->ops->removexattr ? real->ops->removexattr(real, name) : -EOPNOTSUPP;
}

static size_t drop_private(char *list, size_t len)
{
	char *out = list, *p = list, *end = list + len;

	while (p < end) {
		size_t n = strlen(p) + 1;

		if (!is_private(p)) {
			memmove(out, p, n);
			out += n;
		}
		p += n;
	}
	return (size_t)(out - list);
}

ssize_t ovl_listxattr(struct inode *i, char *buf, size_t size)
{
	struct inode *real = ovl_real(i)->inode;
	char *list;
	ssize_t n;

	if (!real->ops->listxattr)
		return -EOPNOTSUPP;
	if (!ovl_i(i)->upper) /* the lower layer's are the guest's own business */
		return real->ops->listxattr(real, buf, size);
	n = real->ops->listxattr(real, NULL, 0);
	if (n <= 0)
		return n;
	list = malloc((size_t)n);
	if (!list)
		return -ENOMEM;
	n = real->ops->listxattr(real, list, (size_t)n);
	if (n > 0)
		n = (ssize_t)drop_private(list, (size_t)n);
	if (n > 0 && size) {
		if ((size_t)n > size)
			n = -ERANGE;
		else
			memcpy(buf, list, (size_t)n);
	}
	free(list);
	return n;
}

int ovl_readlink(struct inode *i, char **target)
{
	struct inode *real = ovl_real(i)->inode;

	return real->ops->readlink ? real->ops->readlink(real, target) : -EINVAL;
}

int ovl_tmpfile(struct inode *dir, u32 mode, struct inode **out)
{
	struct ovl *o = ovl_of(dir);
	struct inode *udir, *real;
	struct dentry *d;
	int ret = ovl_copy_up(dir, OVL_ALL);

	if (ret < 0)
		return ret;
	udir = ovl_i(dir)->upper->inode;
	if (!udir->ops->tmpfile)
		return -EOPNOTSUPP;
	ret = udir->ops->tmpfile(udir, mode, &real);
	if (ret < 0)
		return ret;
	real->linkable = true; /* whether it is is decided on the overlay's inode */
	d = d_alloc(udir->sb, ovl_i(dir)->upper, "#tmpfile", 8);
	if (!d) {
		inode_put(real);
		return -ENOMEM;
	}
	d_instantiate(d, real);
	ret = ovl_iget(o, d, NULL, out);
	d_put(d);
	return ret;
}
