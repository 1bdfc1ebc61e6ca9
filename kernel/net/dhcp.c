/*
 * The DHCP client: one per link with ip=dhcp. The states are those of RFC 2131 figure 5; what is
 * known beyond them is the lease. While there is no address, messages are broadcast frames built
 * here, and replies are asked to be broadcast, so that they come in through UDP like anything else.
 * A lease becomes an address with a lifetime, routes (RTPROT_DHCP) and name servers, and goes with
 * all of them when it ends. RFC 2131 4.4, RFC 3442.
 */
#include "kernel/net/dhcp.h"

#include "kernel/dmesg.h"
#include "kernel/net/checksum.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/netfiles.h"
#include "kernel/os.h"
#include "kernel/sched.h"
#include "kernel/uts.h"

#define REQUEST_TRIES 4u
#define RETRY_FIRST_NS (4 * NSEC_PER_SEC)
#define RETRY_MAX_NS (64 * NSEC_PER_SEC)
#define RENEW_RETRY_NS (60 * NSEC_PER_SEC)
#define BROADCAST 0xffffffffu

enum state {
	SELECTING,  /* DISCOVER sent: OFFERs are awaited */
	REQUESTING, /* an offer was accepted: the server's ACK is awaited */
	BOUND,	    /* from here on there is a lease */
	RENEWING,   /* past T1: its server is asked */
	REBINDING,  /* past T2: any server is */
};

struct dhcp_client {
	struct list_head link; /* clients */
	struct netdev *dev;
	enum state state;
	struct timer timer;
	u32 xid;
	unsigned tries;
	u64 begun_ns, bound_ns; /* bound_ns: when what is being acknowledged was asked for */
	u64 asked_ns;
	struct dhcp_lease offer, lease;
	bool keep_mtu;
};

static struct list_head clients = LIST_HEAD_INIT(clients);
static struct waitq lease_wait = {LIST_HEAD_INIT(lease_wait.waiters)};

static u64 now(void)
{
	return os_clock_ns(OS_CLOCK_MONOTONIC);
}

static bool leased(const struct dhcp_client *c)
{
	return c->state >= BOUND;
}

static void *addr_text(be32 a, char buf[IP_ADDR_STR])
{
	struct ip_addr addr = ip_addr_v4(a);

	return (void *)ip_addr_format(&addr, buf);
}

/* ---- sending ---- */

/* The UDP header in front of the message at skb->data, checksum included. */
static void push_udp(struct skb *skb, be32 src, be32 dst)
{
	struct ip_addr s = ip_addr_v4(src), d = ip_addr_v4(dst);
	struct udp_hdr *h = skb_push(skb, sizeof(*h));

	h->src = be16_of(DHCP_CLIENT_PORT);
	h->dst = be16_of(DHCP_SERVER_PORT);
	h->len = be16_of(skb_len(skb));
	h->csum = 0;
	h->csum = csum_fold(csum_add_bytes(
		csum_pseudo(&s, &d, skb_len(skb), IPPROTO_UDP), skb->data, skb_len(skb)));
	if (!h->csum)
		h->csum = 0xffff;
}

/* To everybody on the link, from src, 0 while there is none: no route leads there. */
static void send_broadcast(struct dhcp_client *c, struct skb *skb, be32 src)
{
	struct ip4_hdr *h;

	push_udp(skb, src, BROADCAST);
	h = skb_push(skb, sizeof(*h));
	*h = (struct ip4_hdr){.ver_ihl = 0x45,
		.len = be16_of(skb_len(skb)),
		.ttl = 64,
		.proto = IPPROTO_UDP,
		.src = src,
		.dst = BROADCAST};
	h->csum = csum_fold(csum_add_bytes(0, h, sizeof(*h)));
	skb_set_net(skb);
	skb->protocol = ETH_P_IP;
	if (c->dev->ops->header(c->dev, skb, ETH_P_IP, NULL) < 0)
		skb_free(skb);
	else
		netdev_xmit(c->dev, skb);
}

