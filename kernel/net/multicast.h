/*
 * Multicast membership: groups of a device (counted, announced with IGMPv3/v2 RFC 3376 and MLDv2/v1
 * RFC 3810) and of a socket, with source filters.
 */
#ifndef SKIFF_KERNEL_NET_MULTICAST_H
#define SKIFF_KERNEL_NET_MULTICAST_H

#include "kernel/net/inet.h"
#include "kernel/timer.h"

struct mc_group { /* netdev->groups */
	struct list_head link;
	struct netdev *dev;
	struct ip_addr addr;
	unsigned users;
	struct timer timer; /* unsolicited reports, answers to queries */
	unsigned reports_left;
	bool reporting; /* the answer to a query is due */
};

int mc_group_join(struct netdev *dev, const struct ip_addr *group); /* counts */
void mc_group_leave(struct netdev *dev, const struct ip_addr *group);
bool mc_group_member(const struct netdev *dev, const struct ip_addr *group);
void mc_dev_up(struct netdev *dev);
void mc_dev_down(struct netdev *dev);

void igmp_rcv(struct skb *skb); /* consumes */
void mld_rcv(struct skb *skb);	/* borrowed; data at the ICMPv6 header, checksum right */

/* ---- sockets ---- */
int mc_sock_join(struct inet_sock *is, const struct ip_addr *group, int ifindex);
int mc_sock_leave(struct inet_sock *is, const struct ip_addr *group, int ifindex);
void mc_sock_leave_all(struct inet_sock *is);
/* May is have this multicast packet (membership, IP_MULTICAST_ALL)? */
bool mc_sock_wants(const struct inet_sock *is, const struct skb *skb);

#endif
