/* The Ethernet side of devices: headers, and what a driver does with a frame it has received. */
#ifndef SKIFF_KERNEL_NET_ETHER_H
#define SKIFF_KERNEL_NET_ETHER_H

#include "kernel/net/netdev.h"

int ether_header(struct netdev *dev, struct skb *skb, u16 protocol, const u8 *dst_mac);
void ether_rx(struct netdev *dev, struct skb *skb); /* data at the Ethernet header; consumes */
/* The group address of an IP multicast (RFC 1112 6.4, RFC 2464 7). */
void ether_multicast_mac(const struct ip_addr *group, u8 mac[6]);
void ether_setup(struct netdev *dev); /* type, lengths, broadcast, flags */

#endif
