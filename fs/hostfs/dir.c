/*
 * hostfs changes to directories: create, mkdir, mknod, symlink, link, unlink, rmdir, rename,
 * tmpfile, and readlink. The VFS has checked permissions and that the mount is writable; the host
 * has the last word. A new file belongs to the task that made it where the host allows that: as
 * host root by chown, with map by attribute; otherwise it belongs to skiff's user, which the guest
 * sees as root.
 */
#include "fs/hostfs/node.h"
#include "kernel/task.h"

#include <stdio.h>

/* The mode a host file is made with: final unless an attribute will tell more (map). */
static u32 new_mode(const struct hostfs *h, const struct hostfs_owner *o)
{
	return h->map ? hostfs_map_mode(o->mode) : o->mode & 07777;
}

/* Gives the just made file at *at its owner. */
static int give(struct hostfs *h, const struct hostfs_at *at, const struct hostfs_owner *o)
{
	int ret = 0;

	if (h->map)
		return hostfs_map_trivial(o) ? 0 : hostfs_map_put(at, o, false);
	if (h->uid || (!o->uid && !o->gid))
		return 0;
	ret = os_chownat(at->dir, at->name, o->uid, o->gid);
	if (ret == 0 && (o->mode & 07000) && !S_ISLNK(o->mode))
		ret = os_chmodat(at->dir, at->name, o->mode & 07777);
	return ret;
}

/* Owner, then the inode of the file just made at *at, bound to d. */
static int finish(struct inode *dir, struct dentry *d, const struct hostfs_at *at,
	const struct hostfs_owner *o)
{
	struct hostfs *h = hostfs_of(dir);
	struct os_stat st;
	struct inode *i;
	int ret = give(h, at, o);

	if (ret == 0)
		ret = os_statat(at->dir, at->name, &st);
	if (ret == 0)
		ret = hostfs_iget(h, at, &st, &i);
	if (ret < 0)
		return ret;
	if (h->max_bytes)
		hostfs_quota_made(i);
	hostfs_stale(dir);
	return hostfs_bind(d, i);
}

static int hostfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	struct hostfs *h = hostfs_of(dir);
	struct hostfs_at at = {.name = ""};
	struct hostfs_node *n;
	struct hostfs_owner o;
	int dirfd = hostfs_dirfd(dir), ret;

	if (dirfd < 0)
		return dirfd;
	ret = hostfs_quota_new(h);
	if (ret < 0)
		return ret;
	hostfs_owner_new(dir, S_IFREG | mode, &o);
	hostfs_node(dir)->busy++;
	ret = hostfs_openat(h, dirfd, d->name, O_CREAT | O_EXCL | O_RDWR, new_mode(h, &o));
	hostfs_node(dir)->busy--;
	if (ret < 0)
		return ret;
	at.dir = ret;
	ret = finish(dir, d, &at, &o);
	if (ret < 0) {
		os_unlinkat(dirfd, d->name, false);
		os_close(at.dir);
		return ret;
	}
	n = hostfs_node(d->inode);
	if (n->fd[HOSTFS_WR] < 0) /* for the open that follows */
		hostfs_keep_fd(n, at.dir);
	else
		os_close(at.dir);
	return 0;
}

static int hostfs_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	struct hostfs *h = hostfs_of(dir);
	struct hostfs_at at = {.dir = hostfs_dirfd(dir), .name = d->name};
	struct hostfs_owner o;
	int ret;

	if (at.dir < 0)
		return at.dir;
	ret = hostfs_quota_new(h);
	if (ret < 0)
		return ret;
	hostfs_owner_new(dir, S_IFDIR | mode, &o);
	ret = os_mkdirat(at.dir, d->name, new_mode(h, &o));
	if (ret < 0)
		return ret;
	ret = finish(dir, d, &at, &o);
	if (ret < 0)
		os_unlinkat(at.dir, d->name, true);
	else
		dir->nlink++;
	return ret;
}

