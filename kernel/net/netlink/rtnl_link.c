/* Links over netlink: RTM_{NEW,DEL,GET,SET}LINK. The state they show and set is netdev.c's. */
#include "kernel/net/netlink/rtnl.h"

#include <linux/if_link.h>

/* IF_OPER_* of RFC 2863, as netdevice reports them */
enum { OPER_UNKNOWN = 0, OPER_DOWN = 2, OPER_UP = 6 };

static u8 operstate(const struct netdev *dev)
{
	if (dev->flags & IFF_LOOPBACK)
		return dev->flags & IFF_UP ? OPER_UNKNOWN : OPER_DOWN;
	return netdev_running(dev) ? OPER_UP : OPER_DOWN;
}

static void put_stats(struct nl_buf *b, const struct netdev *dev)
{
	const struct netdev_stats *s = &dev->stats;
	struct rtnl_link_stats64 l = {
		.rx_packets = s->rx_packets,
		.tx_packets = s->tx_packets,
		.rx_bytes = s->rx_bytes,
		.tx_bytes = s->tx_bytes,
		.rx_errors = s->rx_errors,
		.tx_errors = s->tx_errors,
		.rx_dropped = s->rx_dropped,
		.tx_dropped = s->tx_dropped,
		.multicast = s->multicast,
		.collisions = s->collisions,
		.rx_frame_errors = s->rx_frame_errors,
		.tx_carrier_errors = s->tx_carrier_errors,
	};
	u32 narrow[sizeof(struct rtnl_link_stats) / sizeof(u32)];

	/* The old struct has the same fields in the same order, as 32-bit numbers. */
	for (size_t i = 0; i < ARRAY_SIZE(narrow); i++)
		narrow[i] = (u32)((const u64 *)&l)[i];
	nl_put(b, IFLA_STATS64, &l, sizeof(l));
	nl_put(b, IFLA_STATS, narrow, sizeof(narrow));
}

/* Per family: for IPv6, that addresses are made from the MAC (RFC 4291, appendix A). */
static void put_af_spec(struct nl_buf *b, const struct netdev *dev)
{
	u32 spec = nl_nest(b, IFLA_AF_SPEC), af = nl_nest(b, AF_INET6);

	nl_put_u32(b, IFLA_INET6_FLAGS, dev->flags & IFF_UP ? 0x80000000u : 0); /* IF_READY */
	nl_put_u8(b, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_EUI64);
	nl_nest_end(b, af);
	nl_nest_end(b, spec);
}

