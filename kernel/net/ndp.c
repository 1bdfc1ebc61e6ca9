/*
 * Neighbour Discovery and stateless autoconfiguration: solicitations and advertisements of
 * neighbours feed neigh.c; router advertisements give addresses, a default route, the MTU; every
 * IPv6 address of an Ethernet is first checked for duplicates. All messages must come with hop
 * limit 255, so from this link. RFC 4861, RFC 4862.
 */
#include "kernel/net/ndp.h"

#include "kernel/dmesg.h"
#include "kernel/net/ip.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"
#include "kernel/net/neigh.h"
#include "kernel/net/route.h"
#include "kernel/os.h"

enum { RS = 133, RA = 134, NS = 135, NA = 136 };
enum { OPT_SRC_MAC = 1, OPT_DST_MAC = 2, OPT_PREFIX = 3, OPT_MTU = 5, OPT_NONCE = 14 };
#define NA_ROUTER 0x80000000u
#define NA_SOLICITED 0x40000000u
#define NA_OVERRIDE 0x20000000u
#define PREFIX_ONLINK 0x80u
#define PREFIX_AUTO 0x40u

#define DAD_NS NSEC_PER_SEC
#define RS_INTERVAL_NS (4 * NSEC_PER_SEC)
#define RA_PREFIXES_MAX 16 /* addresses that advertisements may give a device */
#define RA_ROUTERS_MAX 16  /* and default routes */
#define TWO_HOURS_S 7200u

struct solicit_timer { /* router solicitations of one device */
	struct list_head link;
	struct netdev *dev;
	struct timer timer;
	unsigned left;
};

static struct list_head soliciting = LIST_HEAD_INIT(soliciting);

static const struct ip_addr all_nodes = {.b = {0xff, 2, [15] = 1}};
static const struct ip_addr all_routers = {.b = {0xff, 2, [15] = 2}};

struct ip_addr ndp_solicited_node(const struct ip_addr *addr)
{
	struct ip_addr g = {.b = {0xff, 2, [11] = 1, [12] = 0xff}};

	memcpy(g.b + 13, addr->b + 13, 3);
	return g;
}

/* ---- out ---- */

/* A message of type with flags, an address if target, and our MAC as option opt (0: none). */
static struct skb *message(
	struct netdev *dev, u8 type, u32 flags, const struct ip_addr *target, u8 opt)
{
	struct skb *skb = skb_alloc(SKB_HEADROOM, 64);
	struct icmp_hdr *h;
	u8 *o;

	if (!skb)
		return NULL;
	h = skb_put(skb, sizeof(*h));
	memset(h, 0, sizeof(*h));
	h->type = type;
	h->info = be32_of(flags);
	if (target)
		memcpy(skb_put(skb, 16), target->b, 16);
	if (opt) {
		o = skb_put(skb, 8);
		o[0] = opt;
		o[1] = 1;
		memcpy(o + 2, dev->mac, 6);
	}
	return skb;
}

static void ndp_send(struct netdev *dev, struct skb *skb, const struct ip_addr *saddr,
	const struct ip_addr *daddr)
{
	struct flow fl = {.saddr = *saddr,
		.daddr = *daddr,
		.ttl = 255,
		.oif = dev->ifindex,
		.flags = FLOW_ANYSRC | (ip_addr_is_any(saddr) ? FLOW_NOSRC : 0)};

	icmp6_send(skb, &fl);
}

void ndp_solicit(struct netdev *dev, const struct ip_addr *addr, const u8 *mac)
{
	const struct ifaddr *a = ifaddr_source(dev, addr, addr);
	struct ip_addr any = ip_addr_any(AF_INET6), to;
	struct skb *skb = message(dev, NS, 0, addr, OPT_SRC_MAC);

	to = mac ? *addr : ndp_solicited_node(addr);
	if (skb)
		ndp_send(dev, skb, a ? &a->addr : &any, &to);
}

static void advertise(struct netdev *dev, const struct ip_addr *target, const struct ip_addr *to)
{
	bool asked = !ip_addr_is_any(to);
	struct skb *skb =
		message(dev, NA, NA_OVERRIDE | (asked ? NA_SOLICITED : 0), target, OPT_DST_MAC);

	if (skb)
		ndp_send(dev, skb, target, asked ? to : &all_nodes);
}

