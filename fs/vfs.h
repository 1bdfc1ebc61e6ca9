/*
 * The VFS contract between the core (fs/) and the filesystems (a folder each). Functions return
 * >= 0 or -errno. Ops run on a coroutine and may sleep unless marked "no sleep". A NULL op means
 * the default written beside it. path_resolution(7), inode(7).
 */
#ifndef SKIFF_FS_VFS_H
#define SKIFF_FS_VFS_H

#include "kernel/abi.h"
#include "kernel/lib/htab.h"
#include "kernel/lib/list.h"
#include "kernel/poll.h"
#include "kernel/sched.h"
#include "kernel/uaccess.h"

#include <linux/fs.h>

struct inode;
struct dentry;
struct file;
struct mount;
struct super;
struct dir_sink;
struct cred;
struct fasync;
struct task;
struct mnt_ns;

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

/* ---- filesystems and mounts ---- */
struct fs_type {
	const char *name;
	bool needs_source; /* "nodev" in /proc/filesystems if false */
	bool user_mount;   /* root of any user namespace may mount it */
	bool handles;	   /* its inodes keep their numbers: file handles (fs/handle.h) */
	/* data: mount(2) options, may be NULL. On success *out has its root dentry set. */
	int (*mount)(const struct fs_type *type, const char *source, const char *data,
		struct super **out);
};

struct super_ops {
	void (*put_super)(struct super *sb);		    /* free sb->priv */
	void (*evict_inode)(struct inode *inode);	    /* last reference gone: free priv */
	int (*statfs)(struct super *sb, struct statfs *sf); /* default: zeros and sb->magic */
	int (*sync)(struct super *sb);			    /* default: 0 */
	int (*show_options)(struct super *sb, char *buf, size_t size);
};

struct super {
	const struct fs_type *type;
	const struct super_ops *ops;
	unsigned refs; /* mounts and internal users */
	u64 dev;       /* makedev(0, n), unique */
	u32 magic, block_size;
	u32 attr_flags; /* the FS_*_FL of ioctl_iflags(2) that its inodes keep; 0: it has none */
	struct dentry *root; /* owned */
	void *priv;
	char source[64];
	bool readonly;
	bool readonly_for_good; /* so decided outside the machine: no remount lifts it */
	bool user_mounted;	/* by root of a user namespace: may be changed there */
	u64 next_ino;
	struct list_head dentries; /* every dentry of this super (struct dentry.sb_link) */
	struct list_head link;	   /* in all_supers */
};
extern struct list_head all_supers;

#define MNT_READONLY 1u
#define MNT_NOSUID 2u
#define MNT_NODEV 4u
#define MNT_NOEXEC 8u
#define MNT_NOATIME 16u
#define MNT_NOSYMFOLLOW 32u
#define MNT_NODIRATIME 64u
#define MNT_STRICTATIME 128u
#define MNT_ATIME (MNT_NOATIME | MNT_NODIRATIME | MNT_STRICTATIME) /* none: relatime */

struct mount {
	unsigned refs;
	u32 id, flags; /* MNT_* */
	struct super *sb;
	struct dentry *root;	   /* what is mounted */
	struct mount *parent;	   /* NULL for the root mount */
	struct dentry *mountpoint; /* in parent; NULL for the root mount */
	struct list_head link;	   /* in all_mounts, in order of mounting */
	struct list_head children, child_link;
	struct mount *clone; /* scratch of a recursive bind */
	struct mnt_ns *ns;   /* whose tree it is in; NULL: none */
	/* mount_namespaces(7); 0: none */
	u32 peer_group, master_group;
	bool unbindable;
	u32 locked_flags; /* MNT_* that a less privileged owner must not clear */
	bool locked;	  /* not to be unmounted on its own */
	bool leaving;	  /* scratch of an umount that propagates */
	bool expiring;	  /* not used since an umount with MNT_EXPIRE */
	bool detached;	  /* top of a tree that only an open file holds (struct file.owns_mount) */
};
extern struct list_head all_mounts;
extern u64 mounts_changed;	 /* counts changes of the mount tree */
extern struct waitq mounts_wait; /* woken at each */

/* ---- inodes ---- */
struct inode_ops;
struct file_ops;

