/*
 * Neighbours: who has an address on a link. The states of RFC 4861 7.3 serve ARP as well, as on
 * Linux: an entry is asked for (INCOMPLETE), believed (REACHABLE), old but used (STALE, DELAY,
 * PROBE), or has not answered (FAILED). Packets wait in small numbers while it is asked for. An
 * entry's timer runs only in states that end by themselves: an idle machine does nothing.
 */
#include "kernel/net/neigh.h"

#include "kernel/net/ether.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/ndp.h"
#include "kernel/net/route.h"
#include "kernel/os.h"

#define REACHABLE_NS (30 * NSEC_PER_SEC)
#define RETRANS_NS NSEC_PER_SEC
#define DELAY_NS (5 * NSEC_PER_SEC)
#define PROBES_MAX 3
#define WAITING_MAX 64u
#define NEIGHS_MAX 1024u /* net.ipv4.neigh.default.gc_thresh3 */

struct list_head neighs = LIST_HEAD_INIT(neighs);
static struct htab table;

static u64 now_ns(void)
{
	return os_clock_ns(OS_CLOCK_MONOTONIC);
}

static u64 key_hash(const struct netdev *dev, const struct ip_addr *addr)
{
	return hash_u64(ip_addr_hash(addr) + (u64)dev->ifindex);
}

struct neigh *neigh_find(struct netdev *dev, const struct ip_addr *addr)
{
	u64 hash = key_hash(dev, addr);

	for (struct hnode *h = htab_first(&table, hash); h; h = htab_next(h)) {
		struct neigh *n = container_of(h, struct neigh, node);

		if (h->hash == hash && n->dev == dev && ip_addr_eq(&n->addr, addr))
			return n;
	}
	return NULL;
}

static void neigh_free(struct neigh *n)
{
	timer_cancel(&n->timer);
	htab_remove(&table, &n->node);
	list_del(&n->link);
	skb_purge(&n->waiting);
	net_notify(NET_NEIGH_GONE, n);
	free(n);
}

/* Room for one more: the least recently used that nobody waits for goes. */
static bool evict(void)
{
	struct neigh *n, *oldest = NULL;

	neigh_for_each(n) if (!(n->state & (NUD_PERMANENT | NUD_INCOMPLETE)) &&
			      (!oldest || n->used_ns < oldest->used_ns)) oldest = n;
	if (!oldest)
		return false;
	neigh_free(oldest);
	return true;
}

static void neigh_timer(struct timer *t);

static struct neigh *neigh_get(struct netdev *dev, const struct ip_addr *addr)
{
	struct neigh *n = neigh_find(dev, addr);

	if (n)
		return n;
	if (table.nr_nodes >= NEIGHS_MAX && !evict())
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->addr = *addr;
	n->dev = dev;
	n->timer.fn = neigh_timer;
	n->used_ns = n->updated_ns = n->confirmed_ns = now_ns();
	list_init(&n->waiting);
	if (htab_insert(&table, &n->node, key_hash(dev, addr)) < 0) {
		free(n);
		return NULL;
	}
	list_add_tail(&n->link, &neighs);
	return n;
}

static void set_state(struct neigh *n, u16 state)
{
	static const struct {
		u16 state;
		u64 ns;
	} times[] = {{NUD_REACHABLE, REACHABLE_NS}, {NUD_INCOMPLETE, RETRANS_NS},
		{NUD_PROBE, RETRANS_NS}, {NUD_DELAY, DELAY_NS}};
	bool changed = n->state != state;

	n->state = state;
	timer_cancel(&n->timer);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		if (times[i].state == state)
			timer_arm(&n->timer, now_ns() + times[i].ns);
	if (changed) {
		n->updated_ns = now_ns();
		net_notify(NET_NEIGH_CHANGED, n);
	}
}

static void ask(struct neigh *n)
{
	bool known = n->state == NUD_PROBE;

	n->probes++;
	if (ip_addr_is_v4(&n->addr))
		arp_solicit(n->dev, &n->addr, known ? n->mac : NULL);
	else
		ndp_solicit(n->dev, &n->addr, known ? n->mac : NULL);
}

