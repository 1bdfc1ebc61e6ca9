/*
 * ext2 inodes: found by number, read, written back. An inode without a name lives until its last
 * user is gone; then its blocks and its number are freed. Times are of nanoseconds where the
 * device's inodes have room for them, else of seconds.
 */
#include "fs/ext2/internal.h"
#include "kernel/os.h"
#include "kernel/task.h"

static u64 inode_pos(const struct ext2_super *es, u64 ino)
{
	u32 group = (u32)((ino - 1) / es->d.inodes_per_group);

	return (u64)es->groups[group].d.inode_table * es->bs +
	       (ino - 1) % es->d.inodes_per_group * es->inode_size;
}

static size_t raw_size(const struct ext2_super *es)
{
	return es->inode_size > EXT2_OLD_INODE_SIZE ? sizeof(struct ext2_disk_inode)
						    : EXT2_OLD_INODE_SIZE;
}

static bool has_extra(const struct ext2_super *es, const struct ext2_disk_inode *d)
{
	return es->inode_size > EXT2_OLD_INODE_SIZE && d->extra_isize >= EXT2_EXTRA_SIZE - 4 &&
	       d->extra_isize <= es->inode_size - EXT2_OLD_INODE_SIZE;
}

/* ---- times: seconds since 1970 as a signed number, two more bits and nanoseconds in extra ---- */

static void get_time(struct timespec *ts, u32 seconds, u32 extra)
{
	ts->tv_sec = (time_t)(s32)seconds + ((time_t)(extra & 3) << 32);
	ts->tv_nsec = MIN(extra >> 2, (u32)NSEC_PER_SEC - 1);
}

static u32 put_time(const struct timespec *ts, bool wide, u32 *extra)
{
	s64 high;

	if (!wide)
		return (u32)MIN(MAX((s64)ts->tv_sec, (s64)INT32_MIN), (s64)INT32_MAX);
	high = ((s64)ts->tv_sec - (s32)ts->tv_sec) >> 32;
	*extra = (u32)ts->tv_nsec << 2 | ((u32)high & 3);
	return (u32)ts->tv_sec;
}

/* ---- from and to the device ---- */

static void set_ops(struct inode *i)
{
	switch (i->mode & S_IFMT) {
	case S_IFREG:
		i->ops = &ext2_file_ops;
		i->fops = &ext2_file_fops;
		break;
	case S_IFDIR:
		i->ops = &ext2_dir_ops;
		i->fops = &ext2_dir_fops;
		break;
	case S_IFLNK:
		i->ops = &ext2_link_ops;
		break;
	default:
		i->ops = &ext2_special_ops;
		break;
	}
}

