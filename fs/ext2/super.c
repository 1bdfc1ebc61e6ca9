/*
 * ext2: mounting, the device, counts and bitmaps on it. Inodes and file data are written as they
 * change; counts, group descriptors and bitmaps at a sync and at the end. From the first change to
 * the end the device is marked as not clean. One super for all mounts of a device.
 */
#include "fs/ext2/internal.h"
#include "fs/namei.h"
#include "kernel/block/loopdev.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/task.h"

#include <stdio.h>

#define GROUPS_MAX (1u << 20)

/* ---- device ---- */

int ext2_get(struct ext2_super *es, u64 pos, void *buf, size_t len)
{
	ssize_t n = file_read_kernel(es->dev, buf, len, pos);

	return n == (ssize_t)len ? 0 : n < 0 ? (int)n : -EIO;
}

int ext2_put(struct ext2_super *es, u64 pos, const void *buf, size_t len)
{
	ssize_t n = file_write_kernel(es->dev, buf, len, pos);

	return n == (ssize_t)len ? 0 : n < 0 ? (int)n : -EIO;
}

bool ext2_block_ok(const struct ext2_super *es, u32 block)
{
	return block >= es->d.first_data_block && block < es->d.blocks_count &&
	       (block || es->d.first_data_block);
}

static int put_super_block(struct ext2_super *es)
{
	return ext2_put(es, EXT2_SUPER_POS, &es->d, sizeof(es->d));
}

int ext2_writable(struct ext2_super *es)
{
	struct timespec now;
	int ret;

	if (es->sb->readonly)
		return -EROFS;
	if (es->open_for_writing)
		return 0;
	inode_now(&now);
	es->state = es->d.state;
	es->d.state &= (u16)~EXT2_STATE_CLEAN;
	es->d.mtime = es->d.wtime = (u32)now.tv_sec;
	es->d.mnt_count++;
	ret = put_super_block(es);
	if (ret == 0)
		es->open_for_writing = true;
	else
		es->d.state = es->state;
	return ret;
}

static int sync_group(struct ext2_super *es, u32 index)
{
	struct ext2_group *g = &es->groups[index];
	int ret = 0;

	if (g->blocks_dirty)
		ret = ext2_put(es, (u64)g->d.block_bitmap * es->bs, g->blocks, es->bs);
	if (ret == 0 && g->inodes_dirty)
		ret = ext2_put(es, (u64)g->d.inode_bitmap * es->bs, g->inodes, es->bs);
	if (ret == 0 && g->dirty)
		ret = ext2_put(es,
			(u64)(es->d.first_data_block + 1) * es->bs + (u64)index * sizeof(g->d),
			&g->d, sizeof(g->d));
	if (ret == 0)
		g->blocks_dirty = g->inodes_dirty = g->dirty = false;
	return ret;
}

int ext2_sync_meta(struct ext2_super *es)
{
	struct timespec now;
	int ret = 0;

	if (!es->dirty)
		return 0;
	for (u32 k = 0; ret == 0 && k < es->nr_groups; k++)
		ret = sync_group(es, k);
	if (ret < 0)
		return ret;
	inode_now(&now);
	es->d.wtime = (u32)now.tv_sec;
	ret = put_super_block(es);
	if (ret == 0)
		es->dirty = false;
	return ret;
}

static int sync_device(struct ext2_super *es)
{
	struct file *dev = es->dev;

	return dev->ops->fsync ? dev->ops->fsync(dev, false) : 0;
}

static int sync_all(struct ext2_super *es)
{
	struct ext2_node *n;
	int ret = 0, err;

	list_for_each_entry (n, &es->nodes, link) {
		err = ext2_write_back(n->inode);
		if (err == 0)
			err = ext2_write_inode(n->inode);
		if (err < 0)
			ret = err;
	}
	err = ext2_sync_meta(es);
	return ret < 0 ? ret : err;
}

static int ext2_sync(struct super *sb)
{
	struct ext2_super *es = sb->priv;
	int ret = es->open_for_writing ? sync_all(es) : 0;

	return ret < 0 ? ret : sync_device(es);
}

