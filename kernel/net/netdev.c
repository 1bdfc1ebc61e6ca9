/*
 * Network devices: the table of them, their state, and the two paths through a device. Taps see
 * every packet once in each direction; lo's show up twice, as on Linux. netdevice(7).
 */
#include "kernel/net/netdev.h"

#include "kernel/dmesg.h"
#include "kernel/lib/log.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/multicast.h"
#include "kernel/net/neigh.h"
#include "kernel/net/route.h"
#include "kernel/os.h"

#include <stdio.h>

static struct list_head taps = LIST_HEAD_INIT(taps);

/* ---- the table ---- */

struct netdev *netdev_by_name(const char *name)
{
	struct netdev *dev;

	netdev_for_each(dev) if (!strcmp(dev->name, name)) return dev;
	return NULL;
}

struct netdev *netdev_by_index(int ifindex)
{
	struct netdev *dev;

	netdev_for_each(dev) if (dev->ifindex == ifindex) return dev;
	return NULL;
}

static bool valid_name(const char *name)
{
	size_t len = strnlen(name, IFNAMSIZ);

	if (!len || len >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || *name == '%' || *name <= ' ' || *name == 127)
			return false;
	return true;
}

/* Replaces the one %d by the first free number. */
static int choose_name(struct netdev *dev)
{
	char prefix[IFNAMSIZ], name[2 * IFNAMSIZ];
	char *at = strchr(dev->name, '%');

	if (at) {
		if (at[1] != 'd' || at[2])
			return -EINVAL;
		memcpy(prefix, dev->name, sizeof(prefix));
		prefix[at - dev->name] = '\0';
		for (int i = 0; i < 10000; i++) {
			snprintf(name, sizeof(name), "%s%d", prefix, i);
			if (strlen(name) < IFNAMSIZ && !netdev_by_name(name)) {
				strcpy(dev->name, name);
				break;
			}
		}
	}
	if (!valid_name(dev->name))
		return -EINVAL;
	return netdev_by_name(dev->name) ? -EEXIST : 0;
}

int netdev_register(struct netdev *dev)
{
	int err = choose_name(dev);

	if (err < 0)
		return err;
	dev->net = current_net;
	dev->ifindex = ++current_net->last_index;
	dev->ctl = netdev_ctl_default;
	list_init(&dev->addrs);
	list_init(&dev->groups);
	list_init(&dev->txq);
	list_add_tail(&dev->link, &netdevs);
	net_notify(NET_LINK_ADDED, dev);
	return 0;
}

void netdev_unregister(struct netdev *dev)
{
	struct ifaddr *a, *tmp;

	netdev_set_up(dev, false);
	list_for_each_entry_safe (a, tmp, &dev->addrs, link)
		ifaddr_del(a);
	route_flush_dev(dev);
	list_del(&dev->link);
	route_changed();
	net_notify(NET_LINK_GONE, dev);
}

/* ---- state ---- */

u32 netdev_flags(const struct netdev *dev)
{
	u32 flags = dev->flags & ~(u32)(IFF_PROMISC | IFF_ALLMULTI);

	if (dev->promisc || (dev->flags & IFF_PROMISC))
		flags |= IFF_PROMISC;
	if (dev->allmulti || (dev->flags & IFF_ALLMULTI))
		flags |= IFF_ALLMULTI;
	if (netdev_running(dev))
		flags |= IFF_RUNNING | 1u << 16; /* IFF_LOWER_UP */
	return flags;
}

static void going_down(struct netdev *dev)
{
	mc_dev_down(dev);
	ifaddr_dev_down(dev);
	neigh_flush_dev(dev);
	route_flush_dev(dev);
	skb_purge(&dev->txq);
	dev->txq_len = 0;
}

int netdev_set_up(struct netdev *dev, bool up)
{
	int err;

	if (up == !!(dev->flags & IFF_UP))
		return 0;
	if (up) {
		err = dev->ops->open ? dev->ops->open(dev) : 0;
		if (err < 0)
			return err;
		dev->flags |= IFF_UP;
		mc_dev_up(dev);
		ifaddr_dev_up(dev);
	} else {
		dev->flags &= ~(u32)IFF_UP;
		going_down(dev);
		if (dev->ops->stop)
			dev->ops->stop(dev);
	}
	route_changed();
	net_notify(NET_LINK_CHANGED, dev);
	return 0;
}

