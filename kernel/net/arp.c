/* ARP, RFC 826 (and RFC 5227's probes and announcements): questions, answers, what they teach us.
 */
#include "kernel/net/ether.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/neigh.h"

#define ARP_REQUEST 1
#define ARP_REPLY 2

static void arp_send(struct netdev *dev, u16 op, be32 spa, be32 tpa, const u8 *tha, const u8 *to)
{
	struct skb *skb = skb_alloc(SKB_HEADROOM, sizeof(struct arp_pkt));
	struct arp_pkt *a;

	if (!skb)
		return;
	a = skb_put(skb, sizeof(*a));
	memset(a, 0, sizeof(*a));
	a->htype = be16_of(1);
	a->ptype = be16_of(ETH_P_IP);
	a->hlen = 6;
	a->plen = 4;
	a->op = be16_of(op);
	memcpy(a->sha, dev->mac, 6);
	a->spa = spa;
	a->tpa = tpa;
	if (tha)
		memcpy(a->tha, tha, 6);
	skb->protocol = ETH_P_ARP;
	skb_set_net(skb);
	if (ether_header(dev, skb, ETH_P_ARP, to) < 0)
		skb_free(skb);
	else
		netdev_xmit(dev, skb);
}

void arp_solicit(struct netdev *dev, const struct ip_addr *addr, const u8 *mac)
{
	const struct ifaddr *a = ifaddr_source(dev, addr, addr);

	arp_send(dev, ARP_REQUEST, a ? ip_addr_to_v4(&a->addr) : 0, ip_addr_to_v4(addr), NULL, mac);
}

void arp_probe(struct netdev *dev, const struct ip_addr *addr)
{
	if (netdev_running(dev) && !(dev->flags & IFF_NOARP))
		arp_send(dev, ARP_REQUEST, 0, ip_addr_to_v4(addr), NULL, NULL);
}

void arp_announce(struct netdev *dev, const struct ip_addr *addr)
{
	if (netdev_running(dev) && !(dev->flags & IFF_NOARP))
		arp_send(dev, ARP_REQUEST, ip_addr_to_v4(addr), ip_addr_to_v4(addr), NULL, NULL);
}

static bool sane(const struct netdev *dev, const struct skb *skb, const struct arp_pkt *a)
{
	return skb_len(skb) >= sizeof(*a) && dev->type == ARPHRD_ETHER &&
	       !(dev->flags & IFF_NOARP) && a->htype == be16_of(1) &&
	       a->ptype == be16_of(ETH_P_IP) && a->hlen == 6 && a->plen == 4 && !(a->sha[0] & 1);
}

void arp_rcv(struct skb *skb)
{
	struct netdev *dev = skb->dev;
	const struct arp_pkt *a = (const void *)skb->data;
	struct ip_addr from, target;
	struct ifaddr *ours;
	bool for_us;
	u32 how = 0;

	if (!sane(dev, skb, a))
		goto out;
	from = ip_addr_v4(a->spa);
	target = ip_addr_v4(a->tpa);
	if (ip_addr_is_multicast(&target) || ip_addr_is_loopback(&target))
		goto out;
	for_us = ifaddr_is_local(&target) && !ip_addr_is_any(&target);
	if (a->op == be16_of(ARP_REPLY) && skb->pkt_type == SKB_PKT_HOST)
		how = NEIGH_SOLICITED | NEIGH_OVERRIDE;
	else if (a->op == be16_of(ARP_REQUEST) && for_us)
		how = NEIGH_CREATE | NEIGH_OVERRIDE;
	else if (a->op == be16_of(ARP_REQUEST) || a->op == be16_of(ARP_REPLY))
		how = NEIGH_OVERRIDE; /* what we know is kept up to date */
	ours = ifaddr_find(dev, &from);
	if (ours)
		ifaddr_clash(ours, a->sha);
	if (how && a->spa && !ifaddr_is_local(&from) && !ip_addr_is_multicast(&from))
		neigh_heard(dev, &from, a->sha, how);
	if (a->op == be16_of(ARP_REQUEST) && for_us && a->spa != a->tpa)
		arp_send(dev, ARP_REPLY, a->tpa, a->spa, a->sha, a->sha);
out:
	skb_free(skb);
}