struct inode {
	unsigned refs;
	struct super *sb;
	u64 ino;
	u32 mode, uid, gid, nlink;
	u32 seals;	/* F_SEAL_* of fcntl(2) */
	u32 attr_flags; /* FS_*_FL of ioctl_iflags(2) */
	u64 rdev;	/* makedev encoding */
	u64 size;	/* authoritative unless the filesystem has getattr */
	u64 blocks;	/* of 512 bytes */
	struct timespec atime, mtime, ctime, btime;
	const struct inode_ops *ops;
	const struct file_ops
		*fops; /* default for opens; devices, fifos and sockets are routed by open */
	void *priv;    /* the filesystem's */
	void *object;  /* pipe of a FIFO, bound socket: owner kernel/ */
	struct list_head locks;	 /* flock and POSIX locks (fs/flock.c) */
	struct list_head marks;	 /* inotify */
	struct lease *leases;	 /* fs/lease.c */
	struct dnotify *dnotify; /* kernel/dnotify.c */
	unsigned opens;		 /* open files, O_PATH ones apart */
	unsigned writers;	 /* open for writing, for ETXTBSY */
	unsigned exec_users;	 /* running programs that deny writing */
	bool linkable;		 /* unnamed (O_TMPFILE) and may get a name */
};

struct setattr { /* what to change; valid is a set of ATTR_* */
	u32 valid;
	u32 mode, uid, gid;
	u64 size;
	struct timespec atime, mtime, ctime;
	struct file *file; /* ftruncate: the open file, else NULL */
	u32 attr_flags;
};
#define ATTR_MODE 1u
#define ATTR_UID 2u
#define ATTR_GID 4u
#define ATTR_SIZE 8u
#define ATTR_ATIME 16u
#define ATTR_MTIME 32u
#define ATTR_CTIME 64u
#define ATTR_FLAGS 128u /* within super.attr_flags */

/* dir ops get a dentry with parent and name set; they instantiate it with d_instantiate. Permission
 * and mount-readonly checks are done by the core before the op. */
struct inode_ops {
	/* Finds name: d_instantiate(dentry, inode) with a new reference, or leave it negative. */
	int (*lookup)(struct inode *dir, struct dentry *dentry); /* default: -ENOTDIR */
	int (*create)(
		struct inode *dir, struct dentry *dentry, u32 mode); /* default for these: -EPERM */
	int (*mkdir)(struct inode *dir, struct dentry *dentry, u32 mode);
	int (*mknod)(struct inode *dir, struct dentry *dentry, u32 mode, u64 rdev);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*rmdir)(struct inode *dir, struct dentry *dentry); /* checks emptiness: -ENOTEMPTY */
	/* flags: 0, RENAME_NOREPLACE (checked by the core), RENAME_EXCHANGE. */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		struct dentry *new, u32 flags);
	/* An unnamed regular file (O_TMPFILE): a new inode with a reference. Default: -EOPNOTSUPP
	 */
	int (*tmpfile)(struct inode *dir, u32 mode, struct inode **out);
	/* A malloc'ed NUL-terminated target. Default: -EINVAL */
	int (*readlink)(struct inode *inode, char **target);
	/* Magic links (/proc/PID/fd/N): the object itself. Default: follow readlink's text */
	int (*get_link)(struct inode *inode, struct path *out); /* *out: new references */
	/* Brings the inode's fields up to date before stat. Default: they are */
	int (*getattr)(struct inode *inode);
	int (*setattr)(struct inode *inode, const struct setattr *a); /* default: inode_setattr */
	int (*permission)(struct inode *inode, int mask);	      /* default: mode bits */
	ssize_t (*getxattr)(struct inode *inode, const char *name, void *buf, size_t size);
	int (*setxattr)(struct inode *inode, const char *name, const void *v, size_t n, int flags);
	ssize_t (*listxattr)(struct inode *inode, char *buf, size_t size);
	int (*removexattr)(struct inode *inode, const char *name); /* defaults: -EOPNOTSUPP */
	/* Is a cached dentry still true? 1 yes, 0 drop it. Default: 1. For inodes of directories:
	 * asked of the parent directory, for positive and negative dentries. */
	int (*revalidate)(struct inode *dir, struct dentry *dentry);
};

/* ---- dentries ---- */
struct dentry {
	unsigned refs; /* users; an unused dentry stays cached on an LRU */
	struct super *sb;
	struct dentry *parent; /* holds a reference; the root's is itself */
	struct inode *inode;   /* NULL: negative */
	struct hnode hash;     /* by (parent, name), unless unhashed */
	struct list_head children, child_link, lru, sb_link;
	bool hashed, no_cache;		   /* no_cache: freed as soon as unused (proc) */
	bool no_mount;			   /* nothing can be mounted on it */
	unsigned mounts;		   /* mounts on top of it, in any mount */
	u64 validated_ns;		   /* for a filesystem's revalidate */
	void *priv;			   /* the filesystem's */
	void (*release)(struct dentry *d); /* frees priv; may be NULL */
	u32 name_len;
	char *name; /* NUL-terminated; behind the struct, or malloc'ed after a rename */
	char inline_name[];
};

