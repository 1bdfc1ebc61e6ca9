/* Neighbour Discovery (RFC 4861), address autoconfiguration (RFC 4862). */
#ifndef SKIFF_KERNEL_NET_NDP_H
#define SKIFF_KERNEL_NET_NDP_H

#include "kernel/net/ifaddr.h"

void ndp_dev_up(struct netdev *dev); /* link-local address, then router solicitations */
void ndp_dev_down(struct netdev *dev);
void ndp_dad_start(struct ifaddr *a);	/* ends in ifaddr_ready or ifaddr_failed */
void ndp_probe(const struct ifaddr *a); /* asks whether someone else has it */
/* Asks for addr: multicast, or unicast to mac. */
void ndp_solicit(struct netdev *dev, const struct ip_addr *addr, const u8 *mac);
/* An ICMPv6 message of types 133 to 137, checksum right; data at its header. Borrowed. */
void ndp_rcv(struct skb *skb);
/* ff02::1:ffXX:XXXX */
struct ip_addr ndp_solicited_node(const struct ip_addr *addr);

#endif
