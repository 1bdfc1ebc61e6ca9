/*
 * This machine on the host, from start to end: its directory, its life in the background, what is
 * written down at its end, and a new life after that. One machine per process.
 */
#ifndef SKIFF_ARCH_UM_LIFECYCLE_H
#define SKIFF_ARCH_UM_LIFECYCLE_H

#include "arch-um/machine_dir.h"
#include "arch-um/options.h"

extern struct machine_dir this_machine; /* fd < 0: it has none */

/*
 * Makes the directory and, with -d, goes into the background: returns in the new process, whose
 * standard streams are the log (and a pseudo-terminal with -t), once for each life, while the old
 * one waits for lifecycle_ready() and exits. 0, or an exit status after one line on stderr.
 */
int lifecycle_start(struct run_options *o);
int lifecycle_write_config(void); /* once the backend is known. 0 or -errno */
void lifecycle_ready(void);	  /* CMD runs */
int lifecycle_reboot(void);	  /* a new start follows the end to come; -EPERM: not with -d */
void lifecycle_stopping(void);	  /* the user ends it: no restart */
void lifecycle_limits(void);	  /* they have changed: the next life begins with them */
/* Before the process exits with status. */
void lifecycle_end(int status);

#endif