/* ---- duplicate address detection ---- */

void ndp_probe(const struct ifaddr *a)
{
	struct ip_addr any = ip_addr_any(AF_INET6), group = ndp_solicited_node(&a->addr);
	struct skb *skb = message(a->dev, NS, 0, &a->addr, 0);
	u8 *o;

	if (!skb)
		return;
	o = skb_put(skb, 8); /* the nonce tells a looped-back question from another's, RFC 7527 */
	o[0] = OPT_NONCE;
	o[1] = 1;
	memcpy(o + 2, a->dad_nonce, 6);
	ndp_send(a->dev, skb, &any, &group);
}

static void dad_timer(struct timer *t)
{
	struct ifaddr *a = container_of(t, struct ifaddr, timer);

	net_set(a->dev->net);
	if (!a->dad_left) {
		ifaddr_ready(a);
		if (ip_addr_is_link_local(&a->addr))
			mc_dev_up(a->dev); /* reports now have a source */
		return;
	}
	a->dad_left--;
	ndp_probe(a);
	timer_arm(&a->timer, os_clock_ns(OS_CLOCK_MONOTONIC) + DAD_NS);
}

void ndp_dad_start(struct ifaddr *a)
{
	a->dad_left = a->dev->ctl.dad_transmits;
	os_random(a->dad_nonce, sizeof(a->dad_nonce));
	a->timer.fn = dad_timer;
	timer_arm(&a->timer, os_clock_ns(OS_CLOCK_MONOTONIC) + NSEC_PER_MSEC);
}

static void duplicate(struct ifaddr *a)
{
	char text[IP_ADDR_STR];

	dmesg_printf(DMESG_NOTICE, "%s: IPv6 duplicate address %s detected", a->dev->name,
		ip_addr_format(&a->addr, text));
	ifaddr_failed(a);
}

/* ---- devices ---- */

static void solicit_routers(struct timer *t)
{
	struct solicit_timer *s = container_of(t, struct solicit_timer, timer);
	const struct ifaddr *a = ifaddr_link_local(s->dev);
	u64 wait = a ? RS_INTERVAL_NS : NSEC_PER_SEC / 2;
	struct skb *skb;

	net_set(s->dev->net);
	if (!s->left) {
		list_del(&s->link);
		free(s);
		return;
	}
	s->left--;
	if (a) {
		skb = message(s->dev, RS, 0, NULL, OPT_SRC_MAC);
		if (skb)
			ndp_send(s->dev, skb, &a->addr, &all_routers);
	}
	timer_arm(&s->timer, os_clock_ns(OS_CLOCK_MONOTONIC) + wait);
}

static void stop_soliciting(struct netdev *dev)
{
	struct solicit_timer *s, *tmp;

	list_for_each_entry_safe (s, tmp, &soliciting, link) {
		if (s->dev != dev)
			continue;
		timer_cancel(&s->timer);
		list_del(&s->link);
		free(s);
	}
}

/* The lower half of an address made from the MAC (RFC 2464 4). */
static void interface_id(const struct netdev *dev, u8 id[8])
{
	memcpy(id, dev->mac, 3);
	id[0] ^= 2;
	id[3] = 0xff;
	id[4] = 0xfe;
	memcpy(id + 5, dev->mac + 3, 3);
}

void ndp_dev_up(struct netdev *dev)
{
	struct ifaddr a = {.addr = {.b = {0xfe, 0x80}},
		.prefix_len = 64,
		.scope = RT_SCOPE_LINK,
		.flags = IFA_F_PERMANENT};
	struct solicit_timer *s;

	if (dev->dormant || dev->mtu < IP6_MTU_MIN || dev->ctl.disable_ipv6)
		return;
	interface_id(dev, a.addr.b + 8);
	ifaddr_add(dev, &a, NULL);
	stop_soliciting(dev);
	s = calloc(1, sizeof(*s));
	if (!s)
		return;
	s->dev = dev;
	s->left = dev->ctl.accept_ra ? dev->ctl.router_solicitations : 0;
	s->timer.fn = solicit_routers;
	list_add_tail(&s->link, &soliciting);
	timer_arm(&s->timer, os_clock_ns(OS_CLOCK_MONOTONIC) + DAD_NS + 100 * NSEC_PER_MSEC);
}

