/*
 * NETLINK_ROUTE, rtnetlink(7): one file per kind of object. Each has the messages that describe an
 * object (rtnl_fill_*, which take the portid, seq and flags of h), a dump, and the requests.
 */
#ifndef SKIFF_KERNEL_NET_NETLINK_RTNL_H
#define SKIFF_KERNEL_NET_NETLINK_RTNL_H

#include "kernel/net/ifaddr.h"
#include "kernel/net/neigh.h"
#include "kernel/net/netlink/netlink.h"
#include "kernel/net/route.h"
#include "kernel/net/rule.h"

/* The family of a request: its first byte. */
static inline u8 rtnl_family(const struct nl_req *r)
{
	return *(const u8 *)nl_req_data(r);
}
static inline bool rtnl_wants(int family, const struct ip_addr *a)
{
	return family == AF_UNSPEC || family == ip_addr_family(a);
}

void rtnl_fill_link(struct nl_buf *b, const struct nlmsghdr *h, const struct netdev *dev);
int rtnl_dump_links(struct nl_dump *d, struct nl_buf *b);
int rtnl_get_link(struct nl_req *r);
int rtnl_set_link(struct nl_req *r); /* RTM_NEWLINK, RTM_SETLINK */
int rtnl_del_link(struct nl_req *r);

void rtnl_fill_addr(struct nl_buf *b, const struct nlmsghdr *h, const struct ifaddr *a);
int rtnl_dump_addrs(struct nl_dump *d, struct nl_buf *b);
int rtnl_get_addr(struct nl_req *r);
int rtnl_new_addr(struct nl_req *r);
int rtnl_del_addr(struct nl_req *r);

void rtnl_fill_route(struct nl_buf *b, const struct nlmsghdr *h, const struct route *r);
int rtnl_dump_routes(struct nl_dump *d, struct nl_buf *b);
int rtnl_get_route(struct nl_req *r); /* `ip route get` */
int rtnl_new_route(struct nl_req *r);
int rtnl_del_route(struct nl_req *r);

void rtnl_fill_neigh(struct nl_buf *b, const struct nlmsghdr *h, const struct neigh *n);
int rtnl_dump_neighs(struct nl_dump *d, struct nl_buf *b);
int rtnl_get_neigh(struct nl_req *r);
int rtnl_new_neigh(struct nl_req *r);
int rtnl_del_neigh(struct nl_req *r);

void rtnl_fill_rule(struct nl_buf *b, const struct nlmsghdr *h, const struct rule *rule);
int rtnl_dump_rules(struct nl_dump *d, struct nl_buf *b);
int rtnl_new_rule(struct nl_req *r);
int rtnl_del_rule(struct nl_req *r);

#endif
