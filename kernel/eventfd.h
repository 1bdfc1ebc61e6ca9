/* eventfd(2) for the rest of the kernel: files that are signalled when something has completed. */
#ifndef SKIFF_KERNEL_EVENTFD_H
#define SKIFF_KERNEL_EVENTFD_H

#include "kernel/lib/types.h"

struct file;

bool file_is_eventfd(const struct file *f);
/* Adds one to the counter of f, an eventfd; not past its maximum. Does not sleep. */
void eventfd_signal(struct file *f);

#endif
