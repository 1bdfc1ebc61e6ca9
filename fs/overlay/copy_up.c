/*
 * Copy-up: gives a lower object its place in the upper layer before the first change. Parents
 * first, each as an empty directory that stays merged with the lower one. A file is built in the
 * work directory (data with its holes, owner, mode, attributes, times) and renamed to its name, so
 * nobody sees half of it; what has no name any more is built the same way and unlinked. Large files
 * sleep between pieces: afterwards everything is looked at again, since somebody else may have
 * copied, renamed or unlinked the file meanwhile.
 */
#include "fs/overlay/ovl.h"

#include <stdio.h>

#define PIECE (8u << 20) /* bytes copied before others get a turn */

/* ---- data ---- */

static int copy_range(struct file *in, struct file *out, u64 *pos, u64 end, char *buf)
{
	while (*pos < end) {
		size_t n = (size_t)MIN(end - *pos, (u64)IO_BUFFER_SIZE), done = 0;
		ssize_t got = file_read_kernel(in, buf, n, *pos);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return 1;
		while (done < (size_t)got) {
			ssize_t put =
				file_write_kernel(out, buf + done, (size_t)got - done, *pos + done);

			if (put <= 0)
				return put < 0 ? (int)put : -EIO;
			done += (size_t)put;
		}
		*pos += (u64)got;
	}
	return 0;
}

/* The next run of data at or after *pos: 1 and [*pos, *end), or 0 if only a hole is left. */
static int next_data(struct file *in, u64 *pos, u64 *end, u64 size)
{
	s64 data, hole;

	*end = size;
	if (*pos >= size)
		return 0;
	if (!in->ops->llseek)
		return 1;
	data = in->ops->llseek(in, (s64)*pos, SEEK_DATA);
	if (data == -ENXIO)
		return 0;
	hole = data < 0 ? data : in->ops->llseek(in, data, SEEK_HOLE);
	if (hole < 0)
		return 1; /* the layer cannot tell: all is data */
	*pos = (u64)data;
	*end = MIN((u64)hole, size);
	return 1;
}

static int copy_data(struct file *in, struct file *out, u64 size)
{
	char *buf = io_buffer_get();
	u64 pos = 0, end, turn = PIECE;
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	while (ret == 0 && (ret = next_data(in, &pos, &end, size)) > 0) {
		ret = copy_range(in, out, &pos, MIN(end, turn), buf);
		if (ret == 0 && pos >= turn) {
			turn = pos + PIECE;
			sched_yield_now();
		}
	}
	io_buffer_put(buf);
	return ret < 0 ? ret : 0;
}

static int copy_file(struct dentry *from, struct dentry *to, u64 max)
{
	struct file *in, *out;
	u64 size;
	int ret = inode_refresh(from->inode);

	size = MIN(from->inode->size, max);
	if (ret < 0 || !size)
		return ret;
	ret = ovl_open_real(from, O_RDONLY, &in);
	if (ret < 0)
		return ret;
	ret = ovl_open_real(to, O_WRONLY, &out);
	if (ret == 0) {
		struct setattr a = {.valid = ATTR_SIZE, .size = size};

		ret = copy_data(in, out, size);
		ovl_close_real(out);
		if (ret == 0)
			ret = ovl_do_setattr(to, &a);
	}
	ovl_close_real(in);
	return ret;
}

/* ---- the rest ---- */

static bool is_data_xattr(const char *name)
{
	/* file capabilities do not survive a change of the file: copy-up precedes one */
	return strncmp(name, OVL_XATTR_PREFIX, sizeof(OVL_XATTR_PREFIX) - 1) != 0;
}

static int copy_xattr(struct dentry *from, struct dentry *to, const char *name)
{
	ssize_t n = ovl_do_getxattr(from, name, NULL, 0);
	char *v;

	if (n < 0)
		return 0; /* gone, or not for us to read */
	v = malloc((size_t)n + 1);
	if (!v)
		return -ENOMEM;
	n = ovl_do_getxattr(from, name, v, (size_t)n);
	if (n >= 0)
		n = ovl_do_setxattr(to, name, v, (size_t)n);
	free(v);
	/* an upper layer that has no place for this kind does without */
	return n == -EOPNOTSUPP || n == -EPERM || n == -ENODATA ? 0 : (int)MIN(n, 0l);
}

static int copy_xattrs(struct dentry *from, struct dentry *to)
{
	struct inode *i = from->inode;
	char *list, *p;
	ssize_t n;
	int ret = 0;

	if (!i->ops->listxattr || (n = i->ops->listxattr(i, NULL, 0)) <= 0)
		return 0;
	list = malloc((size_t)n);
	if (!list)
		return -ENOMEM;
	n = i->ops->listxattr(i, list, (size_t)n);
	for (p = list; ret == 0 && n > 0 && p < list + n; p += strlen(p) + 1)
		if (is_data_xattr(p))
			ret = copy_xattr(from, to, p);
	free(list);
	return ret;
}

static int copy_attrs(struct dentry *from, struct dentry *to)
{
	struct inode *i = from->inode;
	struct setattr a = {
		.valid = ATTR_UID | ATTR_GID | ATTR_ATIME | ATTR_MTIME,
		.mode = i->mode & 07777,
		.uid = i->uid,
		.gid = i->gid,
		.atime = i->atime,
		.mtime = i->mtime,
	};

	if (!S_ISLNK(i->mode))
		a.valid |= ATTR_MODE;
	return ovl_do_setattr(to, &a);
}

