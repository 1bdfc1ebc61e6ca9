/*
 * Groups of devices and sockets. A group is announced when the first user joins and when the last
 * leaves, twice, and whenever a router asks: IGMPv3 (RFC 3376) and MLDv2 (RFC 3810) reports, always
 * of the kind "all sources". Groups every host is in (224.0.0.1, ff02::1) are not announced.
 */
#include "kernel/net/multicast.h"

#include "kernel/net/ctl.h"
#include "kernel/net/checksum.h"
#include "kernel/net/ether.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/os.h"

#define REPORTS 2u

enum { MODE_IS_EXCLUDE = 2, TO_INCLUDE = 3, TO_EXCLUDE = 4 };

struct report_record { /* IPv4; for IPv6 the address is longer */
	u8 type, aux_len;
	be16 nr_sources;
	be32 group;
} WIRE;

static const struct ip_addr all_hosts4 = {.b = {[10] = 0xff, 0xff, 224, 0, 0, 1}};
static const struct ip_addr all_nodes6 = {.b = {0xff, 2, [15] = 1}};

/* ---- reports ---- */

static void send_igmp(struct netdev *dev, const struct ip_addr *group, u8 record)
{
	static const u8 router_alert[4] = {148, 4, 0, 0};
	struct flow fl = {.saddr = ip_addr_any(AF_INET),
		.daddr = ip_addr_v4(be32_of(0xe0000016)),
		.proto = IPPROTO_IGMP,
		.tos = 0xc0,
		.ttl = 1,
		.oif = dev->ifindex,
		.flags = FLOW_ANYSRC,
		.opts = router_alert,
		.opts_len = 4};
	struct skb *skb = skb_alloc(SKB_HEADROOM, 16);
	struct dst dst;
	u16 csum;
	u8 *p;

	if (!skb)
		return;
	p = skb_put(skb, 16);
	memset(p, 0, 16);
	p[0] = 0x22;
	p[7] = 1;
	p[8] = record;
	memcpy(p + 12, group->b + 12, 4);
	csum = csum_fold(csum_add_bytes(0, p, 16));
	memcpy(p + 2, &csum, 2);
	if (route_output(&fl, &dst) < 0)
		skb_free(skb);
	else
		ip_output(skb, &fl, &dst);
}

static void send_mld(struct netdev *dev, const struct ip_addr *group, u8 record)
{
	static const u8 router_alert[8] = {0, 0, 5, 2, 0, 0, 1, 0};
	const struct ifaddr *from = ifaddr_link_local(dev);
	struct flow fl = {.saddr = from ? from->addr : ip_addr_any(AF_INET6),
		.daddr = {.b = {0xff, 2, [15] = 0x16}},
		.ttl = 1,
		.oif = dev->ifindex,
		.flags = FLOW_ANYSRC,
		.opts = router_alert,
		.opts_len = 8,
		.opts_proto = 0};
	struct skb *skb = skb_alloc(SKB_HEADROOM, 28);
	u8 *p;

	if (!skb)
		return;
	p = skb_put(skb, 28);
	memset(p, 0, 28);
	p[0] = 143;
	p[7] = 1;
	p[8] = record;
	memcpy(p + 12, group->b, 16);
	icmp6_send(skb, &fl);
}

static bool announced(const struct mc_group *g)
{
	return (g->dev->flags & IFF_MULTICAST) && (g->dev->flags & IFF_UP) &&
	       !ip_addr_eq(&g->addr, &all_hosts4) && !ip_addr_eq(&g->addr, &all_nodes6);
}

static void report(const struct mc_group *g, u8 record)
{
	if (!announced(g))
		return;
	if (ip_addr_is_v4(&g->addr))
		send_igmp(g->dev, &g->addr, record);
	else
		send_mld(g->dev, &g->addr, record);
}

static void group_timer(struct timer *t)
{
	struct mc_group *g = container_of(t, struct mc_group, timer);

	net_set(g->dev->net);
	report(g, g->reporting ? MODE_IS_EXCLUDE : TO_EXCLUDE);
	g->reporting = false;
	if (g->reports_left && --g->reports_left)
		timer_arm(t, os_clock_ns(OS_CLOCK_MONOTONIC) + NSEC_PER_SEC);
}

static void announce(struct mc_group *g)
{
	g->reports_left = REPORTS;
	g->timer.fn = group_timer;
	timer_arm(&g->timer, os_clock_ns(OS_CLOCK_MONOTONIC) + NSEC_PER_MSEC);
}

/* ---- groups of a device ---- */

static struct mc_group *group_find(const struct netdev *dev, const struct ip_addr *addr)
{
	struct mc_group *g;

	list_for_each_entry (g, &dev->groups, link)
		if (ip_addr_eq(&g->addr, addr))
			return g;
	return NULL;
}

bool mc_group_member(const struct netdev *dev, const struct ip_addr *group)
{
	return group_find(dev, group) != NULL;
}

