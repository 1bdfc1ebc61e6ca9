/*
 * Routing: where a packet goes (struct dst) given what is known of it (struct flow). Tables as
 * ip-route(8): main (254), local (255), default (253); rules as `ip rule` has them at start. A dst
 * is a value, cached by who asked for it and good while dst_valid: changes of routes, addresses,
 * links and path MTUs move route_generation.
 */
#ifndef SKIFF_KERNEL_NET_ROUTE_H
#define SKIFF_KERNEL_NET_ROUTE_H

#include "kernel/net/netdev.h"

#include <linux/rtnetlink.h>

#define FLOW_DF 1u	  /* IPv4: may not be fragmented on the way; IPv6 is so always */
#define FLOW_DONTROUTE 2u /* MSG_DONTROUTE: on-link destinations only */
#define FLOW_ANYSRC 4u	  /* saddr need not be ours (IP_FREEBIND, IP_TRANSPARENT, raw) */
#define FLOW_NOFRAG 8u	  /* -EMSGSIZE instead of fragments by us (IP_PMTUDISC_DO) */
#define FLOW_IFMTU 16u	  /* the device's MTU counts, not the path's (IP_PMTUDISC_PROBE) */
#define FLOW_MCLOOP 32u	  /* multicast: members here receive it too */
#define FLOW_NOSRC 64u	  /* saddr stays unspecified: a question about an address (RFC 4862) */

struct flow {
	struct ip_addr saddr; /* any: route_output chooses and fills in */
	struct ip_addr daddr;
	u8 proto;
	u8 tos;
	s16 ttl; /* or hop limit; -1: default (64, or 1 for multicast) */
	int oif; /* 0: any; SO_BINDTODEVICE, scope id, IP_PKTINFO */
	u32 mark;
	u32 flags;	  /* FLOW_* */
	u32 flowlabel;	  /* IPv6, host order, 20 bits */
	u16 sport, dport; /* host order; for hashing only */
	const u8 *opts;	  /* IPv4 options (multiple of 4, <= 40) or IPv6 extension headers */
	u16 opts_len;
	u8 opts_proto; /* IPv6: number of the first header in opts */
};

enum dst_type {
	DST_UNICAST,
	DST_LOCAL,     /* to ourselves: dev is lo */
	DST_BROADCAST, /* link-layer broadcast */
	DST_MULTICAST,
	DST_COUNT
};

struct dst {
	u32 generation; /* 0: none */
	u8 type;	/* enum dst_type */
	struct netdev *dev;
	struct ip_addr next_hop;      /* on-link address to resolve */
	struct ip_addr saddr;	      /* preferred source for this route */
	u32 mtu;		      /* of the path: largest IP packet */
	u32 advmss, window, hoplimit; /* RTAX_*, 0: unset */
};

extern u32 route_generation; /* never 0 */
static inline bool dst_valid(const struct dst *d)
{
	return d->generation == route_generation;
}

/* Fills dst, and fl->saddr if it was any. -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL,
 * -EADDRNOTAVAIL (saddr not ours), -ENETDOWN. */
int route_output(struct flow *fl, struct dst *dst);
/* dst if still valid, else asks again. */
static inline int route_refresh(struct flow *fl, struct dst *dst)
{
	return dst_valid(dst) ? 0 : route_output(fl, dst);
}
void route_changed(void); /* moves the generation */
/* An ICMP "too big" (already judged by the protocol): lowers the MTU towards daddr for 10 min. */
void route_pmtu_update(const struct ip_addr *daddr, u32 mtu);
/* An ICMP redirect for daddr, checked: use gateway from now on. */
void route_redirect(const struct ip_addr *daddr, const struct ip_addr *gateway, struct netdev *dev);

/* ---- the tables ---- */
struct route {
	struct list_head link;
	struct ip_addr dst; /* host bits zero; its family is the route's */
	u8 prefix_len;
	bool has_gateway;
	struct ip_addr gateway;
	struct netdev *dev;	/* NULL for blackhole and friends */
	struct ip_addr prefsrc; /* any: none */
	u32 metric;
	u32 table;
	u8 protocol, scope, type, tos; /* RTPROT_*, RT_SCOPE_*, RTN_* */
	u32 flags;		       /* RTNH_F_ONLINK */
	u32 mtu, advmss, window, hoplimit;
	u64 expires_ns; /* RTPROT_RA: OS_CLOCK_MONOTONIC, 0: never */
};

/* Of current_net: all tables, longest prefix first, then lowest metric. */
#define net_routes (current_net->route_list)

/* r is copied; nlm_flags: NLM_F_REPLACE, _EXCL, _APPEND, _CREATE as netlink. -EEXIST, -ENETUNREACH
 * (gateway not on link), -ENODEV, -EINVAL, -ENOENT, -ENOMEM. */
int route_add(const struct route *r, u32 nlm_flags);
/* The first route that matches the fields set in r: -ESRCH. */
int route_del(const struct route *r);
#define route_for_each(r) list_for_each_entry (r, &net_routes, link)
/* The route a packet with fl would take (`ip route get`): -errno as route_output. */
int route_lookup(const struct flow *fl, const struct route **out);
void route_flush_dev(struct netdev *dev);	      /* the device goes down */
void route_flush_v4(struct netdev *dev);	      /* it has lost its last IPv4 address */
void route_flush_prefsrc(const struct ip_addr *addr); /* the address goes */

#endif