struct dentry *d_alloc(struct super *sb, struct dentry *parent, const char *name, size_t len);
struct dentry *d_make_root(struct super *sb, struct inode *root); /* takes the inode reference */
struct dentry *d_get(struct dentry *d);
void d_put(struct dentry *d);
void d_instantiate(struct dentry *d, struct inode *inode); /* takes the reference; NULL: negative */
void d_hash(struct dentry *d);
void d_drop(struct dentry *d); /* unhash: later lookups ask the filesystem again */
struct dentry *d_lookup_cached(struct dentry *parent, const char *name, size_t len); /* new ref */
/* A hashed child: from the cache (revalidated) or by the filesystem's lookup. New reference. */
int d_lookup(struct dentry *parent, const char *name, size_t len, struct dentry **out);
void d_prune(struct super *sb); /* drops unused dentries */
/* After a rename on disk: d takes target's place (EXCHANGE: they swap). Done by vfs_rename. */
void d_move(struct dentry *d, struct dentry *target, bool exchange);
/* Absolute path of p as current's root sees it, into buf (end of buf; returns start), with
 * " (deleted)" appended if unlinked. NULL: buf too small. */
char *d_path(const struct path *p, char *buf, size_t size);
char *d_path_from(const struct path *p, const struct path *root, char *buf, size_t size);
/* The name of d within its filesystem, at the end of buf. NULL: buf too small. */
char *d_path_inner(const struct dentry *d, char *buf, size_t size);
bool path_is_below(struct path p, const struct path *root); /* or is root itself */

struct inode *inode_alloc(struct super *sb); /* refs = 1, ino = sb->next_ino++, times = now */
struct inode *inode_get(struct inode *i);
void inode_put(struct inode *i);
void inode_now(struct timespec *ts);			     /* the wall clock, for timestamps */
int inode_setattr(struct inode *i, const struct setattr *a); /* the default: stores the fields */
int inode_permission_by_mode(
	const struct inode *i, int mask);	 /* the default of the permission op */
int inode_permission(struct inode *i, int mask); /* MAY_*; fs credentials of current: 0, -EACCES */
bool inode_owner_or_capable(const struct inode *i);
static inline bool inode_is_fixed(const struct inode *i) /* immutable or append-only */
{
	return i->attr_flags & (FS_IMMUTABLE_FL | FS_APPEND_FL);
}
/* Has current CAP_* over a file whose owner and group its user namespace knows? */
bool inode_capable(const struct inode *i, int cap);
/* Owner, group and mode (with its type bits) of a new inode in dir, by current's credentials. */
void inode_init_owner(struct inode *inode, const struct inode *dir, u32 mode);
/* mode as asked for, for what current makes in dir: without its umask's bits and, before that,
 * without the set-group-ID bit of a program of a group it does not belong to. */
u32 vfs_prepare_mode(const struct inode *dir, u32 mode);
int inode_refresh(struct inode *i);	      /* getattr, if there is one */
void inode_touch_atime(const struct path *p); /* it was read: relatime, in memory */
int inode_remove_privs(const struct path *p); /* it is written: drops set-user-ID bits */
#define MAY_EXEC 1
#define MAY_WRITE 2
#define MAY_READ 4

