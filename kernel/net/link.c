/*
 * ethN: a network device whose wire is a packet link of the host. Packets come in batches until the
 * link has no more; segments of up to 64 KiB pass whole where the link can (vnet headers), both
 * ways. A link that takes no more packets leaves them on the device's queue; one that is lost is a
 * carrier loss. What a vnet header says comes from outside and is checked like the rest.
 */
#include "kernel/net/link.h"

#include "kernel/lib/log.h"
#include "kernel/net/dhcp.h"
#include "kernel/net/ether.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ndp.h"
#include "kernel/net/route.h"
#include "kernel/net/shaper.h"
#include "kernel/net/tcp_wire.h"
#include "kernel/os.h"
#include "kernel/timer.h"

#include <linux/virtio_net.h>
#include <stdio.h>

#define RX_BATCH 64
#define FRAME_MAX (65536u + 64u)
#define COPY_MAX 49152u /* shorter frames are copied: an skb is charged with its whole buffer */

struct link {
	struct list_head all; /* links */
	struct netdev dev;
	struct os_packet *port;
	struct skb *rx; /* the next frame goes here */
	struct shaper out, in;
	struct timer out_timer, in_timer; /* when they let through again */
};

static struct list_head links = LIST_HEAD_INIT(links);
static u64 link_rate;

/* ---- out ---- */

static void fill_vnet(const struct skb *skb, struct virtio_net_hdr *h)
{
	static const u8 types[SKB_GSO_COUNT] = {
		[SKB_GSO_TCPV4] = VIRTIO_NET_HDR_GSO_TCPV4,
		[SKB_GSO_TCPV6] = VIRTIO_NET_HDR_GSO_TCPV6,
	};
	u32 base = skb_headroom(skb);

	memset(h, 0, sizeof(*h));
	if (skb->csum != SKB_CSUM_PARTIAL)
		return;
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = (u16)(skb->csum_start - base);
	h->csum_offset = skb->csum_offset;
	if (skb->gso_size) {
		const u8 *tcp = skb->head + skb->csum_start;

		h->gso_type = types[skb->gso_type];
		if (tcp[13] & TH_CWR) /* in the first segment only */
			h->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		h->gso_size = skb->gso_size;
		h->hdr_len = (u16)(h->csum_start + (tcp[12] >> 4) * 4u);
	}
}

/* 0: gone (sent or refused); -EAGAIN: not yet. */
static int send_now(struct link *l, const struct skb *skb)
{
	struct virtio_net_hdr h;
	u64 at = l->out.rate ? shaper_wait(&l->out, os_clock_ns(OS_CLOCK_MONOTONIC)) : 0;
	int err;

	if (at) {
		timer_arm(&l->out_timer, at);
		return -EAGAIN;
	}
	fill_vnet(skb, &h);
	err = os_packet_send(l->port, &h, skb->data, skb_len(skb));
	if (err < 0 && err != -EAGAIN)
		l->dev.stats.tx_errors++;
	if (!err)
		shaper_passed(&l->out, skb_len(skb));
	return err == -EAGAIN ? err : 0;
}

static int link_xmit(struct netdev *dev, struct skb *skb)
{
	struct link *l = dev->priv;

	if (list_empty(&dev->txq) && send_now(l, skb) == 0) {
		skb_free(skb);
		return 0;
	}
	if (dev->txq_len >= dev->tx_queue_len) {
		skb_free(skb);
		return -ENOBUFS;
	}
	list_add_tail(&skb->link, &dev->txq);
	dev->txq_len++;
	return 0;
}

static void link_writable(void *priv)
{
	struct link *l = priv;

	while (!list_empty(&l->dev.txq)) {
		struct skb *skb = list_first(&l->dev.txq, struct skb, link);

		if (send_now(l, skb) == -EAGAIN)
			return;
		l->dev.txq_len--;
		skb_free(skb);
	}
}

static void out_again(struct timer *t)
{
	link_writable(container_of(t, struct link, out_timer));
}

/* ---- in ---- */

