/*
 * SIOCGIF* and SIOCSIF*: how ifconfig, busybox and many programs see and set interfaces. The state
 * is netdev.c's and ifaddr.c's; netlink shows and sets the same. An interface's further IPv4
 * addresses go by their labels ("eth0:1"). netdevice(7).
 */
#include "kernel/net/ifioctl.h"

#include "kernel/net/ifaddr.h"
#include "kernel/net/route.h"
#include "kernel/version.h"

#include <linux/ethtool.h>
#include <linux/ipv6.h>

static_assert(sizeof(struct ifreq) == 40, "struct ifreq");

/* The device of a name or a label. */
static struct netdev *device_of(const struct ifreq *ifr)
{
	char name[IFNAMSIZ];
	char *colon;

	memcpy(name, ifr->ifr_name, sizeof(name));
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	return netdev_by_name(name);
}

static int ifreq_from_user(struct ifreq *ifr, uaddr_t arg)
{
	int err = copy_from_user(ifr, arg, sizeof(*ifr));

	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	return err;
}

/* ---- ethtool: what is real of it ---- */

static int ethtool_value(const struct netdev *dev, u32 cmd, u32 *v)
{
	switch (cmd) {
	case ETHTOOL_GLINK:
		*v = netdev_running(dev);
		return 0;
	case ETHTOOL_GTXCSUM:
		*v = !!(dev->features & NETDEV_CSUM);
		return 0;
	case ETHTOOL_GRXCSUM:
		*v = !!(dev->features & NETDEV_RX_CSUM);
		return 0;
	case ETHTOOL_GTSO:
		*v = !!(dev->features & (NETDEV_TSO4 | NETDEV_TSO6));
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int ethtool(const struct netdev *dev, uaddr_t data)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO, .driver = "skiff"};
	struct ethtool_value value;
	int err;

	if (copy_from_user(&value.cmd, data, sizeof(value.cmd)) < 0)
		return -EFAULT;
	if (value.cmd == ETHTOOL_GDRVINFO && !(dev->flags & IFF_LOOPBACK))
		return copy_to_user(data, &info, sizeof(info));
	err = ethtool_value(dev, value.cmd, &value.data);
	return err < 0 ? err : copy_to_user(data, &value, sizeof(value));
}

/* ---- devices ---- */

static int get_device(const struct netdev *dev, u32 cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCGIFFLAGS:
		ifr->ifr_flags = (short)netdev_flags(dev);
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = (int)dev->mtu;
		return 0;
	case SIOCGIFHWADDR:
		memset(&ifr->ifr_hwaddr, 0, sizeof(ifr->ifr_hwaddr));
		ifr->ifr_hwaddr.sa_family = dev->type;
		memcpy(ifr->ifr_hwaddr.sa_data, dev->mac, sizeof(dev->mac));
		return 0;
	case SIOCGIFMAP:
		memset(&ifr->ifr_map, 0, sizeof(ifr->ifr_map)); /* no hardware */
		return 0;
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = dev->ifindex;
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = (int)dev->tx_queue_len;
		return 0;
	default:
		return -ENOTTY;
	}
}

static int set_hwaddr(struct netdev *dev, const struct ifreq *ifr, bool broadcast)
{
	const u8 *mac = (const u8 *)ifr->ifr_hwaddr.sa_data;

	if (ifr->ifr_hwaddr.sa_family != dev->type)
		return -EINVAL;
	return broadcast ? netdev_set_broadcast(dev, mac) : netdev_set_mac(dev, mac);
}

static struct ifaddr *by_label(struct netdev *dev, const char *label);

/* "eth0:1 down" takes that address away. */
static int set_flags(struct netdev *dev, const struct ifreq *ifr)
{
	struct ifaddr *a;

	if (!strchr(ifr->ifr_name, ':'))
		return netdev_change_flags(dev, (u16)ifr->ifr_flags, 0xffff);
	a = by_label(dev, ifr->ifr_name);
	if (!a)
		return -EADDRNOTAVAIL;
	if (!(ifr->ifr_flags & IFF_UP))
		ifaddr_remove(a);
	return 0;
}

