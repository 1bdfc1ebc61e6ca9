/* pidfds (pidfd_open(2)): a descriptor that stands for a process. */
#ifndef SKIFF_KERNEL_PIDFD_H
#define SKIFF_KERNEL_PIDFD_H

#include "kernel/task.h"

/* A new descriptor (close-on-exec) in current's table. flags: 0 or O_NONBLOCK. */
int pidfd_install(struct tgroup *tg, u32 flags);
/* The process behind descriptor fd, with a reference; NULL: not a pidfd. */
struct tgroup *pidfd_tgroup(int fd, bool *nonblock);

#endif