static int hostfs_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	struct hostfs *h = hostfs_of(dir);
	struct hostfs_at at = {.dir = hostfs_dirfd(dir), .name = d->name};
	struct hostfs_owner o;
	int ret;

	if (at.dir < 0)
		return at.dir;
	ret = hostfs_quota_new(h);
	if (ret < 0)
		return ret;
	hostfs_owner_new(dir, mode, &o);
	o.rdev = rdev;
	if (h->map)
		ret = os_mknodat(at.dir, d->name, S_IFREG | new_mode(h, &o), 0);
	else
		ret = os_mknodat(at.dir, d->name, (mode & S_IFMT) | new_mode(h, &o), rdev);
	if (ret < 0)
		return ret;
	ret = finish(dir, d, &at, &o);
	if (ret < 0)
		os_unlinkat(at.dir, d->name, false);
	return ret;
}

static int hostfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	struct hostfs *h = hostfs_of(dir);
	struct hostfs_at at = {.dir = hostfs_dirfd(dir), .name = d->name};
	struct hostfs_owner o, root;
	int ret;

	if (at.dir < 0)
		return at.dir;
	ret = hostfs_quota_new(h);
	if (ret < 0)
		return ret;
	hostfs_owner_new(dir, S_IFLNK | 0777, &o);
	root = (struct hostfs_owner){.mode = S_IFREG | 0600};
	ret = os_symlinkat(target, at.dir, d->name);
	if (ret < 0)
		return ret;
	ret = finish(dir, d, &at, h->map ? &root : &o);
	if (ret == 0 && h->map && (o.uid || o.gid))
		ret = hostfs_map_chown_link(d->inode, &o);
	if (ret == 0 && h->map)
		ret = hostfs_refresh(d->inode);
	if (ret < 0)
		os_unlinkat(at.dir, d->name, false);
	return ret;
}

/* Both directories' descriptors at once. */
static int two_dirs(struct inode *a, struct inode *b, int fd[2])
{
	fd[0] = hostfs_dirfd(a);
	if (fd[0] < 0)
		return fd[0];
	hostfs_node(a)->busy++;
	fd[1] = hostfs_dirfd(b);
	hostfs_node(a)->busy--;
	return fd[1] < 0 ? fd[1] : 0;
}

static int hostfs_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *i = old->inode;
	struct hostfs_node *n = hostfs_node(i);
	struct inode *from = old->parent->inode;
	int fd[2], ret;

	if (list_empty(&n->aliases)) { /* O_TMPFILE: by its descriptor */
		fd[0] = n->pin >= 0 ? n->pin : n->fd[HOSTFS_WR];
		fd[1] = hostfs_dirfd(dir);
		ret = fd[0] < 0	  ? -ENOENT
		      : fd[1] < 0 ? fd[1]
				  : os_linkat(fd[0], "", fd[1], d->name);
	} else {
		ret = two_dirs(from, dir, fd);
		if (ret == 0)
			ret = os_linkat(fd[0], old->name, fd[1], d->name);
	}
	if (ret < 0)
		return ret;
	i->nlink++;
	hostfs_stale(i);
	hostfs_stale(dir);
	return hostfs_bind(d, inode_get(i));
}

static int hostfs_remove(struct inode *dir, struct dentry *d, bool directory)
{
	struct inode *i = d->inode;
	int dirfd = hostfs_dirfd(dir), ret;

	if (dirfd < 0)
		return dirfd;
	hostfs_node(dir)->busy++;
	hostfs_pin(i, d, dirfd);
	hostfs_node(dir)->busy--;
	ret = os_unlinkat(dirfd, d->name, directory);
	if (ret < 0)
		return ret;
	hostfs_unbind(d);
	if (directory) {
		i->nlink = 0;
		dir->nlink--;
	} else if (i->nlink) {
		i->nlink--;
	}
	hostfs_stale(i);
	hostfs_stale(dir);
	return 0;
}

static int hostfs_unlink(struct inode *dir, struct dentry *d)
{
	return hostfs_remove(dir, d, false);
}

static int hostfs_rmdir(struct inode *dir, struct dentry *d)
{
	return hostfs_remove(dir, d, true);
}

