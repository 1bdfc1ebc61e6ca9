/*
 * The log of a detached machine: what it has written, and skiff about it. Its newest part is kept.
 */
#ifndef SKIFF_ARCH_UM_MACHINE_LOG_H
#define SKIFF_ARCH_UM_MACHINE_LOG_H

#include "kernel/lib/types.h"

#define LOG_KEPT (16u << 20) /* bytes */

/* In the machine's directory, to be appended to: a descriptor of the caller's, or -errno. */
int machine_log_open(int dirfd);
/* len bytes more have been written to the log, or perhaps somewhere else. */
void machine_log_wrote(size_t len);
/* For a reader: on to what there is still to be read from where fd stands. */
void machine_log_seek(int fd);

#endif