static void send_unicast(struct dhcp_client *c, struct skb *skb)
{
	struct flow fl = {.saddr = ip_addr_v4(c->lease.addr),
		.daddr = ip_addr_v4(c->lease.server),
		.proto = IPPROTO_UDP,
		.ttl = -1,
		.oif = c->dev->ifindex};
	struct dst dst;

	push_udp(skb, c->lease.addr, c->lease.server);
	if (route_output(&fl, &dst) < 0)
		skb_free(skb);
	else
		ip_output(skb, &fl, &dst);
}

static void send_message(struct dhcp_client *c, enum dhcp_type type)
{
	struct dhcp_request r = {.type = type,
		.xid = c->xid,
		.secs = (u16)MIN((now() - c->begun_ns) / NSEC_PER_SEC, 65535ull),
		.hostname = init_uts_ns.nodename};
	struct skb *skb = skb_alloc(SKB_HEADROOM, DHCP_MSG_MAX);

	if (!skb)
		return;
	memcpy(r.mac, c->dev->mac, 6);
	if (c->state == REQUESTING) {
		r.wanted = c->offer.addr;
		r.server = c->offer.server;
	} else if (leased(c)) {
		r.ciaddr = c->lease.addr;
		if (type == DHCP_RELEASE)
			r.server = c->lease.server;
	}
	skb_put(skb, dhcp_write(skb->data, &r));
	if (c->state == RENEWING || type == DHCP_RELEASE)
		send_unicast(c, skb);
	else
		send_broadcast(c, skb, r.ciaddr);
}

/* ---- what a lease is to the rest of the kernel ---- */

static struct ifaddr *leased_addr(const struct dhcp_client *c)
{
	struct ip_addr a = ip_addr_v4(c->lease.addr);

	return ifaddr_find(c->dev, &a);
}

static struct route make_route(const struct dhcp_client *c, const struct dhcp_route *dr)
{
	struct ip_addr dst = ip_addr_v4(dr->dst), gateway = ip_addr_v4(dr->gateway);
	struct ip_addr addr = ip_addr_v4(c->lease.addr);
	struct route r = {.dst = ip_addr_mask(&dst, dr->prefix_len),
		.prefix_len = dr->prefix_len,
		.dev = c->dev,
		.table = RT_TABLE_MAIN,
		.protocol = RTPROT_DHCP,
		.type = RTN_UNICAST,
		.prefsrc = addr};

	if (dr->gateway) {
		r.has_gateway = true;
		r.gateway = gateway;
		if (!ip_addr_match(&gateway, &addr, c->lease.prefix_len))
			r.flags = RTNH_F_ONLINK;
	} else {
		r.scope = RT_SCOPE_LINK;
	}
	return r;
}

static void unconfigure(struct dhcp_client *c)
{
	struct ifaddr *a = leased_addr(c);

	for (unsigned i = 0; i < c->lease.nr_routes; i++) {
		struct route r = make_route(c, &c->lease.routes[i]);

		route_del(&r);
	}
	if (a)
		ifaddr_del(a);
}

static void add_routes(const struct dhcp_client *c)
{
	for (unsigned i = 0; i < c->lease.nr_routes; i++) {
		struct route r = make_route(c, &c->lease.routes[i]);

		/* another link may have one: this is the second choice then */
		if (route_add(&r, NLM_F_CREATE | NLM_F_EXCL) == -EEXIST) {
			r.metric = 1024 + (u32)c->dev->ifindex;
			route_add(&r, NLM_F_CREATE | NLM_F_EXCL);
		}
	}
}