static int ext2_statfs(struct super *sb, struct statfs *sf)
{
	const struct ext2_super *es = sb->priv;
	u64 overhead = es->d.first_data_block;

	for (u32 k = 0; k < es->nr_groups; k++)
		overhead += 2 + es->d.inodes_per_group / (es->bs / es->inode_size);
	overhead += 1 + (es->nr_groups * sizeof(struct ext2_disk_group) + es->bs - 1) / es->bs;
	sf->f_blocks = es->d.blocks_count - MIN(overhead, (u64)es->d.blocks_count);
	sf->f_bfree = es->d.free_blocks_count;
	sf->f_bavail = sf->f_bfree > es->d.r_blocks_count ? sf->f_bfree - es->d.r_blocks_count : 0;
	sf->f_files = es->d.inodes_count;
	sf->f_ffree = es->d.free_inodes_count;
	memcpy(&sf->f_fsid, es->d.uuid, sizeof(sf->f_fsid));
	return 0;
}

/* ---- the end ---- */

static void release(struct ext2_super *es)
{
	for (u32 k = 0; es->groups && k < es->nr_groups; k++) {
		free(es->groups[k].blocks);
		free(es->groups[k].inodes);
	}
	free(es->groups);
	htab_fini(&es->inodes);
	file_put(es->dev);
	free(es);
}

/* Mapped files were kept: now they go, then the counts are final. */
static void ext2_put_super(struct super *sb)
{
	struct ext2_super *es = sb->priv;
	struct ext2_node *n, *next;

	list_for_each_entry_safe (n, next, &es->nodes, link)
		ext2_unmap(n->inode);
	if (es->open_for_writing) {
		es->d.state = es->state;
		es->dirty = true;
		if (ext2_sync_meta(es) < 0)
			klog("ext2: %s is left unclean", sb->source);
	}
	release(es);
}

static const struct super_ops ext2_super_ops = {
	.put_super = ext2_put_super,
	.evict_inode = ext2_evict,
	.statfs = ext2_statfs,
	.sync = ext2_sync,
};

/* ---- mounting ---- */

static int refuse(const struct ext2_super *es, const char *why)
{
	klog("ext2: not mounted: %s", why);
	return -EINVAL;
}

static int check_super(struct ext2_super *es)
{
	struct ext2_disk_super *d = &es->d;
	u32 bits, per_block;

	if (d->magic != EXT2_MAGIC)
		return -EINVAL;
	if (d->rev_level > 1 || d->log_block_size > 2)
		return refuse(es, "unknown revision or block size");
	if (d->rev_level && d->feature_incompat & ~EXT2_INCOMPAT_FILETYPE)
		return refuse(es, "incompatible features (ext3, ext4?)");
	if (d->rev_level &&
		d->feature_ro_compat & ~(EXT2_RO_COMPAT_SPARSE_SUPER | EXT2_RO_COMPAT_LARGE_FILE))
		return refuse(es, "features that do not allow writing");
	if (!d->rev_level)
		d->feature_compat = d->feature_incompat = d->feature_ro_compat = 0;
	es->bs = 1024u << d->log_block_size;
	es->ptrs = es->bs / 4;
	es->inode_size = d->rev_level ? d->inode_size : EXT2_OLD_INODE_SIZE;
	es->first_ino = d->rev_level ? d->first_ino : 11;
	bits = es->bs * 8;
	if (es->inode_size < EXT2_OLD_INODE_SIZE || es->inode_size > es->bs ||
		(es->inode_size & (es->inode_size - 1)))
		return refuse(es, "bad inode size");
	per_block = es->bs / es->inode_size;
	if (!d->blocks_per_group || d->blocks_per_group > bits || !d->inodes_per_group ||
		d->inodes_per_group > bits || d->inodes_per_group < per_block ||
		d->first_data_block != (es->bs == 1024) || d->blocks_count <= d->first_data_block ||
		es->first_ino < 3 || es->first_ino > d->inodes_count)
		return refuse(es, "bad geometry");
	es->nr_groups =
		(u32)(((u64)d->blocks_count - d->first_data_block + d->blocks_per_group - 1) /
			d->blocks_per_group);
	if (es->nr_groups > GROUPS_MAX ||
		d->inodes_count != (u64)es->nr_groups * d->inodes_per_group)
		return refuse(es, "bad geometry");
	return 0;
}

