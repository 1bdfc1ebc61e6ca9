/*
 * Network namespaces (network_namespaces(7)): each has its own devices (lo, at first down), routes,
 * policy rules, ports and abstract AF_UNIX names. Sockets belong to the one they were made in,
 * devices stay in theirs.
 *
 * Code of the network works in current_net, as code of a process works for current: system calls
 * on a socket set it to the socket's, received packets to their device's, timers to their object's
 * (net_set). Across sleeps a coroutine keeps it; the loop, and whoever has not set it, has the
 * initial one.
 */
#ifndef SKIFF_KERNEL_NET_NET_NS_H
#define SKIFF_KERNEL_NET_NET_NS_H

#include "kernel/cred.h"
#include "kernel/lib/htab.h"
#include "kernel/lib/list.h"
#include "kernel/ns.h"

struct netdev;

struct net_ns {
	struct ns ns;	       /* first */
	struct list_head devs; /* struct netdev, in order of index */
	struct netdev *lo;
	int last_index;
	/* route.c, rule.c */
	struct list_head route_list, rule_list;
	unsigned nr_routes, nr_rules;
	struct htab learnt;
};

static inline void net_set(struct net_ns *ns)
{
	current_net = ns;
}

/* To the namespace of current itself: for files that show a task its own. */
static inline void net_set_own(void)
{
	net_set(nsset_current()->net);
}

struct net_ns *net_ns_create(struct user_ns *owner); /* NULL: out of memory */
void net_ns_free(struct net_ns *ns);		     /* the last reference is gone */
/* Has current this capability over current_net? */
static inline bool net_capable(enum cap cap)
{
	return ns_capable(current_net->ns.owner, cap);
}

#endif