/* What the header claims must lie inside the frame. */
static bool take_vnet(struct skb *skb, const struct virtio_net_hdr *h)
{
	u32 len = skb_len(skb);

	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((u32)h->csum_start + h->csum_offset + 2 > len || h->csum_start < ETH_HLEN)
			return false;
		skb->csum = SKB_CSUM_PARTIAL;
		skb->csum_start = (u16)(skb_headroom(skb) + h->csum_start);
		skb->csum_offset = h->csum_offset;
	} else if (h->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		skb->csum = SKB_CSUM_VERIFIED;
	}
	switch (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return true;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		skb->gso_type = SKB_GSO_TCPV4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		skb->gso_type = SKB_GSO_TCPV6;
		break;
	default:
		return false;
	}
	skb->gso_size = h->gso_size;
	return h->gso_size && skb->csum == SKB_CSUM_PARTIAL;
}

/* The frame of len bytes in l->rx as an skb of its own. NULL: no memory. */
static struct skb *take_frame(struct link *l, size_t len)
{
	struct skb *skb;

	if (len > COPY_MAX) {
		skb = l->rx;
		l->rx = NULL;
		skb_put(skb, len);
		return skb;
	}
	skb = skb_alloc(2, len); /* the IP header is aligned */
	if (skb)
		memcpy(skb_put(skb, len), l->rx->data, len);
	return skb;
}

/* 1: a frame was taken, 0: none there, -errno: the link is gone. */
static int receive_one(struct link *l)
{
	struct virtio_net_hdr h;
	struct skb *skb;
	ssize_t n;

	if (!l->rx)
		l->rx = skb_alloc(2, FRAME_MAX);
	if (!l->rx)
		return 0;
	n = os_packet_recv(l->port, &h, l->rx->data, FRAME_MAX);
	if (n < 0)
		return n == -EAGAIN ? 0 : (int)n;
	shaper_passed(&l->in, (size_t)n);
	skb = take_frame(l, (size_t)n);
	if (!skb || !take_vnet(skb, &h)) {
		l->dev.stats.rx_dropped++;
		skb_free(skb);
		return 1;
	}
	ether_rx(&l->dev, skb);
	return 1;
}

static void link_readable(void *priv)
{
	struct link *l = priv;
	u64 at = 0;

	for (int i = 0; i < RX_BATCH && !at; i++) {
		if (l->in.rate)
			at = shaper_wait(&l->in, os_clock_ns(OS_CLOCK_MONOTONIC));
		if (!at && receive_one(l) <= 0)
			break;
	}
	if (at) {
		os_packet_hold(l->port, true);
		timer_arm(&l->in_timer, at);
	}
}

static void in_again(struct timer *t)
{
	struct link *l = container_of(t, struct link, in_timer);

	os_packet_hold(l->port, false);
	link_readable(l);
}

/* It is as if the device came up now: who is out there? */
static void link_awake(void *priv)
{
	struct link *l = priv;

	l->dev.dormant = false;
	if (l->dev.flags & IFF_UP)
		ndp_dev_up(&l->dev);
}

static void link_lost(void *priv)
{
	struct link *l = priv;

	netdev_set_carrier(&l->dev, false);
}

/* ---- set-up ---- */

static const struct netdev_ops link_ops = {
	.xmit = link_xmit,
	.header = ether_header,
};

static const struct os_packet_events link_events = {
	.readable = link_readable,
	.writable = link_writable,
	.awake = link_awake,
	.lost = link_lost,
};

/* A locally administered address nobody else has. */
static void random_mac(u8 mac[6])
{
	os_random(mac, 6);
	mac[0] = (u8)((mac[0] & 0xfc) | 2);
}

static void complain(const struct link_options *o, const char *what)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "skiff: --net %s: %s\n", o->spec, what);

	os_log(line, (size_t)MIN(n, (int)sizeof(line) - 1));
}

