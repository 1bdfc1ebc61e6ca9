/*
 * Routing tables and their lookup. One list holds the routes of all tables, best match first, so
 * that a lookup is a walk to the first that fits, tried for the tables that the policy rules name
 * in turn (rule.h). What was learnt of paths (PMTU, redirects) is kept by destination in a small
 * table that expires. ip-route(8), RFC 1122 3.3.1, RFC 1191, RFC 8201.
 */
#include "kernel/net/route.h"

#include "kernel/net/ifaddr.h"
#include "kernel/net/ip.h"
#include "kernel/net/rule.h"
#include "kernel/os.h"

#define LEARNT_MAX 4096u
#define LEARNT_NS (600 * NSEC_PER_SEC)
#define ROUTES_MAX 65536u

u32 route_generation = 1;

void route_changed(void)
{
	if (++route_generation == 0)
		route_generation = 1;
}

/* ---- what was learnt of destinations ---- */

struct learnt {
	struct hnode node;
	struct ip_addr addr, gateway; /* gateway any: none */
	struct netdev *dev;
	u32 mtu; /* 0: none */
	u64 expires_ns;
};

#define learnt_tab (current_net->learnt)

static struct learnt *learnt_find(const struct ip_addr *addr)
{
	u64 hash = ip_addr_hash(addr);

	for (struct hnode *n = htab_first(&learnt_tab, hash); n; n = htab_next(n)) {
		struct learnt *l = container_of(n, struct learnt, node);

		if (n->hash != hash || !ip_addr_eq(&l->addr, addr))
			continue;
		if (l->expires_ns > os_clock_ns(OS_CLOCK_MONOTONIC))
			return l;
		htab_remove(&learnt_tab, n);
		free(l);
		return NULL;
	}
	return NULL;
}

/* Forgets everything: when a route changes, and when the table is full. */
static void learnt_clear(void)
{
	for (size_t i = 0; i < learnt_tab.nr_buckets; i++) {
		while (learnt_tab.buckets[i]) {
			struct hnode *n = learnt_tab.buckets[i];

			htab_remove(&learnt_tab, n);
			free(container_of(n, struct learnt, node));
		}
	}
	htab_fini(&learnt_tab);
	memset(&learnt_tab, 0, sizeof(learnt_tab));
}

static struct learnt *learnt_get(const struct ip_addr *addr)
{
	struct learnt *l = learnt_find(addr);

	if (!l) {
		if (learnt_tab.nr_nodes >= LEARNT_MAX)
			learnt_clear();
		l = calloc(1, sizeof(*l));
		if (!l)
			return NULL;
		l->addr = *addr;
		if (htab_insert(&learnt_tab, &l->node, ip_addr_hash(addr)) < 0) {
			free(l);
			return NULL;
		}
	}
	l->expires_ns = os_clock_ns(OS_CLOCK_MONOTONIC) + LEARNT_NS;
	return l;
}

void route_pmtu_update(const struct ip_addr *daddr, u32 mtu)
{
	struct learnt *l;

	mtu = MAX(mtu, ip_addr_is_v4(daddr) ? 552u : IP6_MTU_MIN); /* net.ipv4.route.min_pmtu */
	l = learnt_get(daddr);
	if (!l || (l->mtu && l->mtu <= mtu))
		return;
	l->mtu = mtu;
	route_changed();
}

void route_redirect(const struct ip_addr *daddr, const struct ip_addr *gateway, struct netdev *dev)
{
	struct learnt *l = learnt_get(daddr);

	if (!l)
		return;
	l->gateway = *gateway;
	l->dev = dev;
	route_changed();
}

/* ---- the tables ---- */

static bool same_family(const struct ip_addr *a, const struct ip_addr *b)
{
	return ip_addr_is_v4(a) == ip_addr_is_v4(b);
}

static bool sorts_before(const struct route *a, const struct route *b)
{
	if (a->prefix_len != b->prefix_len)
		return a->prefix_len > b->prefix_len;
	return a->metric < b->metric;
}

static bool same_key(const struct route *a, const struct route *b)
{
	return same_family(&a->dst, &b->dst) && ip_addr_eq(&a->dst, &b->dst) &&
	       a->prefix_len == b->prefix_len && a->table == b->table && a->metric == b->metric &&
	       a->tos == b->tos;
}