static int set_device(struct netdev *dev, u32 cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		return set_flags(dev, ifr);
	case SIOCSIFMTU:
		return ifr->ifr_mtu < 0 ? -EINVAL : netdev_set_mtu(dev, (u32)ifr->ifr_mtu);
	case SIOCSIFHWADDR:
	case SIOCSIFHWBROADCAST:
		return set_hwaddr(dev, ifr, cmd == SIOCSIFHWBROADCAST);
	case SIOCSIFTXQLEN:
		return ifr->ifr_qlen < 0 ? -EINVAL : netdev_set_txqlen(dev, (u32)ifr->ifr_qlen);
	case SIOCSIFNAME:
		ifr->ifr_newname[IFNAMSIZ - 1] = '\0';
		return netdev_rename(dev, ifr->ifr_newname);
	default: /* SIOCSIFMETRIC, SIOCSIFMAP, SIOC{ADD,DEL}MULTI */
		return -EOPNOTSUPP;
	}
}

static long get_name(uaddr_t arg)
{
	struct netdev *dev;
	struct ifreq ifr;

	if (ifreq_from_user(&ifr, arg) < 0)
		return -EFAULT;
	dev = netdev_by_index(ifr.ifr_ifindex);
	if (!dev)
		return -ENODEV;
	memcpy(ifr.ifr_name, dev->name, sizeof(ifr.ifr_name));
	return copy_to_user(arg, &ifr, sizeof(ifr));
}

/* One struct ifreq for each IPv4 address, as many as fit; without a buffer, how much they need. */
static long get_conf(uaddr_t arg)
{
	const struct netdev *dev;
	const struct ifaddr *a;
	struct ifconf ifc;
	size_t done = 0;
	bool measure;

	if (copy_from_user(&ifc, arg, sizeof(ifc)) < 0)
		return -EFAULT;
	measure = !ifc.ifc_buf;
	if (ifc.ifc_len < 0)
		return -EINVAL;
	netdev_for_each(dev) list_for_each_entry (a, &dev->addrs, link)
	{
		struct sockaddr_in in = {.sin_family = AF_INET};
		struct ifreq ifr = {0};

		if (!ip_addr_is_v4(&a->addr))
			continue;
		if (!measure && (size_t)ifc.ifc_len - done < sizeof(ifr))
			continue;
		in.sin_addr.s_addr = ip_addr_to_v4(&a->addr);
		memcpy(ifr.ifr_name, a->label, sizeof(ifr.ifr_name));
		memcpy(&ifr.ifr_addr, &in, sizeof(in));
		if (!measure && copy_to_user((uaddr_t)ifc.ifc_buf + done, &ifr, sizeof(ifr)) < 0)
			return -EFAULT;
		done += sizeof(ifr);
	}
	ifc.ifc_len = (int)done;
	return copy_to_user(arg, &ifc, sizeof(ifc));
}

static bool is_device_set(u32 cmd)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
	case SIOCSIFMETRIC:
	case SIOCSIFMTU:
	case SIOCSIFHWADDR:
	case SIOCSIFHWBROADCAST:
	case SIOCSIFMAP:
	case SIOCSIFTXQLEN:
	case SIOCSIFNAME:
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return true;
	default:
		return false;
	}
}

static bool is_device_get(u32 cmd)
{
	switch (cmd) {
	case SIOCGIFFLAGS:
	case SIOCGIFMETRIC:
	case SIOCGIFMTU:
	case SIOCGIFHWADDR:
	case SIOCGIFMAP:
	case SIOCGIFINDEX:
	case SIOCGIFTXQLEN:
		return true;
	default:
		return false;
	}
}