int mc_group_join(struct netdev *dev, const struct ip_addr *group)
{
	struct mc_group *g = group_find(dev, group);

	if (g) {
		g->users++;
		return 0;
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->dev = dev;
	g->addr = *group;
	g->users = 1;
	list_add_tail(&g->link, &dev->groups);
	if (announced(g))
		announce(g);
	return 0;
}

static void group_free(struct mc_group *g)
{
	timer_cancel(&g->timer);
	list_del(&g->link);
	free(g);
}

void mc_group_leave(struct netdev *dev, const struct ip_addr *group)
{
	struct mc_group *g = group_find(dev, group);

	if (!g || --g->users)
		return;
	report(g, TO_INCLUDE);
	group_free(g);
}

void mc_dev_up(struct netdev *dev)
{
	struct mc_group *g;

	if (!group_find(dev, &all_hosts4)) {
		mc_group_join(dev, &all_hosts4);
		mc_group_join(dev, &all_nodes6);
	}
	list_for_each_entry (g, &dev->groups, link)
		if (announced(g))
			announce(g);
}

void mc_dev_down(struct netdev *dev)
{
	struct mc_group *g;

	mc_group_leave(dev, &all_hosts4);
	mc_group_leave(dev, &all_nodes6);
	list_for_each_entry (g, &dev->groups, link)
		timer_cancel(&g->timer);
}

/* ---- queries ---- */

static void query(struct netdev *dev, const struct ip_addr *group, u64 max_delay_ns)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), at;
	struct mc_group *g;
	u32 r;

	list_for_each_entry (g, &dev->groups, link) {
		if (ip_addr_is_v4(&g->addr) != ip_addr_is_v4(group) || !announced(g) ||
			(!ip_addr_is_any(group) && !ip_addr_eq(&g->addr, group)))
			continue;
		os_random(&r, sizeof(r));
		at = now + max_delay_ns / 65536 * (r & 0xffff);
		g->reporting = true;
		if (timer_armed(&g->timer) && g->timer.deadline_ns <= at)
			continue; /* a flood of queries does not put the answer off */
		g->timer.fn = group_timer;
		timer_arm(&g->timer, at);
	}
}

void igmp_rcv(struct skb *skb)
{
	const u8 *p = skb->data;
	struct ip_addr group;
	be32 g;

	if (skb_len(skb) >= 8 && p[0] == 0x11 && skb->dev != loopback &&
		csum_fold(csum_add_bytes(0, p, skb_len(skb))) == 0) {
		memcpy(&g, p + 4, sizeof(g));
		group = ip_addr_v4(g);
		query(skb->dev, &group, (p[1] ? MIN(p[1], (u8)128) : 100) * (NSEC_PER_SEC / 10));
	}
	skb_free(skb);
}

void mld_rcv(struct skb *skb)
{
	const u8 *p = skb->data;
	struct ip_addr group;
	u32 delay_ms;

	if (p[0] != 130 || skb_len(skb) < 24 || skb->ip.ttl != 1 ||
		!ip_addr_is_link_local(&skb->ip.saddr))
		return;
	delay_ms = (u32)p[4] << 8 | p[5];
	group = ip_addr_v6(p + 8);
	query(skb->dev, &group, MIN(delay_ms, 32768u) * NSEC_PER_MSEC);
}

/* ---- sockets ---- */

struct membership { /* inet_sock->memberships */
	struct list_head link;
	struct ip_addr group;
	int ifindex;
};

static struct membership *membership_find(
	const struct inet_sock *is, const struct ip_addr *group, int ifindex)
{
	struct membership *m;

	list_for_each_entry (m, &is->memberships, link)
		if (ip_addr_eq(&m->group, group) && (!ifindex || m->ifindex == ifindex))
			return m;
	return NULL;
}

/* The interface to join on if the program left it open. */
static struct netdev *choose_dev(const struct ip_addr *group, int ifindex)
{
	struct flow fl = {
		.daddr = *group, .saddr = ip_addr_any(ip_addr_family(group)), .flags = FLOW_ANYSRC};
	struct netdev *dev;
	struct dst dst;

	if (ifindex)
		return netdev_by_index(ifindex);
	if (route_output(&fl, &dst) == 0)
		return dst.dev;
	netdev_for_each(dev) if ((dev->flags & IFF_UP) && (dev->flags & IFF_MULTICAST)) return dev;
	return NULL;
}

int mc_sock_join(struct inet_sock *is, const struct ip_addr *group, int ifindex)
{
	struct netdev *dev;
	struct membership *m;
	int err;

	if (!ip_addr_is_multicast(group))
		return -EINVAL;
	dev = choose_dev(group, ifindex);
	if (!dev)
		return -ENODEV;
	if (membership_find(is, group, dev->ifindex))
		return -EADDRINUSE;
	if (ip_addr_is_v4(group) && is->nr_memberships >= net_ctl.igmp_max_memberships)
		return -ENOBUFS;
	m = malloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	err = mc_group_join(dev, group);
	if (err < 0) {
		free(m);
		return err;
	}
	m->group = *group;
	m->ifindex = dev->ifindex;
	list_add_tail(&m->link, &is->memberships);
	is->nr_memberships++;
	return 0;
}

static void membership_end(struct inet_sock *is, struct membership *m)
{
	struct netdev *dev = netdev_by_index(m->ifindex);

	if (dev)
		mc_group_leave(dev, &m->group);
	list_del(&m->link);
	is->nr_memberships--;
	free(m);
}

int mc_sock_leave(struct inet_sock *is, const struct ip_addr *group, int ifindex)
{
	struct membership *m;

	if (!ip_addr_is_multicast(group))
		return -EINVAL;
	m = membership_find(is, group, ifindex);
	if (!m)
		return -EADDRNOTAVAIL;
	membership_end(is, m);
	return 0;
}

void mc_sock_leave_all(struct inet_sock *is)
{
	while (!list_empty(&is->memberships))
		membership_end(is, list_first(&is->memberships, struct membership, link));
}

bool mc_sock_wants(const struct inet_sock *is, const struct skb *skb)
{
	const struct membership *m = membership_find(is, &skb->ip.daddr, 0);

	if (m)
		return skb->dev == loopback ||
		       membership_find(is, &skb->ip.daddr, (int)skb->ip.iif);
	return inet_bit(is, ip_addr_is_v4(&skb->ip.daddr) ? INET_MC_ALL : INET_MC_ALL6);
}
