/* O_ASYNC: SIGIO, or what F_SETSIG chose, when a file becomes ready (fcntl(2)). */
#ifndef SKIFF_KERNEL_FASYNC_H
#define SKIFF_KERNEL_FASYNC_H

#include "kernel/lib/types.h"

struct file;

int fasync_set(struct file *f, int fd, bool on); /* 0 or -ENOMEM */
void fasync_urgent(struct file *f); /* urgent data: SIGURG to the owner, O_ASYNC or not */
/* SIGIO with POLL_MSG, fd as its descriptor: leases, directories. */
void fasync_message(struct file *f, int fd);
void fasync_default_owner(struct file *f); /* current's process, if nobody is yet */
void fasync_file_gone(struct file *f);	   /* its last reference goes */

#endif