int netdev_set_mtu(struct netdev *dev, u32 mtu)
{
	int err;

	if (mtu < dev->min_mtu || mtu > dev->max_mtu)
		return -EINVAL;
	err = dev->ops->set_mtu ? dev->ops->set_mtu(dev, mtu) : 0;
	if (err < 0)
		return err;
	dev->mtu = mtu;
	route_changed();
	net_notify(NET_LINK_CHANGED, dev);
	return 0;
}

int netdev_set_mac(struct netdev *dev, const u8 mac[6])
{
	static const u8 zero[6];

	if (dev->type != ARPHRD_ETHER)
		return -EOPNOTSUPP;
	if ((mac[0] & 1) || !memcmp(mac, zero, 6))
		return -EADDRNOTAVAIL;
	memcpy(dev->mac, mac, 6);
	neigh_flush_dev(dev);
	net_notify(NET_LINK_CHANGED, dev);
	return 0;
}

int netdev_set_broadcast(struct netdev *dev, const u8 mac[6])
{
	memcpy(dev->broadcast, mac, 6);
	net_notify(NET_LINK_CHANGED, dev);
	return 0;
}

int netdev_set_txqlen(struct netdev *dev, u32 len)
{
	if (len != dev->tx_queue_len) {
		dev->tx_queue_len = len;
		net_notify(NET_LINK_CHANGED, dev);
	}
	return 0;
}

int netdev_change_flags(struct netdev *dev, u32 flags, u32 mask)
{
	u32 may = mask & (IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST |
				 IFF_PORTSEL | IFF_AUTOMEDIA | IFF_PROMISC | IFF_ALLMULTI);
	u32 wanted = (dev->flags & ~may) | (flags & may);
	bool changed = wanted != dev->flags;
	int err = 0;

	dev->flags = wanted;
	if ((mask & IFF_UP) && ((dev->flags ^ flags) & IFF_UP))
		err = netdev_set_up(dev, flags & IFF_UP);
	else if (changed)
		net_notify(NET_LINK_CHANGED, dev);
	return err;
}

int netdev_rename(struct netdev *dev, const char *name)
{
	struct ifaddr *a;

	if (!valid_name(name))
		return -EINVAL;
	if (!strcmp(name, dev->name))
		return 0;
	if (dev->flags & IFF_UP)
		return -EBUSY;
	if (netdev_by_name(name))
		return -EEXIST;
	list_for_each_entry (a, &dev->addrs, link) { /* labels: "eth0", "eth0:1" */
		size_t len = strlen(dev->name);
		char suffix[IFNAMSIZ];

		if (strncmp(a->label, dev->name, len) || (a->label[len] && a->label[len] != ':'))
			continue;
		strcpy(suffix, a->label + len);
		if (strlen(name) + strlen(suffix) < sizeof(a->label))
			sprintf(a->label, "%s%s", name, suffix);
	}
	strcpy(dev->name, name);
	net_notify(NET_LINK_CHANGED, dev);
	return 0;
}

void netdev_set_carrier(struct netdev *dev, bool on)
{
	if (dev->carrier == on)
		return;
	dev->carrier = on;
	dev->carrier_changes++;
	dmesg_printf(DMESG_INFO, "%s: link is %s", dev->name, on ? "up" : "down");
	if (!on) {
		skb_purge(&dev->txq);
		dev->txq_len = 0;
	}
	route_changed();
	net_notify(NET_LINK_CHANGED, dev);
}

void netdev_promisc(struct netdev *dev, int delta)
{
	dev->promisc += (unsigned)delta;
	net_notify(NET_LINK_CHANGED, dev);
}

void netdev_allmulti(struct netdev *dev, int delta)
{
	dev->allmulti += (unsigned)delta;
	net_notify(NET_LINK_CHANGED, dev);
}

/* ---- taps ---- */