static int configure(struct netdev *dev, const struct link_options *o)
{
	int err = netdev_set_up(dev, true);

	for (unsigned i = 0; i < o->nr_addrs && !err; i++) {
		struct ifaddr a = {.addr = o->addrs[i].addr,
			.prefix_len = (u8)o->addrs[i].prefix_len,
			.given = true,
			.flags = IFA_F_PERMANENT | IFA_F_NODAD}; /* usable from the start */
		u32 host = 0xffffffffu >> (a.prefix_len & 31);

		if (ip_addr_is_v4(&a.addr) && a.prefix_len < 31)
			a.broadcast = ip_addr_to_v4(&a.addr) | be32_of(a.prefix_len ? host : ~0u);
		err = ifaddr_add(dev, &a, NULL);
		if (err < 0)
			complain(o, err == -EEXIST ? "the address is given twice"
						   : "the address cannot be used");
	}
	for (unsigned i = 0; i < o->nr_gateways && !err; i++) {
		struct route r = {.dst = ip_addr_any(ip_addr_family(&o->gateways[i])),
			.has_gateway = true,
			.gateway = o->gateways[i],
			.dev = dev,
			.table = RT_TABLE_MAIN,
			.protocol = RTPROT_BOOT,
			.type = RTN_UNICAST,
			.prefsrc = ip_addr_any(AF_INET6)};

		if (!ip_addr_is_v4(&r.gateway)) {
			r.metric = 1024;
			r.flags = RTNH_F_ONLINK; /* its network is there once DAD has ended */
		}
		err = route_add(&r, NLM_F_CREATE);
		if (err < 0)
			complain(o, "the gateway is in none of the networks given with ip=");
	}
	if (!err && o->dhcp)
		err = dhcp_start(dev, o->mtu != 0);
	return err;
}

/* The queue of a slow link holds an eighth of a second. */
static void shape(struct link *l)
{
	l->out.rate = l->in.rate = link_rate;
	if (link_rate)
		l->dev.tx_queue_len = (u32)MIN(MAX(link_rate / 8 / 1514, 16ull), 1000ull);
}

void link_set_rate(u64 rate)
{
	struct link *l;

	link_rate = rate;
	list_for_each_entry (l, &links, all)
		shape(l);
}

int link_create(const struct link_options *o)
{
	struct os_packet_info info = {0};
	static const u8 zero[6];
	struct link *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	err = os_packet_open(o->spec, &info, &l->port);
	if (err < 0)
		goto out_free;
	ether_setup(&l->dev);
	strcpy(l->dev.name, "eth%d");
	l->dev.ops = &link_ops;
	l->dev.priv = l;
	l->dev.max_mtu = info.max_mtu;
	l->dev.mtu = o->mtu ? o->mtu : info.mtu;
	l->dev.carrier = true;
	l->dev.dormant = info.flags & OS_PACKET_ASLEEP;
	l->out_timer.fn = out_again;
	l->in_timer.fn = in_again;
	shape(l);
	if (info.flags & OS_PACKET_VNET)
		l->dev.features = NETDEV_CSUM | NETDEV_TSO4 | NETDEV_TSO6;
	if (info.flags & OS_PACKET_BARE_RST)
		l->dev.features |= NETDEV_BARE_RST;
	if (o->has_mac)
		memcpy(l->dev.mac, o->mac, 6);
	else if (memcmp(info.mac, zero, 6))
		memcpy(l->dev.mac, info.mac, 6);
	else
		random_mac(l->dev.mac);
	err = -EINVAL;
	if (l->dev.mtu > l->dev.max_mtu || l->dev.mtu < l->dev.min_mtu) {
		complain(o, "mtu= is out of this link's range");
		goto out_close;
	}
	err = netdev_register(&l->dev);
	if (err < 0)
		goto out_close;
	err = os_packet_start(l->port, &link_events, l);
	if (!err)
		err = configure(&l->dev, o);
	if (!err) {
		list_add_tail(&l->all, &links);
		return 0;
	}
	netdev_unregister(&l->dev);
out_close:
	os_packet_close(l->port);
out_free:
	skb_free(l->rx);
	free(l);
	return err;
}

bool link_pending(void)
{
	const struct link *l;

	list_for_each_entry (l, &links, all)
		if (l->dev.carrier && !list_empty(&l->dev.txq))
			return true;
	return false;
}