static int check_group(const struct ext2_super *es, const struct ext2_disk_group *g)
{
	u32 table = (u32)(((u64)es->d.inodes_per_group * es->inode_size + es->bs - 1) / es->bs);

	return ext2_block_ok(es, g->block_bitmap) && ext2_block_ok(es, g->inode_bitmap) &&
			       ext2_block_ok(es, g->inode_table) &&
			       table <= es->d.blocks_count - g->inode_table
		       ? 0
		       : -EINVAL;
}

static int read_groups(struct ext2_super *es)
{
	u64 pos = (u64)(es->d.first_data_block + 1) * es->bs;
	int ret = 0;

	es->groups = calloc(es->nr_groups, sizeof(*es->groups));
	if (!es->groups)
		return -ENOMEM;
	for (u32 k = 0; ret == 0 && k < es->nr_groups; k++) {
		struct ext2_disk_group *g = &es->groups[k].d;

		ret = ext2_get(es, pos + (u64)k * sizeof(*g), g, sizeof(*g));
		if (ret == 0 && check_group(es, g) < 0)
			ret = refuse(es, "bad group descriptors");
	}
	return ret;
}

static int fill(struct ext2_super *es)
{
	u8 last;
	int ret = ext2_get(es, EXT2_SUPER_POS, &es->d, sizeof(es->d));

	if (ret < 0)
		return -EINVAL;
	ret = check_super(es);
	if (ret == 0 && ext2_get(es, (u64)es->d.blocks_count * es->bs - 1, &last, 1) < 0)
		ret = refuse(es, "larger than its device");
	if (ret == 0)
		ret = read_groups(es);
	if (ret == 0 && !(es->d.state & EXT2_STATE_CLEAN))
		klog("ext2: mounting an unchecked file system");
	return ret;
}

static int open_device(const char *source, struct file **out)
{
	struct path p;
	int ret;

	if (!source || !*source)
		return -EINVAL;
	ret = path_lookup(&current->fs->cwd, source, LOOKUP_FOLLOW, &p);
	if (ret < 0)
		return ret;
	if (!S_ISBLK(p.dentry->inode->mode))
		ret = -ENOTBLK;
	else if (p.mnt->flags & MNT_NODEV)
		ret = -EACCES;
	else
		ret = file_open_path(&p, O_RDWR, out);
	path_put(&p);
	return ret;
}

/* The super of a device that is mounted already. */
static struct super *find_mounted(const struct fs_type *type, u64 rdev)
{
	struct super *sb;

	list_for_each_entry (sb, &all_supers, link)
		if (sb->type == type && sb->dev == rdev)
			return sb;
	return NULL;
}

static int make_super(const struct fs_type *type, struct file *dev, struct super **out)
{
	struct ext2_super *es = calloc(1, sizeof(*es));
	struct inode *root = NULL;
	int ret;

	if (!es) {
		file_put(dev);
		return -ENOMEM;
	}
	es->dev = dev;
	list_init(&es->nodes);
	ret = fill(es);
	es->sb = ret == 0 ? super_alloc(type, &ext2_super_ops, es) : NULL;
	if (!es->sb) {
		release(es);
		return ret < 0 ? ret : -ENOMEM;
	}
	es->sb->dev = dev->inode->rdev;
	es->sb->magic = EXT2_MAGIC;
	es->sb->block_size = es->bs;
	es->sb->attr_flags = EXT2_KEPT_FLAGS;
	es->sb->readonly = es->sb->readonly_for_good = loopdev_file_read_only(dev);
	ret = ext2_iget(es->sb, EXT2_ROOT_INO, &root);
	if (ret == 0 && !S_ISDIR(root->mode)) {
		inode_put(root);
		ret = -EINVAL;
	}
	if (ret == 0) {
		es->sb->root = d_make_root(es->sb, root);
		ret = es->sb->root ? 0 : -ENOMEM;
	}
	if (ret < 0)
		super_put(es->sb);
	else
		*out = es->sb;
	return ret;
}

static int ext2_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	struct file *dev;
	int ret = open_device(source, &dev);

	if (ret < 0)
		return ret;
	*out = find_mounted(type, dev->inode->rdev);
	if (*out) {
		(*out)->refs++;
		file_put(dev);
		return 0;
	}
	return make_super(type, dev, out);
}

const struct fs_type ext2_fs_type = {
	.name = "ext2",
	.needs_source = true,
	.mount = ext2_mount,
};
