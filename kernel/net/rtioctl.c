/*
 * Routes and neighbours by ioctl: SIOCADDRT, SIOCDELRT (route), SIOCGARP, SIOCSARP, SIOCDARP (arp).
 * What they change is route.c's and neigh.c's, as with netlink. route(8), arp(7).
 */
#include "kernel/net/ifioctl.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/neigh.h"
#include "kernel/net/route.h"

#include <linux/ipv6_route.h>
#include <linux/route.h>

static_assert(sizeof(struct rtentry) == 120, "struct rtentry");

/* The IPv4 address in sa; -EAFNOSUPPORT if it is none (*out is set all the same). */
static int addr_of(const struct sockaddr *sa, be32 *out)
{
	struct sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	*out = in.sin_addr.s_addr;
	return in.sin_family == AF_INET ? 0 : -EAFNOSUPPORT;
}

static int parse_dst(const struct rtentry *rt, struct route *r)
{
	be32 dst, mask = 0xffffffff;

	if (addr_of(&rt->rt_dst, &dst) < 0)
		return -EAFNOSUPPORT;
	if (!(rt->rt_flags & RTF_HOST)) {
		if (addr_of(&rt->rt_genmask, &mask) < 0 && (mask || rt->rt_genmask.sa_family))
			return -EAFNOSUPPORT;
		if (ip_mask_prefix(mask) < 0 || (dst & ~mask))
			return -EINVAL;
	}
	r->dst = ip_addr_v4(dst);
	r->prefix_len = (u8)ip_mask_prefix(mask);
	return 0;
}

/* rt_dev names a device, or an address of one by its label. */
static int parse_dev(const struct rtentry *rt, struct route *r)
{
	char name[IFNAMSIZ], *colon;
	ssize_t len;

	if (!rt->rt_dev)
		return 0;
	len = strncpy_from_user(name, (uaddr_t)rt->rt_dev, sizeof(name));
	if (len < 0)
		return len == -ENAMETOOLONG ? -ENODEV : (int)len;
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	r->dev = netdev_by_name(name);
	return r->dev ? 0 : -ENODEV;
}

static int parse_rtentry(const struct rtentry *rt, struct route *r)
{
	be32 gateway;
	int err;

	*r = (struct route){
		.table = RT_TABLE_MAIN, .prefsrc = ip_addr_any(AF_INET), .scope = RT_SCOPE_LINK};
	err = parse_dst(rt, r);
	if (!err)
		err = parse_dev(rt, r);
	if (err < 0)
		return err;
	if (rt->rt_metric > 0)
		r->metric = (u32)rt->rt_metric - 1;
	if (rt->rt_flags & RTF_REJECT) {
		r->type = RTN_UNREACHABLE;
		r->scope = RT_SCOPE_HOST;
		return 0;
	}
	if (addr_of(&rt->rt_gateway, &gateway) == 0 && gateway) {
		if (rt->rt_flags & RTF_GATEWAY) {
			r->gateway = ip_addr_v4(gateway);
			r->has_gateway = true;
			r->scope = RT_SCOPE_UNIVERSE;
		}
	} else if (rt->rt_flags & RTF_GATEWAY) {
		return -EINVAL;
	}
	if (rt->rt_flags & RTF_MTU)
		r->mtu = (u32)rt->rt_mtu;
	if (rt->rt_flags & RTF_WINDOW)
		r->window = (u32)rt->rt_window;
	return 0;
}

long route_ioctl(u32 cmd, uaddr_t arg)
{
	struct rtentry rt;
	struct route r;
	int err;

	if (!net_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(&rt, arg, sizeof(rt)) < 0)
		return -EFAULT;
	err = parse_rtentry(&rt, &r);
	if (err < 0)
		return err;
	if (cmd == SIOCDELRT)
		return route_del(&r);
	r.protocol = RTPROT_BOOT;
	return route_add(&r, NLM_F_CREATE);
}

