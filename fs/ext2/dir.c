/*
 * Entries of ext2 directories: a chain of records in each block, none across two. Unused room is
 * part of the record before it, or a record with inode 0. Looking for a name reads the whole
 * directory. Every record is checked before use.
 */
#include "fs/ext2/internal.h"

static size_t room_for(size_t name_len)
{
	return ALIGN_UP(sizeof(struct ext2_disk_entry) + name_len, 4);
}

static bool typed(const struct ext2_super *es)
{
	return es->d.feature_incompat & EXT2_INCOMPAT_FILETYPE;
}

/* FT_* of a mode */
static u8 file_type(u32 mode)
{
	static const u8 types[16] = {[S_IFREG >> 12] = 1,
		[S_IFDIR >> 12] = 2,
		[S_IFCHR >> 12] = 3,
		[S_IFBLK >> 12] = 4,
		[S_IFIFO >> 12] = 5,
		[S_IFSOCK >> 12] = 6,
		[S_IFLNK >> 12] = 7};

	return types[mode >> 12 & 15];
}

static u8 dirent_type(u8 type)
{
	static const u8 modes[8] = {0, S_IFREG >> 12, S_IFDIR >> 12, S_IFCHR >> 12, S_IFBLK >> 12,
		S_IFIFO >> 12, S_IFSOCK >> 12, S_IFLNK >> 12};

	return type < 8 ? modes[type] : 0;
}

/* The record at off of a block: NULL if it is not one. */
static struct ext2_disk_entry *entry_at(const struct ext2_super *es, u8 *buf, u32 off)
{
	struct ext2_disk_entry *e = (struct ext2_disk_entry *)(buf + off);

	if (off % 4 || off > es->bs - sizeof(*e) || e->rec_len < sizeof(*e) || e->rec_len % 4 ||
		e->rec_len > es->bs - off || room_for(e->name_len) > e->rec_len)
		return NULL;
	return e;
}

static int read_block(struct inode *dir, u64 index, u8 *buf, u32 *block)
{
	struct ext2_super *es = ext2_sb(dir);
	u64 span;
	int ret = ext2_map(dir, index, block, &span);

	if (ret == 0 && !*block)
		ret = -EIO;
	return ret < 0 ? ret : ext2_get(es, (u64)*block * es->bs, buf, es->bs);
}

/* Calls fn for each record until it says other than 0. */
static int for_each(struct inode *dir,
	int (*fn)(const struct ext2_disk_entry *e, const struct ext2_place *at, void *arg),
	void *arg)
{
	struct ext2_super *es = ext2_sb(dir);
	u8 *buf = malloc(es->bs);
	int ret = buf ? 0 : -ENOMEM;

	for (u64 index = 0; ret == 0 && index < dir->size / es->bs; index++) {
		struct ext2_place at = {.off = 0};

		ret = read_block(dir, index, buf, &at.block);
		while (ret == 0 && at.off < es->bs) {
			const struct ext2_disk_entry *e = entry_at(es, buf, at.off);

			if (!e) {
				ret = -EIO;
				break;
			}
			at.ino = e->ino;
			ret = fn(e, &at, arg);
			at.off += e->rec_len;
		}
	}
	free(buf);
	return ret;
}

struct wanted {
	const char *name;
	size_t len;
	struct ext2_place at;
};

static int is_wanted(const struct ext2_disk_entry *e, const struct ext2_place *at, void *arg)
{
	struct wanted *w = arg;

	if (!e->ino || e->name_len != w->len || memcmp(e->name, w->name, w->len))
		return 0;
	w->at = *at;
	return 1;
}

int ext2_find(struct inode *dir, const char *name, size_t len, struct ext2_place *out)
{
	struct wanted w = {.name = name, .len = len};
	int ret = for_each(dir, is_wanted, &w);

	*out = w.at;
	return ret < 0 ? ret : ret ? 0 : -ENOENT;
}

static int not_dots(const struct ext2_disk_entry *e, const struct ext2_place *at, void *arg)
{
	return e->ino && !(e->name_len == 1 && e->name[0] == '.') &&
	       !(e->name_len == 2 && !memcmp(e->name, "..", 2));
}

int ext2_is_empty(struct inode *dir)
{
	int ret = for_each(dir, not_dots, NULL);

	return ret < 0 ? ret : !ret;
}

/* ---- changes ---- */

static int changed(struct inode *dir)
{
	inode_now(&dir->mtime);
	dir->ctime = dir->mtime;
	ext2_node(dir)->flags &= ~EXT2_INDEXED;
	return ext2_write_inode(dir);
}

static void fill(const struct ext2_super *es, struct ext2_disk_entry *e, const char *name,
	size_t len, const struct inode *inode)
{
	e->ino = (u32)inode->ino;
	e->name_len = (u8)len;
	e->type = typed(es) ? file_type(inode->mode) : 0;
	memcpy(e->name, name, len);
}

/* Puts the name into the block if there is room: 1, 0, or -EIO. */
static int insert(const struct ext2_super *es, u8 *buf, const char *name, size_t len,
	const struct inode *inode)
{
	size_t need = room_for(len);
	u32 off = 0;

	while (off < es->bs) {
		struct ext2_disk_entry *e = entry_at(es, buf, off), *new = e;
		size_t used;

		if (!e)
			return -EIO;
		used = e->ino ? room_for(e->name_len) : 0;
		if (e->rec_len - used < need) {
			off += e->rec_len;
			continue;
		}
		if (used) {
			new = (struct ext2_disk_entry *)(buf + off + used);
			new->rec_len = (u16)(e->rec_len - used);
			e->rec_len = (u16)used;
		}
		fill(es, new, name, len, inode);
		return 1;
	}
	return 0;
}