/* Nobody answers: those who wait are told, as if a router had (RFC 1122 2.3.2.2). */
static void give_up(struct neigh *n)
{
	struct skb *skb;

	set_state(n, NUD_FAILED);
	n->nr_waiting = 0;
	while ((skb = skb_dequeue(&n->waiting))) {
		struct ip_error e = {.offender = n->addr,
			.iif = n->dev->ifindex,
			.origin = ip_addr_is_v4(&n->addr) ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6,
			.err = EHOSTUNREACH,
			.packet = skb->data,
			.packet_len = skb_len(skb)};
		u32 hlen, frag;
		u8 proto;

		if (ip_addr_is_v4(&n->addr)) {
			const struct ip4_hdr *h = (const void *)skb->data;

			hlen = (h->ver_ihl & 15u) * 4;
			e.saddr = e.offender = ip_addr_v4(h->src);
			e.daddr = ip_addr_v4(h->dst);
			e.type = 3;
			e.code = 1;
			frag = cpu16_of(h->frag) & IP4_OFFSET;
		} else {
			int off = ip6_skip_headers(skb->data, skb_len(skb), &proto, &frag);

			e.saddr = e.offender = ip_addr_v6(skb->data + 8);
			e.daddr = ip_addr_v6(skb->data + 24);
			e.type = 1;
			e.code = 3;
			hlen = off < 0 ? 0 : (u32)off;
			frag = frag && off >= 0 &&
			       (skb->data[frag + 3] & 0xf8 || skb->data[frag + 2]);
		}
		if (hlen && hlen <= skb_len(skb) && !frag) {
			e.trans = skb->data + hlen;
			e.trans_len = skb_len(skb) - hlen;
			ip_deliver_error(&e);
		}
		skb_free(skb);
	}
}

static void neigh_timer(struct timer *t)
{
	struct neigh *n = container_of(t, struct neigh, timer);

	net_set(n->dev->net);
	switch (n->state) {
	case NUD_REACHABLE:
		if (n->confirmed_ns + REACHABLE_NS > now_ns())
			timer_arm(&n->timer, n->confirmed_ns + REACHABLE_NS);
		else
			set_state(n, NUD_STALE);
		break;
	case NUD_DELAY:
		if (n->confirmed_ns + DELAY_NS > now_ns()) {
			set_state(n, NUD_REACHABLE);
			break;
		}
		n->probes = 0;
		set_state(n, NUD_PROBE);
		ask(n);
		break;
	case NUD_PROBE:
	case NUD_INCOMPLETE:
		if (n->probes >= PROBES_MAX) {
			give_up(n);
			break;
		}
		timer_arm(&n->timer, now_ns() + RETRANS_NS);
		ask(n);
		break;
	}
}

/* ---- output ---- */

static int send_to(struct netdev *dev, struct skb *skb, const u8 *mac)
{
	int err = dev->ops->header ? dev->ops->header(dev, skb, skb->protocol, mac) : 0;

	if (err < 0) {
		skb_free(skb);
		return err;
	}
	return netdev_xmit(dev, skb);
}

static int wait_for(struct neigh *n, struct skb *skb)
{
	if (n->nr_waiting >= WAITING_MAX) {
		skb_free(skb_dequeue(&n->waiting));
		n->nr_waiting--;
	}
	list_add_tail(&skb->link, &n->waiting);
	n->nr_waiting++;
	if (n->state != NUD_INCOMPLETE) {
		n->probes = 0;
		set_state(n, NUD_INCOMPLETE);
		ask(n);
	}
	return 0;
}

static bool is_broadcast(const struct netdev *dev, const struct ip_addr *a)
{
	struct flow fl = {.daddr = *a, .oif = dev->ifindex};
	const struct route *r;

	return ip_addr_is_broadcast(a) ||
	       (ip_addr_is_v4(a) && route_lookup(&fl, &r) == 0 && r->type == RTN_BROADCAST);
}

