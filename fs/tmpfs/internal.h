/* tmpfs: what its files share. */
#ifndef SKIFF_FS_TMPFS_INTERNAL_H
#define SKIFF_FS_TMPFS_INTERNAL_H

#include "fs/tmpfs/tmpfs.h"
#include "kernel/charge.h"

struct tmpfs_super {
	u64 max_bytes, used_bytes;
	u64 max_inodes, used_inodes; /* max 0: no limit */
	u32 mode, uid, gid;
	struct inode *root; /* kept, so that put_super can take the tree apart */
};

struct tmpfs_entry { /* a name in a directory */
	struct hnode hash;
	struct inode *dir; /* borrowed: a directory outlives its entries */
	struct inode *inode;
	u64 off; /* position in the directory, never reused */
	u32 len;
	char name[];
};

struct tmpfs_slot {
	u64 off;
	struct tmpfs_entry *entry; /* NULL: removed */
};

struct tmpfs_xattr {
	struct tmpfs_xattr *next;
	size_t len;
	char *name;
	u8 value[];
};

struct tmpfs_node { /* inode->priv */
	/* regular files: pages of 4 KiB up to PAGES_MAX of them, NULL for a hole; or a host memfd
	 */
	u8 **pages;
	size_t nr_pages;       /* length of pages */
	int hfd;	       /* -1: in pages */
	u64 charged;	       /* bytes of pages, accounted to the super */
	struct mem_file memfd; /* of hfd, accounted too */
	u64 charged_meta;      /* the same, for other things than data */
	/* directories: slots in order of off */
	struct tmpfs_slot *slots;
	size_t nr_slots, room, nr_entries;
	u64 next_off;
	struct list_head teardown;
	struct inode *inode; /* back, for put_super */
	char *target;	     /* symlinks */
	struct tmpfs_xattr *xattrs;
};

static inline struct tmpfs_super *tmpfs_sb(const struct inode *i)
{
	return i->sb->priv;
}
static inline struct tmpfs_node *tmpfs_node(const struct inode *i)
{
	return i->priv;
}

/* A new inode of any type with a node; nlink 1 (2 for directories). 0, -ENOSPC, -ENOMEM. */
int tmpfs_new_inode(
	struct super *sb, const struct inode *dir, u32 mode, u64 rdev, struct inode **out);
/* Removes all entries; the inodes of subdirectories are put on list instead of being released. */
void tmpfs_dir_clear(struct inode *dir, struct list_head *list);

/* Accounts memory of an inode that is not its data (attributes, long targets). 0 or -ENOSPC. */
int tmpfs_charge_meta(struct inode *i, u64 bytes);
void tmpfs_uncharge_meta(struct inode *i, u64 bytes);

int tmpfs_truncate(struct inode *i, u64 size);
void tmpfs_data_free(struct inode *i);
void tmpfs_xattr_free(struct inode *i);

extern const struct inode_ops tmpfs_dir_ops, tmpfs_file_ops, tmpfs_link_ops, tmpfs_special_ops;
extern const struct file_ops tmpfs_dir_fops, tmpfs_file_fops;

int tmpfs_setattr(struct inode *i, const struct setattr *a);
ssize_t tmpfs_getxattr(struct inode *i, const char *name, void *buf, size_t size);
int tmpfs_setxattr(struct inode *i, const char *name, const void *v, size_t n, int flags);
ssize_t tmpfs_listxattr(struct inode *i, char *buf, size_t size);
int tmpfs_removexattr(struct inode *i, const char *name);
#define TMPFS_XATTR_OPS \
	.getxattr = tmpfs_getxattr, .setxattr = tmpfs_setxattr, .listxattr = tmpfs_listxattr, \
	.removexattr = tmpfs_removexattr

#endif