/* ---- open files ---- */
struct file_ops {
	int (*open)(struct inode *inode, struct file *file); /* default: 0. May replace file->ops */
	void (*release)(struct file *file);		     /* last reference gone; no sleep */
	/* Called at each close(2) of a descriptor, e.g. POSIX locks. Default: 0 */
	int (*flush)(struct file *file);
	/* Transfer at *pos and advance it (streams ignore pos). O_NONBLOCK by file->flags.
	 * Interrupted: -ERESTARTSYS. Defaults: -EINVAL */
	ssize_t (*read)(struct file *file, struct uio *to, u64 *pos);
	ssize_t (*write)(struct file *file, struct uio *from,
		u64 *pos); /* *pos at end for O_APPEND by core */
	/* Emits entries from file->pos on. See struct dir_sink. Default: -ENOTDIR */
	int (*iterate)(struct file *file, struct dir_sink *sink);
	u32 (*poll)(struct file *file, struct poll_table *pt); /* default: always ready; no sleep */
	long (*ioctl)(struct file *file, u32 cmd, uaddr_t arg); /* default: -ENOTTY */
	s64 (*llseek)(struct file *file, s64 off,
		int whence); /* default: regular-file rules over inode->size */
	int (*fsync)(struct file *file, bool data_only);		 /* default: -EINVAL */
	int (*fallocate)(struct file *file, int mode, u64 off, u64 len); /* default: -EOPNOTSUPP */
	/* Host descriptor behind the file for a mapping, opened with no more than the file's access
	 * (writable only if shared_write). The caller os_close()s it. *off may be changed to the
	 * offset inside that descriptor. Default: -ENODEV */
	int (*mmap_hfd)(struct file *file, bool shared_write, u64 *off);
	/* F_ADD_SEALS on a tmpfs file is about to forbid writing: -EBUSY while a guest process has
	 * it mapped shared and writable. Default: 0 */
	int (*seal_write)(struct file *file);
	/* Extra text for /proc/PID/fdinfo/N. Default: none */
	int (*show_fdinfo)(struct file *file, char *buf, size_t size);
	bool stream;	  /* no position: lseek, pread, pwrite give -ESPIPE */
	bool poll_notify; /* poll op announces changes (else epoll_ctl gives -EPERM) */
};

struct dir_sink {
	/* Returns false when full: the filesystem stops and leaves file->pos at this entry. next is
	 * the position to continue from after it. */
	bool (*emit)(struct dir_sink *s, const char *name, size_t len, u64 ino, u8 dtype, u64 next);
};

struct file {
	unsigned refs;
	u32 flags; /* O_* status and access mode */
	struct path path;
	struct inode *inode; /* = path.dentry->inode, or an anonymous inode */
	const struct file_ops *ops;
	u64 pos;
	void *priv; /* owner: ops */
	/* F_SETOWN / F_SETSIG */
	s32 owner_type, owner_id, owner_sig;
	u32 owner_uid, owner_euid; /* of who set it */
	struct fasync *async;	   /* O_ASYNC in effect (kernel/fasync.c) */
	bool counted_writer;	   /* inode->writers includes it */
	bool counted_open;	   /* inode->opens includes it */
	bool created;		   /* this very open made the inode */
	bool no_notify;		   /* makes no events: of fanotify's own */
	bool owns_mount;	   /* path.mnt goes with it, unless that has found a place */
	struct list_head epitems;  /* epoll registrations (kernel/epoll.c) */
	u64 ra_pos;
};

#define FMODE_CAN_READ(f) (((f)->flags & O_ACCMODE) != O_WRONLY && !((f)->flags & O_PATH))
#define FMODE_CAN_WRITE(f) (((f)->flags & O_ACCMODE) != O_RDONLY && !((f)->flags & O_PATH))

struct file *file_get(struct file *f);
void file_put(struct file *f);
/* An open file of no filesystem ("anon_inode:[eventfd]", "pipe:[12]", "socket:[13]"): name is the
 * text readlink shows in /proc/PID/fd; a number in brackets becomes the inode number. mode e.g.
 * S_IFIFO | 0600. */
int file_anon(const char *name, const struct file_ops *ops, void *priv, u32 flags, u32 mode,
	struct file **out);
/* Kernel-internal open and read, e.g. for exec. */
int file_open(const struct path *base, const char *name, int flags, u32 mode, struct file **out);
int file_open_path(const struct path *p, int flags, struct file **out);
ssize_t file_read_kernel(struct file *f, void *buf, size_t len, u64 pos);
ssize_t file_write_kernel(struct file *f, const void *buf, size_t len, u64 pos);
ssize_t file_read(struct file *f, struct uio *to, u64 *pos); /* checks mode, updates atime */
ssize_t file_write(
	struct file *f, struct uio *from, u64 *pos); /* O_APPEND, RLIMIT_FSIZE, SIGXFSZ */

/* ---- per-task filesystem context ---- */
struct fs_ctx {
	unsigned refs;
	struct path root, cwd;
	u32 umask;
};
/* of stat's makedev encoding */
static inline u32 dev_major(u64 d)
{
	return (u32)((d >> 8 & 0xfff) | (d >> 32 & 0xfffff000u));
}
static inline u32 dev_minor(u64 d)
{
	return (u32)((d & 0xff) | (d >> 12 & 0xffffff00u));
}