static void configure(struct dhcp_client *c)
{
	const struct dhcp_lease *l = &c->lease;
	struct ifaddr new = {.addr = ip_addr_v4(l->addr),
		.prefix_len = l->prefix_len,
		.broadcast = l->broadcast,
		.valid_s = l->lease_s,
		.preferred_s = l->lease_s};
	char a[IP_ADDR_STR], s[IP_ADDR_STR];
	int err = ifaddr_add(c->dev, &new, NULL);

	dmesg_printf(DMESG_INFO, "%s: %s/%u leased from %s for %u s", c->dev->name,
		(char *)addr_text(l->addr, a), l->prefix_len, (char *)addr_text(l->server, s),
		l->lease_s);
	if (err < 0 && err != -EEXIST)
		dmesg_printf(DMESG_WARNING, "%s: the address cannot be used", c->dev->name);
	if (l->mtu >= 576 && l->mtu <= c->dev->max_mtu && !c->keep_mtu)
		netdev_set_mtu(c->dev, l->mtu);
	add_routes(c);
}

/* Is it, times aside, what we have already? */
static bool same_lease(const struct dhcp_client *c, const struct dhcp_lease *l)
{
	const struct dhcp_lease *old = &c->lease;

	if (old->addr != l->addr || old->prefix_len != l->prefix_len ||
		old->broadcast != l->broadcast || old->mtu != l->mtu ||
		old->nr_routes != l->nr_routes || old->nr_dns != l->nr_dns ||
		strcmp(old->domain, l->domain) != 0)
		return false;
	for (unsigned i = 0; i < l->nr_routes; i++)
		if (old->routes[i].dst != l->routes[i].dst ||
			old->routes[i].gateway != l->routes[i].gateway ||
			old->routes[i].prefix_len != l->routes[i].prefix_len)
			return false;
	return !memcmp(old->dns, l->dns, l->nr_dns * sizeof(l->dns[0]));
}

/* ---- states ---- */

static u64 jitter(u64 ns)
{
	u32 r;

	os_random(&r, sizeof(r));
	return ns - NSEC_PER_SEC + r % (2 * NSEC_PER_SEC); /* a second more or less, RFC 2131 4.1 */
}

static void arm_retry(struct dhcp_client *c)
{
	u64 wait = MIN(RETRY_FIRST_NS << MIN(c->tries, 8u), RETRY_MAX_NS);

	c->tries++;
	timer_arm(&c->timer, now() + jitter(wait));
}

static void discover(struct dhcp_client *c)
{
	c->state = SELECTING;
	c->tries = 0;
	c->begun_ns = now();
	os_random(&c->xid, sizeof(c->xid));
	send_message(c, DHCP_DISCOVER);
	arm_retry(c);
}

static void lose(struct dhcp_client *c, const char *why)
{
	dmesg_printf(DMESG_NOTICE, "%s: the lease is lost: %s", c->dev->name, why);
	unconfigure(c);
	discover(c);
	netfiles_refresh();
}

static u64 after_s(const struct dhcp_client *c, u32 s)
{
	return c->bound_ns + (u64)s * NSEC_PER_SEC;
}

/* The next question to the server: half of what is left until limit, a minute at least. */
static void arm_renewal(struct dhcp_client *c, u64 limit)
{
	u64 t = now(), left = limit > t ? limit - t : 0;

	timer_arm(&c->timer, MIN(limit, t + MAX(left / 2, RENEW_RETRY_NS)));
}

static void ask_again(struct dhcp_client *c)
{
	u64 t = now();

	if (t >= after_s(c, c->lease.lease_s)) {
		lose(c, "it has ended");
		return;
	}
	if (c->state == BOUND) {
		os_random(&c->xid, sizeof(c->xid));
		c->begun_ns = t;
	}
	c->state = t >= after_s(c, c->lease.rebind_s) ? REBINDING : RENEWING;
	c->asked_ns = t;
	send_message(c, DHCP_REQUEST);
	arm_renewal(c, after_s(c, c->state == RENEWING ? c->lease.rebind_s : c->lease.lease_s));
}

static void timed_out(struct timer *t)
{
	struct dhcp_client *c = container_of(t, struct dhcp_client, timer);

	switch (c->state) {
	case SELECTING:
		send_message(c, DHCP_DISCOVER);
		arm_retry(c);
		break;
	case REQUESTING:
		if (c->tries >= REQUEST_TRIES) {
			discover(c);
			break;
		}
		send_message(c, DHCP_REQUEST);
		arm_retry(c);
		break;
	default:
		ask_again(c);
	}
}

