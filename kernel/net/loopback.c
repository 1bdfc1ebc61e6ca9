/*
 * lo, one in each network namespace: what goes out comes in. The short path: nothing is copied,
 * checksummed or cut into segments; a packet waits on a list until the sender is done, so that
 * input never runs inside output.
 */
#include "kernel/net/ctl.h"
#include "kernel/net/netdev.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/net.h"
#include "kernel/net/route.h"
#include "kernel/sched.h"

struct lo {
	struct netdev dev;
	struct list_head backlog;
	unsigned nr_backlog;
	struct deferred work; /* brings the backlog in */
};

static struct lo *lo_of(struct netdev *dev)
{
	return container_of(dev, struct lo, dev);
}

static void run_backlog(struct deferred *d)
{
	struct lo *lo = container_of(d, struct lo, work);
	struct list_head now;
	struct skb *skb;

	list_init(&now);
	list_splice_tail(&lo->backlog, &now);
	lo->nr_backlog = 0;
	while ((skb = skb_dequeue(&now))) {
		if (skb_len(skb) < ETH_HLEN) {
			skb_free(skb);
			continue;
		}
		skb_set_mac(skb);
		skb->protocol = (u16)(skb->data[12] << 8 | skb->data[13]);
		skb_pull(skb, ETH_HLEN);
		netdev_rx(&lo->dev, skb);
	}
}

static int lo_xmit(struct netdev *dev, struct skb *skb)
{
	struct lo *lo = lo_of(dev);

	if (lo->nr_backlog >= net_ctl.netdev_max_backlog) {
		skb_free(skb);
		return -ENOBUFS;
	}
	skb->pkt_type = SKB_PKT_HOST;
	skb->tstamp_ns = 0;
	lo->nr_backlog++;
	list_add_tail(&skb->link, &lo->backlog);
	sched_defer(&lo->work);
	return 0;
}

static int lo_header(struct netdev *dev, struct skb *skb, u16 protocol, const u8 *dst_mac)
{
	u8 *h = skb_push(skb, ETH_HLEN);

	memset(h, 0, 12);
	h[12] = (u8)(protocol >> 8);
	h[13] = (u8)protocol;
	return 0;
}

static const struct netdev_ops lo_ops = {
	.xmit = lo_xmit,
	.header = lo_header,
};

int loopback_init(void)
{
	struct lo *lo = calloc(1, sizeof(*lo));
	struct netdev *dev;
	int err;

	if (!lo)
		return -ENOMEM;
	list_init(&lo->backlog);
	list_init(&lo->work.link);
	lo->work.fn = run_backlog;
	dev = &lo->dev;
	strcpy(dev->name, "lo");
	dev->ops = &lo_ops;
	dev->flags = IFF_LOOPBACK;
	dev->type = ARPHRD_LOOPBACK;
	dev->hard_header_len = ETH_HLEN;
	dev->mtu = dev->max_mtu = 65536;
	dev->features = NETDEV_CSUM | NETDEV_TSO4 | NETDEV_TSO6 | NETDEV_USO | NETDEV_RX_CSUM;
	dev->carrier = true;
	dev->tx_queue_len = 1000;
	err = netdev_register(dev);
	if (err < 0) {
		free(lo);
		return err;
	}
	loopback = dev;
	return 0;
}

void loopback_fini(void)
{
	struct lo *lo;

	if (!loopback)
		return;
	lo = lo_of(loopback);
	skb_purge(&lo->backlog);
	list_del(&lo->work.link);
	netdev_unregister(&lo->dev);
	skb_purge(&lo->backlog);
	list_del(&lo->work.link);
	loopback = NULL;
	free(lo);
}