long route6_ioctl(u32 cmd, uaddr_t arg)
{
	struct route r = {.table = RT_TABLE_MAIN, .prefsrc = ip_addr_any(AF_INET6)};
	struct in6_rtmsg m;

	if (!net_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(&m, arg, sizeof(m)) < 0)
		return -EFAULT;
	if (m.rtmsg_dst_len > 128 || m.rtmsg_src_len)
		return -EINVAL;
	r.prefix_len = (u8)m.rtmsg_dst_len;
	r.dst = ip_addr_v6(&m.rtmsg_dst);
	r.dst = ip_addr_mask(&r.dst, r.prefix_len);
	if (m.rtmsg_ifindex) {
		r.dev = netdev_by_index(m.rtmsg_ifindex);
		if (!r.dev)
			return -ENODEV;
	}
	r.gateway = ip_addr_v6(&m.rtmsg_gateway);
	r.has_gateway = (m.rtmsg_flags & RTF_GATEWAY) && !ip_addr_is_any(&r.gateway);
	if (m.rtmsg_flags & RTF_REJECT)
		r.type = RTN_UNREACHABLE;
	r.metric = m.rtmsg_metric;
	if (cmd == SIOCDELRT)
		return route_del(&r);
	if (!r.metric)
		r.metric = 1024;
	r.protocol = RTPROT_BOOT;
	return route_add(&r, NLM_F_CREATE);
}

/* ---- ARP ---- */

/* The device a request names, or the one the route to the address leads to. */
static struct netdev *arp_device(const struct arpreq *r, const struct ip_addr *addr)
{
	struct flow fl = {.daddr = *addr, .saddr = ip_addr_any(AF_INET)};
	const struct route *way;

	if (r->arp_dev[0])
		return netdev_by_name(r->arp_dev);
	return route_lookup(&fl, &way) == 0 ? way->dev : NULL;
}

static long get_arp(struct netdev *dev, const struct ip_addr *addr, struct arpreq *r, uaddr_t arg)
{
	const struct neigh *n = neigh_find(dev, addr);

	if (!n)
		return -ENXIO;
	memset(&r->arp_ha, 0, sizeof(r->arp_ha));
	r->arp_ha.sa_family = dev->type;
	if (n->state & NUD_VALID)
		memcpy(r->arp_ha.sa_data, n->mac, sizeof(n->mac));
	r->arp_flags = n->state & NUD_PERMANENT ? ATF_PERM | ATF_COM
		       : n->state & NUD_VALID	? ATF_COM
						: 0;
	memcpy(r->arp_dev, dev->name, sizeof(r->arp_dev));
	return copy_to_user(arg, r, sizeof(*r));
}

static long set_arp(struct netdev *dev, const struct ip_addr *addr, const struct arpreq *r)
{
	if (r->arp_flags & ATF_PUBL)
		return -EOPNOTSUPP; /* proxy ARP */
	if (r->arp_ha.sa_family != dev->type)
		return -EINVAL;
	return neigh_set(dev, addr, (const u8 *)r->arp_ha.sa_data,
		r->arp_flags & ATF_PERM ? NUD_PERMANENT : NUD_STALE, 0);
}

long arp_ioctl(u32 cmd, uaddr_t arg)
{
	struct netdev *dev;
	struct ip_addr addr;
	struct arpreq r;
	be32 v4;
	int err;

	if (cmd != SIOCGARP && !net_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(&r, arg, sizeof(r)) < 0)
		return -EFAULT;
	r.arp_dev[sizeof(r.arp_dev) - 1] = '\0';
	if (addr_of(&r.arp_pa, &v4) < 0)
		return -EPFNOSUPPORT;
	if (!(r.arp_flags & ATF_PUBL) && (r.arp_flags & (ATF_NETMASK | ATF_DONTPUB)))
		return -EINVAL;
	addr = ip_addr_v4(v4);
	dev = arp_device(&r, &addr);
	if (!dev)
		return r.arp_dev[0] ? -ENODEV : -EINVAL;
	if (cmd == SIOCGARP)
		return get_arp(dev, &addr, &r, arg);
	if (cmd == SIOCSARP)
		return set_arp(dev, &addr, &r);
	err = neigh_del(dev, &addr);
	return err == -ENOENT ? -ENXIO : err;
}
