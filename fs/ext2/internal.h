/*
 * ext2: what its files share. Access to the device is by whole or part blocks, at most a page at a
 * time, and does not sleep: each operation is done before anybody else runs, unless it says so.
 * The image is not trusted: numbers from it are checked where they are used, -EIO if they are
 * wrong.
 */
#ifndef SKIFF_FS_EXT2_INTERNAL_H
#define SKIFF_FS_EXT2_INTERNAL_H

#include "fs/ext2/disk.h"
#include "fs/ext2/ext2.h"
#include "fs/vfs.h"

struct ext2_group {
	struct ext2_disk_group d;
	u8 *blocks, *inodes; /* bitmaps, NULL until used */
	bool blocks_dirty, inodes_dirty, dirty;
};

struct ext2_super {
	struct super *sb;
	struct file *dev;
	struct ext2_disk_super d;
	u32 bs;					    /* block size, bytes */
	u32 nr_groups, inode_size, first_ino, ptrs; /* ptrs: block numbers in a block */
	struct ext2_group *groups;
	struct htab inodes;	/* struct ext2_node.hash by number */
	struct list_head nodes; /* struct ext2_node.link */
	bool dirty;		/* d, or something in groups, is newer than the device */
	bool open_for_writing;	/* the device says: not clean */
	u16 state;		/* what it said before */
};

struct ext2_node { /* inode->priv */
	struct hnode hash;
	struct list_head link;
	struct inode *inode;
	u32 block[EXT2_NR_BLOCKS];
	u32 flags, generation, file_acl, goal; /* goal: block to look for room from */
	/* A mapped file: its content is in a memfd, the inode stays until the file system or the
	 * file goes. */
	int hfd;		   /* -1: not mapped */
	bool pinned, maybe_stored; /* maybe_stored: guests may write to it behind our back */
};

static inline struct ext2_super *ext2_sb(const struct inode *i)
{
	return i->sb->priv;
}
static inline struct ext2_node *ext2_node(const struct inode *i)
{
	return i->priv;
}

/* ---- device (super.c) ---- */
int ext2_get(struct ext2_super *es, u64 pos, void *buf, size_t len); /* 0 or -EIO & co */
int ext2_put(struct ext2_super *es, u64 pos, const void *buf, size_t len);
int ext2_sync_meta(struct ext2_super *es); /* counts and bitmaps to the device */
int ext2_writable(struct ext2_super *es);  /* before the first change: 0, -EROFS */
bool ext2_block_ok(const struct ext2_super *es, u32 block);

/* ---- room (alloc.c) ---- */
int ext2_new_block(struct inode *i, u32 *out); /* -ENOSPC; its content is whatever it was */
/* False if it was not in use, or is none: then nothing has changed. */
bool ext2_free_block(struct inode *i, u32 block);
int ext2_new_ino(struct ext2_super *es, u32 parent, bool dir, u32 *out);
void ext2_free_ino(struct ext2_super *es, u32 ino, bool dir);

/* ---- inodes (inode.c) ---- */
int ext2_iget(struct super *sb, u32 ino, struct inode **out); /* a reference */
int ext2_new_inode(struct inode *dir, u32 mode, u64 rdev, struct inode **out);
int ext2_write_inode(struct inode *i);
void ext2_evict(struct inode *i);
int ext2_setattr(struct inode *i, const struct setattr *a);
bool ext2_is_short_link(const struct inode *i);

/* ---- where data is (map.c) ---- */
u64 ext2_max_size(const struct ext2_super *es);
/* *block: of the lblk-th of the file; 0: a hole, of *span blocks at least. */
int ext2_map(struct inode *i, u64 lblk, u32 *block, u64 *span);
int ext2_map_create(struct inode *i, u64 lblk, u32 *block, bool *fresh);
int ext2_truncate_blocks(struct inode *i, u64 from); /* frees blocks from there on */

/* ---- data (file.c) ---- */
int ext2_truncate(struct inode *i, u64 size);
int ext2_write_back(struct inode *i); /* what guests stored through mappings */
void ext2_unmap(struct inode *i);

/* ---- fiemap.c ---- */
long ext2_fiemap(struct inode *i, uaddr_t arg); /* FS_IOC_FIEMAP */

/* ---- directories (dir.c) ---- */
struct ext2_place {	/* of an entry */
	u32 block, off; /* off: in the block */
	u32 ino;
};
int ext2_find(struct inode *dir, const char *name, size_t len, struct ext2_place *out);
int ext2_add(struct inode *dir, const char *name, size_t len, const struct inode *inode);
int ext2_remove(struct inode *dir, const struct ext2_place *at);
int ext2_set_entry(struct inode *dir, const struct ext2_place *at, const struct inode *inode);
int ext2_make_dots(struct inode *dir, const struct inode *parent);
int ext2_is_empty(struct inode *dir); /* 1, 0, -errno */

extern const struct inode_ops ext2_dir_ops, ext2_file_ops, ext2_link_ops, ext2_special_ops;
extern const struct file_ops ext2_dir_fops, ext2_file_fops;

#endif
