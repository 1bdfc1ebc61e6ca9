/* Mapping a file of the host into a guest process. mmap(2). */
#ifndef SKIFF_KERNEL_SYS_MM_H
#define SKIFF_KERNEL_SYS_MM_H

#include "kernel/abi.h"

struct task;

/* mmap(args[0..3]) of hfd at off by an order to t, which is in the stub: the address or -errno. The
 * mapping and the closing of the descriptor are one batch. Sleeps. */
long mm_map_hfd(struct task *t, int hfd, const u64 args[4], u64 off);

#endif