static bool same_target(const struct route *a, const struct route *b)
{
	return a->dev == b->dev && a->has_gateway == b->has_gateway && a->type == b->type &&
	       a->scope == b->scope && (!a->has_gateway || ip_addr_eq(&a->gateway, &b->gateway));
}

static void unlink_route(struct route *r)
{
	list_del(&r->link);
	current_net->nr_routes--;
	learnt_clear();
	route_changed();
	net_notify(NET_ROUTE_GONE, r);
	free(r);
}

/* The gateway must be a neighbour on dev (which is filled in if it was not given). */
static int check_gateway(struct route *r)
{
	struct flow fl = {.daddr = r->gateway, .oif = r->dev ? r->dev->ifindex : 0};
	const struct route *via;

	if (!r->has_gateway || (r->flags & RTNH_F_ONLINK) || ip_addr_is_link_local(&r->gateway))
		return r->dev ? 0 : -ENODEV;
	if (route_lookup(&fl, &via) < 0 || via->has_gateway || via->type != RTN_UNICAST)
		return ip_addr_is_v4(&r->gateway) ? -ENETUNREACH : -EHOSTUNREACH;
	r->dev = via->dev;
	return 0;
}

static int check_route(struct route *r)
{
	struct ip_addr masked;

	if (r->prefix_len > ip_addr_bits(&r->dst))
		return -EINVAL;
	masked = ip_addr_mask(&r->dst, r->prefix_len);
	if (!ip_addr_eq(&masked, &r->dst))
		return -EINVAL;
	if (r->type == RTN_BLACKHOLE || r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT) {
		r->dev = r->dev ? r->dev : loopback;
		return 0;
	}
	if (r->dev && !(r->dev->flags & IFF_UP))
		return -ENETDOWN;
	return check_gateway(r);
}

int route_add(const struct route *from, u32 nlm_flags)
{
	struct route r = *from, *n, *pos, *replaced = NULL;
	struct list_head *before = &net_routes;
	int err;

	if (!r.table)
		r.table = RT_TABLE_MAIN;
	if (!r.type)
		r.type = RTN_UNICAST;
	err = check_route(&r);
	if (err < 0)
		return err;
	route_for_each(pos)
	{
		if (!same_key(pos, &r))
			continue;
		if (nlm_flags & NLM_F_EXCL || same_target(pos, &r))
			if (!(nlm_flags & NLM_F_REPLACE))
				return -EEXIST;
		if (nlm_flags & NLM_F_REPLACE) {
			replaced = pos;
			break;
		}
	}
	if ((nlm_flags & NLM_F_REPLACE) && !replaced && !(nlm_flags & NLM_F_CREATE))
		return -ENOENT;
	if (current_net->nr_routes >= ROUTES_MAX)
		return -ENOSPC;
	n = malloc(sizeof(*n));
	if (!n)
		return -ENOMEM;
	*n = r;
	if (replaced)
		unlink_route(replaced);
	route_for_each(pos)
	{
		if (sorts_before(n, pos) ||
			(!(nlm_flags & NLM_F_APPEND) && !sorts_before(pos, n))) {
			before = &pos->link;
			break;
		}
	}
	list_add_tail(&n->link, before);
	current_net->nr_routes++;
	learnt_clear();
	route_changed();
	net_notify(NET_ROUTE_ADDED, n);
	return 0;
}

static bool route_fits(const struct route *r, const struct route *want)
{
	return same_family(&r->dst, &want->dst) && r->prefix_len == want->prefix_len &&
	       ip_addr_eq(&r->dst, &want->dst) &&
	       r->table == (want->table ? want->table : RT_TABLE_MAIN) &&
	       (!want->metric || r->metric == want->metric) &&
	       (!want->dev || r->dev == want->dev) && (!want->type || r->type == want->type) &&
	       (!want->has_gateway ||
		       (r->has_gateway && ip_addr_eq(&r->gateway, &want->gateway))) &&
	       (!want->protocol || r->protocol == want->protocol) &&
	       (ip_addr_is_any(&want->prefsrc) || ip_addr_eq(&r->prefsrc, &want->prefsrc));
}

