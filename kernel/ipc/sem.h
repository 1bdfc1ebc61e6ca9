/* System V semaphores: the undo lists of tasks. semop(2). */
#ifndef SKIFF_KERNEL_IPC_SEM_H
#define SKIFF_KERNEL_IPC_SEM_H

#include "kernel/lib/types.h"

struct task;

int sem_undo_share(struct task *child, struct task *parent); /* CLONE_SYSVSEM: 0 or -ENOMEM */
void sem_undo_exit(struct task *t); /* t ends, or unshares: what its last user leaves is undone */

#endif
