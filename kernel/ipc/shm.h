/* System V shared memory: what address spaces hold of it, and its listing. shm_overview(7) aside,
 * shmget(2), shmop(2), shmctl(2). */
#ifndef SKIFF_KERNEL_IPC_SHM_H
#define SKIFF_KERNEL_IPC_SHM_H

#include "kernel/lib/types.h"

struct mm;
struct seq;

int shm_mm_copy(struct mm *to, const struct mm *from); /* fork: 0 or -ENOMEM */
void shm_mm_release(struct mm *mm);		       /* exec, exit: detaches everything */

#endif