void ndp_dev_down(struct netdev *dev)
{
	stop_soliciting(dev);
}

/* ---- in ---- */

/* The next option of [*at, len): NULL at the end or where they make no sense. */
static const u8 *next_option(const u8 *p, u32 len, u32 *at)
{
	const u8 *o = p + *at;

	if (len - *at < 8 || !o[1] || o[1] * 8u > len - *at)
		return NULL;
	*at += o[1] * 8u;
	return o;
}

static const u8 *find_option(const struct skb *skb, u32 at, u8 type)
{
	const u8 *o;

	while ((o = next_option(skb->data, skb_len(skb), &at)))
		if (o[0] == type)
			return o;
	return NULL;
}

static void solicitation_rcv(struct skb *skb)
{
	struct ip_addr target;
	const u8 *mac, *nonce;
	struct ifaddr *a;
	bool dad = ip_addr_is_any(&skb->ip.saddr);

	if (skb_len(skb) < 24)
		return;
	target = ip_addr_v6(skb->data + 8);
	a = ifaddr_find(skb->dev, &target);
	if (!a || ip_addr_is_multicast(&target))
		return;
	mac = find_option(skb, 24, OPT_SRC_MAC);
	nonce = find_option(skb, 24, OPT_NONCE);
	if (a->flags & IFA_F_TENTATIVE) {
		if (dad && !(nonce && !memcmp(nonce + 2, a->dad_nonce, 6)))
			duplicate(a);
		return;
	}
	if (!dad && mac)
		neigh_heard(skb->dev, &skb->ip.saddr, mac + 2, NEIGH_CREATE | NEIGH_OVERRIDE);
	advertise(skb->dev, &target, &skb->ip.saddr);
}

static void advertisement_rcv(struct skb *skb)
{
	struct ip_addr target;
	const u8 *mac;
	struct ifaddr *a;
	u32 flags, how = 0;

	if (skb_len(skb) < 24)
		return;
	flags = cpu32_of(((const struct icmp_hdr *)skb->data)->info);
	target = ip_addr_v6(skb->data + 8);
	a = ifaddr_find(skb->dev, &target);
	if (a) {
		mac = find_option(skb, 24, OPT_DST_MAC);
		if ((a->flags & IFA_F_TENTATIVE) && skb->dev != loopback)
			duplicate(a);
		else if (mac)
			ifaddr_clash(a, mac + 2);
		return;
	}
	mac = find_option(skb, 24, OPT_DST_MAC);
	if (!mac || ((flags & NA_SOLICITED) && ip_addr_is_multicast(&skb->ip.daddr)))
		return;
	if (flags & NA_SOLICITED)
		how |= NEIGH_SOLICITED;
	if (flags & NA_OVERRIDE)
		how |= NEIGH_OVERRIDE;
	if (flags & NA_ROUTER)
		how |= NEIGH_ROUTER;
	neigh_heard(skb->dev, &target, mac + 2, how);
}

static u32 get32(const u8 *p)
{
	be32 v;

	memcpy(&v, p, sizeof(v));
	return cpu32_of(v);
}

/* RFC 4862 5.5.3: e) 1) to 3). */
static void prefix_address(
	struct netdev *dev, const struct ip_addr *prefix, u32 valid_s, u32 preferred_s)
{
	struct ifaddr a = {.addr = *prefix,
		.prefix_len = 64,
		.scope = RT_SCOPE_UNIVERSE,
		.valid_s = valid_s,
		.preferred_s = preferred_s};
	struct ifaddr *old, *pos;
	u64 age, left;
	unsigned n = 0;

