/* File leases: F_SETLEASE, F_GETLEASE of fcntl(2). */
#ifndef SKIFF_FS_LEASE_H
#define SKIFF_FS_LEASE_H

#include "fs/vfs.h"

extern u32 lease_break_time_s; /* /proc/sys/fs/lease-break-time */
extern u32 leases_enable;

int lease_set(struct file *f, int fd, int type); /* F_RDLCK, F_WRLCK, F_UNLCK */
int lease_get(const struct file *f);
void lease_file_gone(struct file *f); /* its last reference goes; inode->leases is not NULL */
/* Somebody is about to open (for writing) or truncate: tells the holders and waits until they have
 * given way or their time is over. 0, -EWOULDBLOCK, -ERESTARTSYS. Sleeps. */
int lease_break(struct inode *i, bool write, bool nonblock);

#endif
