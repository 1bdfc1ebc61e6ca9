/*
 * What the parts of hostfs share: the super's and the inode's private halves, and how to reach a
 * host file. A node is the host file (dev, ino), so hard links share one inode; its aliases are the
 * dentries under which it is known, and any of them serves to find it again from its directory.
 */
#ifndef SKIFF_FS_HOSTFS_NODE_H
#define SKIFF_FS_HOSTFS_NODE_H

#include "fs/vfs.h"
#include "kernel/os.h"

#define HOSTFS_DIR_FDS 256     /* directories kept open per super */
#define HOSTFS_READERS_TRIM 64 /* files closed at once when descriptors run out */
#define HOSTFS_DEVS 32	       /* host filesystems told apart below one root */
#define HOSTFS_STAT_XATTR "user.skiff.stat"
#define HOSTFS_XATTR_PREFIX "user.skiff."
#define DTYPE(mode) ((u8)((mode) >> 12 & 15)) /* d_type of getdents(2) */

struct hostfs {
	struct super *sb;
	int root; /* O_PATH */
	bool map;
	u32 uid, gid;	      /* skiff's own on the host: root in the guest */
	struct htab nodes;    /* by (dev, ino) */
	struct list_head lru; /* directory nodes with an open fd that may be closed */
	unsigned nr_lru;
	struct list_head
		readers; /* files with a reading fd, oldest first: closed when fds run out */
	u64 devs[HOSTFS_DEVS];
	unsigned nr_devs;
	u64 max_bytes, used_bytes; /* quota.c; max 0: no quota */
};

enum { HOSTFS_RD, HOSTFS_WR };

struct hostfs_node {
	struct inode *inode;
	struct hnode hash;
	bool hashed;
	bool write_only; /* fd[HOSTFS_WR] cannot read: the host did not allow more */
	bool fresh;	 /* attributes were fetched for the call in progress */
	bool mapped;	 /* has a stat attribute (map) */
	bool map_known;	 /* it was read: nobody else changes it while the super is mounted */
	u64 dev, ino;	 /* the host's */
	u32 host_uid, host_gid;
	struct timespec btime;
	u64 fresh_ns;		  /* when the attributes were fetched */
	struct list_head aliases; /* struct hostfs_alias.link */
	int fd[2]; /* shared by all opens for reading, for writing; -1. Directories: RD is O_PATH */
	unsigned users[2];
	int pin;	      /* a file without a name that is still in use, else -1 */
	struct list_head lru; /* directories: hostfs.lru, files: hostfs.readers */
	unsigned busy;	      /* its fd must not be closed now */
	char *target;	      /* symlink text, cached */
	u64 charged;	      /* its part of used_bytes */
	bool counted;	      /* charged is known */
	bool reserved;	      /* was mapped to be written: keeps its blocks */
};

struct hostfs_alias { /* dentry->priv */
	struct list_head link;
	struct dentry *d;
};

/* How the host finds a node: name in dir, or dir itself if name is "". Valid until the next call
 * that may open directories. */
struct hostfs_at {
	int dir;
	const char *name;
};

static inline struct hostfs *hostfs_of(const struct inode *i)
{
	return i->sb->priv;
}
static inline struct hostfs_node *hostfs_node(const struct inode *i)
{
	return i->priv;
}

extern const struct inode_ops hostfs_dir_iops, hostfs_file_iops, hostfs_link_iops;
extern const struct file_ops hostfs_fops, hostfs_dir_fops;

/* node.c */
int hostfs_iget(struct hostfs *h, const struct hostfs_at *at, const struct os_stat *st,
	struct inode **out); /* st is of at; a new reference */
void hostfs_evict(struct inode *i);
int hostfs_rekey(
	struct hostfs_node *n, const struct os_stat *st); /* n stands for another file now */
