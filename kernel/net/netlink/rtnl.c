/*
 * NETLINK_ROUTE: which function serves which request, and the messages that tell listeners of
 * changes, whoever made them. rtnetlink(7).
 */
#include "kernel/net/netlink/rtnl.h"

struct call {
	int (*doit)(struct nl_req *r);
	int (*dump)(struct nl_dump *d, struct nl_buf *b);
};

#define AT(type) [(type)-RTM_BASE]

static const struct call calls[] = {
	AT(RTM_NEWLINK) = {.doit = rtnl_set_link},
	AT(RTM_SETLINK) = {.doit = rtnl_set_link},
	AT(RTM_DELLINK) = {.doit = rtnl_del_link},
	AT(RTM_GETLINK) = {.doit = rtnl_get_link, .dump = rtnl_dump_links},
	AT(RTM_NEWADDR) = {.doit = rtnl_new_addr},
	AT(RTM_DELADDR) = {.doit = rtnl_del_addr},
	AT(RTM_GETADDR) = {.doit = rtnl_get_addr, .dump = rtnl_dump_addrs},
	AT(RTM_NEWROUTE) = {.doit = rtnl_new_route},
	AT(RTM_DELROUTE) = {.doit = rtnl_del_route},
	AT(RTM_GETROUTE) = {.doit = rtnl_get_route, .dump = rtnl_dump_routes},
	AT(RTM_NEWNEIGH) = {.doit = rtnl_new_neigh},
	AT(RTM_DELNEIGH) = {.doit = rtnl_del_neigh},
	AT(RTM_GETNEIGH) = {.doit = rtnl_get_neigh, .dump = rtnl_dump_neighs},
	AT(RTM_NEWRULE) = {.doit = rtnl_new_rule},
	AT(RTM_DELRULE) = {.doit = rtnl_del_rule},
	AT(RTM_GETRULE) = {.dump = rtnl_dump_rules},
};

enum { KIND_NEW, KIND_DEL, KIND_GET, KIND_SET }; /* type & 3 */

/* The request being worked on: what it changes is announced in its name. */
static const struct nl_req *active;

static int rtnl_rcv(struct nl_req *r)
{
	unsigned type = r->h->nlmsg_type, at = type - RTM_BASE;
	const struct call *c;
	int err;

	if (type < RTM_BASE || at >= ARRAY_SIZE(calls))
		return -EOPNOTSUPP;
	if (nl_req_len(r) < sizeof(struct rtgenmsg))
		return 0;
	c = &calls[at];
	if ((type & 3) != KIND_GET && !nl_may_admin(r->nls))
		return -EPERM;
	if ((type & 3) == KIND_GET && (r->h->nlmsg_flags & NLM_F_DUMP))
		return c->dump ? nl_dump_start(r, c->dump) : -EOPNOTSUPP;
	if (!c->doit)
		return -EOPNOTSUPP;
	active = r;
	err = c->doit(r);
	active = NULL;
	return err;
}

const struct nl_proto nl_route_proto = {
	.protocol = NETLINK_ROUTE,
	.nr_groups = RTNLGRP_MAX,
	.anyone_receives = true,
	.rcv = rtnl_rcv,
};
static_assert(RTNLGRP_MAX <= NL_GROUPS_MAX, "groups are one word");

/* ---- announcements ---- */

typedef void fill_fn(struct nl_buf *b, const struct nlmsghdr *h, const void *obj);

static void fill_link(struct nl_buf *b, const struct nlmsghdr *h, const void *obj)
{
	rtnl_fill_link(b, h, obj);
}

static void fill_addr(struct nl_buf *b, const struct nlmsghdr *h, const void *obj)
{
	rtnl_fill_addr(b, h, obj);
}

static void fill_route(struct nl_buf *b, const struct nlmsghdr *h, const void *obj)
{
	rtnl_fill_route(b, h, obj);
}

static void fill_neigh(struct nl_buf *b, const struct nlmsghdr *h, const void *obj)
{
	rtnl_fill_neigh(b, h, obj);
}

static void fill_rule(struct nl_buf *b, const struct nlmsghdr *h, const void *obj)
{
	rtnl_fill_rule(b, h, obj);
}

static void announce(u16 type, unsigned group, fill_fn *fill, const void *obj)
{
	struct nlmsghdr h = {.nlmsg_type = type};
	bool echo = active && (active->h->nlmsg_flags & NLM_F_ECHO);
	struct nl_buf b = {0};

	if (active) {
		h.nlmsg_pid = active->nls->portid;
		h.nlmsg_seq = active->h->nlmsg_seq;
	}
	if (echo) {
		fill(&b, &h, obj);
		nl_reply(active->nls, &b);
	}
	if (!nl_has_listeners(NETLINK_ROUTE, group))
		return;
	fill(&b, &h, obj);
	nl_multicast(NETLINK_ROUTE, group, &b, echo ? active->nls : NULL);
}

static void on_event(struct net_listener *l, enum net_event ev, const void *obj)
{
	static const struct {
		u16 type;
		u8 group4, group6;
		fill_fn *fill;
	} news[NET_EVENT_COUNT] = {
		[NET_LINK_ADDED] = {RTM_NEWLINK, RTNLGRP_LINK, RTNLGRP_LINK, fill_link},
		[NET_LINK_CHANGED] = {RTM_NEWLINK, RTNLGRP_LINK, RTNLGRP_LINK, fill_link},
		[NET_LINK_GONE] = {RTM_DELLINK, RTNLGRP_LINK, RTNLGRP_LINK, fill_link},
		[NET_ADDR_ADDED] = {RTM_NEWADDR, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
			fill_addr},
		[NET_ADDR_GONE] = {RTM_DELADDR, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
			fill_addr},
		[NET_ROUTE_ADDED] = {RTM_NEWROUTE, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
			fill_route},
		[NET_ROUTE_GONE] = {RTM_DELROUTE, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
			fill_route},
		[NET_NEIGH_CHANGED] = {RTM_NEWNEIGH, RTNLGRP_NEIGH, RTNLGRP_NEIGH, fill_neigh},
		[NET_NEIGH_GONE] = {RTM_DELNEIGH, RTNLGRP_NEIGH, RTNLGRP_NEIGH, fill_neigh},
		[NET_RULE_ADDED] = {RTM_NEWRULE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, fill_rule},
		[NET_RULE_GONE] = {RTM_DELRULE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, fill_rule},
	};
	bool v6 = false;

	nl_dump_generation++;
	if (ev == NET_ADDR_ADDED || ev == NET_ADDR_GONE)
		v6 = !ip_addr_is_v4(&((const struct ifaddr *)obj)->addr);
	else if (ev == NET_ROUTE_ADDED || ev == NET_ROUTE_GONE)
		v6 = !ip_addr_is_v4(&((const struct route *)obj)->dst);
	else if (ev == NET_RULE_ADDED || ev == NET_RULE_GONE)
		v6 = ((const struct rule *)obj)->family == AF_INET6;
	announce(news[ev].type, v6 ? news[ev].group6 : news[ev].group4, news[ev].fill, obj);
}

static struct net_listener listener = {
	.link = LIST_HEAD_INIT(listener.link),
	.fn = on_event,
};

void nl_route_init(void)
{
	net_listen(&listener);
}

void nl_route_fini(void)
{
	net_unlisten(&listener);
}
