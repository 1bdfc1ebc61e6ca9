/* Priority-inheritance futexes: FUTEX_LOCK_PI and relatives of futex(2). */
#ifndef SKIFF_KERNEL_FUTEX_PI_H
#define SKIFF_KERNEL_FUTEX_PI_H

#include "kernel/task.h"

/* A thread of mm's that ends holds the lock word at addr: the next waiter gets it, marked
 * FUTEX_OWNER_DIED. self is in the stub. */
void futex_pi_owner_died(struct task *self, const struct mm *mm, uaddr_t addr);
void futex_pi_exit(const struct task *t); /* t ends: its locks have no owner */

#endif
