/*
 * lo: what goes out comes in. The short path: nothing is copied, checksummed or cut into segments;
 * a packet waits on a list until the sender is done, so that input never runs inside output.
 */
#include "kernel/net/ctl.h"
#include "kernel/net/netdev.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/net.h"
#include "kernel/net/route.h"
#include "kernel/sched.h"

static struct netdev lo_dev;
static struct list_head backlog = LIST_HEAD_INIT(backlog);
static unsigned nr_backlog;

static void run_backlog(struct deferred *d)
{
	struct list_head now;
	struct skb *skb;

	list_init(&now);
	list_splice_tail(&backlog, &now);
	nr_backlog = 0;
	while ((skb = skb_dequeue(&now))) {
		if (skb_len(skb) < ETH_HLEN) {
			skb_free(skb);
			continue;
		}
		skb_set_mac(skb);
		skb->protocol = (u16)(skb->data[12] << 8 | skb->data[13]);
		skb_pull(skb, ETH_HLEN);
		netdev_rx(&lo_dev, skb);
	}
}

static struct deferred backlog_work = {
	.link = LIST_HEAD_INIT(backlog_work.link),
	.fn = run_backlog,
};

static int lo_xmit(struct netdev *dev, struct skb *skb)
{
	if (nr_backlog >= net_ctl.netdev_max_backlog) {
		skb_free(skb);
		return -ENOBUFS;
	}
	skb->pkt_type = SKB_PKT_HOST;
	skb->tstamp_ns = 0;
	nr_backlog++;
	list_add_tail(&skb->link, &backlog);
	sched_defer(&backlog_work);
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
	struct ifaddr v4 = {.addr = ip_addr_v4(be32_of(0x7f000001)), .prefix_len = 8};
	struct ifaddr v6 = {.addr = {.w = {0, 0, 0, be32_of(1)}}, .prefix_len = 128};
	int err;

	memset(&lo_dev, 0, sizeof(lo_dev));
	strcpy(lo_dev.name, "lo");
	lo_dev.ops = &lo_ops;
	lo_dev.flags = IFF_LOOPBACK;
	lo_dev.type = ARPHRD_LOOPBACK;
	lo_dev.hard_header_len = ETH_HLEN;
	lo_dev.mtu = lo_dev.max_mtu = 65536;
	lo_dev.features = NETDEV_CSUM | NETDEV_TSO4 | NETDEV_TSO6 | NETDEV_USO | NETDEV_RX_CSUM;
	lo_dev.carrier = true;
	lo_dev.tx_queue_len = 1000;
	err = netdev_register(&lo_dev);
	if (err < 0)
		return err;
	loopback = &lo_dev;
	v4.scope = v6.scope = RT_SCOPE_HOST;
	v4.flags = v6.flags = IFA_F_PERMANENT;
	v4.valid_s = v4.preferred_s = v6.valid_s = v6.preferred_s = UINT32_MAX;
	err = netdev_set_up(loopback, true);
	if (!err)
		err = ifaddr_add(loopback, &v4, NULL);
	if (!err)
		err = ifaddr_add(loopback, &v6, NULL);
	return err;
}

void loopback_fini(void)
{
	skb_purge(&backlog);
	nr_backlog = 0;
	list_del(&backlog_work.link);
	if (loopback)
		netdev_unregister(loopback);
	loopback = NULL;
}
