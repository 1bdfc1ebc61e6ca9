/*
 * /proc/net/{dev,dev_mcast,if_inet6,igmp,igmp6,arp,route,ipv6_route}: what ifconfig(8), arp(8),
 * route(8) and netstat(8) read of interfaces, neighbours and routes. proc(5).
 */
#include "fs/proc/net.h"
#include "kernel/net/ether.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/multicast.h"
#include "kernel/net/neigh.h"
#include "kernel/net/route.h"
#include "kernel/os.h"

#include <linux/ipv6_route.h>
#include <linux/route.h>
#include <stdio.h>

static long long ticks_left(const struct timer *t)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	if (!timer_armed(t) || t->deadline_ns <= now)
		return 0;
	return (long long)((t->deadline_ns - now) / (10 * NSEC_PER_MSEC)); /* USER_HZ */
}

/* ---- devices ---- */

int net_show_dev(struct seq *s)
{
	const struct netdev *dev;

	netdev_for_each(dev)
	{
		const struct netdev_stats *st = &dev->stats;
		unsigned long long n[] = {st->rx_bytes, st->rx_packets, st->rx_errors,
			st->rx_dropped, 0, st->rx_frame_errors, 0, st->multicast, st->tx_bytes,
			st->tx_packets, st->tx_errors, st->tx_dropped, 0, st->collisions,
			st->tx_carrier_errors, 0};

		seq_printf(s,
			"%6s: %7llu %7llu %4llu %4llu %4llu %5llu %10llu %9llu "
			"%8llu %7llu %4llu %4llu %4llu %5llu %7llu %10llu\n",
			dev->name, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9],
			n[10], n[11], n[12], n[13], n[14], n[15]);
	}
	return 0;
}

int net_show_dev_mcast(struct seq *s)
{
	const struct netdev *dev;
	const struct mc_group *g;
	u8 mac[6];

	netdev_for_each(dev)
	{
		if (dev->type != ARPHRD_ETHER)
			continue;
		list_for_each_entry (g, &dev->groups, link) {
			ether_multicast_mac(&g->addr, mac);
			seq_printf(s, "%-4d %-15s %-5u %-5d %02x%02x%02x%02x%02x%02x\n",
				dev->ifindex, dev->name, g->users, 0, mac[0], mac[1], mac[2],
				mac[3], mac[4], mac[5]);
		}
	}
	return 0;
}

/* ---- addresses and groups ---- */

static unsigned scope6(const struct ip_addr *a)
{
	if (ip_addr_is_loopback(a))
		return 0x10;
	return ip_addr_is_link_local(a) ? 0x20 : 0;
}

int net_show_if_inet6(struct seq *s)
{
	const struct netdev *dev;
	const struct ifaddr *a;

	netdev_for_each(dev)
	{
		list_for_each_entry (a, &dev->addrs, link) {
			if (ip_addr_is_v4(&a->addr))
				continue;
			net_put_addr6(s, &a->addr);
			seq_printf(s, " %02x %02x %02x %02x %8s\n", (unsigned)dev->ifindex,
				a->prefix_len, scope6(&a->addr), a->flags & 0xff, dev->name);
		}
	}
	return 0;
}

static unsigned count_groups4(const struct netdev *dev)
{
	const struct mc_group *g;
	unsigned nr = 0;

	list_for_each_entry (g, &dev->groups, link)
		nr += ip_addr_is_v4(&g->addr);
	return nr;
}

int net_show_igmp(struct seq *s)
{
	const struct netdev *dev;
	const struct mc_group *g;

	netdev_for_each(dev)
	{
		unsigned nr = count_groups4(dev);

		if (!nr)
			continue;
		seq_printf(s, "%d\t%-10s: %5u %7s\n", dev->ifindex, dev->name, nr, "V3");
		list_for_each_entry (g, &dev->groups, link)
			if (ip_addr_is_v4(&g->addr))
				seq_printf(s, "\t\t\t\t%08X %5u %d:%08llX\t\t%d\n", g->addr.w[3],
					g->users, timer_armed(&g->timer),
					(unsigned long long)ticks_left(&g->timer), 0);
	}
	return 0;
}

int net_show_igmp6(struct seq *s)
{
	const struct netdev *dev;
	const struct mc_group *g;

	netdev_for_each(dev)
	{
		list_for_each_entry (g, &dev->groups, link) {
			if (ip_addr_is_v4(&g->addr))
				continue;
			seq_printf(s, "%-4d %-15s ", dev->ifindex, dev->name);
			net_put_addr6(s, &g->addr);
			/* MAF_TIMER_RUNNING, MAF_LOADED */
			seq_printf(s, " %5u %08X %lld\n", g->users,
				4u | (timer_armed(&g->timer) ? 1u : 0), ticks_left(&g->timer));
		}
	}
	return 0;
}

