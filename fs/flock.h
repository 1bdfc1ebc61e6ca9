/* File locks: flock(2), POSIX and open-file-description locks of fcntl(2). */
#ifndef SKIFF_FS_FLOCK_H
#define SKIFF_FS_FLOCK_H

#include "fs/vfs.h"

struct files;

/* The last reference to f goes: drops its flock and OFD locks. */
void flock_release_file(struct file *f);
/* A descriptor of f in files was closed: drops the POSIX locks of files on that inode. */
void flock_close_posix(struct file *f, const struct files *files);
/* flock(2): op is LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB. Sleeps. */
int flock_flock(struct file *f, int op);
/* F_GETLK, F_SETLK, F_SETLKW and the F_OFD_ variants on fd, which is f. Sleeps. */
int flock_fcntl(struct file *f, int fd, int cmd, uaddr_t arg);
void flock_inode_gone(struct inode *inode); /* drops what is left */

/* For /proc/locks and fdinfo: visits every lock. */
struct flock_info {
	const char *type; /* "FLOCK", "POSIX", "OFDLCK" */
	bool write;
	pid_t pid;
	const struct inode *inode;
	const struct file *file;
	u64 start, end; /* end inclusive, UINT64_MAX = to the end */
};
void flock_for_each(void (*fn)(const struct flock_info *l, void *arg), void *arg);

#endif
