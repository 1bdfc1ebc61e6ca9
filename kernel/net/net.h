/* Start of the network: devices, protocols, the links of the command line. */
#ifndef SKIFF_KERNEL_NET_NET_H
#define SKIFF_KERNEL_NET_NET_H

#include "kernel/lib/types.h"

/* lo is up with 127.0.0.1/8 and ::1/128 afterwards. 0 or -errno. */
int net_init(void);
void net_fini(void); /* unit tests: frees everything; sockets must be gone */

/*
 * The machine ends by itself: what programs have handed over before they ended still leaves it.
 * Waits, for a limited time and only if there is any, for packets whose neighbour is being asked
 * for, those a link has not taken yet, and closed TCP connections whose data are unacknowledged.
 */
void net_end(void);

/* lo of current_net, down. */
int loopback_init(void);
void loopback_fini(void);

#endif