int route_del(const struct route *want)
{
	struct route *r;

	route_for_each(r)
	{
		if (route_fits(r, want)) {
			unlink_route(r);
			return 0;
		}
	}
	return -ESRCH;
}

void route_flush_dev(struct netdev *dev)
{
	struct route *r, *tmp;

	list_for_each_entry_safe (r, tmp, &net_routes, link)
		if (r->dev == dev)
			unlink_route(r);
	learnt_clear();
}

void route_flush_v4(struct netdev *dev)
{
	struct route *r, *tmp;

	list_for_each_entry_safe (r, tmp, &net_routes, link)
		if (r->dev == dev && ip_addr_is_v4(&r->dst))
			unlink_route(r);
}

void route_flush_prefsrc(const struct ip_addr *addr)
{
	struct route *r, *tmp;

	list_for_each_entry_safe (r, tmp, &net_routes, link)
		if (ip_addr_eq(&r->prefsrc, addr))
			unlink_route(r);
}

/* ---- lookup ---- */

static bool usable(const struct route *r, const struct flow *fl)
{
	if (!ip_addr_match(&fl->daddr, &r->dst, r->prefix_len))
		return false;
	if (fl->oif && r->dev && r->dev->ifindex != fl->oif && r->type != RTN_UNREACHABLE)
		return false;
	if (r->tos && r->tos != (fl->tos & 0x1c))
		return false;
	if ((fl->flags & FLOW_DONTROUTE) && r->has_gateway)
		return false;
	return !r->expires_ns || r->expires_ns > os_clock_ns(OS_CLOCK_MONOTONIC);
}

static const struct route *table_lookup(u32 table, const struct flow *fl)
{
	const struct route *r;

	route_for_each(r) if (r->table == table && usable(r, fl)) return r;
	return NULL;
}

/* What rule has to say of fl: 0 and *out, -errno, or -EAGAIN: ask the next. */
static int apply_rule(const struct rule *rule, const struct flow *fl, const struct route **out)
{
	switch (rule->action) {
	case FR_ACT_TO_TBL:
		*out = table_lookup(rule->table, fl);
		if (*out && (*out)->prefix_len > rule->suppress_prefix_len)
			return 0;
		return -EAGAIN;
	case FR_ACT_UNREACHABLE:
		return -ENETUNREACH;
	case FR_ACT_PROHIBIT:
		return -EACCES;
	case FR_ACT_BLACKHOLE:
		return -EINVAL;
	default:
		return -EAGAIN;
	}
}

int route_lookup(const struct flow *fl, const struct route **out)
{
	const struct rule *rule;
	u32 from = 0; /* the priority FR_ACT_GOTO has gone to */
	int err;

	rule_for_each(rule)
	{
		if (rule->priority < from || !rule_match(rule, fl))
			continue;
		if (rule->action == FR_ACT_GOTO)
			from = rule->target;
		err = apply_rule(rule, fl, out);
		if (err != -EAGAIN)
			return err;
	}
	return -ENETUNREACH;
}

static int refusal(const struct route *r)
{
	switch (r->type) {
	case RTN_BLACKHOLE:
		return -EINVAL;
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	default:
		return 0;
	}
}

static void choose_source(const struct route *r, const struct ip_addr *daddr, struct dst *dst)
{
	const struct ifaddr *a;

	if (r && !ip_addr_is_any(&r->prefsrc)) {
		dst->saddr = r->prefsrc;
		return;
	}
	if (dst->type == DST_LOCAL) {
		dst->saddr = *daddr;
		return;
	}
	a = ifaddr_source(dst->dev, daddr, &dst->next_hop);
	dst->saddr = a ? a->addr : ip_addr_any(ip_addr_family(daddr));
}

static void apply_learnt(const struct flow *fl, struct dst *dst)
{
	const struct learnt *l = learnt_tab.nr_nodes ? learnt_find(&fl->daddr) : NULL;

	if (!l || dst->type != DST_UNICAST)
		return;
	if (l->mtu && !(fl->flags & FLOW_IFMTU))
		dst->mtu = MIN(dst->mtu, l->mtu);
	if (l->dev == dst->dev)
		dst->next_hop = l->gateway;
}