void netdev_tap_add(struct netdev_tap *tap)
{
	tap->net = current_net;
	list_add_tail(&tap->link, &taps);
}

void netdev_tap_del(struct netdev_tap *tap)
{
	list_del(&tap->link);
}

static void show_taps(struct netdev *dev, const struct skb *skb)
{
	struct netdev_tap *tap, *tmp;

	list_for_each_entry_safe (tap, tmp, &taps, link) {
		if (tap->net != dev->net || (tap->dev && tap->dev != dev))
			continue;
		if (tap->protocol == ETH_P_ALL ||
			(tap->protocol == skb->protocol && skb->pkt_type != SKB_PKT_OUTGOING))
			tap->fn(tap, dev, skb);
	}
}

/* ---- out ---- */

static bool device_takes(const struct netdev *dev, const struct skb *skb)
{
	switch (skb->gso_type) {
	case SKB_GSO_TCPV4:
		return dev->features & NETDEV_TSO4;
	case SKB_GSO_TCPV6:
		return dev->features & NETDEV_TSO6;
	case SKB_GSO_UDP:
		return dev->features & NETDEV_USO;
	default:
		return true;
	}
}

static int xmit_one(struct netdev *dev, struct skb *skb)
{
	u32 len = skb_len(skb);
	int err;

	if (skb->csum == SKB_CSUM_PARTIAL && !(dev->features & NETDEV_CSUM))
		skb_csum_complete(skb);
	err = dev->ops->xmit(dev, skb);
	if (err < 0) {
		dev->stats.tx_dropped++;
		return err;
	}
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += len;
	return 0;
}

static int xmit_segments(struct netdev *dev, struct skb *skb)
{
	struct list_head segments;
	int err;

	list_init(&segments);
	err = skb_segment(skb, &segments);
	if (err < 0) {
		dev->stats.tx_dropped++;
		return err;
	}
	while ((skb = skb_dequeue(&segments))) {
		int e = xmit_one(dev, skb);

		err = err ? err : e;
	}
	return err;
}

int netdev_xmit(struct netdev *dev, struct skb *skb)
{
	if (!netdev_running(dev)) {
		if (dev->flags & IFF_UP)
			dev->stats.tx_carrier_errors++;
		skb_free(skb);
		return dev->flags & IFF_UP ? 0 : -ENETDOWN;
	}
	skb->dev = dev;
	if (!list_empty(&taps)) {
		skb->pkt_type = SKB_PKT_OUTGOING;
		skb_set_mac(skb);
		show_taps(dev, skb);
	}
	if (!device_takes(dev, skb))
		return xmit_segments(dev, skb);
	return xmit_one(dev, skb);
}

/* ---- in ---- */

static void receive(struct netdev *dev, struct skb *skb)
{
	skb->dev = dev;
	if (!(dev->flags & IFF_UP)) {
		dev->stats.rx_dropped++;
		skb_free(skb);
		return;
	}
	skb_set_net(skb);
	dev->stats.rx_packets++;
	dev->stats.rx_bytes += (u64)(skb->tail - skb_mac(skb));
	if (skb->pkt_type == SKB_PKT_MULTICAST)
		dev->stats.multicast++;
	if (!list_empty(&taps)) {
		u8 *data = skb->data;

		if (!skb->tstamp_ns)
			skb->tstamp_ns = os_clock_ns(OS_CLOCK_REALTIME);
		skb->data = skb_mac(skb);
		show_taps(dev, skb);
		skb->data = data;
	}
	if (skb->pkt_type == SKB_PKT_OTHERHOST) {
		skb_free(skb);
		return;
	}
	switch (skb->protocol) {
	case ETH_P_IP:
		ip4_rcv(skb);
		break;
	case ETH_P_IPV6:
		ip6_rcv(skb);
		break;
	case ETH_P_ARP:
		arp_rcv(skb);
		break;
	default:
		skb_free(skb);
	}
}

void netdev_rx(struct netdev *dev, struct skb *skb)
{
	struct net_ns *outer = current_net;

	net_set(dev->net);
	receive(dev, skb);
	net_set(outer);
}
