/* Neighbours: link-layer addresses of on-link hosts, by ARP (RFC 826) and NDP (RFC 4861, 7.3). */
#ifndef SKIFF_KERNEL_NET_NEIGH_H
#define SKIFF_KERNEL_NET_NEIGH_H

#include "kernel/net/netdev.h"
#include "kernel/timer.h"

#include <linux/neighbour.h>

/* States with a known mac. */
#define NUD_VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

struct neigh {
	struct hnode node;
	struct list_head link; /* all neighbours */
	struct ip_addr addr;
	struct netdev *dev;
	u16 state; /* NUD_* */
	u8 flags;  /* NTF_* */
	u8 mac[6];
	u8 probes;
	struct timer timer;
	struct list_head waiting; /* packets to be sent once resolved */
	unsigned nr_waiting;
	u64 used_ns, confirmed_ns, updated_ns;
};

extern struct list_head neighs;
#define neigh_for_each(n) list_for_each_entry (n, &neighs, link)

/* Sends skb (data at the network header) to next_hop on dev, resolving first if need be. Consumes
 * it. An address that does not resolve comes back to the sender as EHOSTUNREACH. */
int neigh_output(struct netdev *dev, const struct ip_addr *next_hop, struct skb *skb);
/* TCP: the path to it works (RFC 4861, 7.3.1). */
void neigh_confirm(struct netdev *dev, const struct ip_addr *addr);
struct neigh *neigh_find(struct netdev *dev, const struct ip_addr *addr);
/* Netlink and SIOCSARP: creates or changes. mac NULL: leave. */
int neigh_set(struct netdev *dev, const struct ip_addr *addr, const u8 *mac, u16 state, u8 flags);
int neigh_del(struct netdev *dev, const struct ip_addr *addr); /* -ENOENT */
void neigh_flush_dev(struct netdev *dev);
/* ARP and NDP have heard from addr. */
void neigh_heard(struct netdev *dev, const struct ip_addr *addr, const u8 mac[6], u32 how);
#define NEIGH_CREATE 1u	   /* it asked us: worth an entry (STALE) */
#define NEIGH_SOLICITED 2u /* answers our question: REACHABLE */
#define NEIGH_OVERRIDE 4u  /* may change a known mac */
#define NEIGH_ROUTER 8u

void arp_rcv(struct skb *skb); /* data at the ARP header; consumes */
/* Asks for addr: broadcast, or to mac if that is known. */
void arp_solicit(struct netdev *dev, const struct ip_addr *addr, const u8 *mac);
void arp_probe(struct netdev *dev, const struct ip_addr *addr);	   /* RFC 5227: who has it too? */
void arp_announce(struct netdev *dev, const struct ip_addr *addr); /* gratuitous */

#endif
