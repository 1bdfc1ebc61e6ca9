/* Asynchronous I/O contexts: what the rest of the kernel needs to know. io_setup(2). */
#ifndef SKIFF_KERNEL_AIO_H
#define SKIFF_KERNEL_AIO_H

#include "kernel/lib/types.h"

struct mm;

extern u32 aio_nr, aio_max_nr; /* requests of all contexts, and how many there may be */

void aio_mm_release(struct mm *mm); /* its contexts end, and what they wait for is forgotten */

#endif
