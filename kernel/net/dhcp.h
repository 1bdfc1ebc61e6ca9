/* The built-in DHCP client of a link (ip=dhcp). RFC 2131. */
#ifndef SKIFF_KERNEL_NET_DHCP_H
#define SKIFF_KERNEL_NET_DHCP_H

#include "kernel/net/dhcp_msg.h"
#include "kernel/net/netdev.h"

/* Begins to ask for an address for dev, which is up; it comes later. keep_mtu: the server has no
 * say in the MTU. 0 or -ENOMEM. */
int dhcp_start(struct netdev *dev, bool keep_mtu);
void dhcp_stop(struct netdev *dev); /* frees the client, if there is one; sends nothing */
/* Sleeps until every client has a lease: false if that takes longer than timeout_ns. */
bool dhcp_wait(u64 timeout_ns);
/* What dev was given: NULL if it has no client, or that no lease. */
const struct dhcp_lease *dhcp_lease(const struct netdev *dev);
void dhcp_release_all(void); /* the machine ends: servers may give the addresses to others */

/* A UDP datagram from a server's port to a client's has come in by skb->dev (data at the payload);
 * borrowed. True: dev has a client, nobody need complain if no socket wants it. */
bool dhcp_rcv(const struct skb *skb);

#endif
