/* ext2: operations on names. Permissions and kinds have been checked by the VFS. */
#include "fs/ext2/internal.h"

#include <stdio.h>

static int ext2_lookup(struct inode *dir, struct dentry *d)
{
	struct ext2_place at;
	struct inode *i;
	int ret;

	if (d->name_len > NAME_MAX)
		return -ENAMETOOLONG;
	ret = ext2_find(dir, d->name, d->name_len, &at);
	if (ret == -ENOENT)
		return 0;
	if (ret == 0)
		ret = ext2_iget(dir->sb, at.ino, &i);
	if (ret < 0)
		return ret == -ESTALE ? -EIO : ret;
	d_instantiate(d, i);
	return 0;
}

/* An inode that did not get its name. */
static int undo_new(struct inode *i, int ret)
{
	i->nlink = 0;
	inode_put(i);
	return ret;
}

static int add_new(struct inode *dir, struct dentry *d, struct inode *i)
{
	bool sub = S_ISDIR(i->mode);
	int ret = 0;

	if (sub)
		ret = ext2_make_dots(i, dir);
	dir->nlink += sub;
	if (ret == 0)
		ret = ext2_add(dir, d->name, d->name_len, i);
	if (ret < 0) {
		dir->nlink -= sub;
		return undo_new(i, ret);
	}
	d_instantiate(d, i);
	return 0;
}

static int make(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	struct inode *i;
	int ret;

	if (!dir->nlink)
		return -ENOENT;
	if (S_ISDIR(mode) && dir->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	ret = ext2_new_inode(dir, mode, rdev, &i);
	return ret < 0 ? ret : add_new(dir, d, i);
}

static int ext2_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return make(dir, d, S_IFREG | (mode & 07777), 0);
}

static int ext2_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	return make(dir, d, S_IFDIR | (mode & 07777), 0);
}

static int ext2_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	return make(dir, d, mode, rdev);
}

static int ext2_tmpfile(struct inode *dir, u32 mode, struct inode **out)
{
	int ret = ext2_new_inode(dir, S_IFREG | (mode & 07777), 0, out);

	if (ret == 0) {
		(*out)->nlink = 0;
		ret = ext2_write_inode(*out);
		if (ret < 0)
			inode_put(*out);
	}
	return ret;
}

/* ---- symbolic links: short ones in the inode, others in a block ---- */

static int store_target(struct inode *i, const char *target, size_t len)
{
	struct ext2_super *es = ext2_sb(i);
	u32 block;
	bool fresh;
	int ret;

	i->size = len;
	if (ext2_is_short_link(i)) {
		memcpy(ext2_node(i)->block, target, len);
	} else {
		ret = ext2_map_create(i, 0, &block, &fresh);
		if (ret == 0)
			ret = ext2_put(es, (u64)block * es->bs, target, len + 1);
		if (ret < 0)
			return ret;
	}
	return ext2_write_inode(i);
}

static int ext2_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	size_t len = strlen(target);
	struct inode *i;
	int ret;

	if (!dir->nlink)
		return -ENOENT;
	if (len >= ext2_sb(dir)->bs)
		return -ENAMETOOLONG;
	ret = ext2_new_inode(dir, S_IFLNK | 0777, 0, &i);
	if (ret < 0)
		return ret;
	ret = store_target(i, target, len);
	return ret < 0 ? undo_new(i, ret) : add_new(dir, d, i);
}

static int ext2_readlink(struct inode *i, char **target)
{
	struct ext2_super *es = ext2_sb(i);
	u64 span;
	u32 block;
	char *text;
	int ret = 0;

	if (i->size >= es->bs)
		return -EIO;
	text = calloc(1, i->size + 1);
	if (!text)
		return -ENOMEM;
	if (ext2_is_short_link(i)) {
		memcpy(text, ext2_node(i)->block, i->size);
	} else {
		ret = ext2_map(i, 0, &block, &span);
		if (ret == 0)
			ret = block ? ext2_get(es, (u64)block * es->bs, text, i->size) : -EIO;
	}
	if (ret < 0)
		free(text);
	else
		*target = text;
	return ret;
}

/* ---- links ---- */

static int ext2_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *i = old->inode;
	int ret = ext2_writable(ext2_sb(dir));

	if (ret < 0)
		return ret;
	if (!dir->nlink)
		return -ENOENT;
	if (i->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	ret = ext2_add(dir, d->name, d->name_len, i);
	if (ret < 0)
		return ret;
	i->nlink++;
	inode_now(&i->ctime);
	ret = ext2_write_inode(i);
	d_instantiate(d, inode_get(i));
	return ret;
}