static bool is_device(u32 mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/* Device numbers: 8 and 8 bits in the first block number, or 12 and 20 in the second. */
static u64 get_rdev(const u32 *block)
{
	return block[0] ? block[0] & 0xffff : block[1];
}

static void from_disk(struct inode *i, const struct ext2_disk_inode *d)
{
	const struct ext2_super *es = ext2_sb(i);
	struct ext2_node *n = ext2_node(i);
	bool wide = has_extra(es, d);

	i->mode = d->mode;
	i->uid = d->uid | (u32)d->uid_high << 16;
	i->gid = d->gid | (u32)d->gid_high << 16;
	i->nlink = d->links;
	i->size = d->size;
	if (S_ISREG(i->mode))
		i->size |= (u64)d->size_high << 32;
	i->blocks = d->sectors;
	get_time(&i->atime, d->atime, wide ? d->atime_extra : 0);
	get_time(&i->mtime, d->mtime, wide ? d->mtime_extra : 0);
	get_time(&i->ctime, d->ctime, wide ? d->ctime_extra : 0);
	get_time(&i->btime, wide ? d->crtime : d->ctime, wide ? d->crtime_extra : 0);
	memcpy(n->block, d->block, sizeof(n->block));
	n->flags = d->flags & ~EXT2_KEPT_FLAGS;
	i->attr_flags = d->flags & EXT2_KEPT_FLAGS;
	n->generation = d->generation;
	n->file_acl = d->file_acl;
	if (is_device(i->mode))
		i->rdev = get_rdev(n->block);
	set_ops(i);
}

static void to_disk(struct inode *i, struct ext2_disk_inode *d)
{
	const struct ext2_super *es = ext2_sb(i);
	const struct ext2_node *n = ext2_node(i);
	bool wide = has_extra(es, d);

	d->mode = (u16)i->mode;
	d->uid = (u16)i->uid;
	d->uid_high = (u16)(i->uid >> 16);
	d->gid = (u16)i->gid;
	d->gid_high = (u16)(i->gid >> 16);
	d->links = (u16)i->nlink;
	d->size = (u32)i->size;
	d->size_high = S_ISREG(i->mode) ? (u32)(i->size >> 32) : 0;
	d->sectors = (u32)i->blocks;
	d->atime = put_time(&i->atime, wide, &d->atime_extra);
	d->mtime = put_time(&i->mtime, wide, &d->mtime_extra);
	d->ctime = put_time(&i->ctime, wide, &d->ctime_extra);
	if (wide)
		d->crtime = put_time(&i->btime, wide, &d->crtime_extra);
	memcpy(d->block, n->block, sizeof(d->block));
	d->flags = n->flags | i->attr_flags;
	d->generation = n->generation;
	d->file_acl = n->file_acl;
}

int ext2_write_inode(struct inode *i)
{
	struct ext2_super *es = ext2_sb(i);
	u64 pos = inode_pos(es, i->ino);
	struct ext2_disk_inode old = {0}, new;
	int ret;

	if (es->sb->readonly)
		return 0; /* a time of access, which nobody keeps */
	ret = ext2_get(es, pos, &old, raw_size(es));
	if (ret < 0)
		return ret;
	new = old;
	to_disk(i, &new);
	if (!memcmp(&old, &new, sizeof(new)))
		return 0;
	ret = ext2_writable(es);
	if (ret == 0 && S_ISREG(i->mode) && i->size > INT32_MAX &&
		!(es->d.feature_ro_compat & EXT2_RO_COMPAT_LARGE_FILE) && es->d.rev_level) {
		es->d.feature_ro_compat |= EXT2_RO_COMPAT_LARGE_FILE;
		es->dirty = true;
	}
	return ret < 0 ? ret : ext2_put(es, pos, &new, raw_size(es));
}

/* ---- life ---- */

static struct inode *alloc(struct super *sb, u32 ino)
{
	struct ext2_super *es = sb->priv;
	struct ext2_node *n = calloc(1, sizeof(*n));
	struct inode *i = n ? inode_alloc(sb) : NULL;

	if (!i || htab_insert(&es->inodes, &n->hash, hash_u64(ino)) < 0) {
		inode_put(i); /* not one of ours yet: nothing to evict */
		free(n);
		return NULL;
	}
	i->ino = ino;
	i->priv = n;
	n->inode = i;
	n->hfd = -1;
	list_add_tail(&n->link, &es->nodes);
	return i;
}

static void forget(struct inode *i)
{
	struct ext2_node *n = ext2_node(i);

	htab_remove(&ext2_sb(i)->inodes, &n->hash);
	list_del(&n->link);
	if (n->hfd >= 0)
		os_close(n->hfd);
	free(n);
	i->priv = NULL;
}

bool ext2_is_short_link(const struct inode *i)
{
	return S_ISLNK(i->mode) && i->size < sizeof(ext2_node(i)->block);
}

static bool has_data(const struct inode *i)
{
	return S_ISREG(i->mode) || S_ISDIR(i->mode) || (S_ISLNK(i->mode) && !ext2_is_short_link(i));
}

/* A block of extended attributes, perhaps shared with other inodes: one user less. */
static void drop_attributes(struct inode *i)
{
	struct ext2_super *es = ext2_sb(i);
	u32 block = ext2_node(i)->file_acl, users;
	u64 pos = (u64)block * es->bs + EXT2_ATTR_USERS_POS;

	ext2_node(i)->file_acl = 0;
	if (!block || !ext2_block_ok(es, block) || ext2_get(es, pos, &users, sizeof(users)) < 0)
		return;
	users--;
	if (users)
		ext2_put(es, pos, &users, sizeof(users));
	else
		ext2_free_block(i, block);
}

/* The number is free again, and the inode says so. */
static void delete (struct inode *i)
{
	struct ext2_super *es = ext2_sb(i);
	u64 pos = inode_pos(es, i->ino) + offsetof(struct ext2_disk_inode, dtime);
	struct timespec now;
	u32 dtime;

	if (has_data(i))
		ext2_truncate_blocks(i, 0);
	drop_attributes(i);
	i->size = 0;
	ext2_write_inode(i);
	inode_now(&now);
	dtime = (u32)now.tv_sec;
	ext2_put(es, pos, &dtime, sizeof(dtime));
	ext2_free_ino(es, (u32)i->ino, S_ISDIR(i->mode));
}

void ext2_evict(struct inode *i)
{
	struct ext2_super *es = ext2_sb(i);

	if (!i->priv)
		return;
	if (!i->nlink && i->mode && ext2_writable(es) == 0)
		delete (i);
	else if (i->mode) {
		ext2_write_back(i);
		ext2_write_inode(i);
	}
	forget(i);
}

int ext2_iget(struct super *sb, u32 ino, struct inode **out)
{
	struct ext2_super *es = sb->priv;
	struct ext2_disk_inode d = {0};
	struct hnode *h;
	struct inode *i;
	int ret;

	if (!ino || ino > es->d.inodes_count || (ino < es->first_ino && ino != EXT2_ROOT_INO))
		return -EIO;
	for (h = htab_first(&es->inodes, hash_u64(ino)); h; h = htab_next(h)) {
		struct ext2_node *n = container_of(h, struct ext2_node, hash);

		if (n->inode->ino == ino) {
			*out = inode_get(n->inode);
			return 0;
		}
	}
	ret = ext2_get(es, inode_pos(es, ino), &d, raw_size(es));
	if (ret < 0)
		return ret;
	if (!d.links || !d.mode)
		return -ESTALE;
	i = alloc(sb, ino);
	if (!i)
		return -ENOMEM;
	from_disk(i, &d);
	if ((i->size > ext2_max_size(es) && S_ISREG(i->mode)) || i->size > INT64_MAX ||
		(S_ISDIR(i->mode) && (i->size % es->bs || !i->size))) {
		i->mode = 0;
		i->nlink = 1;
		inode_put(i);
		return -EIO;
	}
	*out = i;
	return 0;
}

int ext2_new_inode(struct inode *dir, u32 mode, u64 rdev, struct inode **out)
{
	struct ext2_super *es = ext2_sb(dir);
	struct ext2_disk_inode d = {0};
	struct inode *i;
	u32 ino;
	int ret = ext2_writable(es);

	if (ret == 0)
		ret = ext2_new_ino(es, (u32)dir->ino, S_ISDIR(mode), &ino);
	if (ret < 0)
		return ret;
	i = alloc(dir->sb, ino);
	if (!i) {
		ext2_free_ino(es, ino, S_ISDIR(mode));
		return -ENOMEM;
	}
	inode_init_owner(i, dir, mode);
	i->nlink = S_ISDIR(mode) ? 2 : 1;
	i->rdev = rdev;
	if (is_device(mode)) {
		bool old = (rdev & ~0xffffull) == 0;

		ext2_node(i)->block[0] = old ? (u32)rdev : 0;
		ext2_node(i)->block[1] = old ? 0 : (u32)rdev;
	}
	os_random(&ext2_node(i)->generation, sizeof(ext2_node(i)->generation));
	set_ops(i);
	if (es->inode_size > EXT2_OLD_INODE_SIZE)
		d.extra_isize = EXT2_EXTRA_SIZE;
	ret = ext2_put(es, inode_pos(es, ino), &d, raw_size(es));
	if (ret == 0)
		ret = ext2_write_inode(i);
	if (ret < 0) {
		i->nlink = 0;
		inode_put(i);
		return ret;
	}
	*out = i;
	return 0;
}

int ext2_setattr(struct inode *i, const struct setattr *a)
{
	struct setattr rest = *a;
	int ret = ext2_writable(ext2_sb(i));

	if (ret == 0 && (a->valid & ATTR_SIZE))
		ret = ext2_truncate(i, a->size);
	if (ret < 0)
		return ret;
	rest.valid &= ~ATTR_SIZE;
	ret = inode_setattr(i, &rest);
	return ret < 0 ? ret : ext2_write_inode(i);
}
