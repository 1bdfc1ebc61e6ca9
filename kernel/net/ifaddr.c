/*
 * Addresses of interfaces. An address brings its routes with it: itself in the local table, the
 * network it is in (main), and for IPv4 the broadcast addresses. They are there while the device is
 * up and, for IPv6, the address is known to be unique. ip-address(8), RFC 4862, RFC 6724.
 */
#include "kernel/net/ifaddr.h"

#include "kernel/dmesg.h"
#include "kernel/net/multicast.h"
#include "kernel/net/ndp.h"
#include "kernel/net/neigh.h"
#include "kernel/net/route.h"
#include "kernel/os.h"

#include <stdio.h>

#define IP6_ROUTE_METRIC 256u
#define PROBES 3u /* RFC 5227 2.1.1 */
#define PROBE_INTERVAL_NS NSEC_PER_SEC

struct ifaddr *ifaddr_find(const struct netdev *dev, const struct ip_addr *addr)
{
	struct netdev *d;
	struct ifaddr *a;

	netdev_for_each(d)
	{
		if (dev && d != dev)
			continue;
		list_for_each_entry (a, &d->addrs, link)
			if (ip_addr_eq(&a->addr, addr))
				return a;
	}
	return NULL;
}

bool ifaddr_is_local(const struct ip_addr *addr)
{
	const struct ifaddr *a;

	if (ip_addr_is_v4(addr) && ip_addr_is_loopback(addr))
		return true;
	a = ifaddr_find(NULL, addr);
	return a && !(a->flags & IFA_F_TENTATIVE) && (a->dev->flags & IFF_UP);
}