int neigh_output(struct netdev *dev, const struct ip_addr *next_hop, struct skb *skb)
{
	struct neigh *n;
	u8 mac[6];

	if ((dev->flags & (IFF_LOOPBACK | IFF_NOARP)) || dev->type != ARPHRD_ETHER)
		return send_to(dev, skb, NULL);
	if (ip_addr_is_multicast(next_hop)) {
		ether_multicast_mac(next_hop, mac);
		return send_to(dev, skb, mac);
	}
	n = neigh_find(dev, next_hop);
	if (!n) {
		if (is_broadcast(dev, next_hop))
			return send_to(dev, skb, NULL);
		n = neigh_get(dev, next_hop);
	}
	if (!n) {
		skb_free(skb);
		return -ENOBUFS;
	}
	n->used_ns = now_ns();
	if (!(n->state & NUD_VALID))
		return wait_for(n, skb);
	if (n->state == NUD_STALE)
		set_state(n, NUD_DELAY);
	return send_to(dev, skb, n->mac);
}

/* ---- news ---- */

static void resolved(struct neigh *n)
{
	struct skb *skb;

	n->nr_waiting = 0;
	while ((skb = skb_dequeue(&n->waiting)))
		send_to(n->dev, skb, n->mac);
}

void neigh_confirm(struct netdev *dev, const struct ip_addr *addr)
{
	struct neigh *n = neigh_find(dev, addr);

	if (!n)
		return;
	n->confirmed_ns = now_ns();
	if (n->state & (NUD_STALE | NUD_DELAY | NUD_PROBE))
		set_state(n, NUD_REACHABLE);
}

void neigh_heard(struct netdev *dev, const struct ip_addr *addr, const u8 mac[6], u32 how)
{
	struct neigh *n = how & NEIGH_CREATE ? neigh_get(dev, addr) : neigh_find(dev, addr);
	bool same;

	if (!n || (n->state & NUD_PERMANENT))
		return;
	if (how & NEIGH_ROUTER)
		n->flags |= NTF_ROUTER;
	same = (n->state & NUD_VALID) && !memcmp(n->mac, mac, 6);
	if ((n->state & NUD_VALID) && !same && !(how & NEIGH_OVERRIDE)) {
		if (n->state == NUD_REACHABLE)
			set_state(n, NUD_STALE);
		return;
	}
	if (!same)
		memcpy(n->mac, mac, 6);
	if (how & NEIGH_SOLICITED) {
		n->confirmed_ns = now_ns();
		set_state(n, NUD_REACHABLE);
	} else if (!same) {
		set_state(n, NUD_STALE);
	}
	resolved(n);
}

int neigh_set(struct netdev *dev, const struct ip_addr *addr, const u8 *mac, u16 state, u8 flags)
{
	struct neigh *n;
	bool news;

	if (!mac && (state & NUD_VALID) && !(n = neigh_find(dev, addr)))
		return -EINVAL;
	n = neigh_get(dev, addr);
	if (!n)
		return -ENOBUFS;
	news = n->state == state && ((mac && memcmp(n->mac, mac, 6)) || n->flags != flags);
	if (mac)
		memcpy(n->mac, mac, 6);
	n->flags = flags;
	set_state(n, state);
	if (news)
		net_notify(NET_NEIGH_CHANGED, n);
	if (state & NUD_VALID)
		resolved(n);
	return 0;
}

int neigh_del(struct netdev *dev, const struct ip_addr *addr)
{
	struct neigh *n = neigh_find(dev, addr);

	if (!n)
		return -ENOENT;
	neigh_free(n);
	return 0;
}

void neigh_flush_dev(struct netdev *dev)
{
	struct neigh *n, *tmp;

	list_for_each_entry_safe (n, tmp, &neighs, link)
		if (n->dev == dev)
			neigh_free(n);
	if (list_empty(&neighs)) {
		htab_fini(&table);
		memset(&table, 0, sizeof(table));
	}
}