long netdev_ioctl(u32 cmd, uaddr_t arg)
{
	struct netdev *dev;
	struct ifreq ifr;
	int err;

	if (cmd == SIOCGIFCONF)
		return get_conf(arg);
	if (cmd == SIOCGIFNAME)
		return get_name(arg);
	if (!is_device_get(cmd) && !is_device_set(cmd) && cmd != SIOCETHTOOL)
		return -ENOTTY;
	if (ifreq_from_user(&ifr, arg) < 0)
		return -EFAULT;
	if (is_device_set(cmd) && !net_capable(CAP_NET_ADMIN))
		return -EPERM;
	dev = device_of(&ifr);
	if (!dev)
		return -ENODEV;
	if (cmd == SIOCETHTOOL)
		return ethtool(dev, (uaddr_t)ifr.ifr_data);
	if (is_device_set(cmd))
		return set_device(dev, cmd, &ifr);
	err = get_device(dev, cmd, &ifr);
	return err < 0 ? err : copy_to_user(arg, &ifr, sizeof(ifr));
}

/* ---- IPv4 addresses ---- */

static struct ifaddr *by_label(struct netdev *dev, const char *label)
{
	struct ifaddr *a;

	list_for_each_entry (a, &dev->addrs, link)
		if (ip_addr_is_v4(&a->addr) && !strcmp(a->label, label))
			return a;
	return NULL;
}

static be32 netmask(unsigned prefix_len)
{
	return prefix_len ? be32_of(0xffffffffu << (32 - prefix_len)) : 0;
}

static be32 broadcast_of(const struct netdev *dev, be32 addr, unsigned prefix_len)
{
	return (dev->flags & IFF_BROADCAST) && prefix_len < 31 ? addr | ~netmask(prefix_len) : 0;
}

/* The network part of an address before there were masks; 0 for 0.0.0.0, -1: not one of a host. */
static int class_prefix(u32 addr)
{
	if (!addr || addr == UINT32_MAX)
		return 0;
	if (!(addr & 0x80000000))
		return 8;
	if (!(addr & 0x40000000))
		return 16;
	return !(addr & 0x20000000) ? 24 : -1;
}

static void put_in(struct ifreq *ifr, be32 addr)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = addr};

	memcpy(&ifr->ifr_addr, &in, sizeof(in));
}

static int get_addr(const struct ifaddr *a, u32 cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCGIFADDR:
		put_in(ifr, ip_addr_to_v4(&a->addr));
		return 0;
	case SIOCGIFNETMASK:
		put_in(ifr, netmask(a->prefix_len));
		return 0;
	case SIOCGIFBRDADDR:
		put_in(ifr, a->broadcast);
		return 0;
	default: /* SIOCGIFDSTADDR */
		put_in(ifr, ip_addr_to_v4(&a->peer));
		return 0;
	}
}

/* One address in the place of old (NULL: none). */
static int replace(struct netdev *dev, struct ifaddr *old, const struct ifaddr *a)
{
	struct ifaddr n = *a;

	n.flags = 0;
	if (old)
		ifaddr_del(old);
	return ip_addr_is_any(&n.addr) ? 0 : ifaddr_add(dev, &n, NULL);
}

static int set_local(struct netdev *dev, struct ifaddr *old, const char *label, be32 addr)
{
	struct ifaddr a = {.addr = ip_addr_v4(addr), .peer = ip_addr_v4(addr)};
	int prefix = class_prefix(cpu32_of(addr));

	if (prefix < 0)
		return -EINVAL;
	if (old && ip_addr_eq(&old->addr, &a.addr))
		return 0;
	memcpy(a.label, label, sizeof(a.label));
	a.prefix_len = (u8)(dev->flags & IFF_POINTOPOINT ? 32 : prefix);
	a.broadcast = broadcast_of(dev, addr, a.prefix_len);
	a.scope = ip_addr_is_loopback(&a.addr) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	return replace(dev, old, &a);
}

static int set_netmask(struct ifaddr *old, be32 mask)
{
	struct ifaddr a = *old;
	int prefix = ip_mask_prefix(mask);

	if (prefix < 0)
		return -EINVAL;
	a.prefix_len = (u8)prefix;
	if (a.prefix_len == old->prefix_len)
		return 0;
	/* The broadcast address follows the mask, unless someone has set another. */
	if (old->broadcast == broadcast_of(old->dev, ip_addr_to_v4(&old->addr), old->prefix_len))
		a.broadcast = broadcast_of(old->dev, ip_addr_to_v4(&a.addr), a.prefix_len);
	return replace(old->dev, old, &a);
}

