/*
 * The console of a detached machine: a pseudo-terminal of the host, or with -i and no -t a socket
 * for its stdin. What the machine writes to the terminal goes to the log and to everybody attached;
 * what they type goes to the machine.
 */
#ifndef SKIFF_ARCH_UM_HUB_H
#define SKIFF_ARCH_UM_HUB_H

#include "kernel/lib/types.h"

/* Before the event loop. The descriptor that becomes the machine's stdin, or -errno; log is kept.
 */
int hub_start(bool tty, bool interactive, int log);
int hub_watch(void); /* once the event loop is there: 0 or -errno */
/* fd: a stream socket of one who attaches, owned by the hub from now on. -ENOTTY: nothing to
 * attach to. */
int hub_attach(int fd);
void hub_resize(u16 rows, u16 cols);
void hub_flush(void); /* takes what the machine has still written into the log */

#endif
