/* Pseudo-terminals (pty(7)): what devpts needs. */
#ifndef SKIFF_KERNEL_TTY_PTY_H
#define SKIFF_KERNEL_TTY_PTY_H

#include "fs/vfs.h"

#define PTY_MAX 4096

struct pty;

int pty_init(void);
struct pty *pty_find(unsigned index); /* NULL: none. Valid until its master is closed */
int pty_next(unsigned from);	      /* the lowest index in use >= from, or -1 */
u64 pty_rdev(const struct pty *pty);
/* The inode that devpts shows for it (owner, group, mode belong to the pty). */
struct inode *pty_inode(const struct pty *pty);

/* ---- fs/devpts ---- */
/* A new inode for a pty: current's user as owner. -ENODEV: devpts is not mounted */
int devpts_new_inode(u64 rdev, struct inode **out);
void devpts_forget(unsigned index); /* the pty is gone: drop what is cached of its name */
int devpts_path(unsigned index, struct path *out); /* new references; -EIO if nowhere mounted */

#endif