static int set_addr(struct netdev *dev, struct ifaddr *old, u32 cmd, const struct ifreq *ifr)
{
	struct sockaddr_in in;
	struct ifaddr a;

	memcpy(&in, &ifr->ifr_addr, sizeof(in));
	if (cmd == SIOCSIFADDR)
		return set_local(dev, old, ifr->ifr_name, in.sin_addr.s_addr);
	if (cmd == SIOCSIFNETMASK)
		return set_netmask(old, in.sin_addr.s_addr);
	a = *old;
	if (cmd == SIOCSIFBRDADDR) {
		if (a.broadcast == in.sin_addr.s_addr)
			return 0;
		a.broadcast = in.sin_addr.s_addr;
	} else { /* SIOCSIFDSTADDR */
		if (class_prefix(cpu32_of(in.sin_addr.s_addr)) < 0)
			return -EINVAL;
		a.peer = ip_addr_v4(in.sin_addr.s_addr);
		if (ip_addr_eq(&a.peer, &old->peer))
			return 0;
	}
	return replace(dev, old, &a);
}

static bool is_addr_set(u32 cmd)
{
	return cmd == SIOCSIFADDR || cmd == SIOCSIFNETMASK || cmd == SIOCSIFBRDADDR ||
	       cmd == SIOCSIFDSTADDR;
}

static long addr_ioctl(u32 cmd, uaddr_t arg)
{
	struct netdev *dev;
	struct ifaddr *a;
	struct ifreq ifr;
	int err;

	if (ifreq_from_user(&ifr, arg) < 0)
		return -EFAULT;
	if (is_addr_set(cmd) && !net_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (is_addr_set(cmd) && ifr.ifr_addr.sa_family != AF_INET)
		return -EINVAL;
	dev = device_of(&ifr);
	if (!dev)
		return -ENODEV;
	a = by_label(dev, ifr.ifr_name);
	if (!a && cmd != SIOCSIFADDR)
		return -EADDRNOTAVAIL;
	if (is_addr_set(cmd))
		return set_addr(dev, a, cmd, &ifr);
	err = get_addr(a, cmd, &ifr);
	return err < 0 ? err : copy_to_user(arg, &ifr, sizeof(ifr));
}

long inet4_ioctl(u32 cmd, uaddr_t arg)
{
	switch (cmd) {
	case SIOCADDRT:
	case SIOCDELRT:
		return route_ioctl(cmd, arg);
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return arp_ioctl(cmd, arg);
	case SIOCGIFADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
	case SIOCGIFDSTADDR:
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
		return addr_ioctl(cmd, arg);
	default:
		return -ENOTTY;
	}
}

/* ---- IPv6 addresses ---- */

long inet6_ioctl(u32 cmd, uaddr_t arg)
{
	struct in6_ifreq r;
	struct ifaddr a = {.valid_s = UINT32_MAX, .preferred_s = UINT32_MAX}, *old;
	struct netdev *dev;

	if (cmd == SIOCADDRT || cmd == SIOCDELRT)
		return route6_ioctl(cmd, arg);
	if (cmd != SIOCSIFADDR && cmd != SIOCDIFADDR)
		return -ENOTTY;
	if (!net_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(&r, arg, sizeof(r)) < 0)
		return -EFAULT;
	dev = netdev_by_index(r.ifr6_ifindex);
	if (!dev)
		return -ENODEV;
	a.addr = a.peer = ip_addr_v6(&r.ifr6_addr);
	if (r.ifr6_prefixlen > 128 || ip_addr_is_v4(&a.addr))
		return -EINVAL;
	a.prefix_len = (u8)r.ifr6_prefixlen;
	a.scope = ifaddr_scope_v6(&a.addr);
	if (cmd == SIOCSIFADDR)
		return ifaddr_add(dev, &a, NULL);
	old = ifaddr_find(dev, &a.addr);
	if (!old || old->prefix_len != a.prefix_len)
		return -EADDRNOTAVAIL;
	ifaddr_remove(old);
	return 0;
}
