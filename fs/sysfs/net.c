/*
 * /sys/devices/virtual/net and the links to it in /sys/class/net: a directory for each network
 * device, by name. A name is a view of the device's index, which never comes back. Linux
 * Documentation/ABI/testing/sysfs-class-net and sysfs-class-net-statistics.
 */
#include "fs/pseudo_netdev.h"
#include "fs/sysfs/sysfs.h"
#include "kernel/cred.h"
#include "kernel/net/netdev.h"
#include "kernel/ns.h"

#define FILE_MODE S_IFREG | 0444
#define FILE_RO(n, fn) \
	{ \
		.name = n, .mode = FILE_MODE, .show = fn \
	}

static struct netdev *device(const struct pseudo_ctx *c)
{
	net_set_own();
	return netdev_by_index((int)c->key);
}

/* ---- a device's files: arg tells which ---- */

enum attr {
	ADDR_LEN,
	CARRIER,
	CARRIER_CHANGES,
	FLAGS,
	IFINDEX,
	MTU,
	SPEED,
	TX_QUEUE_LEN,
	TYPE,
};

static int put_mac(struct seq *s, const u8 mac[6])
{
	seq_printf(s, "%02x:%02x:%02x:%02x:%02x:%02x\n", mac[0], mac[1], mac[2], mac[3], mac[4],
		mac[5]);
	return 0;
}

static int show_address(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);

	return dev ? put_mac(s, dev->mac) : -ENODEV;
}

static int show_broadcast(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);

	return dev ? put_mac(s, dev->broadcast) : -ENODEV;
}

static const char *operstate(const struct netdev *dev)
{
	if (dev->flags & IFF_LOOPBACK)
		return dev->flags & IFF_UP ? "unknown" : "down";
	return netdev_running(dev) ? "up" : "down";
}

static int show_operstate(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);

	if (!dev)
		return -ENODEV;
	seq_printf(s, "%s\n", operstate(dev));
	return 0;
}

/* What a link to the outside can do is not known here; lo has no speed at all. */
static int show_duplex(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);

	if (!dev)
		return -ENODEV;
	if (!netdev_running(dev) || dev->type != ARPHRD_ETHER)
		return -EINVAL;
	seq_puts(s, "unknown\n");
	return 0;
}

static int show_uevent(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);

	if (!dev)
		return -ENODEV;
	seq_printf(s, "INTERFACE=%s\nIFINDEX=%d\n", dev->name, dev->ifindex);
	return 0;
}

static int show_attr(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);
	long long v;

	if (!dev)
		return -ENODEV;
	switch (*(const enum attr *)c->row->arg) {
	case ADDR_LEN:
		v = sizeof(dev->mac);
		break;
	case CARRIER:
		if (!(dev->flags & IFF_UP))
			return -EINVAL;
		v = dev->carrier;
		break;
	case CARRIER_CHANGES:
		v = dev->carrier_changes;
		break;
	case FLAGS:
		seq_printf(s, "0x%x\n", netdev_flags(dev) & 0xffff & ~(unsigned)IFF_RUNNING);
		return 0;
	case IFINDEX:
		v = dev->ifindex;
		break;
	case MTU:
		v = dev->mtu;
		break;
	case SPEED:
		if (!netdev_running(dev) || dev->type != ARPHRD_ETHER)
			return -EINVAL;
		v = -1;
		break;
	case TX_QUEUE_LEN:
		v = dev->tx_queue_len;
		break;
	case TYPE:
		v = dev->type;
		break;
	default:
		return -EINVAL;
	}
	seq_printf(s, "%lld\n", v);
	return 0;
}

static int store_attr(const struct pseudo_ctx *c, char *text, size_t len)
{
	struct netdev *dev = device(c);
	s64 v;

	if (!dev)
		return -ENODEV;
	if (!net_capable(CAP_NET_ADMIN))
		return -EPERM;
	if (pseudo_parse(text, 0, INT32_MAX, &v) < 0)
		return -EINVAL;
	switch (*(const enum attr *)c->row->arg) {
	case FLAGS:
		return netdev_set_up(dev, v & IFF_UP);
	case MTU:
		return netdev_set_mtu(dev, (u32)v);
	case TX_QUEUE_LEN:
		dev->tx_queue_len = (u32)v;
		return 0;
	default:
		return -EINVAL;
	}
}

#define ATTR(n, what) \
	{ \
		.name = n, .mode = FILE_MODE, .show = show_attr, .arg = &(const enum attr) \
		{ \
			what \
		} \
	}
