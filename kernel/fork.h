/* Creation of tasks: clone(2), fork(2), vfork(2), clone3(2). */
#ifndef SKIFF_KERNEL_FORK_H
#define SKIFF_KERNEL_FORK_H

#include "kernel/task.h"

/* First event of a new task, on its coroutine: 0, SYSCALL_NO_RESULT for the first program. */
long fork_child_start(struct task *t);

#endif
