/*
 * Operations on one layer of an overlay, by calling the layer's inode ops and doing what the VFS
 * does around them to the dentry cache. No permission is checked here. Every dentry passed comes
 * from ovl_child, so it has a parent in the same layer.
 */
#include "fs/overlay/ovl.h"

#include <stdio.h>

int ovl_child(struct dentry *dir, const char *name, struct dentry **out)
{
	return d_lookup(dir, name, strlen(name), out);
}

int ovl_tmp(struct ovl *o, struct dentry **out)
{
	char name[24];
	int ret;

	for (;;) {
		snprintf(name, sizeof(name), "#%llx", (unsigned long long)o->next_tmp++);
		ret = ovl_child(o->work, name, out);
		if (ret < 0 || !(*out)->inode)
			return ret;
		d_put(*out);
	}
}

static int made(struct dentry *d, int ret)
{
	if (ret == 0)
		d_hash(d);
	return ret;
}

int ovl_do_create(struct dentry *d, u32 mode)
{
	struct inode *dir = d->parent->inode;

	return dir->ops->create ? made(d, dir->ops->create(dir, d, S_IFREG | (mode & 07777)))
				: -EPERM;
}

int ovl_do_mkdir(struct dentry *d, u32 mode)
{
	struct inode *dir = d->parent->inode;

	return dir->ops->mkdir ? made(d, dir->ops->mkdir(dir, d, mode & 07777)) : -EPERM;
}

int ovl_do_mknod(struct dentry *d, u32 mode, u64 rdev)
{
	struct inode *dir = d->parent->inode;

	return dir->ops->mknod ? made(d, dir->ops->mknod(dir, d, mode, rdev)) : -EPERM;
}

int ovl_do_symlink(struct dentry *d, const char *target)
{
	struct inode *dir = d->parent->inode;

	return dir->ops->symlink ? made(d, dir->ops->symlink(dir, d, target)) : -EPERM;
}

int ovl_do_link(struct dentry *old, struct dentry *d)
{
	struct inode *dir = d->parent->inode;

	return dir->ops->link ? made(d, dir->ops->link(old, dir, d)) : -EPERM;
}

int ovl_do_remove(struct dentry *d)
{
	struct inode *dir = d->parent->inode;
	int ret;

	if (S_ISDIR(d->inode->mode))
		ret = dir->ops->rmdir ? dir->ops->rmdir(dir, d) : -EPERM;
	else
		ret = dir->ops->unlink ? dir->ops->unlink(dir, d) : -EPERM;
	if (ret == 0)
		d_drop(d);
	return ret;
}

int ovl_do_rename(struct dentry *old, struct dentry *new, u32 flags)
{
	struct inode *od = old->parent->inode, *nd = new->parent->inode;
	int ret = od->ops->rename ? od->ops->rename(od, old, nd, new, flags) : -EPERM;

	if (ret == 0)
		d_move(old, new, flags & RENAME_EXCHANGE);
	return ret;
}

int ovl_do_setattr(struct dentry *d, const struct setattr *a)
{
	struct inode *i = d->inode;

	return i->ops->setattr ? i->ops->setattr(i, a) : inode_setattr(i, a);
}

int ovl_do_setxattr(struct dentry *d, const char *name, const void *v, size_t n)
{
	struct inode *i = d->inode;

	return i->ops->setxattr ? i->ops->setxattr(i, name, v, n, 0) : -EOPNOTSUPP;
}

ssize_t ovl_do_getxattr(struct dentry *d, const char *name, void *buf, size_t size)
{
	struct inode *i = d->inode;

	return i->ops->getxattr ? i->ops->getxattr(i, name, buf, size) : -EOPNOTSUPP;
}

/* Makes name in dir a whiteout, in place of what the upper layer has there: a file is replaced at
 * once, a directory must have been removed. */
int ovl_whiteout(struct ovl *o, struct dentry *dir, const char *name)
{
	struct dentry *d, *tmp;
	int ret = ovl_child(dir, name, &d);

	if (ret < 0)
		return ret;
	if (!d->inode) {
		ret = ovl_do_mknod(d, S_IFCHR, 0);
		goto out;
	}
	ret = ovl_tmp(o, &tmp);
	if (ret < 0)
		goto out;
	ret = ovl_do_mknod(tmp, S_IFCHR, 0);
	if (ret == 0) {
		ret = ovl_do_rename(tmp, d, 0);
		if (ret < 0)
			ovl_do_remove(tmp);
	}
	d_put(tmp);
out:
	d_put(d);
	return ret;
}

bool ovl_is_opaque(struct dentry *d)
{
	char v;

	return ovl_do_getxattr(d, OVL_XATTR_OPAQUE, &v, 1) == 1 && v == 'y';
}

int ovl_set_opaque(struct dentry *d)
{
	return ovl_do_setxattr(d, OVL_XATTR_OPAQUE, "y", 1);
}

/* Before a directory with a lower part gets another name: where that part is from now on. */
int ovl_set_redirect(struct ovl *o, struct dentry *upper, struct dentry *lower)
{
	char path[OVL_REDIRECT_MAX], *at = path + sizeof(path);
	const struct dentry *d;

	for (d = lower; d != o->lower; d = d->parent) {
		if (d->parent == d || (size_t)(at - path) < d->name_len + 1u)
			return -EXDEV;
		*--at = '/';
		at -= d->name_len;
		memcpy(at, d->name, d->name_len);
	}
	return ovl_do_setxattr(upper, OVL_XATTR_REDIRECT, at, (size_t)(path + sizeof(path) - at));
}

int ovl_get_redirect(struct ovl *o, struct dentry *upper, struct dentry **lower)
{
	char path[OVL_REDIRECT_MAX + 1], *p = path, *name;
	ssize_t n = ovl_do_getxattr(upper, OVL_XATTR_REDIRECT, path, OVL_REDIRECT_MAX);
	struct dentry *d, *child;
	int ret;

	if (n <= 0)
		return 0;
	path[n] = 0;
	d = d_get(o->lower);
	while ((name = strsep(&p, "/")) && *name) {
		ret = ovl_child(d, name, &child);
		d_put(d);
		if (ret < 0)
			return ret;
		d = child;
		if (!d->inode || !S_ISDIR(d->inode->mode)) {
			d_put(d);
			d = NULL;
			break;
		}
	}
	*lower = d;
	return 1;
}

/* An open file of a layer, for use by the overlay's file on top of it: it has no mount. */
int ovl_open_real(struct dentry *real, u32 flags, struct file **out)
{
	struct file *f = calloc(1, sizeof(*f));
	int ret = 0;

	if (!f)
		return -ENOMEM;
	f->refs = 1;
	f->flags = flags & ~(u32)(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY);
	f->path.dentry = d_get(real);
	f->inode = inode_get(real->inode);
	f->ops = f->inode->fops;
	list_init(&f->epitems);
	if (f->ops->open)
		ret = f->ops->open(f->inode, f);
	if (ret < 0) {
		inode_put(f->inode);
		d_put(real);
		free(f);
		return ret;
	}
	*out = f;
	return 0;
}

void ovl_close_real(struct file *f)
{
	if (!f)
		return;
	if (f->ops->release)
		f->ops->release(f);
	inode_put(f->inode);
	d_put(f->path.dentry);
	free(f);
}