static void fill(struct nl_buf *b, const struct nlmsghdr *from, const struct netdev *dev, u32 mask)
{
	struct ifinfomsg m = {
		.ifi_type = dev->type, .ifi_index = dev->ifindex, .ifi_flags = netdev_flags(dev)};
	struct rtnl_link_ifmap map = {0};
	struct nlmsghdr h = *from;
	u32 at = nl_begin(b, &h, &m, sizeof(m));

	nl_put_str(b, IFLA_IFNAME, dev->name);
	nl_put_u32(b, IFLA_TXQLEN, dev->tx_queue_len);
	nl_put_u8(b, IFLA_OPERSTATE, operstate(dev));
	nl_put_u8(b, IFLA_LINKMODE, 0);
	nl_put_u32(b, IFLA_MTU, dev->mtu);
	nl_put_u32(b, IFLA_MIN_MTU, dev->min_mtu);
	nl_put_u32(b, IFLA_MAX_MTU, dev->max_mtu);
	nl_put_u32(b, IFLA_GROUP, 0);
	nl_put_u32(b, IFLA_PROMISCUITY, dev->promisc + !!(dev->flags & IFF_PROMISC));
	nl_put_u32(b, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(b, IFLA_NUM_RX_QUEUES, 1);
	nl_put_u8(b, IFLA_CARRIER, dev->carrier);
	nl_put_str(b, IFLA_QDISC, "noqueue");
	nl_put(b, IFLA_MAP, &map, sizeof(map));
	nl_put(b, IFLA_ADDRESS, dev->mac, sizeof(dev->mac));
	nl_put(b, IFLA_BROADCAST, dev->broadcast, sizeof(dev->broadcast));
	if (!(mask & RTEXT_FILTER_SKIP_STATS))
		put_stats(b, dev);
	put_af_spec(b, dev);
	nl_end(b, at);
}

void rtnl_fill_link(struct nl_buf *b, const struct nlmsghdr *h, const struct netdev *dev)
{
	fill(b, h, dev, 0);
}

/* ---- reading ---- */

static const u8 min_len[IFLA_MAX + 1] = {
	[IFLA_ADDRESS] = 6,
	[IFLA_BROADCAST] = 6,
	[IFLA_MTU] = 4,
	[IFLA_TXQLEN] = 4,
	[IFLA_EXT_MASK] = 4,
	[IFLA_IFNAME] = 1,
	[IFLA_MASTER] = 4,
	[IFLA_LINKMODE] = 1,
	[IFLA_OPERSTATE] = 1,
	[IFLA_PROMISCUITY] = 4,
	[IFLA_GROUP] = 4,
	[IFLA_NET_NS_PID] = 4,
	[IFLA_NET_NS_FD] = 4,
};

static u32 ext_mask(const struct nlattr *const *tb)
{
	return tb[IFLA_EXT_MASK] ? nl_u32(tb[IFLA_EXT_MASK]) : 0;
}

int rtnl_dump_links(struct nl_dump *d, struct nl_buf *b)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct nlmsghdr h = d->h;
	const struct netdev *dev;
	u64 i = 0;

	/* Old programs send a struct rtgenmsg alone. */
	if (nl_req_len(&d->req) < sizeof(struct ifinfomsg))
		memset(tb, 0, sizeof(tb));
	else if (nl_req_parse(&d->req, sizeof(struct ifinfomsg), tb, IFLA_MAX, min_len) < 0)
		return -EINVAL;
	if (tb[IFLA_MASTER] && nl_u32(tb[IFLA_MASTER]))
		return 0; /* no device has a master */
	if (tb[IFLA_LINKINFO])
		return 0; /* nor a kind */
	h.nlmsg_type = RTM_NEWLINK;
	netdev_for_each(dev)
	{
		u32 at = b->len;

		if (i++ < d->pos)
			continue;
		fill(b, &h, dev, ext_mask(tb));
		if (nl_dump_full(d, b, at))
			return 1;
		d->pos = i;
	}
	return 0;
}

/* The device a request is about. 0 or -errno. */
static int find_device(struct nl_req *r, const struct nlattr *const *tb, struct netdev **out)
{
	const struct ifinfomsg *m = nl_req_data(r);
	const struct nlattr *name = tb[IFLA_IFNAME] ? tb[IFLA_IFNAME] : tb[IFLA_ALT_IFNAME];
	char buf[IFNAMSIZ];

	*out = NULL;
	if (m->ifi_index > 0)
		*out = netdev_by_index(m->ifi_index);
	else if (m->ifi_index < 0)
		return nl_refuse(r, -EINVAL, "ifindex can't be negative");
	else if (!name)
		return -EINVAL;
	else if (nl_string(name, buf, sizeof(buf)) < 0)
		return tb[IFLA_IFNAME] ? nl_refuse_attr(r, -ERANGE, name, "Name is too long")
				       : -ENODEV;
	else
		*out = netdev_by_name(buf);
	return *out ? 0 : -ENODEV;
}

int rtnl_get_link(struct nl_req *r)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct nlmsghdr h = {.nlmsg_type = RTM_NEWLINK,
		.nlmsg_seq = r->h->nlmsg_seq,
		.nlmsg_pid = r->nls->portid};
	struct nl_buf b = {0};
	struct netdev *dev;
	int err = nl_req_parse(r, sizeof(struct ifinfomsg), tb, IFLA_MAX, min_len);

	if (!err)
		err = find_device(r, tb, &dev);
	if (err < 0)
		return err;
	fill(&b, &h, dev, ext_mask(tb));
	return nl_reply(r->nls, &b);
}