u8 ifaddr_scope_v6(const struct ip_addr *a)
{
	if (ip_addr_is_loopback(a))
		return RT_SCOPE_HOST;
	return ip_addr_is_link_local(a) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/* ---- the routes of an address ---- */

static struct route base_route(const struct ifaddr *a, const struct ip_addr *dst, u8 prefix_len)
{
	struct route r = {.dst = ip_addr_mask(dst, prefix_len),
		.prefix_len = prefix_len,
		.dev = a->dev,
		.protocol = RTPROT_KERNEL,
		.table = RT_TABLE_LOCAL,
		.prefsrc = ip_addr_any(AF_INET6)};

	return r;
}

typedef void route_op(const struct route *r);

static void add_route(const struct route *r)
{
	route_add(r, NLM_F_CREATE | NLM_F_APPEND);
}

static void del_route(const struct route *r)
{
	route_del(r);
}

static void routes_v4(const struct ifaddr *a, route_op *op)
{
	struct ip_addr net = ip_addr_mask(&a->peer, a->prefix_len), bcast;
	struct route r = base_route(a, &a->addr, 32);

	r.prefsrc = a->addr;
	r.type = RTN_LOCAL;
	r.scope = RT_SCOPE_HOST;
	op(&r);
	if (a->dev->flags & IFF_LOOPBACK) {
		if (a->prefix_len < 32) {
			r.dst = net;
			r.prefix_len = a->prefix_len;
			op(&r);
		}
		return;
	}
	if (a->prefix_len < 32 || !ip_addr_eq(&a->addr, &a->peer)) {
		r.dst = net;
		r.prefix_len = a->prefix_len;
		r.table = RT_TABLE_MAIN;
		r.type = RTN_UNICAST;
		r.scope = RT_SCOPE_LINK;
		r.metric = a->metric;
		if (!(a->flags & IFA_F_NOPREFIXROUTE))
			op(&r);
	}
	r.table = RT_TABLE_LOCAL;
	r.prefix_len = 32;
	r.type = RTN_BROADCAST;
	r.scope = RT_SCOPE_LINK;
	r.metric = 0;
	if (a->prefix_len < 31 && (a->dev->flags & IFF_BROADCAST)) {
		bcast = net;
		bcast.w[3] |= be32_of(0xffffffffu >> a->prefix_len);
		r.dst = bcast;
		op(&r);
		if (a->broadcast && a->broadcast != bcast.w[3]) {
			r.dst = ip_addr_v4(a->broadcast);
			op(&r);
		}
	}
}

static void routes_v6(const struct ifaddr *a, route_op *op)
{
	struct route r = base_route(a, &a->addr, 128);

	r.type = RTN_LOCAL;
	op(&r);
	if (a->dev->flags & IFF_LOOPBACK)
		return;
	r.type = RTN_UNICAST;
	r.table = RT_TABLE_MAIN;
	r.metric = a->metric ? a->metric : IP6_ROUTE_METRIC;
	r.prefix_len = a->prefix_len;
	r.dst = ip_addr_mask(&a->peer, a->prefix_len);
	if (!(a->flags & IFA_F_NOPREFIXROUTE))
		op(&r);
}

static void address_routes(const struct ifaddr *a, route_op *op)
{
	if (ip_addr_is_v4(&a->addr))
		routes_v4(a, op);
	else
		routes_v6(a, op);
}

/* ---- life ---- */

static bool needs_dad(const struct ifaddr *a)
{
	return !ip_addr_is_v4(&a->addr) && a->dev->type == ARPHRD_ETHER &&
	       !(a->flags & IFA_F_NODAD);
}

static void set_timer(struct ifaddr *a);

static void lifetime_passed(struct timer *t)
{
	struct ifaddr *a = container_of(t, struct ifaddr, timer);
	u64 age_s = (os_clock_ns(OS_CLOCK_MONOTONIC) - a->updated_ns) / NSEC_PER_SEC;

	net_set(a->dev->net);
	if (a->valid_s != UINT32_MAX && age_s >= a->valid_s) {
		ifaddr_del(a);
		return;
	}
	if (a->preferred_s != UINT32_MAX && age_s >= a->preferred_s &&
		!(a->flags & IFA_F_DEPRECATED)) {
		a->flags |= IFA_F_DEPRECATED;
		net_notify(NET_ADDR_ADDED, a);
	}
	set_timer(a);
}

/* For the next of the two lifetimes that has yet to end. */
static void set_timer(struct ifaddr *a)
{
	u32 s = a->valid_s;

	if (!(a->flags & IFA_F_DEPRECATED))
		s = MIN(s, a->preferred_s);
	timer_cancel(&a->timer);
	a->timer.fn = lifetime_passed;
	if (s != UINT32_MAX)
		timer_arm(&a->timer, a->updated_ns + (u64)s * NSEC_PER_SEC);
}

int ifaddr_set_lifetime(struct ifaddr *a, u32 valid_s, u32 preferred_s)
{
	if (!valid_s || preferred_s > valid_s)
		return -EINVAL;
	a->valid_s = valid_s;
	a->preferred_s = preferred_s;
	a->updated_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (preferred_s)
		a->flags &= ~(u32)IFA_F_DEPRECATED;
	else
		a->flags |= IFA_F_DEPRECATED;
	if (valid_s == UINT32_MAX)
		a->flags |= IFA_F_PERMANENT;
	else
		a->flags &= ~(u32)IFA_F_PERMANENT;
	if (!(a->flags & IFA_F_TENTATIVE))
		set_timer(a);
	return 0;
}

/* An address given as an option is used at once; whether somebody else has it is asked meanwhile,
 * more than once: a link may take a moment to carry frames. */
static void probe(struct timer *t)
{
	struct ifaddr *a = container_of(t, struct ifaddr, timer);

	net_set(a->dev->net);
	if (ip_addr_is_v4(&a->addr))
		arp_probe(a->dev, &a->addr);
	else
		ndp_probe(a);
	if (--a->dad_left)
		timer_arm(t, os_clock_ns(OS_CLOCK_MONOTONIC) + PROBE_INTERVAL_NS);
	else
		set_timer(a);
}

static void start_probing(struct ifaddr *a)
{
	os_random(a->dad_nonce, sizeof(a->dad_nonce));
	a->dad_left = PROBES;
	a->timer.fn = probe;
	probe(&a->timer);
}

void ifaddr_ready(struct ifaddr *a)
{
	a->flags &= ~(u32)(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
	address_routes(a, add_route);
	set_timer(a);
	net_notify(NET_ADDR_ADDED, a);
	if (a->dev->type != ARPHRD_ETHER || a->dev->dormant)
		return;
	if (a->given)
		start_probing(a);
	if (ip_addr_is_v4(&a->addr))
		arp_announce(a->dev, &a->addr);
}

void ifaddr_failed(struct ifaddr *a)
{
	timer_cancel(&a->timer);
	a->flags |= IFA_F_DADFAILED;
	net_notify(NET_ADDR_ADDED, a);
}

void ifaddr_clash(struct ifaddr *a, const u8 mac[6])
{
	char text[IP_ADDR_STR], line[160];
	int n;

	if (a->clash_told || !memcmp(mac, a->dev->mac, 6))
		return;
	a->clash_told = true;
	ip_addr_format(&a->addr, text);
	dmesg_printf(DMESG_WARNING, "%s: %02x:%02x:%02x:%02x:%02x:%02x uses our address %s",
		a->dev->name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], text);
	if (!a->given)
		return;
	n = snprintf(line, sizeof(line),
		"skiff: %s: somebody else on the link has %s already (choose another ip=)\n",
		a->dev->name, text);
	os_log(line, (size_t)MIN(n, (int)sizeof(line) - 1));
}

static void start_address(struct ifaddr *a)
{
	struct ip_addr group;

	if (!ip_addr_is_v4(&a->addr) && a->dev->type == ARPHRD_ETHER) {
		group = ndp_solicited_node(&a->addr);
		mc_group_join(a->dev, &group);
	}
	if (needs_dad(a)) {
		a->flags |= IFA_F_TENTATIVE;
		net_notify(NET_ADDR_ADDED, a);
		ndp_dad_start(a);
	} else {
		ifaddr_ready(a);
	}
}

static void stop_address(struct ifaddr *a)
{
	struct ip_addr group;

	timer_cancel(&a->timer);
	if (!(a->flags & IFA_F_TENTATIVE))
		address_routes(a, del_route);
	if (!ip_addr_is_v4(&a->addr) && a->dev->type == ARPHRD_ETHER) {
		group = ndp_solicited_node(&a->addr);
		mc_group_leave(a->dev, &group);
	}
}

static bool valid_address(const struct ifaddr *a)
{
	return a->prefix_len <= ip_addr_bits(&a->addr) && !ip_addr_is_any(&a->addr) &&
	       !ip_addr_is_multicast(&a->addr) && !ip_addr_is_broadcast(&a->addr);
}

int ifaddr_add(struct netdev *dev, const struct ifaddr *from, struct ifaddr **out)
{
	struct ifaddr *a, *other;

	if (!valid_address(from))
		return -EINVAL;
	if (!ip_addr_is_v4(&from->addr) && dev->ctl.disable_ipv6)
		return -EACCES;
	list_for_each_entry (other, &dev->addrs, link)
		if (ip_addr_eq(&other->addr, &from->addr) &&
			(!ip_addr_is_v4(&from->addr) || other->prefix_len == from->prefix_len))
			return -EEXIST;
	a = malloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	*a = *from;
	memset(&a->timer, 0, sizeof(a->timer));
	a->dev = dev;
	if (ip_addr_is_any(&a->peer))
		a->peer = a->addr;
	if (!a->label[0])
		memcpy(a->label, dev->name, sizeof(a->label));
	if (!a->valid_s)
		a->valid_s = a->preferred_s = UINT32_MAX;
	a->created_ns = a->updated_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (a->valid_s == UINT32_MAX)
		a->flags |= IFA_F_PERMANENT;
	if (ip_addr_is_v4(&a->addr))
		list_for_each_entry (other, &dev->addrs, link)
			if (other->prefix_len == a->prefix_len &&
				ip_addr_match(&a->addr, &other->addr, a->prefix_len))
				a->flags |= IFA_F_SECONDARY;
	list_add_tail(&a->link, &dev->addrs);
	if (dev->flags & IFF_UP)
		start_address(a);
	else
		net_notify(NET_ADDR_ADDED, a);
	if (out)
		*out = a;
	return 0;
}

static bool has_v4(const struct netdev *dev)
{
	const struct ifaddr *a;

	list_for_each_entry (a, &dev->addrs, link)
		if (ip_addr_is_v4(&a->addr))
			return true;
	return false;
}

void ifaddr_del(struct ifaddr *a)
{
	if (a->dev->flags & IFF_UP)
		stop_address(a);
	timer_cancel(&a->timer);
	list_del(&a->link);
	if (!ifaddr_find(NULL, &a->addr))
		route_flush_prefsrc(&a->addr);
	if (ip_addr_is_v4(&a->addr) && !has_v4(a->dev))
		route_flush_v4(a->dev);
	route_changed();
	net_notify(NET_ADDR_GONE, a);
	free(a);
}

void ifaddr_remove(struct ifaddr *a)
{
	struct netdev *dev = a->dev;
	struct ifaddr gone = *a, *other, *tmp;

	ifaddr_del(a);
	if (!ip_addr_is_v4(&gone.addr) || (gone.flags & IFA_F_SECONDARY))
		return;
	list_for_each_entry_safe (other, tmp, &dev->addrs, link)
		if ((other->flags & IFA_F_SECONDARY) && ip_addr_is_v4(&other->addr) &&
			other->prefix_len == gone.prefix_len &&
			ip_addr_match(&other->addr, &gone.addr, gone.prefix_len))
			ifaddr_del(other);
}

/* What lo has by itself: 127.0.0.1/8 if it has no IPv4 address, and ::1. */
static void add_loopback_v6(struct netdev *dev)
{
	struct ifaddr a = {.addr = {.b = {[15] = 1}}, .prefix_len = 128, .scope = RT_SCOPE_HOST};

	if (!dev->ctl.disable_ipv6)
		ifaddr_add(dev, &a, NULL);
}

static void add_loopback(struct netdev *dev)
{
	struct ifaddr a = {
		.addr = ip_addr_v4(be32_of(0x7f000001)), .prefix_len = 8, .scope = RT_SCOPE_HOST};

	if (!has_v4(dev))
		ifaddr_add(dev, &a, NULL);
	add_loopback_v6(dev);
}

void ifaddr_dev_up(struct netdev *dev)
{
	struct ifaddr *a, *tmp;

	list_for_each_entry_safe (a, tmp, &dev->addrs, link)
		start_address(a);
	if (dev->flags & IFF_LOOPBACK)
		add_loopback(dev);
	if (dev->type == ARPHRD_ETHER)
		ndp_dev_up(dev);
}

/* IPv4 addresses stay configured, those of IPv6 go, as on Linux. */
void ifaddr_dev_down(struct netdev *dev)
{
	struct ifaddr *a, *tmp;

	if (dev->type == ARPHRD_ETHER)
		ndp_dev_down(dev);
	list_for_each_entry_safe (a, tmp, &dev->addrs, link) {
		stop_address(a);
		if (!ip_addr_is_v4(&a->addr) && !(dev->flags & IFF_LOOPBACK))
			ifaddr_del(a);
	}
}

void netdev_disable_ipv6(struct netdev *dev, bool off)
{
	struct ifaddr *a, *tmp;

	if (dev->ctl.disable_ipv6 == off)
		return;
	dev->ctl.disable_ipv6 = off;
	if (off) {
		if (dev->type == ARPHRD_ETHER)
			ndp_dev_down(dev);
		list_for_each_entry_safe (a, tmp, &dev->addrs, link)
			if (!ip_addr_is_v4(&a->addr))
				ifaddr_del(a);
	} else if (dev->flags & IFF_LOOPBACK) {
		add_loopback_v6(dev);
	} else if ((dev->flags & IFF_UP) && dev->type == ARPHRD_ETHER) {
		ndp_dev_up(dev);
	}
}

/* ---- source address selection ---- */

/* Larger is better; 0: not to be used. RFC 6724, section 5, rules 1, 2, 3 and 8. */
static unsigned score_v6(const struct ifaddr *a, const struct ip_addr *daddr)
{
	bool want_local = ip_addr_needs_scope(daddr);
	unsigned score = 1 + ip_addr_common_prefix(&a->addr, daddr);

	if (a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return 0;
	if (ip_addr_eq(&a->addr, daddr))
		return 100000;
	if (ip_addr_is_link_local(&a->addr) == want_local)
		score += 1000;
	if (!(a->flags & IFA_F_DEPRECATED))
		score += 500;
	return score;
}

static unsigned score_v4(const struct ifaddr *a, const struct ip_addr *next_hop)
{
	unsigned score = 1;

	if (ip_addr_match(next_hop, &a->peer, a->prefix_len))
		score += 10;
	if (a->scope < RT_SCOPE_LINK)
		score += 4;
	if (!(a->flags & IFA_F_SECONDARY))
		score += 2;
	return score;
}

static const struct ifaddr *best_on(const struct netdev *dev, const struct ip_addr *daddr,
	const struct ip_addr *next_hop, unsigned *best_score)
{
	const struct ifaddr *a, *best = NULL;

	list_for_each_entry (a, &dev->addrs, link) {
		unsigned score;

		if (ip_addr_is_v4(&a->addr) != ip_addr_is_v4(daddr))
			continue;
		score = ip_addr_is_v4(daddr) ? score_v4(a, next_hop) : score_v6(a, daddr);
		if (score > *best_score) {
			*best_score = score;
			best = a;
		}
	}
	return best;
}

const struct ifaddr *ifaddr_source(
	const struct netdev *dev, const struct ip_addr *daddr, const struct ip_addr *next_hop)
{
	unsigned score = 0;
	const struct ifaddr *a = best_on(dev, daddr, next_hop, &score), *other;
	struct netdev *d;

	if (a || ip_addr_needs_scope(daddr))
		return a;
	netdev_for_each(d)
	{ /* one of another interface, but never the loopback's */
		if (!(d->flags & IFF_UP) || (d->flags & IFF_LOOPBACK))
			continue;
		other = best_on(d, daddr, next_hop, &score);
		if (other)
			a = other;
	}
	return a;
}

const struct ifaddr *ifaddr_link_local(const struct netdev *dev)
{
	const struct ifaddr *a;

	list_for_each_entry (a, &dev->addrs, link)
		if (!ip_addr_is_v4(&a->addr) && ip_addr_is_link_local(&a->addr) &&
			!(a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			return a;
	return NULL;
}
