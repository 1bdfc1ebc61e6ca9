/* Resource limits: what else of the kernel needs to know. getrlimit(2). */
#ifndef SKIFF_KERNEL_RLIMIT_H
#define SKIFF_KERNEL_RLIMIT_H

#include "kernel/lib/types.h"

struct tgroup;

extern u32 rlimit_nr_open; /* ceiling of RLIMIT_NOFILE: /proc/sys/fs/nr_open */

/* What the host lets a process have of data, however large its own RLIMIT_DATA: of all that are and
 * will be. Bytes. */
void rlimit_set_data_max(u64 max);
void rlimit_host_data(const struct tgroup *tg); /* of tg, whose host process is new */

#endif
