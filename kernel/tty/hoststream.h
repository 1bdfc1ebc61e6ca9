/* Skiff's standard streams as files of the guest: pipes, files, sockets, terminals not used as one.
 */
#ifndef SKIFF_KERNEL_TTY_HOSTSTREAM_H
#define SKIFF_KERNEL_TTY_HOSTSTREAM_H

#include "fs/vfs.h"

/* Inodes with these fops are streams: opening one (through /proc/self/fd) attaches to it again. */
extern const struct file_ops hoststream_ops;

/* fd is 0, 1 or 2 of skiff, which become the machine's standard streams, or another descriptor that
 * the caller keeps and may close. A closed one gives a file that is empty and swallows. */
int hoststream_open(int fd, u32 flags, struct file **out);
/* Opens inode's stream, or, for /dev/console without a terminal, stdin or stdout. */
int hoststream_attach(struct inode *inode, struct file *file);

#endif
