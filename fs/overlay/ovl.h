/*
 * What the parts of overlay share. A real dentry is one of a layer; an overlay inode knows its real
 * dentries, an overlay dentry the lower dentry its answer depends on. Layer operations (ovl_do_*)
 * call the layer's ops without permission checks: those have been made on the overlay's inodes.
 */
#ifndef SKIFF_FS_OVERLAY_OVL_H
#define SKIFF_FS_OVERLAY_OVL_H

#include "fs/vfs.h"

#define OVL_XATTR_PREFIX "trusted.overlay." /* hidden from the guest */
#define OVL_XATTR_OPAQUE "trusted.overlay.opaque"
#define OVL_XATTR_REDIRECT "trusted.overlay.redirect" /* path of a moved directory's lower part */
#define OVL_REDIRECT_MAX 2048
#define OVL_XATTR_INO "trusted.overlay.skiff.ino"     /* st_ino of a file that was copied up */
#define OVL_XATTR_NLINK "trusted.overlay.skiff.nlink" /* nlink_delta, see index.c */
#define OVL_INDEX_PREFIX "i"			      /* names in work that last */
#define OVL_INO_UPPER (1ull << 48) /* set in st_ino of what was born in the upper layer */
#define OVL_ALL UINT64_MAX

struct ovl { /* super->priv */
	struct super *sb;
	struct super *lower_sb, *upper_sb;   /* references */
	struct dentry *lower, *upper, *work; /* references */
	struct htab inodes;		     /* by real inode */
	struct list_head kept;		     /* struct ovl_inode.kept */
	u64 next_tmp;
	bool moved; /* what has a lower part may be in directories that are upper only */
};

struct ovl_inode { /* inode->priv */
	struct inode *inode;
	struct dentry *lower, *upper; /* references; at least one is not NULL */
	struct hnode lower_hash, upper_hash;
	bool lower_hashed, upper_hashed;
	s32 nlink_delta;       /* names this file has but its real inode does not count */
	bool indexed;	       /* upper is a name in work, which lasts as long as the lower names */
	struct list_head kept; /* holds a reference: nlink_delta must not be forgotten */
	struct list_head aliases; /* struct ovl_dentry.link */
};

struct ovl_dentry { /* dentry->priv */
	struct list_head link;
	struct dentry *d;
	struct dentry *lower; /* reference; NULL: only the upper layer has a say */
};

static inline struct ovl *ovl_of(const struct inode *i)
{
	return i->sb->priv;
}
static inline struct ovl_inode *ovl_i(const struct inode *i)
{
	return i->priv;
}
static inline struct dentry *ovl_real(const struct inode *i)
{
	struct ovl_inode *oi = ovl_i(i);

	return oi->upper ? oi->upper : oi->lower;
}
static inline bool ovl_is_whiteout(const struct dentry *d)
{
	return d->inode && S_ISCHR(d->inode->mode) && !d->inode->rdev;
}

/* inode.c */
int ovl_iget(struct ovl *o, struct dentry *upper, struct dentry *lower, struct inode **out);
void ovl_evict(struct inode *i);
int ovl_bind(struct dentry *d, struct inode *i, struct dentry *lower); /* takes i, not lower */
void ovl_unbind(struct dentry *d);			  /* d no longer names its inode */
void ovl_forget_lower(struct dentry *d);		  /* the upper layer decides from now on */
int ovl_set_upper(struct inode *i, struct dentry *upper); /* takes the reference on success */
void ovl_copyattr(struct inode *i);
void ovl_count_link(struct inode *i, s32 delta); /* changes nlink_delta */
void ovl_drop_kept(struct ovl *o);
void ovl_note_move(const struct inode *i, const struct inode *dir); /* i has a name in dir now */
int ovl_lookup(struct inode *dir, struct dentry *d);
int ovl_revalidate(struct inode *dir, struct dentry *d);
int ovl_getattr(struct inode *i);
int ovl_permission(struct inode *i, int mask);
extern const struct inode_ops ovl_dir_iops, ovl_file_iops, ovl_link_iops;

u64 ovl_stored_ino(struct dentry *upper); /* of the lower file it is a copy of, or 0 */

/* index.c */
void ovl_index_add(struct inode *i, struct dentry **upper); /* may replace *upper */
void ovl_index_update(struct inode *i);
/* The index entry, a new reference, of the file known by one of the two; NULL: none. */
struct dentry *ovl_index_of(struct ovl *o, struct dentry *upper, struct dentry *lower);
void ovl_index_load(struct inode *i); /* i's upper is an index entry */

/* attr.c */
int ovl_setattr(struct inode *i, const struct setattr *a);
ssize_t ovl_getxattr(struct inode *i, const char *name, void *buf, size_t size);
int ovl_setxattr(struct inode *i, const char *name, const void *v, size_t n, int flags);
ssize_t ovl_listxattr(struct inode *i, char *buf, size_t size);
int ovl_removexattr(struct inode *i, const char *name);
int ovl_readlink(struct inode *i, char **target);
int ovl_tmpfile(struct inode *dir, u32 mode, struct inode **out);

/* layer.c: operations on one layer */
int ovl_child(struct dentry *dir, const char *name, struct dentry **out); /* d_lookup */
int ovl_tmp(struct ovl *o, struct dentry **out); /* an unused name in work */
int ovl_do_create(struct dentry *d, u32 mode);
int ovl_do_mkdir(struct dentry *d, u32 mode);
int ovl_do_mknod(struct dentry *d, u32 mode, u64 rdev);
int ovl_do_symlink(struct dentry *d, const char *target);
int ovl_do_link(struct dentry *old, struct dentry *d);
int ovl_do_remove(struct dentry *d);
int ovl_do_rename(struct dentry *old, struct dentry *new, u32 flags);
int ovl_do_setattr(struct dentry *d, const struct setattr *a);
int ovl_do_setxattr(struct dentry *d, const char *name, const void *v, size_t n);
ssize_t ovl_do_getxattr(struct dentry *d, const char *name, void *buf, size_t size);
int ovl_whiteout(struct ovl *o, struct dentry *dir, const char *name);
bool ovl_is_opaque(struct dentry *d);
int ovl_set_opaque(struct dentry *d);
int ovl_set_redirect(struct ovl *o, struct dentry *upper, struct dentry *lower);
/* 1: *lower is the lower part upper's redirect names, or NULL if it is gone; 0: no redirect */
int ovl_get_redirect(struct ovl *o, struct dentry *upper, struct dentry **lower);
int ovl_open_real(struct dentry *real, u32 flags, struct file **out);
void ovl_close_real(struct file *f);

/* copy_up.c: after success the inode has an upper dentry; at most max bytes of data are copied.
 * May sleep between pieces of a large file. */
int ovl_copy_up(struct inode *i, u64 max);
int ovl_copy_up_name(struct dentry *d); /* and d's own name exists in the upper layer */

/* readdir.c */
struct ovl_entry {
	u64 ino;
	u8 dtype;
	bool whiteout, upper;
	u16 len;
	u32 name; /* offset in names */
};
struct ovl_list {
	struct ovl_entry *entries;
	size_t nr, max;
	char *names;
	size_t names_len, names_max;
};
int ovl_list_read(struct inode *dir, struct ovl_list *l); /* merged, whiteouts marked, no dots */
int ovl_list_layer(struct file *f, struct ovl_list *l);	  /* appends: no dots */
void ovl_list_free(struct ovl_list *l);
int ovl_check_empty(struct inode *dir);
int ovl_clear_whiteouts(struct dentry *upper);
extern const struct file_ops ovl_fops, ovl_dir_fops;

#endif
