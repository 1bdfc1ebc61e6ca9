/*
 * What an administrator may set: the variables behind /proc/sys/net. Code reads them where it
 * decides; nothing else has to happen when one is written, but where a setter is declared. Names,
 * units and defaults are Linux's: ip(7), tcp(7), udp(7), unix(7), Documentation/networking/
 * ip-sysctl.rst. Times are seconds, sizes bytes.
 */
#ifndef SKIFF_KERNEL_NET_CTL_H
#define SKIFF_KERNEL_NET_CTL_H

#include "kernel/lib/types.h"

struct netdev;

struct net_ctl {
	/* core, unix */
	u32 somaxconn, rmem_default, rmem_max, wmem_default, wmem_max, netdev_max_backlog;
	u32 optmem_max; /* of control messages in one call */
	u32 max_dgram_qlen;
	/* ipv4; those of TCP and ping sockets are for both versions */
	u32 ip_local_port_range[2], ip_unprivileged_port_start, ip_default_ttl;
	u32 ping_group_range[2]; /* first > last: nobody */
	u32 icmp_echo_ignore_all, icmp_echo_ignore_broadcasts;
	u32 icmp_msgs_per_sec, icmp_msgs_burst;
	u32 igmp_max_memberships;
	u32 ipfrag_high_thresh, ipfrag_time;
	u32 tcp_rmem[3], tcp_wmem[3]; /* least, default, most */
	u32 tcp_keepalive_time, tcp_keepalive_intvl, tcp_keepalive_probes;
	u32 tcp_fin_timeout;
	u32 tcp_syncookies; /* 0: never, 1: when the backlog is full, 2: always */
	u32 tcp_ecn;	    /* 0: never, 1: asked for, 2: when asked */
	u32 tcp_sack, tcp_timestamps, tcp_window_scaling;
	u32 tcp_syn_retries, tcp_synack_retries, tcp_retries2, tcp_orphan_retries;
	u32 tcp_max_syn_backlog, tcp_max_tw_buckets;
	/* ipv6 */
	u32 bindv6only, ip6frag_time;
};
extern struct net_ctl net_ctl;

/* Of a device: ipv4/conf/DEV and ipv6/conf/DEV. */
struct netdev_ctl {
	u32 accept_redirects; /* IPv4, with tag: a number for whoever wants to leave one */
	u32 tag;
	u32 accept_ra, autoconf, dad_transmits, disable_ipv6, hop_limit, router_solicitations;
};
extern struct netdev_ctl netdev_ctl_default; /* that new devices begin with */

/* No IPv6 on dev: its addresses go, and come back as far as the kernel makes them itself. */
void netdev_disable_ipv6(struct netdev *dev, bool off);

#endif