/* ---- neighbours ---- */

int net_show_arp(struct seq *s)
{
	const struct neigh *n;
	char addr[IP_ADDR_STR], mac[18];

	neigh_for_each(n)
	{
		unsigned flags = n->state & NUD_VALID ? ATF_COM : 0;

		if (!ip_addr_is_v4(&n->addr) || (n->state & NUD_NOARP))
			continue;
		if (n->state & NUD_PERMANENT)
			flags |= ATF_PERM;
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", n->mac[0], n->mac[1],
			n->mac[2], n->mac[3], n->mac[4], n->mac[5]);
		seq_printf(s, "%-16s 0x%-10x0x%-10x%-17s     *        %s\n",
			ip_addr_format(&n->addr, addr), n->dev->type, flags, mac, n->dev->name);
	}
	return 0;
}

/* ---- routes ---- */

static unsigned route_flags(const struct route *r)
{
	unsigned flags = RTF_UP;

	if (r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT)
		flags = RTF_UP | RTF_REJECT;
	if (r->has_gateway)
		flags |= RTF_GATEWAY;
	if (r->prefix_len == ip_addr_bits(&r->dst))
		flags |= RTF_HOST;
	return flags;
}

/* As the tables of Linux are walked: by destination, then longest prefix, then metric. */
static int compare_routes(const void *a, const void *b)
{
	const struct route *x = *(const struct route *const *)a,
			   *y = *(const struct route *const *)b;
	int d = memcmp(&x->dst, &y->dst, sizeof(x->dst));

	if (!d)
		d = (int)y->prefix_len - (int)x->prefix_len;
	if (!d)
		d = x->metric < y->metric ? -1 : x->metric > y->metric;
	return d;
}

static int show_routes(struct seq *s, bool v4, void (*show)(struct seq *s, const struct route *r))
{
	const struct route **all, *r;
	size_t nr = 0, i = 0;

	route_for_each(r) nr++;
	if (!nr)
		return 0;
	all = calloc(nr, sizeof(*all));
	if (!all)
		return -ENOMEM;
	route_for_each(r) if (ip_addr_is_v4(&r->dst) == v4) all[i++] = r;
	if (v4)
		qsort(all, i, sizeof(*all), compare_routes);
	for (size_t j = 0; j < i; j++)
		show(s, all[j]);
	free(all);
	return 0;
}

static void route4(struct seq *s, const struct route *r)
{
	u32 mask = r->prefix_len ? be32_of(~0u << (32 - r->prefix_len)) : 0;
	size_t start = s->len;

	if (r->table != RT_TABLE_MAIN || r->type == RTN_LOCAL || r->type == RTN_BROADCAST ||
		r->type == RTN_MULTICAST)
		return;
	seq_printf(s, "%s\t%08X\t%08X\t%04X\t%d\t%u\t%u\t%08X\t%u\t%u\t%u",
		r->dev ? r->dev->name : "*", r->dst.w[3], r->has_gateway ? r->gateway.w[3] : 0,
		route_flags(r), 0, 0, r->metric, mask, r->advmss ? r->advmss + 40 : 0, r->window,
		0);
	net_pad(s, start, 127);
}

int net_show_route(struct seq *s)
{
	return show_routes(s, true, route4);
}

static void route6(struct seq *s, const struct route *r)
{
	struct ip_addr none = ip_addr_any(AF_INET6);
	unsigned flags = route_flags(r);

	if (r->protocol == RTPROT_RA)
		flags |= RTF_ADDRCONF | (r->prefix_len ? 0 : RTF_DEFAULT);
	if (r->expires_ns)
		flags |= RTF_EXPIRES;
	if (r->type == RTN_LOCAL)
		flags = (flags & ~(unsigned)RTF_HOST) | RTF_LOCAL | RTF_NONEXTHOP;
	net_put_addr6(s, &r->dst);
	seq_printf(s, " %02x ", r->prefix_len);
	net_put_addr6(s, &none);
	seq_puts(s, " 00 ");
	net_put_addr6(s, r->has_gateway ? &r->gateway : &none);
	seq_printf(s, " %08x %08x %08x %08x %8s\n", r->metric, 1, 0, flags,
		r->dev ? r->dev->name : "lo");
}

int net_show_ipv6_route(struct seq *s)
{
	return show_routes(s, false, route6);
}