/* ---- setting ---- */

/* What Linux would do and we cannot. */
static int refuse_unknown(struct nl_req *r, const struct nlattr *const *tb)
{
	static const u16 cannot[] = {IFLA_MASTER, IFLA_NET_NS_PID, IFLA_NET_NS_FD, IFLA_OPERSTATE,
		IFLA_LINKMODE, IFLA_IFALIAS, IFLA_VFINFO_LIST, IFLA_XDP, IFLA_PROTO_DOWN,
		IFLA_AF_SPEC, IFLA_CARRIER, IFLA_VF_PORTS, IFLA_PORT_SELF};

	for (size_t i = 0; i < ARRAY_SIZE(cannot); i++)
		if (tb[cannot[i]])
			return nl_refuse_attr(
				r, -EOPNOTSUPP, tb[cannot[i]], "Attribute is not supported");
	if (tb[IFLA_GROUP] && nl_u32(tb[IFLA_GROUP]))
		return nl_refuse_attr(r, -EOPNOTSUPP, tb[IFLA_GROUP], "Attribute is not supported");
	return 0;
}

static int change(struct nl_req *r, struct netdev *dev, const struct nlattr *const *tb)
{
	const struct ifinfomsg *m = nl_req_data(r);
	char name[IFNAMSIZ];
	u32 mask = m->ifi_change;
	int err = 0;

	if (tb[IFLA_ADDRESS])
		err = netdev_set_mac(dev, nl_data(tb[IFLA_ADDRESS]));
	if (!err && tb[IFLA_BROADCAST])
		err = netdev_set_broadcast(dev, nl_data(tb[IFLA_BROADCAST]));
	if (!err && tb[IFLA_MTU])
		err = netdev_set_mtu(dev, nl_u32(tb[IFLA_MTU]));
	if (err == -EINVAL && tb[IFLA_MTU])
		nl_refuse_attr(r, err, tb[IFLA_MTU], "mtu is out of the device's range");
	if (!err && tb[IFLA_TXQLEN])
		err = netdev_set_txqlen(dev, nl_u32(tb[IFLA_TXQLEN]));
	if (!err && m->ifi_index > 0 && tb[IFLA_IFNAME]) {
		if (nl_string(tb[IFLA_IFNAME], name, sizeof(name)) < 0)
			err = nl_refuse_attr(r, -ERANGE, tb[IFLA_IFNAME], "Name is too long");
		else
			err = netdev_rename(dev, name);
	}
	if (!err && (m->ifi_flags || mask))
		err = netdev_change_flags(dev, m->ifi_flags, mask ? mask : ~0u);
	return err;
}

int rtnl_set_link(struct nl_req *r)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct netdev *dev;
	int err = nl_req_parse(r, sizeof(struct ifinfomsg), tb, IFLA_MAX, min_len);

	if (err < 0)
		return err;
	err = find_device(r, tb, &dev);
	if (r->h->nlmsg_type == RTM_NEWLINK) {
		bool create = r->h->nlmsg_flags & NLM_F_CREATE;

		if (!err && create && (r->h->nlmsg_flags & NLM_F_EXCL))
			return -EEXIST;
		if ((err == -ENODEV || err == -EINVAL) && create)
			return nl_refuse(r, -EOPNOTSUPP, "Unknown device type");
		if (err == -EINVAL && !r->ext.msg)
			return -ENODEV; /* no name: `ip` asks so whether we know the request */
	}
	if (!err)
		err = refuse_unknown(r, tb);
	return err ? err : change(r, dev, tb);
}

int rtnl_del_link(struct nl_req *r)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct netdev *dev;
	int err = nl_req_parse(r, sizeof(struct ifinfomsg), tb, IFLA_MAX, min_len);

	if (!err)
		err = find_device(r, tb, &dev);
	return err ? err : -EOPNOTSUPP; /* lo and the machine's links stay */
}