int hostfs_bind(struct dentry *d, struct inode *i);	  /* takes the reference, also on failure */
void hostfs_unbind(struct dentry *d);			  /* d no longer names its inode */
int hostfs_dirfd(struct inode *dir);
int hostfs_locate(struct inode *i, struct hostfs_at *at);
int hostfs_pin(
	struct inode *i, struct dentry *d, int dirfd); /* before d goes: keeps it reachable */
int hostfs_open_as(struct inode *i, int flags);
int hostfs_read_fd(struct inode *i); /* fd[HOSTFS_RD] of a regular file, opened if need be */
void hostfs_close_read_fd(struct hostfs_node *n);
int hostfs_openat(struct hostfs *h, int dir, const char *name, int flags, u32 mode);
bool hostfs_same(const struct hostfs_node *n, const struct os_stat *st);
u64 hostfs_ino(struct hostfs *h, u64 dev, u64 ino);

/* attr.c */
int hostfs_update(struct inode *i, const struct hostfs_at *at, const struct os_stat *st);
int hostfs_refresh(struct inode *i);
int hostfs_getattr(struct inode *i);
int hostfs_setattr(struct inode *i, const struct setattr *a);
int hostfs_permission(struct inode *i, int mask);
int hostfs_lookup(struct inode *dir, struct dentry *d);
int hostfs_revalidate(struct inode *dir, struct dentry *d);
void hostfs_stale(struct inode *i); /* the next getattr asks the host */

/* map.c: attributes kept in HOSTFS_STAT_XATTR */
struct hostfs_owner {
	u32 mode, uid, gid; /* mode with its type */
	u64 rdev;
};
void hostfs_owner_new(const struct inode *dir, u32 mode, struct hostfs_owner *o);
/* 1: the attribute exists and *o holds it; 0: none; < 0: failure */
int hostfs_map_get(const struct hostfs_at *at, struct hostfs_owner *o);
int hostfs_map_put(const struct hostfs_at *at, const struct hostfs_owner *o, bool had);
u32 hostfs_map_mode(u32 mode); /* the permission bits a host file gets */
bool hostfs_map_trivial(const struct hostfs_owner *o);
int hostfs_map_chown_link(struct inode *i, const struct hostfs_owner *o);

/* quota.c: without a quota there is always room */
int hostfs_quota_new(const struct hostfs *h);	     /* for one more file? 0, -ENOSPC */
void hostfs_quota_seen(struct inode *i, u64 blocks); /* a stat said so */
void hostfs_quota_made(struct inode *i);	     /* it is new, and has been seen */
void hostfs_quota_gone(struct inode *i);	     /* it is evicted */
/* How many of len bytes may be written at pos, or -ENOSPC. fd: of the file */
ssize_t hostfs_quota_write(struct inode *i, int fd, u64 pos, size_t len);
void hostfs_quota_written(struct inode *i, int fd, u64 end);
int hostfs_quota_fallocate(struct inode *i, int fd, int mode, u64 off, u64 len);
/* Before it is mapped to be written, or grows while it may be: has all blocks of size allocated */
int hostfs_quota_reserve(struct inode *i, int fd, u64 size);
void hostfs_quota_statfs(const struct hostfs *h, struct statfs *sf);

/* xattr.c */
ssize_t hostfs_getxattr(struct inode *i, const char *name, void *buf, size_t size);
int hostfs_setxattr(struct inode *i, const char *name, const void *v, size_t n, int flags);
ssize_t hostfs_listxattr(struct inode *i, char *buf, size_t size);
int hostfs_removexattr(struct inode *i, const char *name);

/* readdir.c */
int hostfs_iterate(struct file *file, struct dir_sink *sink);
int hostfs_dir_open(struct inode *i, struct file *file);
void hostfs_dir_release(struct file *file);

/* file.c */
void hostfs_keep_fd(struct hostfs_node *n, int fd); /* of a new file, for the open that follows */
void hostfs_forget_kept(struct hostfs_node *n);

#endif
