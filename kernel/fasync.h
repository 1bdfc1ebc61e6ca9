/* O_ASYNC: SIGIO, or what F_SETSIG chose, when a file becomes ready (fcntl(2)). */
#ifndef SKIFF_KERNEL_FASYNC_H
#define SKIFF_KERNEL_FASYNC_H

#include "kernel/lib/types.h"

struct file;

int fasync_set(struct file *f, int fd, bool on); /* 0 or -ENOMEM */
void fasync_urgent(struct file *f);    /* urgent data: SIGURG to the owner, O_ASYNC or not */
void fasync_file_gone(struct file *f); /* its last reference goes */

#endif