/* One name less; directories lose all at once. */
static int drop_link(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);

	i->nlink = S_ISDIR(i->mode) || !i->nlink ? 0 : i->nlink - 1;
	inode_now(&i->ctime);
	if (!i->nlink && n->pinned) {
		n->pinned = false;
		inode_put(i); /* not the last: the dentry has one */
	}
	return ext2_write_inode(i);
}

static int ext2_unlink(struct inode *dir, struct dentry *d)
{
	struct ext2_place at;
	int ret = ext2_writable(ext2_sb(dir));

	if (ret == 0)
		ret = ext2_find(dir, d->name, d->name_len, &at);
	if (ret == 0)
		ret = ext2_remove(dir, &at);
	return ret < 0 ? ret : drop_link(d->inode);
}

static int lose_subdirectory(struct inode *dir)
{
	dir->nlink -= dir->nlink > 2;
	return ext2_write_inode(dir);
}

static int check_empty(struct inode *dir)
{
	int ret = ext2_is_empty(dir);

	return ret < 0 ? ret : ret ? 0 : -ENOTEMPTY;
}

static int ext2_rmdir(struct inode *dir, struct dentry *d)
{
	int ret = check_empty(d->inode);

	if (ret == 0)
		ret = ext2_unlink(dir, d);
	return ret < 0 ? ret : lose_subdirectory(dir);
}

/* ---- renaming ---- */

static int set_parent(struct inode *i, struct inode *parent)
{
	struct ext2_place at;
	int ret = ext2_find(i, "..", 2, &at);

	return ret < 0 ? ret : ext2_set_entry(i, &at, parent);
}

/* i, perhaps a directory, has come from one directory into another. */
static int moved(struct inode *i, struct inode *from, struct inode *to)
{
	int ret = 0;

	inode_now(&i->ctime);
	if (S_ISDIR(i->mode) && from != to) {
		ret = set_parent(i, to);
		if (ret == 0)
			ret = lose_subdirectory(from);
		to->nlink++;
		if (ret == 0)
			ret = ext2_write_inode(to);
	}
	return ret < 0 ? ret : ext2_write_inode(i);
}

static int exchange(struct inode *old_dir, const struct ext2_place *a, struct inode *i,
	struct inode *new_dir, const struct ext2_place *b, struct inode *j)
{
	int ret = ext2_set_entry(old_dir, a, j);

	if (ret == 0)
		ret = ext2_set_entry(new_dir, b, i);
	if (ret == 0)
		ret = moved(i, old_dir, new_dir);
	return ret < 0 ? ret : moved(j, new_dir, old_dir);
}

static int replace(
	struct inode *dir, const struct ext2_place *at, struct inode *old, const struct inode *i)
{
	bool sub = S_ISDIR(old->mode);
	int ret = sub ? check_empty(old) : 0;

	if (ret == 0)
		ret = ext2_set_entry(dir, at, i);
	if (ret == 0)
		ret = drop_link(old);
	return ret < 0 || !sub ? ret : lose_subdirectory(dir);
}

static int ext2_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	struct dentry *new, u32 flags)
{
	struct ext2_place from, to;
	int ret = ext2_writable(ext2_sb(old_dir));

	if (ret == 0)
		ret = ext2_find(old_dir, old->name, old->name_len, &from);
	if (ret == 0 && !new_dir->nlink)
		ret = -ENOENT;
	if (ret == 0 && new->inode)
		ret = ext2_find(new_dir, new->name, new->name_len, &to);
	if (ret < 0)
		return ret;
	if (flags & RENAME_EXCHANGE)
		return new->inode ? exchange(old_dir, &from, old->inode, new_dir, &to, new->inode)
				  : -ENOENT;
	if (S_ISDIR(old->inode->mode) && old_dir != new_dir && !new->inode &&
		new_dir->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	if (new->inode)
		ret = replace(new_dir, &to, new->inode, old->inode);
	else
		ret = ext2_add(new_dir, new->name, new->name_len, old->inode);
	if (ret == 0)
		ret = ext2_remove(old_dir, &from);
	return ret < 0 ? ret : moved(old->inode, old_dir, new_dir);
}

const struct inode_ops ext2_dir_ops = {
	.lookup = ext2_lookup,
	.create = ext2_create,
	.mkdir = ext2_mkdir,
	.mknod = ext2_mknod,
	.symlink = ext2_symlink,
	.link = ext2_link,
	.unlink = ext2_unlink,
	.rmdir = ext2_rmdir,
	.rename = ext2_rename,
	.tmpfile = ext2_tmpfile,
	.setattr = ext2_setattr,
};

const struct inode_ops ext2_link_ops = {
	.readlink = ext2_readlink,
	.setattr = ext2_setattr,
};

const struct inode_ops ext2_special_ops = {
	.setattr = ext2_setattr,
};