	interface_id(dev, a.addr.b + 8);
	old = ifaddr_find(dev, &a.addr);
	if (!old) {
		list_for_each_entry (pos, &dev->addrs, link)
			n += !ip_addr_is_v4(&pos->addr);
		if (valid_s && n < RA_PREFIXES_MAX)
			ifaddr_add(dev, &a, NULL);
		return;
	}
	if (old->flags & IFA_F_PERMANENT)
		return;
	age = (os_clock_ns(OS_CLOCK_MONOTONIC) - old->updated_ns) / NSEC_PER_SEC;
	left = old->valid_s == UINT32_MAX ? UINT32_MAX : old->valid_s - MIN(age, (u64)old->valid_s);
	if (valid_s <= TWO_HOURS_S && valid_s <= left)
		valid_s = (u32)MIN(left, (u64)TWO_HOURS_S);
	ifaddr_set_lifetime(old, valid_s, MIN(preferred_s, valid_s));
}

static void prefix_rcv(struct netdev *dev, const u8 *o)
{
	u32 valid_s = get32(o + 4), preferred_s = get32(o + 8);
	struct ip_addr prefix = ip_addr_v6(o + 16);
	unsigned len = o[2];

	if (len > 128 || preferred_s > valid_s || ip_addr_is_link_local(&prefix) ||
		ip_addr_is_multicast(&prefix) || ip_addr_is_v4(&prefix))
		return;
	if ((o[3] & PREFIX_AUTO) && len == 64 && dev->ctl.autoconf)
		prefix_address(dev, &prefix, valid_s, preferred_s);
}

static void default_router(struct skb *skb, u32 lifetime_s)
{
	struct route r = {.dst = ip_addr_any(AF_INET6),
		.has_gateway = true,
		.gateway = skb->ip.saddr,
		.dev = skb->dev,
		.metric = 1024,
		.table = RT_TABLE_MAIN,
		.protocol = RTPROT_RA,
		.type = RTN_UNICAST,
		.prefsrc = ip_addr_any(AF_INET6)};
	struct route *pos;
	u64 expires = os_clock_ns(OS_CLOCK_MONOTONIC) + lifetime_s * NSEC_PER_SEC;
	unsigned others = 0;

	route_for_each(pos)
	{
		if (pos->protocol != RTPROT_RA || pos->prefix_len || pos->dev != skb->dev)
			continue;
		if (!ip_addr_eq(&pos->gateway, &r.gateway)) {
			others++;
			continue;
		}
		if (lifetime_s)
			pos->expires_ns = expires;
		else
			route_del(&r);
		return;
	}
	r.expires_ns = expires;
	if (lifetime_s && others < RA_ROUTERS_MAX)
		route_add(&r, NLM_F_CREATE | NLM_F_APPEND);
}

static void router_rcv(struct skb *skb)
{
	struct netdev *dev = skb->dev;
	u32 at = 16, mtu;
	const u8 *o, *mac;

	if (skb_len(skb) < 16 || !ip_addr_is_link_local(&skb->ip.saddr) || dev == loopback ||
		!dev->ctl.accept_ra)
		return;
	stop_soliciting(dev);
	mac = find_option(skb, at, OPT_SRC_MAC);
	if (mac)
		neigh_heard(
			dev, &skb->ip.saddr, mac + 2, NEIGH_CREATE | NEIGH_OVERRIDE | NEIGH_ROUTER);
	default_router(skb, (u32)skb->data[6] << 8 | skb->data[7]);
	while ((o = next_option(skb->data, skb_len(skb), &at))) {
		if (o[0] == OPT_PREFIX && o[1] == 4)
			prefix_rcv(dev, o);
		if (o[0] == OPT_MTU && o[1] == 1) {
			mtu = get32(o + 4);
			if (mtu >= IP6_MTU_MIN && mtu < dev->mtu)
				netdev_set_mtu(dev, mtu);
		}
	}
}

void ndp_rcv(struct skb *skb)
{
	if (skb->ip.ttl != 255 || skb->data[1] != 0)
		return;
	switch (skb->data[0]) {
	case NS:
		solicitation_rcv(skb);
		break;
	case NA:
		advertisement_rcv(skb);
		break;
	case RA:
		router_rcv(skb);
		break;
	}
}
