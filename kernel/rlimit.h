/* Resource limits: what else of the kernel needs to know. getrlimit(2). */
#ifndef SKIFF_KERNEL_RLIMIT_H
#define SKIFF_KERNEL_RLIMIT_H

#include "kernel/lib/types.h"

extern u32 rlimit_nr_open; /* ceiling of RLIMIT_NOFILE: /proc/sys/fs/nr_open */

#endif
