/* Pseudo-terminals (pty(7)): what devpts needs. */
#ifndef SKIFF_KERNEL_TTY_PTY_H
#define SKIFF_KERNEL_TTY_PTY_H

#include "fs/vfs.h"

#include <linux/termios.h>

#define PTY_MAX 4096

struct pty;

int pty_init(void);
struct pty *pty_find(unsigned index); /* NULL: none. Valid until its master is closed */
int pty_next(unsigned from);	      /* the lowest index in use >= from, or -1 */
u64 pty_rdev(const struct pty *pty);
/* The inode that devpts shows for it (owner, group, mode belong to the pty). */
struct inode *pty_inode(const struct pty *pty);

/* A new pty, unlocked, both ends open; the slave is nobody's controlling terminal yet. 0 or -errno.
 * Sleeps. */
int pty_open_pair(struct file **master, struct file **slave);
void pty_set_winsize(struct file *master, const struct winsize *ws);

/* ---- fs/devpts ---- */
/* A new inode for a pty: current's user as owner. -ENODEV: devpts is not mounted */
int devpts_new_inode(u64 rdev, struct inode **out);
void devpts_forget(unsigned index); /* the pty is gone: drop what is cached of its name */
int devpts_path(unsigned index, struct path *out); /* new references; -EIO if nowhere mounted */

#endif
