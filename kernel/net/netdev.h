/*
 * Network devices. netdevice(7). Devices live from netdev_register to netdev_unregister; the names
 * and indexes are unique. lo is index 1.
 *
 * Out: netdev_xmit(skb) with the link header in place (data at it): packet taps see it, gso and
 * checksums are done in software where the device does not offer them, then ops->xmit. In: a driver
 * calls netdev_rx.
 */
#ifndef SKIFF_KERNEL_NET_NETDEV_H
#define SKIFF_KERNEL_NET_NETDEV_H

#include "kernel/net/ctl.h"
#include "kernel/net/net_ns.h"
#include "kernel/net/notify.h"
#include "kernel/net/skb.h"

#define NETDEV_CSUM 1u /* takes PARTIAL checksums */
#define NETDEV_TSO4 2u /* takes SKB_GSO_TCPV4 */
#define NETDEV_TSO6 4u
#define NETDEV_USO 8u	    /* takes SKB_GSO_UDP */
#define NETDEV_RX_CSUM 16u  /* its input is known good */
#define NETDEV_BARE_RST 32u /* a RST without ACK refuses a connection */

struct netdev_stats {
	u64 rx_packets, rx_bytes, rx_errors, rx_dropped;
	u64 tx_packets, tx_bytes, tx_errors, tx_dropped;
	u64 multicast, collisions, rx_frame_errors, tx_carrier_errors;
};

struct netdev_ops {
	int (*open)(struct netdev *dev);  /* IFF_UP is about to be set; NULL: fine */
	void (*stop)(struct netdev *dev); /* IFF_UP has been cleared */
	/* Consumes skb. 0, or -errno: dropped (counted by the caller). Never sleeps. */
	int (*xmit)(struct netdev *dev, struct skb *skb);
	/* Link header of len bytes in front of data; dst_mac NULL: broadcast. NULL: no header. */
	int (*header)(struct netdev *dev, struct skb *skb, u16 protocol, const u8 *dst_mac);
	int (*set_mtu)(struct netdev *dev, u32 mtu); /* may refuse; NULL: any in range */
};

struct netdev {
	struct list_head link;
	const struct netdev_ops *ops;
	void *priv; /* the driver's */
	struct net_ns *net;
	char name[IFNAMSIZ];
	int ifindex;
	u32 flags; /* IFF_UP, IFF_LOOPBACK, IFF_BROADCAST, IFF_MULTICAST, IFF_NOARP, IFF_PROMISC,
		      IFF_ALLMULTI; for what the guest sees use netdev_flags() */
	u32 features;
	u32 mtu, min_mtu, max_mtu; /* of the IP packet */
	u16 type;		   /* ARPHRD_* */
	u16 hard_header_len;
	u8 mac[6], broadcast[6];
	bool carrier;
	bool dormant; /* nobody is out there before the first packet: nobody is asked for */
	u32 carrier_changes;
	struct netdev_ctl ctl;
	struct dhcp_client *dhcp; /* dhcp.h; NULL: none */
	u32 tx_queue_len;
	unsigned promisc, allmulti; /* counts of packet sockets wanting it */
	struct netdev_stats stats;
	struct list_head addrs;	 /* struct ifaddr, both families, see ifaddr.h */
	struct list_head groups; /* struct mc_group, see multicast.h */
	struct list_head txq;	 /* packets waiting for a congested driver */
	unsigned txq_len;
};

/* Of current_net, as all here that looks for devices. */
#define netdevs (current_net->devs) /* in order of index */
#define loopback (current_net->lo)  /* after net_init */

/* name may hold one %d, filled with the first free number. -EEXIST, -EINVAL, -ENOMEM. */
int netdev_register(struct netdev *dev);
void netdev_unregister(struct netdev *dev);	 /* down first; the driver frees it */
struct netdev *netdev_by_name(const char *name); /* NULL: none */
struct netdev *netdev_by_index(int ifindex);
#define netdev_for_each(dev) list_for_each_entry (dev, &netdevs, link)

int netdev_set_up(struct netdev *dev, bool up);
int netdev_set_mtu(struct netdev *dev, u32 mtu);	 /* -EINVAL out of range */
int netdev_set_mac(struct netdev *dev, const u8 mac[6]); /* -EADDRNOTAVAIL */
int netdev_set_broadcast(struct netdev *dev, const u8 mac[6]);
int netdev_set_txqlen(struct netdev *dev, u32 len);
/* Of those in mask, the flags a program may change become as in flags: IFF_UP, IFF_PROMISC,
 * IFF_ALLMULTI, IFF_NOARP, IFF_MULTICAST and the like. The others are ignored. */
int netdev_change_flags(struct netdev *dev, u32 flags, u32 mask);
int netdev_rename(struct netdev *dev, const char *name); /* -EBUSY while up, -EEXIST */
void netdev_set_carrier(struct netdev *dev, bool on);
void netdev_promisc(struct netdev *dev, int delta); /* counts */
void netdev_allmulti(struct netdev *dev, int delta);
u32 netdev_flags(const struct netdev *dev); /* as SIOCGIFFLAGS and RTM_NEWLINK: with IFF_RUNNING,
					       IFF_LOWER_UP */
static inline bool netdev_running(const struct netdev *dev)
{
	return (dev->flags & IFF_UP) && dev->carrier;
}

/* Consumes skb. 0 or -errno (-ENETDOWN, -ENOBUFS). */
int netdev_xmit(struct netdev *dev, struct skb *skb);
/* A driver has received skb: protocol, pkt_type and mac_off set, data behind the link header.
 * Consumes it. */
void netdev_rx(struct netdev *dev, struct skb *skb);

/* ---- taps: packet sockets, --pcap ---- */
struct netdev_tap {
	struct list_head link;
	struct netdev *dev; /* NULL: all of net */
	struct net_ns *net; /* set by netdev_tap_add */
	u16 protocol;	    /* ETH_P_ALL or one, host order */
	/* skb->data is at the link header (cooked or raw is the tap's choice); pkt_type tells the
	 * direction. Borrowed: copy what you keep (skb_copy). PARTIAL checksums and gso possible.
	 */
	void (*fn)(struct netdev_tap *tap, struct netdev *dev, const struct skb *skb);
};
void netdev_tap_add(struct netdev_tap *tap);
void netdev_tap_del(struct netdev_tap *tap);

#endif