#define ATTR_RW(n, what) \
	{ \
		.name = n, .mode = S_IFREG | 0644, .show = show_attr, .store = store_attr, \
		.arg = &(const enum attr) \
		{ \
			what \
		} \
	}

/* ---- statistics: arg is the counter's place in struct netdev_stats ---- */

static int show_counter(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);

	if (!dev)
		return -ENODEV;
	seq_printf(s, "%llu\n",
		*(const unsigned long long *)((const u8 *)&dev->stats +
					      *(const size_t *)c->row->arg));
	return 0;
}

#define COUNTER(n, field) \
	{ \
		.name = n, .mode = FILE_MODE, .show = show_counter, .arg = &(const size_t) \
		{ \
			offsetof(struct netdev_stats, field) \
		} \
	}
#define NEVER(n) \
	{ \
		.name = n, .mode = FILE_MODE, .show = pseudo_show_text, .arg = "0" \
	}

static const struct pseudo_row statistics_rows[] = {
	COUNTER("collisions", collisions),
	COUNTER("multicast", multicast),
	COUNTER("rx_bytes", rx_bytes),
	NEVER("rx_compressed"),
	NEVER("rx_crc_errors"),
	COUNTER("rx_dropped", rx_dropped),
	COUNTER("rx_errors", rx_errors),
	NEVER("rx_fifo_errors"),
	COUNTER("rx_frame_errors", rx_frame_errors),
	NEVER("rx_length_errors"),
	NEVER("rx_missed_errors"),
	NEVER("rx_over_errors"),
	COUNTER("rx_packets", rx_packets),
	NEVER("tx_aborted_errors"),
	COUNTER("tx_bytes", tx_bytes),
	COUNTER("tx_carrier_errors", tx_carrier_errors),
	NEVER("tx_compressed"),
	COUNTER("tx_dropped", tx_dropped),
	COUNTER("tx_errors", tx_errors),
	NEVER("tx_fifo_errors"),
	NEVER("tx_heartbeat_errors"),
	COUNTER("tx_packets", tx_packets),
	NEVER("tx_window_errors"),
};
static const struct pseudo_dir statistics_dir = {PSEUDO_DIR(statistics_rows)};

/* ---- a device ---- */

static const struct pseudo_row device_rows[] = {
	ATTR("addr_len", ADDR_LEN),
	FILE_RO("address", show_address),
	FILE_RO("broadcast", show_broadcast),
	ATTR("carrier", CARRIER),
	ATTR("carrier_changes", CARRIER_CHANGES),
	{.name = "dev_id", .mode = FILE_MODE, .show = pseudo_show_text, .arg = "0x0"},
	{.name = "dev_port", .mode = FILE_MODE, .show = pseudo_show_text, .arg = "0"},
	{.name = "dormant", .mode = FILE_MODE, .show = pseudo_show_text, .arg = "0"},
	FILE_RO("duplex", show_duplex),
	ATTR_RW("flags", FLAGS),
	ATTR("ifindex", IFINDEX),
	ATTR("iflink", IFINDEX),
	{.name = "link_mode", .mode = FILE_MODE, .show = pseudo_show_text, .arg = "0"},
	ATTR_RW("mtu", MTU),
	FILE_RO("operstate", show_operstate),
	ATTR("speed", SPEED),
	{.name = "statistics", .mode = S_IFDIR | 0755, .dir = &statistics_dir},
	{.name = "subsystem",
		.mode = S_IFLNK | 0777,
		.show = pseudo_show_link,
		.arg = "../../../../class/net"},
	ATTR_RW("tx_queue_len", TX_QUEUE_LEN),
	ATTR("type", TYPE),
	FILE_RO("uevent", show_uevent),
};
static const struct pseudo_dir device_dir = {PSEUDO_DIR(device_rows)};
static const struct pseudo_row device_row = {.mode = S_IFDIR | 0755, .dir = &device_dir};

/* ---- the directories of them ---- */

const struct pseudo_dir sysfs_net_dir = {
	.child = &device_row,
	PSEUDO_NETDEVS,
};

static int show_link(struct seq *s, const struct pseudo_ctx *c)
{
	const struct netdev *dev = device(c);

	if (!dev)
		return -ENOENT;
	seq_printf(s, "../../devices/virtual/net/%s", dev->name);
	return 0;
}

static const struct pseudo_row link_row = {.mode = S_IFLNK | 0777, .show = show_link};

const struct pseudo_dir sysfs_class_net_dir = {
	.child = &link_row,
	PSEUDO_NETDEVS,
};
