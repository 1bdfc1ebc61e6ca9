/* Ethernet framing for netdevs. RFC 894, RFC 1112, RFC 2464. */
#include "kernel/net/ether.h"

#include "kernel/net/ip_hdr.h"

int ether_header(struct netdev *dev, struct skb *skb, u16 protocol, const u8 *dst_mac)
{
	struct eth_hdr *h;

	if (skb_headroom(skb) < sizeof(*h) && skb_unshare(skb, SKB_HEADROOM) < 0)
		return -ENOBUFS;
	h = skb_push(skb, sizeof(*h));
	memcpy(h->dst, dst_mac ? dst_mac : dev->broadcast, 6);
	memcpy(h->src, dev->mac, 6);
	h->type = be16_of(protocol);
	return 0;
}

void ether_rx(struct netdev *dev, struct skb *skb)
{
	const struct eth_hdr *h = (const void *)skb->data;

	if (skb_len(skb) < sizeof(*h)) {
		dev->stats.rx_errors++;
		dev->stats.rx_frame_errors++;
		skb_free(skb);
		return;
	}
	skb_set_mac(skb);
	skb->protocol = cpu16_of(h->type);
	if (!memcmp(h->dst, dev->mac, 6))
		skb->pkt_type = SKB_PKT_HOST;
	else if (!memcmp(h->dst, dev->broadcast, 6))
		skb->pkt_type = SKB_PKT_BROADCAST;
	else if (h->dst[0] & 1)
		skb->pkt_type = SKB_PKT_MULTICAST;
	else
		skb->pkt_type = SKB_PKT_OTHERHOST;
	skb_pull(skb, sizeof(*h));
	netdev_rx(dev, skb);
}

void ether_multicast_mac(const struct ip_addr *group, u8 mac[6])
{
	if (ip_addr_is_v4(group)) {
		static const u8 prefix[3] = {0x01, 0x00, 0x5e};

		memcpy(mac, prefix, 3);
		memcpy(mac + 3, group->b + 13, 3);
		mac[3] &= 0x7f;
	} else {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, group->b + 12, 4);
	}
}

void ether_setup(struct netdev *dev)
{
	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = ETH_HLEN;
	dev->flags |= IFF_BROADCAST | IFF_MULTICAST;
	memset(dev->broadcast, 0xff, 6);
	dev->tx_queue_len = 1000;
	dev->min_mtu = 68;
}
