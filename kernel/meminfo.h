/* The memory of the machine, as /proc/meminfo and sysinfo(2) tell it. */
#ifndef SKIFF_KERNEL_MEMINFO_H
#define SKIFF_KERNEL_MEMINFO_H

#include "kernel/lib/types.h"

struct meminfo { /* bytes */
	u64 total, free, available, buffers, cached, shmem, swap_total, swap_free;
};

int meminfo_get(struct meminfo *m); /* asks the host about every process if there is a limit */

#endif
