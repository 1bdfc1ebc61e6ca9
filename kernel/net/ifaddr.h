/*
 * Addresses of interfaces, both families. Adding one also makes its routes (local, connected,
 * broadcast) and, for IPv6 on an Ethernet, starts duplicate address detection (RFC 4862).
 */
#ifndef SKIFF_KERNEL_NET_IFADDR_H
#define SKIFF_KERNEL_NET_IFADDR_H

#include "kernel/net/netdev.h"
#include "kernel/timer.h"

#include <linux/if_addr.h>

struct ifaddr {
	struct list_head link; /* netdev->addrs, oldest first within a family */
	struct netdev *dev;
	struct ip_addr addr; /* the local one (IFA_LOCAL) */
	struct ip_addr peer; /* IFA_ADDRESS: = addr unless point-to-point */
	be32 broadcast;	     /* IPv4, 0: none */
	u8 prefix_len;
	u8 scope;   /* RT_SCOPE_* */
	u32 flags;  /* IFA_F_* */
	u32 metric; /* of its connected route, 0: default */
	char label[IFNAMSIZ];
	u64 created_ns, updated_ns; /* OS_CLOCK_MONOTONIC */
	u32 valid_s, preferred_s;   /* from updated_ns; UINT32_MAX: forever */
	struct timer timer;	    /* DAD, then lifetimes */
	unsigned dad_left;
	u8 dad_nonce[6];
	bool given; /* by an option of skiff's: who gave it is told of a clash */
	bool clash_told;
};

/* a is copied (link, dev, timer ignored; label "" = dev's name). -EEXIST if dev has it already,
 * -EINVAL for an impossible address or prefix, -ENOMEM, -ENETDOWN. *out may be NULL. */
int ifaddr_add(struct netdev *dev, const struct ifaddr *a, struct ifaddr **out);
void ifaddr_del(struct ifaddr *a);
/* As a program does: a primary IPv4 address takes the secondary ones of its network with it. */
void ifaddr_remove(struct ifaddr *a);
struct ifaddr *ifaddr_find(
	const struct netdev *dev, const struct ip_addr *addr); /* NULL dev: any */
int ifaddr_set_lifetime(struct ifaddr *a, u32 valid_s, u32 preferred_s);
u8 ifaddr_scope_v6(const struct ip_addr *a); /* RT_SCOPE_* */
/* Is it an address of ours, usable (not tentative)? */
bool ifaddr_is_local(const struct ip_addr *addr);

void ifaddr_dev_up(struct netdev *dev); /* routes of its addresses come back, IPv6 begins */
void ifaddr_dev_down(struct netdev *dev);
void ifaddr_ready(struct ifaddr *a);  /* DAD has ended well */
void ifaddr_failed(struct ifaddr *a); /* someone else has it */
/* Someone with this MAC uses it as well. Said once, and our own MAC is nobody else. */
void ifaddr_clash(struct ifaddr *a, const u8 mac[6]);
/* The source address for packets to daddr out of dev (RFC 6724; RFC 1122 3.3.4.3); NULL: none. */
const struct ifaddr *ifaddr_source(
	const struct netdev *dev, const struct ip_addr *daddr, const struct ip_addr *next_hop);
/* fe80::/10 of dev, if it is usable; NULL: none yet. */
const struct ifaddr *ifaddr_link_local(const struct netdev *dev);

#endif