static void fill_from_route(const struct flow *fl, const struct route *r, struct dst *dst)
{
	dst->dev = r->dev;
	dst->type = r->type == RTN_LOCAL       ? DST_LOCAL
		    : r->type == RTN_BROADCAST ? DST_BROADCAST
					       : DST_UNICAST;
	if (dst->type == DST_LOCAL)
		dst->dev = loopback;
	dst->next_hop = r->has_gateway ? r->gateway : fl->daddr;
	dst->mtu = r->mtu && !(fl->flags & FLOW_IFMTU) ? MIN(r->mtu, dst->dev->mtu) : dst->dev->mtu;
	dst->advmss = r->advmss;
	dst->window = r->window;
	dst->hoplimit = r->hoplimit;
}

/* Multicast and 255.255.255.255: out of the interface that was named, routed or has an address. */
static int route_special(struct flow *fl, struct dst *dst)
{
	const struct route *r = NULL;
	struct netdev *dev = fl->oif ? netdev_by_index(fl->oif) : NULL;
	const struct ifaddr *a;

	if (!dev && !fl->oif && !ip_addr_is_any(&fl->saddr)) {
		a = ifaddr_find(NULL, &fl->saddr);
		dev = a ? a->dev : NULL;
	}
	if (!dev && !fl->oif && route_lookup(fl, &r) == 0)
		dev = r->dev;
	if (!dev && !fl->oif && !ip_addr_is_v4(&fl->daddr)) {
		struct netdev *d; /* every device has ff00::/8; the first that is not lo serves */

		netdev_for_each(d) if ((d->flags & IFF_UP) && (!dev || (dev->flags & IFF_LOOPBACK)))
			dev = d;
	}
	if (!dev)
		return -ENETUNREACH;
	if (!(dev->flags & IFF_UP))
		return -ENETDOWN;
	dst->dev = dev;
	dst->type = ip_addr_is_multicast(&fl->daddr) ? DST_MULTICAST : DST_BROADCAST;
	dst->next_hop = fl->daddr;
	dst->mtu = dev->mtu;
	choose_source(r, &fl->daddr, dst);
	return 0;
}

static int route_normal(struct flow *fl, struct dst *dst)
{
	const struct route *r;
	int err = route_lookup(fl, &r);

	if (err < 0)
		return err;
	err = refusal(r);
	if (err < 0)
		return err;
	fill_from_route(fl, r, dst);
	apply_learnt(fl, dst);
	choose_source(r, &fl->daddr, dst);
	return 0;
}

int route_output(struct flow *fl, struct dst *dst)
{
	int err;

	memset(dst, 0, sizeof(*dst));
	if (ip_addr_is_any(&fl->daddr)) /* to this host, as Linux has it */
		fl->daddr = ip_addr_is_v4(&fl->daddr)
				    ? ip_addr_v4(be32_of(0x7f000001))
				    : (struct ip_addr){.w = {0, 0, 0, be32_of(1)}};
	if (!ip_addr_is_any(&fl->saddr) && !same_family(&fl->saddr, &fl->daddr))
		return -ENETUNREACH;
	if (!ip_addr_is_any(&fl->saddr) && !(fl->flags & FLOW_ANYSRC) &&
		!ifaddr_is_local(&fl->saddr))
		return -EINVAL;
	if (ip_addr_is_multicast(&fl->daddr) || ip_addr_is_broadcast(&fl->daddr))
		err = route_special(fl, dst);
	else
		err = route_normal(fl, dst);
	if (err < 0)
		return err;
	if (ip_addr_is_any(&fl->saddr) && !(fl->flags & FLOW_NOSRC)) {
		if (ip_addr_is_any(&dst->saddr) && !(fl->flags & FLOW_ANYSRC) &&
			dst->type != DST_BROADCAST && dst->type != DST_MULTICAST)
			return -EADDRNOTAVAIL;
		fl->saddr = ip_addr_is_any(&dst->saddr) ? ip_addr_any(ip_addr_family(&fl->daddr))
							: dst->saddr;
	}
	dst->generation = route_generation;
	return 0;
}