static int remember_ino(struct dentry *d, u64 ino)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llx", (unsigned long long)ino);
	int ret = ovl_do_setxattr(d, OVL_XATTR_INO, text, (size_t)n);

	return ret == -EOPNOTSUPP || ret == -EPERM ? 0 : ret; /* symlinks on some layers */
}

static int make_same_type(struct dentry *from, struct dentry *to)
{
	struct inode *i = from->inode;
	char *target;
	int ret;

	switch (i->mode & S_IFMT) {
	case S_IFDIR:
		return ovl_do_mkdir(to, 0700);
	case S_IFREG:
		return ovl_do_create(to, 0600);
	case S_IFLNK:
		ret = i->ops->readlink ? i->ops->readlink(i, &target) : -EINVAL;
		if (ret < 0)
			return ret;
		ret = ovl_do_symlink(to, target);
		free(target);
		return ret;
	default:
		return ovl_do_mknod(to, i->mode, i->rdev);
	}
}

/* A complete copy of from at the unused name to. Sleeps for large files, in the data only. */
static int build(struct dentry *from, struct dentry *to, u64 max)
{
	int ret = make_same_type(from, to);

	if (ret < 0)
		return ret;
	if (S_ISREG(from->inode->mode))
		ret = copy_file(from, to, max);
	if (ret == 0)
		ret = copy_xattrs(from, to);
	if (ret == 0 && !S_ISDIR(from->inode->mode))
		ret = remember_ino(to, from->inode->ino);
	if (ret == 0)
		ret = copy_attrs(from, to);
	if (ret < 0 && to->inode)
		ovl_do_remove(to);
	return ret;
}

/* ---- into place ---- */

static struct dentry *alias_of(const struct ovl_inode *oi)
{
	return list_empty(&oi->aliases) ? NULL
					: list_first(&oi->aliases, struct ovl_dentry, link)->d;
}

/* Moves the finished tmp to d's name. Does not sleep. */
static int install(struct dentry *tmp, struct dentry *d)
{
	struct dentry *dir = ovl_i(d->parent->inode)->upper, *target;
	struct setattr times = {.valid = ATTR_ATIME | ATTR_MTIME};
	int ret = ovl_child(dir, d->name, &target);

	if (ret < 0)
		return ret;
	inode_refresh(dir->inode);
	times.atime = dir->inode->atime;
	times.mtime = dir->inode->mtime;
	ret = target->inode ? -ESTALE : ovl_do_rename(tmp, target, 0);
	if (ret == 0)
		ovl_do_setattr(dir, &times); /* the directory looks untouched */
	d_put(target);
	return ret;
}

/* i's parents, as far as they are not there yet, are in the upper layer on success. */
static int copy_up_one(struct inode *i, struct dentry *d, u64 max)
{
	struct ovl_inode *oi = ovl_i(i);
	struct dentry *tmp;
	s32 others;
	int ret = ovl_tmp(ovl_of(i), &tmp);

	if (ret < 0)
		return ret;
	ret = build(oi->lower, tmp, max);
	if (ret < 0)
		goto out;
	others = (s32)oi->lower->inode->nlink - 1;
	if (oi->upper || (d && alias_of(oi) != d)) { /* changed while we slept: start again */
		ovl_do_remove(tmp);
		goto out;
	}
	ret = d ? install(tmp, d) : 0;
	if (ret == 0 && d)
		ovl_index_add(i, &tmp);
	if (ret == 0)
		ret = ovl_set_upper(i, tmp);
	if (ret < 0) {
		ovl_do_remove(tmp);
		goto out;
	}
	if (!d)
		ovl_do_remove(tmp);
	if (S_ISDIR(i->mode))
		ovl_copyattr(i);
	else
		ovl_count_link(i, others);
	return 0;
out:
	d_put(tmp);
	return ret;
}

int ovl_copy_up(struct inode *i, u64 max)
{
	struct ovl_inode *oi = ovl_i(i);
	int ret = 0;

	while (!oi->upper && ret == 0) {
		struct dentry *top = alias_of(oi);

		if (!top) {
			ret = copy_up_one(i, NULL, max);
			continue;
		}
		while (!ovl_i(top->parent->inode)->upper)
			top = top->parent;
		ret = copy_up_one(top->inode, top, top->inode == i ? max : OVL_ALL);
	}
	return ret;
}

/* A hard link of a lower file whose copy is under another name gets its name in the upper layer. */
int ovl_copy_up_name(struct dentry *d)
{
	struct ovl_inode *oi = ovl_i(d->inode);
	struct dentry *name;
	int ret = ovl_copy_up(d->inode, OVL_ALL);

	if (ret == 0)
		ret = ovl_copy_up(d->parent->inode, OVL_ALL);
	if (ret == 0)
		ret = ovl_child(ovl_i(d->parent->inode)->upper, d->name, &name);
	if (ret < 0)
		return ret;
	if (!name->inode) {
		ret = ovl_do_link(oi->upper, name);
		if (ret == 0)
			ovl_count_link(d->inode, -1);
	}
	d_put(name);
	return ret;
}
