/*
 * This machine on the host, from start to end: its directory, its life in the background, what is
 * written down at its end, and a new start after that. One machine per process.
 */
#ifndef SKIFF_ARCH_UM_LIFECYCLE_H
#define SKIFF_ARCH_UM_LIFECYCLE_H

#include "arch-um/machine_dir.h"
#include "arch-um/options.h"

extern struct machine_dir this_machine; /* fd < 0: it has none */

/*
 * Makes the directory and, with -d, goes into the background: returns in the new process, whose
 * standard streams are the log (and a pseudo-terminal with -t), while the old one waits for
 * lifecycle_ready() and exits. 0, or an exit status after one line on stderr.
 */
int lifecycle_start(const struct run_options *o, char **argv);
int lifecycle_write_config(void);    /* once the backend is known. 0 or -errno */
void lifecycle_ready(void);	     /* CMD runs */
void lifecycle_reboot(void);	     /* the end to come is followed by a new start */
void lifecycle_stopping(void);	     /* the user ends it: no restart */
bool lifecycle_restarts(int status); /* does lifecycle_end start anew? */
/* Before the process exits with status: the log, the status, the directory; or starts anew, then
 * it does not return. */
void lifecycle_end(int status);

#endif
