/* Start of the network: devices, protocols, the links of the command line. */
#ifndef SKIFF_KERNEL_NET_NET_H
#define SKIFF_KERNEL_NET_NET_H

#include "kernel/lib/types.h"

/* lo is up with 127.0.0.1/8 and ::1/128 afterwards. 0 or -errno. */
int net_init(void);
void net_fini(void); /* unit tests: frees everything; sockets must be gone */

/* lo of current_net, down. */
int loopback_init(void);
void loopback_fini(void);

#endif