struct fs_ctx *fs_ctx_copy(const struct fs_ctx *fs);
void fs_ctx_put(struct fs_ctx *fs);

/* ---- path walk (fs/namei.c) ---- */
#define LOOKUP_FOLLOW 1u    /* follow a final symlink */
#define LOOKUP_DIRECTORY 2u /* must be a directory */
#define LOOKUP_EMPTY 4u	    /* AT_EMPTY_PATH */
#define LOOKUP_PARENT 8u
#define LOOKUP_NO_SYMLINKS 16u /* openat2 RESOLVE_* */
#define LOOKUP_NO_MAGICLINKS 32u
#define LOOKUP_NO_XDEV 64u
#define LOOKUP_BENEATH 128u
#define LOOKUP_IN_ROOT 256u
#define LOOKUP_EXEC 1024u  /* an open to execute: asks for that right instead of reading */
#define LOOKUP_UMOUNT 512u /* is no use of the mount that would keep it from expiring */

int path_lookup(const struct path *base, const char *name, u32 flags, struct path *out);
int path_lookup_user(
	int dfd, uaddr_t name, u32 flags, struct path *out); /* AT_FDCWD and *at rules */
int path_base(int dfd, const char *name, struct path *out);  /* where a walk of name starts */
void path_get(const struct path *p);
void path_put(struct path *p);
/* The parent directory and a (positive or negative) child dentry for create-like calls.
 * name must not end in "." or ".."; trailing slashes only if directory. */
int path_create(const struct path *base, const char *name, u32 flags, struct path *parent,
	struct dentry **child, bool directory);

/* Operations with permission checks, used by system calls and by overlay on its layers. They apply
 * the umask of current. */
int vfs_create(const struct path *parent, struct dentry *d, u32 mode);
int vfs_mkdir(const struct path *parent, struct dentry *d, u32 mode);
int vfs_mknod(const struct path *parent, struct dentry *d, u32 mode, u64 rdev);
int vfs_symlink(const struct path *parent, struct dentry *d, const char *target);
int vfs_link(const struct path *old, const struct path *parent, struct dentry *d);
int vfs_unlink(const struct path *parent, struct dentry *d);
int vfs_rmdir(const struct path *parent, struct dentry *d);
int vfs_rename(const struct path *old_parent, struct dentry *old, const struct path *new_parent,
	struct dentry *new, u32 flags);
int vfs_setattr(const struct path *p, struct setattr *a);
int vfs_stat(const struct path *p, struct stat *st);
int vfs_fstat(struct file *f, struct stat *st);

/* ---- mounts (fs/mount.c) ---- */
int fs_register(const struct fs_type *type);
const struct fs_type *fs_find(const char *name);
const struct fs_type *fs_type_at(unsigned i); /* in order of registration; NULL past the last */
struct super *super_alloc(const struct fs_type *type, const struct super_ops *ops, void *priv);
void super_put(struct super *sb);
/* Mounts take a reference on sb of their own: the caller of fs_type.mount still puts its own. */
int mount_root(struct super *sb, u32 flags, struct path *out); /* the machine's root */
int mount_super(struct super *sb, struct dentry *root, const struct path *at, u32 flags);
int mount_fs(
	const char *type, const char *source, const struct path *at, u32 flags, const char *data);
int mount_umount(const struct path *p, int flags);
int mount_bind(const struct path *from, const struct path *at, bool recursive);
int mount_remount(const struct path *p, u32 flags);
int super_set_readonly(
	struct super *sb, bool readonly); /* -EBUSY: files open for writing; -EROFS */
int mount_move(const struct path *from, const struct path *to);
bool mount_readonly(const struct mount *m);
static inline u64 mount_unique_id(const struct mount *m) /* never that of an earlier one */
{
	return (1ull << 31) + m->id;
}
void mount_put(struct mount *m);
void mount_follow(struct path *p); /* down to the topmost mount on *p */
/* A mount of sb outside the tree, for files that have no place in it (memfd, pipes). */
int mount_internal(struct super *sb, struct mount **out);
int vfs_statfs(const struct path *p, struct statfs *sf);
int super_sync(struct super *sb);

/* ---- fs events (kernel/inotify.c registers itself here; NULL until then), see fs/fsnotify.h ----
 */
extern void (*fsnotify_hook)(struct dentry *dir, struct inode *dir_inode, struct inode *inode,
	const char *name, u32 mask, u32 cookie);

#endif