void link_destroy_all(void)
{
	struct link *l, *tmp;

	list_for_each_entry_safe (l, tmp, &links, all) {
		dhcp_stop(&l->dev);
		netdev_unregister(&l->dev);
		timer_cancel(&l->out_timer);
		timer_cancel(&l->in_timer);
		os_packet_close(l->port);
		skb_free(l->rx);
		list_del(&l->all);
		free(l);
	}
}

/* ---- options ---- */

static int parse_mac(const char *s, u8 mac[6])
{
	for (int i = 0; i < 6; i++) {
		char *end;
		unsigned long v = strtoul(s, &end, 16);

		if (end != s + 2 || v > 255 || *end != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac[i] = (u8)v;
		s = end + 1;
	}
	return mac[0] & 1 ? -EINVAL : 0;
}

static int parse_one(const char *key, const char *value, struct link_options *o)
{
	char *end;
	unsigned long n;

	if (!strcmp(key, "ip") && !strcmp(value, "dhcp")) {
		o->dhcp = true;
		return 0;
	}
	if (!strcmp(key, "ip")) {
		if (o->nr_addrs == LINK_ADDRS_MAX || !strchr(value, '/'))
			return -EINVAL;
		return ip_addr_parse_prefix(value, &o->addrs[o->nr_addrs].addr,
			       &o->addrs[o->nr_addrs].prefix_len) < 0
			       ? -EINVAL
			       : (o->nr_addrs++, 0);
	}
	if (!strcmp(key, "gw")) {
		if (o->nr_gateways == ARRAY_SIZE(o->gateways))
			return -EINVAL;
		return ip_addr_parse(value, &o->gateways[o->nr_gateways]) < 0
			       ? -EINVAL
			       : (o->nr_gateways++, 0);
	}
	if (!strcmp(key, "dns")) {
		if (o->nr_dns == ARRAY_SIZE(o->dns))
			return -EINVAL;
		return ip_addr_parse(value, &o->dns[o->nr_dns]) < 0 ? -EINVAL : (o->nr_dns++, 0);
	}
	if (!strcmp(key, "mac")) {
		o->has_mac = true;
		return parse_mac(value, o->mac);
	}
	if (!strcmp(key, "mtu")) {
		n = strtoul(value, &end, 10);
		if (end == value || *end || n < 68 || n > 65535)
			return -EINVAL;
		o->mtu = (u32)n;
		return 0;
	}
	return -EINVAL;
}

int link_options_parse(char *args, struct link_options *o)
{
	char *item, *value;

	while ((item = strsep(&args, ","))) {
		value = strchr(item, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (parse_one(item, value, o) < 0)
			return -EINVAL;
	}
	return 0;
}

/* ---- --pcap ---- */

struct pcap_record {
	u32 sec, usec, caplen, len;
};

static void pcap_tap(struct netdev_tap *tap, struct netdev *dev, const struct skb *skb)
{
	u64 now = os_clock_ns(OS_CLOCK_REALTIME);
	struct pcap_record r = {(u32)(now / NSEC_PER_SEC),
		(u32)(now % NSEC_PER_SEC / NSEC_PER_USEC), skb_len(skb), skb_len(skb)};
	struct skb *copy;

	if (dev == loopback)
		return;
	copy = skb_copy(skb, 0);
	if (!copy)
		return;
	copy->gso_size = 0; /* as one packet it has one checksum */
	skb_csum_complete(copy);
	os_pcap_write(&r, sizeof(r));
	os_pcap_write(copy->data, skb_len(copy));
	skb_free(copy);
}

void link_pcap_start(void)
{
	static const struct {
		u32 magic;
		u16 major, minor;
		u32 zone, sigfigs, snaplen, linktype;
	} header = {0xa1b2c3d4, 2, 4, 0, 0, 262144, 1};
	static struct netdev_tap tap = {.protocol = ETH_P_ALL, .fn = pcap_tap};

	os_pcap_write(&header, sizeof(header));
	netdev_tap_add(&tap);
}