static int hostfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	struct dentry *new, u32 flags)
{
	int fd[2], ret = two_dirs(old_dir, new_dir, fd);
	struct inode *gone = flags & RENAME_EXCHANGE ? NULL : new->inode;

	if (ret < 0)
		return ret;
	hostfs_node(old_dir)->busy++;
	hostfs_node(new_dir)->busy++;
	if (gone)
		hostfs_pin(gone, new, fd[1]);
	hostfs_node(old_dir)->busy--;
	hostfs_node(new_dir)->busy--;
	ret = os_renameat(fd[0], old->name, fd[1], new->name, flags);
	if (ret < 0)
		return ret;
	if (gone) {
		hostfs_unbind(new);
		if (gone->nlink)
			gone->nlink--;
		hostfs_stale(gone);
	}
	hostfs_stale(old->inode);
	hostfs_stale(old_dir);
	hostfs_stale(new_dir);
	return 0;
}

static int hostfs_tmpfile(struct inode *dir, u32 mode, struct inode **out)
{
	struct hostfs *h = hostfs_of(dir);
	struct hostfs_at at = {.name = ""};
	struct hostfs_owner o;
	struct os_stat st;
	int dirfd = hostfs_dirfd(dir), ret;

	if (dirfd < 0)
		return dirfd;
	ret = hostfs_quota_new(h);
	if (ret < 0)
		return ret;
	hostfs_owner_new(dir, S_IFREG | mode, &o);
	hostfs_node(dir)->busy++;
	at.dir = ret = hostfs_openat(h, dirfd, "", O_TMPFILE | O_RDWR, new_mode(h, &o));
	hostfs_node(dir)->busy--;
	if (ret < 0)
		return ret;
	ret = give(h, &at, &o);
	if (ret == 0)
		ret = os_statat(at.dir, "", &st);
	if (ret == 0)
		ret = hostfs_iget(h, &at, &st, out);
	if (ret < 0) {
		os_close(at.dir);
		return ret;
	}
	if (h->max_bytes)
		hostfs_quota_made(*out);
	hostfs_node(*out)->pin = at.dir;
	return 0;
}

/* A link kept as a regular file (map) holds its target as content. */
static ssize_t read_target(struct hostfs *h, const struct hostfs_at *at, char *buf, size_t size)
{
	ssize_t n = os_readlinkat(at->dir, at->name, buf, size);
	int fd;

	if (n != -EINVAL || !h->map)
		return n;
	fd = hostfs_openat(h, at->dir, at->name, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = os_pread(fd, buf, size, 0);
	os_close(fd);
	return n;
}

static int hostfs_readlink(struct inode *i, char **target)
{
	struct hostfs_node *n = hostfs_node(i);
	char buf[PATH_MAX];
	struct hostfs_at at;
	ssize_t len;
	int ret;

	if (!n->target) {
		ret = hostfs_locate(i, &at);
		if (ret < 0)
			return ret;
		len = read_target(hostfs_of(i), &at, buf, sizeof(buf) - 1);
		if (len < 0)
			return (int)len;
		n->target = strndup(buf, (size_t)len);
	}
	*target = n->target ? strdup(n->target) : NULL;
	return *target ? 0 : -ENOMEM;
}

#define ATTR_OPS \
	.permission = hostfs_permission, .getattr = hostfs_getattr, .setattr = hostfs_setattr, \
	.getxattr = hostfs_getxattr, .setxattr = hostfs_setxattr, .listxattr = hostfs_listxattr, \
	.removexattr = hostfs_removexattr

const struct inode_ops hostfs_dir_iops = {
	.lookup = hostfs_lookup,
	.create = hostfs_create,
	.mkdir = hostfs_mkdir,
	.mknod = hostfs_mknod,
	.symlink = hostfs_symlink,
	.link = hostfs_link,
	.unlink = hostfs_unlink,
	.rmdir = hostfs_rmdir,
	.rename = hostfs_rename,
	.tmpfile = hostfs_tmpfile,
	.revalidate = hostfs_revalidate,
	ATTR_OPS,
};

const struct inode_ops hostfs_file_iops = {ATTR_OPS};

const struct inode_ops hostfs_link_iops = {
	.readlink = hostfs_readlink,
	ATTR_OPS,
};