/* A block more at the end, all one unused record. */
static int grow(struct inode *dir, u8 *buf, u32 *block)
{
	struct ext2_super *es = ext2_sb(dir);
	bool fresh;
	int ret;

	if (dir->size > INT32_MAX - es->bs)
		return -ENOSPC;
	ret = ext2_map_create(dir, dir->size / es->bs, block, &fresh);
	if (ret < 0)
		return ret;
	memset(buf, 0, es->bs);
	((struct ext2_disk_entry *)buf)->rec_len = (u16)es->bs;
	dir->size += es->bs;
	return 0;
}

int ext2_add(struct inode *dir, const char *name, size_t len, const struct inode *inode)
{
	struct ext2_super *es = ext2_sb(dir);
	u8 *buf = malloc(es->bs);
	int ret = buf ? 0 : -ENOMEM;
	u32 block = 0;

	for (u64 index = 0; ret == 0 && index < dir->size / es->bs; index++) {
		ret = read_block(dir, index, buf, &block);
		if (ret == 0)
			ret = insert(es, buf, name, len, inode);
	}
	if (ret == 0) {
		ret = grow(dir, buf, &block);
		if (ret == 0)
			ret = insert(es, buf, name, len, inode);
	}
	if (ret > 0)
		ret = ext2_put(es, (u64)block * es->bs, buf, es->bs);
	free(buf);
	return ret < 0 ? ret : changed(dir);
}

int ext2_remove(struct inode *dir, const struct ext2_place *at)
{
	struct ext2_super *es = ext2_sb(dir);
	u8 *buf = malloc(es->bs);
	struct ext2_disk_entry *before = NULL, *e = NULL;
	int ret = buf ? ext2_get(es, (u64)at->block * es->bs, buf, es->bs) : -ENOMEM;
	u32 off = 0;

	while (ret == 0 && off <= at->off) {
		before = e;
		e = entry_at(es, buf, off);
		if (!e)
			ret = -EIO;
		else if (off == at->off)
			break;
		else
			off += e->rec_len;
	}
	if (ret == 0 && (!e || off != at->off))
		ret = -EIO;
	if (ret == 0) {
		if (before)
			before->rec_len = (u16)(before->rec_len + e->rec_len);
		e->ino = 0;
		ret = ext2_put(es, (u64)at->block * es->bs, buf, es->bs);
	}
	free(buf);
	return ret < 0 ? ret : changed(dir);
}

int ext2_set_entry(struct inode *dir, const struct ext2_place *at, const struct inode *inode)
{
	struct ext2_super *es = ext2_sb(dir);
	u64 pos = (u64)at->block * es->bs + at->off;
	struct ext2_disk_entry e;
	int ret = ext2_get(es, pos, &e, sizeof(e));

	if (ret < 0)
		return ret;
	e.ino = (u32)inode->ino;
	if (typed(es))
		e.type = file_type(inode->mode);
	ret = ext2_put(es, pos, &e, sizeof(e));
	return ret < 0 ? ret : changed(dir);
}

int ext2_make_dots(struct inode *dir, const struct inode *parent)
{
	struct ext2_super *es = ext2_sb(dir);
	u8 *buf = malloc(es->bs);
	u32 block;
	int ret = buf ? grow(dir, buf, &block) : -ENOMEM;

	if (ret == 0) {
		insert(es, buf, ".", 1, dir);
		insert(es, buf, "..", 2, parent);
		ret = ext2_put(es, (u64)block * es->bs, buf, es->bs);
	}
	free(buf);
	return ret < 0 ? ret : ext2_write_inode(dir);
}

/* ---- reading ---- */

/* The position is that of the record in the directory. */
static int iterate_block(struct file *f, struct dir_sink *sink, u8 *buf)
{
	struct ext2_super *es = ext2_sb(f->inode);
	u64 start = f->pos - f->pos % es->bs;
	u32 block, off = 0;
	int ret = read_block(f->inode, start / es->bs, buf, &block);

	while (ret == 0 && off < es->bs) {
		const struct ext2_disk_entry *e = entry_at(es, buf, off);
		u64 next;

		if (!e)
			return -EIO;
		next = start + off + e->rec_len;
		if (e->ino && start + off >= f->pos &&
			!sink->emit(sink, e->name, e->name_len, e->ino,
				typed(es) ? dirent_type(e->type) : 0, next)) {
			f->pos = start + off;
			return 1;
		}
		off += e->rec_len;
	}
	f->pos = start + es->bs;
	return ret;
}

static int ext2_iterate(struct file *f, struct dir_sink *sink)
{
	u8 *buf = malloc(ext2_sb(f->inode)->bs);
	int ret = buf ? 0 : -ENOMEM;

	while (ret == 0 && f->pos < f->inode->size)
		ret = iterate_block(f, sink, buf);
	free(buf);
	return MIN(ret, 0);
}

static int ext2_dir_fsync(struct file *f, bool data_only)
{
	return super_sync(f->inode->sb);
}

const struct file_ops ext2_dir_fops = {
	.iterate = ext2_iterate,
	.fsync = ext2_dir_fsync,
};
