/*
 * Directories of tmpfs. Names are found through one hash over (directory, name); their order is an
 * array of slots sorted by position. A position is given once and never again, so a reader of a
 * directory that changes sees every entry that stays exactly once. Removed slots are squeezed out
 * when they are the majority. getdents(2), rename(2).
 */
#include "fs/tmpfs/internal.h"

#include <stdio.h>

static struct htab names;

static u64 name_hash(const struct inode *dir, const char *name, size_t len)
{
	return hash_bytes(name, len, (u64)(uintptr_t)dir);
}

static struct tmpfs_entry *entry_find(const struct inode *dir, const char *name, size_t len)
{
	struct hnode *h = htab_first(&names, name_hash(dir, name, len));

	for (; h; h = htab_next(h)) {
		struct tmpfs_entry *e = container_of(h, struct tmpfs_entry, hash);

		if (e->dir == dir && e->len == len && !memcmp(e->name, name, len))
			return e;
	}
	return NULL;
}

/* Index of the first slot at or behind off. */
static size_t slot_from(const struct tmpfs_node *n, u64 off)
{
	size_t lo = 0, hi = n->nr_slots;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (n->slots[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void dir_changed(struct inode *dir)
{
	inode_now(&dir->mtime);
	dir->ctime = dir->mtime;
}

/* Adds name; the entry takes the caller's reference on inode. */
static int entry_add(struct inode *dir, const char *name, size_t len, struct inode *inode)
{
	struct tmpfs_node *n = tmpfs_node(dir);
	struct tmpfs_entry *e;

	if (n->nr_slots == n->room) {
		size_t room = n->room ? n->room * 2 : 8;
		struct tmpfs_slot *s = realloc(n->slots, room * sizeof(*s));

		if (!s)
			return -ENOMEM;
		n->slots = s;
		n->room = room;
	}
	e = malloc(sizeof(*e) + len + 1);
	if (!e)
		return -ENOMEM;
	e->dir = dir;
	e->inode = inode;
	e->off = n->next_off++;
	e->len = (u32)len;
	memcpy(e->name, name, len);
	e->name[len] = 0;
	if (htab_insert(&names, &e->hash, name_hash(dir, name, len)) < 0) {
		free(e);
		return -ENOMEM;
	}
	n->slots[n->nr_slots++] = (struct tmpfs_slot){e->off, e};
	n->nr_entries++;
	dir->size = n->nr_entries * 20;
	dir_changed(dir);
	return 0;
}

static void squeeze(struct tmpfs_node *n)
{
	size_t to = 0;

	if (n->nr_slots < 16 || n->nr_slots < 2 * n->nr_entries)
		return;
	for (size_t i = 0; i < n->nr_slots; i++)
		if (n->slots[i].entry)
			n->slots[to++] = n->slots[i];
	n->nr_slots = to;
}

/* Removes e; the entry's reference on its inode passes to the caller. */
static struct inode *entry_remove(struct tmpfs_entry *e)
{
	struct tmpfs_node *n = tmpfs_node(e->dir);
	struct inode *inode = e->inode;

	n->slots[slot_from(n, e->off)].entry = NULL;
	n->nr_entries--;
	e->dir->size = n->nr_entries * 20;
	squeeze(n);
	dir_changed(e->dir);
	htab_remove(&names, &e->hash);
	free(e);
	if (!names.nr_nodes)
		htab_fini(&names);
	return inode;
}

void tmpfs_dir_clear(struct inode *dir, struct list_head *list)
{
	struct tmpfs_node *n = tmpfs_node(dir);

	for (size_t i = 0; i < n->nr_slots; i++) {
		struct tmpfs_entry *e = n->slots[i].entry;
		struct inode *inode;

		if (!e)
			continue;
		inode = e->inode;
		htab_remove(&names, &e->hash);
		free(e);
		if (S_ISDIR(inode->mode))
			list_add(&tmpfs_node(inode)->teardown, list);
		else
			inode_put(inode);
	}
	n->nr_slots = n->nr_entries = 0;
	if (!names.nr_nodes)
		htab_fini(&names);
}

/* ---- inode operations ---- */

static int tmpfs_lookup(struct inode *dir, struct dentry *d)
{
	struct tmpfs_entry *e = entry_find(dir, d->name, d->name_len);

	if (e)
		d_instantiate(d, inode_get(e->inode));
	return 0;
}

/* Short targets cost about what an inode costs anyway. */
#define FREE_TARGET 128

static int set_target(struct inode *i, const char *target)
{
	int ret;

	i->size = strlen(target);
	ret = i->size > FREE_TARGET ? tmpfs_charge_meta(i, i->size) : 0;
	if (ret < 0)
		return ret;
	tmpfs_node(i)->target = strdup(target);
	return tmpfs_node(i)->target ? 0 : -ENOMEM;
}

static int add_new(struct inode *dir, struct dentry *d, u32 mode, u64 rdev, const char *target)
{
	struct inode *i;
	int ret;

	if (!dir->nlink)
		return -ENOENT;
	ret = tmpfs_new_inode(dir->sb, dir, mode, rdev, &i);
	if (ret < 0)
		return ret;
	if (target)
		ret = set_target(i, target);
	if (ret == 0)
		ret = entry_add(dir, d->name, d->name_len, i);
	if (ret < 0) {
		inode_put(i);
		return ret;
	}
	if (S_ISDIR(mode))
		dir->nlink++;
	d_instantiate(d, inode_get(i));
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *d, u32 mode)
{
	return add_new(dir, d, S_IFREG | (mode & 07777), 0, NULL);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *d, u32 mode)
{
	return add_new(dir, d, S_IFDIR | (mode & 07777), 0, NULL);
}

static int tmpfs_mknod(struct inode *dir, struct dentry *d, u32 mode, u64 rdev)
{
	return add_new(dir, d, mode, rdev, NULL);
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	return add_new(dir, d, S_IFLNK | 0777, 0, target);
}

static int tmpfs_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *i = old->inode;
	int ret;

	if (!dir->nlink)
		return -ENOENT;
	ret = entry_add(dir, d->name, d->name_len, inode_get(i));
	if (ret < 0) {
		inode_put(i);
		return ret;
	}
	i->nlink++;
	i->ctime = dir->ctime;
	d_instantiate(d, inode_get(i));
	return 0;
}

/* e's inode has lost its name. */
static void forget(struct tmpfs_entry *e)
{
	struct inode *dir = e->dir, *i = entry_remove(e);

	if (S_ISDIR(i->mode)) {
		i->nlink = 0;
		dir->nlink--;
	} else {
		i->nlink--;
	}
	i->ctime = dir->ctime;
	inode_put(i);
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	struct tmpfs_entry *e = entry_find(dir, d->name, d->name_len);

	if (!e)
		return -ENOENT;
	forget(e);
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	struct tmpfs_entry *e = entry_find(dir, d->name, d->name_len);

	if (!e)
		return -ENOENT;
	if (tmpfs_node(e->inode)->nr_entries)
		return -ENOTEMPTY;
	forget(e);
	return 0;
}

static void exchange(struct tmpfs_entry *a, struct tmpfs_entry *b)
{
	struct inode *i = a->inode;

	if (S_ISDIR(a->inode->mode) != S_ISDIR(b->inode->mode)) {
		struct inode *gains = S_ISDIR(a->inode->mode) ? b->dir : a->dir;
		struct inode *loses = S_ISDIR(a->inode->mode) ? a->dir : b->dir;

		gains->nlink++;
		loses->nlink--;
	}
	a->inode = b->inode;
	b->inode = i;
	dir_changed(a->dir);
	dir_changed(b->dir);
	a->inode->ctime = b->inode->ctime = a->dir->ctime;
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	struct dentry *new, u32 flags)
{
	struct tmpfs_entry *from = entry_find(old_dir, old->name, old->name_len);
	struct tmpfs_entry *to = entry_find(new_dir, new->name, new->name_len);
	struct inode *i;
	int ret;

	if (!from || !new_dir->nlink || ((flags & RENAME_EXCHANGE) && !to))
		return -ENOENT;
	if (flags & RENAME_EXCHANGE) {
		exchange(from, to);
		return 0;
	}
	if (to && S_ISDIR(to->inode->mode) && tmpfs_node(to->inode)->nr_entries)
		return -ENOTEMPTY;
	i = from->inode;
	ret = entry_add(new_dir, new->name, new->name_len, i);
	if (ret < 0)
		return ret;
	if (to)
		forget(to);
	entry_remove(from); /* its reference is the new entry's now */
	if (S_ISDIR(i->mode) && old_dir != new_dir) {
		old_dir->nlink--;
		new_dir->nlink++;
	}
	i->ctime = new_dir->ctime;
	return 0;
}

static int tmpfs_tmpfile(struct inode *dir, u32 mode, struct inode **out)
{
	int ret = tmpfs_new_inode(dir->sb, dir, S_IFREG | (mode & 07777), 0, out);

	if (ret == 0)
		(*out)->nlink = 0;
	return ret;
}

static int tmpfs_readlink(struct inode *i, char **target)
{
	*target = strdup(tmpfs_node(i)->target);
	return *target ? 0 : -ENOMEM;
}

int tmpfs_setattr(struct inode *i, const struct setattr *a)
{
	struct setattr rest = *a;
	int ret;

	if (a->valid & ATTR_SIZE) {
		ret = tmpfs_truncate(i, a->size);
		if (ret < 0)
			return ret;
		rest.valid &= ~ATTR_SIZE;
	}
	return inode_setattr(i, &rest);
}

/* ---- reading directories ---- */

static bool emit_dots(struct file *f, struct dir_sink *sink)
{
	struct dentry *d = f->path.dentry;

	if (f->pos == 0) {
		if (!sink->emit(sink, ".", 1, d->inode->ino, 4, 1))
			return false;
		f->pos = 1;
	}
	if (f->pos == 1) {
		if (!sink->emit(sink, "..", 2, d->parent->inode->ino, 4, 2))
			return false;
		f->pos = 2;
	}
	return true;
}

static int tmpfs_iterate(struct file *f, struct dir_sink *sink)
{
	struct tmpfs_node *n = tmpfs_node(f->inode);

	if (!emit_dots(f, sink))
		return 0;
	for (size_t i = slot_from(n, f->pos); i < n->nr_slots; i++) {
		const struct tmpfs_entry *e = n->slots[i].entry;

		if (e && !sink->emit(sink, e->name, e->len, e->inode->ino,
				 (u8)(e->inode->mode >> 12 & 15), e->off + 1))
			return 0;
		f->pos = n->slots[i].off + 1;
	}
	return 0;
}

static int tmpfs_dir_fsync(struct file *f, bool data_only)
{
	return 0;
}

/* Any position is one; there is no end to seek from. */
static s64 tmpfs_dir_llseek(struct file *f, s64 off, int whence)
{
	if (whence == SEEK_CUR)
		off += (s64)f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = (u64)off;
	return off;
}

const struct inode_ops tmpfs_dir_ops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.mkdir = tmpfs_mkdir,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
	.setattr = tmpfs_setattr,
	TMPFS_XATTR_OPS,
};

const struct inode_ops tmpfs_link_ops = {
	.readlink = tmpfs_readlink,
	.setattr = tmpfs_setattr,
	TMPFS_XATTR_OPS,
};

const struct inode_ops tmpfs_special_ops = {
	.setattr = tmpfs_setattr,
	TMPFS_XATTR_OPS,
};

const struct file_ops tmpfs_dir_fops = {
	.iterate = tmpfs_iterate,
	.fsync = tmpfs_dir_fsync,
	.llseek = tmpfs_dir_llseek,
};
