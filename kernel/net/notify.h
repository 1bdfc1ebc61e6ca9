/*
 * Who wants to know of changes of links, addresses, routes, neighbours and rules (netlink). A
 * listener is called on the loop or a coroutine, synchronously, and must not sleep or change what
 * it is told.
 */
#ifndef SKIFF_KERNEL_NET_NOTIFY_H
#define SKIFF_KERNEL_NET_NOTIFY_H

#include "kernel/lib/list.h"

enum net_event {
	NET_LINK_ADDED,	  /* obj: struct netdev */
	NET_LINK_CHANGED, /* up, down, carrier, mtu, name, mac */
	NET_LINK_GONE,
	NET_ADDR_ADDED, /* obj: struct ifaddr */
	NET_ADDR_GONE,
	NET_ROUTE_ADDED, /* obj: struct route */
	NET_ROUTE_GONE,
	NET_NEIGH_CHANGED, /* obj: struct neigh */
	NET_NEIGH_GONE,
	NET_RULE_ADDED, /* obj: struct rule */
	NET_RULE_GONE,
	NET_EVENT_COUNT
};

struct net_listener {
	struct list_head link;
	void (*fn)(struct net_listener *l, enum net_event ev, const void *obj);
};
void net_listen(struct net_listener *l);
void net_unlisten(struct net_listener *l);
void net_notify(enum net_event ev, const void *obj);

#endif