static void request(struct dhcp_client *c, const struct dhcp_lease *offer)
{
	c->offer = *offer;
	c->state = REQUESTING;
	c->tries = 0;
	c->asked_ns = now();
	send_message(c, DHCP_REQUEST);
	arm_retry(c);
}

static void enter_bound(struct dhcp_client *c, const struct dhcp_lease *l)
{
	bool had = leased(c), changed = !had || !same_lease(c, l);
	struct ifaddr *a;

	if (had && changed)
		unconfigure(c);
	c->lease = *l;
	c->state = BOUND;
	c->bound_ns = c->asked_ns;
	a = changed ? NULL : leased_addr(c);
	if (a)
		ifaddr_set_lifetime(a, l->lease_s, l->lease_s);
	else
		configure(c);
	timer_cancel(&c->timer);
	if (l->lease_s != DHCP_FOREVER)
		timer_arm(&c->timer, after_s(c, l->renew_s));
	waitq_wake(&lease_wait, 0);
	if (changed)
		netfiles_refresh();
}

static void acknowledged(struct dhcp_client *c, const struct dhcp_lease *l)
{
	if (c->state == REQUESTING ? l->addr == c->offer.addr && l->server == c->offer.server
				   : c->state == RENEWING || c->state == REBINDING)
		enter_bound(c, l);
}

static void refused(struct dhcp_client *c, const struct dhcp_lease *l)
{
	if (c->state == REQUESTING && l->server == c->offer.server)
		discover(c);
	else if (c->state == RENEWING || c->state == REBINDING)
		lose(c, "the server refuses it");
}

bool dhcp_rcv(const struct skb *skb)
{
	struct dhcp_client *c = skb->dev->dhcp;
	struct dhcp_lease l;

	if (!c)
		return false;
	switch (dhcp_read(skb->data, skb_len(skb), c->xid, c->dev->mac, &l)) {
	case DHCP_OFFER:
		if (c->state == SELECTING)
			request(c, &l);
		break;
	case DHCP_ACK:
		acknowledged(c, &l);
		break;
	case DHCP_NAK:
		refused(c, &l);
		break;
	}
	return true;
}

/* ---- the life of a client ---- */

int dhcp_start(struct netdev *dev, bool keep_mtu)
{
	struct dhcp_client *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->dev = dev;
	c->keep_mtu = keep_mtu;
	c->timer.fn = timed_out;
	list_add_tail(&c->link, &clients);
	dev->dhcp = c;
	discover(c);
	return 0;
}

void dhcp_stop(struct netdev *dev)
{
	struct dhcp_client *c = dev->dhcp;

	if (!c)
		return;
	timer_cancel(&c->timer);
	list_del(&c->link);
	dev->dhcp = NULL;
	free(c);
}

const struct dhcp_lease *dhcp_lease(const struct netdev *dev)
{
	return dev->dhcp && leased(dev->dhcp) ? &dev->dhcp->lease : NULL;
}

static bool all_leased(void)
{
	const struct dhcp_client *c;

	list_for_each_entry (c, &clients, link)
		if (!leased(c))
			return false;
	return true;
}

bool dhcp_wait(u64 timeout_ns)
{
	u64 deadline = now() + timeout_ns;
	struct waiter w = {.fn = sched_wake_waiter, .priv = sched_self()};
	int err = 0;

	while (!all_leased() && !err) {
		waitq_add(&lease_wait, &w);
		err = sched_sleep(WAIT_INTERRUPTIBLE, deadline);
		waitq_del(&w);
	}
	return all_leased();
}

void dhcp_release_all(void)
{
	struct dhcp_client *c;

	list_for_each_entry (c, &clients, link)
		if (leased(c))
			send_message(c, DHCP_RELEASE);
}
