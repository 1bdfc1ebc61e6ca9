/* Between the sockets of netlink and their requests and dumps. */
#ifndef SKIFF_KERNEL_NET_NETLINK_REQUEST_H
#define SKIFF_KERNEL_NET_NETLINK_REQUEST_H

#include "kernel/net/netlink/netlink.h"

#define NL_DUMP_MIN 3776u  /* bytes of one piece of a dump when the program's buffer is unknown */
#define NL_DUMP_MAX 32448u /* and at most */

/* Works on all requests in len bytes at data, and acknowledges them. */
void nl_requests(struct nl_sock *nls, const void *data, size_t len);
/* The next piece of nls->dump, which is not NULL. */
void nl_dump_continue(struct nl_sock *nls);

#endif
