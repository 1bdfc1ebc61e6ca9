/* Routes over netlink: RTM_{NEW,DEL,GET}ROUTE. The tables are route.c's. */
#include "kernel/net/netlink/rtnl.h"

#include "kernel/net/ip.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

static const u8 min_len[RTA_MAX + 1] = {
	[RTA_DST] = 4,
	[RTA_SRC] = 4,
	[RTA_IIF] = 4,
	[RTA_OIF] = 4,
	[RTA_GATEWAY] = 4,
	[RTA_PRIORITY] = 4,
	[RTA_PREFSRC] = 4,
	[RTA_TABLE] = 4,
	[RTA_MARK] = 4,
	[RTA_PREF] = 1,
	[RTA_EXPIRES] = 4,
	[RTA_UID] = 4,
	[RTA_IP_PROTO] = 1,
	[RTA_SPORT] = 2,
	[RTA_DPORT] = 2,
	[RTA_VIA] = 2,
};

static bool family_ok(u8 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* ---- describing ---- */

static void put_metrics(struct nl_buf *b, const struct route *r)
{
	u32 at;

	if (!r->mtu && !r->advmss && !r->window && !r->hoplimit)
		return;
	at = nl_nest(b, RTA_METRICS);
	if (r->mtu)
		nl_put_u32(b, RTAX_MTU, r->mtu);
	if (r->window)
		nl_put_u32(b, RTAX_WINDOW, r->window);
	if (r->advmss)
		nl_put_u32(b, RTAX_ADVMSS, r->advmss);
	if (r->hoplimit)
		nl_put_u32(b, RTAX_HOPLIMIT, r->hoplimit);
	nl_nest_end(b, at);
}

static void put_gateway(struct nl_buf *b, const struct route *r)
{
	struct rtvia *via;
	u8 buf[sizeof(*via) + 16];

	if (!r->has_gateway)
		return;
	if (ip_addr_is_v4(&r->gateway) == ip_addr_is_v4(&r->dst)) {
		nl_put_addr(b, RTA_GATEWAY, &r->gateway);
		return;
	}
	via = (struct rtvia *)buf;
	via->rtvia_family = AF_INET6;
	memcpy(buf + sizeof(*via), r->gateway.b, 16);
	nl_put(b, RTA_VIA, buf, sizeof(buf));
}

static void put_expiry(struct nl_buf *b, const struct route *r)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	struct rta_cacheinfo ci = {0};

	if (r->expires_ns > now)
		ci.rta_expires = (s32)((r->expires_ns - now) / (10 * NSEC_PER_MSEC));
	nl_put(b, RTA_CACHEINFO, &ci, sizeof(ci));
}

static u32 nexthop_flags(const struct route *r)
{
	u32 flags = r->flags & RTNH_F_ONLINK;

	if (r->dev && (r->dev->flags & IFF_UP) && !r->dev->carrier)
		flags |= RTNH_F_LINKDOWN;
	return flags;
}

void rtnl_fill_route(struct nl_buf *b, const struct nlmsghdr *from, const struct route *r)
{
	bool v4 = ip_addr_is_v4(&r->dst);
	bool refuses =
		r->type == RTN_BLACKHOLE || r->type == RTN_UNREACHABLE || r->type == RTN_PROHIBIT;
	struct rtmsg m = {
		.rtm_family = (u8)ip_addr_family(&r->dst),
		.rtm_dst_len = r->prefix_len,
		.rtm_tos = r->tos,
		.rtm_table = r->table < 256 ? (u8)r->table : RT_TABLE_COMPAT,
		.rtm_protocol = r->protocol,
		.rtm_scope = v4 ? r->scope : RT_SCOPE_UNIVERSE,
		.rtm_type = r->type,
		.rtm_flags = nexthop_flags(r),
	};
	struct nlmsghdr h = *from;
	u32 at = nl_begin(b, &h, &m, sizeof(m));

	nl_put_u32(b, RTA_TABLE, r->table);
	if (r->prefix_len)
		nl_put_addr(b, RTA_DST, &r->dst);
	if (r->metric || !v4)
		nl_put_u32(b, RTA_PRIORITY, r->metric);
	if (!ip_addr_is_any(&r->prefsrc))
		nl_put_addr(b, RTA_PREFSRC, &r->prefsrc);
	put_metrics(b, r);
	put_gateway(b, r);
	if (r->dev && !(v4 && refuses))
		nl_put_u32(b, RTA_OIF, (u32)r->dev->ifindex);
	if (!v4) {
		put_expiry(b, r);
		nl_put_u8(b, RTA_PREF, 0); /* ICMPV6_ROUTER_PREF_MEDIUM */
	}
	nl_end(b, at);
}

/* ---- dumps ---- */

struct filter {
	int family, oif;
	u32 table;
	u8 protocol, type;
};

static int parse_filter(struct nl_dump *d, struct filter *f)
{
	const struct rtmsg *m = nl_req_data(&d->req);
	const struct nlattr *tb[RTA_MAX + 1];
	int err;

	f->family = rtnl_family(&d->req);
	if (!nl_option(d->req.nls, NETLINK_GET_STRICT_CHK))
		return 0;
	err = nl_req_parse(&d->req, sizeof(*m), tb, RTA_MAX, min_len);
	if (err < 0)
		return err;
	f->table = tb[RTA_TABLE] ? nl_u32(tb[RTA_TABLE]) : m->rtm_table;
	f->oif = tb[RTA_OIF] ? (int)nl_u32(tb[RTA_OIF]) : 0;
	f->protocol = m->rtm_protocol;
	f->type = m->rtm_type;
	return 0;
}

static bool passes(const struct filter *f, const struct route *r)
{
	return rtnl_wants(f->family, &r->dst) && (!f->table || r->table == f->table) &&
	       (!f->oif || (r->dev && r->dev->ifindex == f->oif)) &&
	       (!f->protocol || r->protocol == f->protocol) && (!f->type || r->type == f->type);
}

/* IPv4 by address, as the trie of Linux has it (default first); IPv6 as looked up, behind IPv4. */
static int compare(const void *a, const void *b)
{
	const struct route *x = *(const struct route *const *)a;
	const struct route *y = *(const struct route *const *)b;
	bool x4 = ip_addr_is_v4(&x->dst), y4 = ip_addr_is_v4(&y->dst);
	int ret;

	if (x4 != y4)
		return x4 ? -1 : 1;
	if (!x4)
		return x->prefix_len != y->prefix_len ? y->prefix_len - x->prefix_len
						      : memcmp(x->dst.b, y->dst.b, 16);
	if (x->table != y->table)
		return x->table > y->table ? -1 : 1; /* local, main, default */
	ret = memcmp(x->dst.b, y->dst.b, 16);
	if (ret)
		return ret;
	if (x->prefix_len != y->prefix_len)
		return y->prefix_len - x->prefix_len;
	return x->metric < y->metric ? -1 : x->metric > y->metric;
}

/* The routes that pass, in order: *out is to be freed. */
static int collect(const struct filter *f, const struct route ***out, size_t *nr)
{
	const struct route *r, **array;
	size_t n = 0;

	route_for_each(r) n += passes(f, r);
	array = malloc((n + 1) * sizeof(struct route *));
	if (!array)
		return -ENOMEM;
	n = 0;
	route_for_each(r) if (passes(f, r)) array[n++] = r;
	qsort(array, n, sizeof(struct route *), compare);
	*out = array;
	*nr = n;
	return 0;
}

int rtnl_dump_routes(struct nl_dump *d, struct nl_buf *b)
{
	const struct route **array;
	struct filter f = {0};
	struct nlmsghdr h = d->h;
	size_t nr;
	int err = parse_filter(d, &f);

	if (err < 0)
		return err;
	if (nl_req_len(&d->req) >= sizeof(struct rtmsg) &&
		(((const struct rtmsg *)nl_req_data(&d->req))->rtm_flags & RTM_F_CLONED))
		return 0; /* there is no route cache */
	err = collect(&f, &array, &nr);
	if (err < 0)
		return err;
	if (!nr && !d->pos && f.table && f.table != RT_TABLE_MAIN && f.table != RT_TABLE_LOCAL &&
		f.family == AF_INET)
		err = nl_refuse(&d->req, -ENOENT, "FIB table does not exist");
	h.nlmsg_type = RTM_NEWROUTE;
	if (f.table || f.oif || f.protocol || f.type)
		h.nlmsg_flags |= NLM_F_DUMP_FILTERED;
	while (!err && d->pos < nr) {
		u32 at = b->len;

		rtnl_fill_route(b, &h, array[d->pos]);
		if (nl_dump_full(d, b, at))
			err = 1;
		else
			d->pos++;
	}
	free(array);
	return err;
}

/* ---- changing ---- */

static int parse_metrics(struct nl_req *req, const struct nlattr *a, struct route *r)
{
	static const u8 metric_len[RTAX_MAX + 1] = {
		[RTAX_MTU] = 4, [RTAX_WINDOW] = 4, [RTAX_ADVMSS] = 4, [RTAX_HOPLIMIT] = 4};
	const struct nlattr *tb[RTAX_MAX + 1];
	int err = nl_parse_nested(a, tb, RTAX_MAX, metric_len, &req->ext);

	if (err < 0)
		return err;
	r->mtu = tb[RTAX_MTU] ? nl_u32(tb[RTAX_MTU]) : 0;
	r->window = tb[RTAX_WINDOW] ? nl_u32(tb[RTAX_WINDOW]) : 0;
	r->advmss = tb[RTAX_ADVMSS] ? nl_u32(tb[RTAX_ADVMSS]) : 0;
	r->hoplimit = tb[RTAX_HOPLIMIT] ? nl_u32(tb[RTAX_HOPLIMIT]) : 0;
	if (r->hoplimit > 255)
		return nl_refuse_attr(req, -EINVAL, a, "Invalid metric");
	return 0;
}

static int parse_via(struct nl_req *req, const struct nlattr *a, struct route *r)
{
	const struct rtvia *via = nl_data(a);
	u32 len = nl_len(a) - (u32)sizeof(*via);

	if (via->rtvia_family == AF_INET && len >= 4)
		memcpy(&r->gateway, &(struct ip_addr){.w = {0, 0, be32_of(0xffff), 0}}, 16);
	if (via->rtvia_family == AF_INET && len >= 4)
		memcpy(&r->gateway.w[3], via->rtvia_addr, 4);
	else if (via->rtvia_family == AF_INET6 && len >= 16)
		r->gateway = ip_addr_v6(via->rtvia_addr);
	else
		return nl_refuse_attr(req, -EINVAL, a, "Invalid nexthop");
	r->has_gateway = true;
	return 0;
}

/* One nexthop only; the routes of several are refused. */
static int parse_multipath(struct nl_req *req, const struct nlattr *a, struct route *r)
{
	const struct rtnexthop *nh = nl_data(a);
	const struct nlattr *tb[RTA_MAX + 1];
	int err;

	if (nl_len(a) < sizeof(*nh) || nh->rtnh_len < sizeof(*nh) || nh->rtnh_len > nl_len(a))
		return nl_refuse_attr(req, -EINVAL, a, "Invalid nexthop");
	if (ALIGN_UP((u32)nh->rtnh_len, RTNH_ALIGNTO) < nl_len(a))
		return nl_refuse_attr(req, -EOPNOTSUPP, a, "Multipath routes are not supported");
	err = nl_parse(nh + 1, nh->rtnh_len - sizeof(*nh), tb, RTA_MAX, min_len, &req->ext);
	if (err < 0)
		return err;
	r->dev = nh->rtnh_ifindex ? netdev_by_index(nh->rtnh_ifindex) : NULL;
	if (nh->rtnh_ifindex && !r->dev)
		return -ENODEV;
	r->flags |= nh->rtnh_flags & RTNH_F_ONLINK;
	if (tb[RTA_GATEWAY]) {
		r->has_gateway = true;
		return nl_addr(tb[RTA_GATEWAY], ip_addr_family(&r->dst), &r->gateway);
	}
	return 0;
}

static int parse_nexthop(struct nl_req *req, const struct nlattr *const *tb, struct route *r)
{
	int family = ip_addr_family(&r->dst), err = 0;

	if (tb[RTA_OIF]) {
		r->dev = netdev_by_index((int)nl_u32(tb[RTA_OIF]));
		if (!r->dev)
			return -ENODEV;
	}
	if (tb[RTA_GATEWAY]) {
		if (nl_addr(tb[RTA_GATEWAY], family, &r->gateway) < 0)
			return nl_refuse_attr(req, -EINVAL, tb[RTA_GATEWAY], "Invalid gateway");
		r->has_gateway = !ip_addr_is_any(&r->gateway);
	}
	if (tb[RTA_VIA])
		err = parse_via(req, tb[RTA_VIA], r);
	if (!err && tb[RTA_MULTIPATH])
		err = parse_multipath(req, tb[RTA_MULTIPATH], r);
	return err;
}

static int parse_request(struct nl_req *req, struct route *r)
{
	const struct rtmsg *m = nl_req_data(req);
	const struct nlattr *tb[RTA_MAX + 1];
	int err = nl_req_parse(req, sizeof(*m), tb, RTA_MAX, min_len);

	if (err < 0)
		return err;
	if (!family_ok(m->rtm_family))
		return -EOPNOTSUPP;
	if (tb[RTA_ENCAP] || tb[RTA_NH_ID] || m->rtm_src_len)
		return nl_refuse(req, -EOPNOTSUPP, "Route attribute is not supported");
	*r = (struct route){.dst = ip_addr_any(m->rtm_family),
		.prefsrc = ip_addr_any(m->rtm_family),
		.prefix_len = m->rtm_dst_len,
		.table = tb[RTA_TABLE] ? nl_u32(tb[RTA_TABLE]) : m->rtm_table,
		.protocol = m->rtm_protocol,
		.scope = m->rtm_scope,
		.type = m->rtm_type,
		.tos = m->rtm_tos,
		.flags = m->rtm_flags & RTNH_F_ONLINK,
		.metric = tb[RTA_PRIORITY] ? nl_u32(tb[RTA_PRIORITY]) : 0};
	if (r->prefix_len > ip_addr_bits(&r->dst))
		return nl_refuse(req, -EINVAL, "Invalid prefix length");
	if (tb[RTA_DST] && nl_addr(tb[RTA_DST], m->rtm_family, &r->dst) < 0)
		return nl_refuse_attr(req, -EINVAL, tb[RTA_DST], "Invalid destination");
	if (m->rtm_family == AF_INET6)
		r->dst = ip_addr_mask(&r->dst, r->prefix_len);
	if (tb[RTA_PREFSRC] && nl_addr(tb[RTA_PREFSRC], m->rtm_family, &r->prefsrc) < 0)
		return nl_refuse_attr(req, -EINVAL, tb[RTA_PREFSRC], "Invalid prefsrc address");
	if (tb[RTA_EXPIRES] && nl_u32(tb[RTA_EXPIRES]))
		r->expires_ns =
			os_clock_ns(OS_CLOCK_MONOTONIC) + nl_u32(tb[RTA_EXPIRES]) * NSEC_PER_SEC;
	err = parse_nexthop(req, tb, r);
	if (!err && tb[RTA_METRICS])
		err = parse_metrics(req, tb[RTA_METRICS], r);
	return err;
}

int rtnl_new_route(struct nl_req *req)
{
	struct route r;
	int err = parse_request(req, &r);

	if (err < 0)
		return err;
	if (r.type > RTN_MAX)
		return -EINVAL;
	if (!ip_addr_is_any(&r.prefsrc) && !ifaddr_find(NULL, &r.prefsrc))
		return nl_refuse(req, -EINVAL, "Invalid prefsrc address");
	if (ip_addr_is_v4(&r.dst) && r.has_gateway && r.scope >= RT_SCOPE_LINK)
		return nl_refuse(req, -EINVAL, "Invalid scope");
	if (!ip_addr_is_v4(&r.dst) && !r.metric)
		r.metric = 1024; /* IP6_RT_PRIO_USER */
	if (!(req->h->nlmsg_flags & (NLM_F_CREATE | NLM_F_REPLACE)))
		return -ENOENT;
	err = route_add(&r, req->h->nlmsg_flags);
	if (err == -ENETUNREACH || err == -EHOSTUNREACH)
		nl_refuse(req, err, "Nexthop has invalid gateway");
	else if (err == -ENETDOWN)
		nl_refuse(req, err, "Device for nexthop is not up");
	else if (err == -EINVAL)
		nl_refuse(req, err, "Invalid prefix for given prefix length");
	return err;
}

int rtnl_del_route(struct nl_req *req)
{
	struct route r;
	int err = parse_request(req, &r);

	return err < 0 ? err : route_del(&r);
}

/* ---- `ip route get` ---- */

static int parse_get(struct nl_req *req, struct flow *fl, int *iif)
{
	const struct rtmsg *m = nl_req_data(req);
	const struct nlattr *tb[RTA_MAX + 1];
	int err = nl_req_parse(req, sizeof(*m), tb, RTA_MAX, min_len);

	if (err < 0)
		return err;
	if (!family_ok(m->rtm_family))
		return -EOPNOTSUPP;
	*fl = (struct flow){.saddr = ip_addr_any(m->rtm_family),
		.daddr = ip_addr_any(m->rtm_family),
		.tos = m->rtm_tos,
		.ttl = -1};
	if (tb[RTA_DST] && nl_addr(tb[RTA_DST], m->rtm_family, &fl->daddr) < 0)
		return nl_refuse_attr(req, -EINVAL, tb[RTA_DST], "Invalid destination");
	if (tb[RTA_SRC] && nl_addr(tb[RTA_SRC], m->rtm_family, &fl->saddr) < 0)
		return nl_refuse_attr(req, -EINVAL, tb[RTA_SRC], "Invalid source");
	fl->oif = tb[RTA_OIF] ? (int)nl_u32(tb[RTA_OIF]) : 0;
	fl->mark = tb[RTA_MARK] ? nl_u32(tb[RTA_MARK]) : 0;
	fl->proto = tb[RTA_IP_PROTO] ? nl_u8(tb[RTA_IP_PROTO]) : 0;
	fl->sport = tb[RTA_SPORT] ? cpu16_of(nl_u16(tb[RTA_SPORT])) : 0;
	fl->dport = tb[RTA_DPORT] ? cpu16_of(nl_u16(tb[RTA_DPORT])) : 0;
	*iif = tb[RTA_IIF] ? (int)nl_u32(tb[RTA_IIF]) : 0;
	if (*iif && !netdev_by_index(*iif))
		return -ENODEV;
	if (fl->oif && !netdev_by_index(fl->oif))
		return -ENODEV;
	return 0;
}

static u8 answer_type(const struct dst *dst)
{
	static const u8 types[DST_COUNT] = {
		[DST_UNICAST] = RTN_UNICAST,
		[DST_LOCAL] = RTN_LOCAL,
		[DST_BROADCAST] = RTN_BROADCAST,
		[DST_MULTICAST] = RTN_MULTICAST,
	};

	return types[dst->type];
}

#define RTCF_BITS_BROADCAST 0x10000000u
#define RTCF_BITS_MULTICAST 0x20000000u
#define RTCF_BITS_LOCAL 0x80000000u

static u32 answer_flags(const struct dst *dst)
{
	static const u32 bits[DST_COUNT] = {
		[DST_LOCAL] = RTCF_BITS_LOCAL,
		[DST_BROADCAST] = RTCF_BITS_BROADCAST,
		[DST_MULTICAST] = RTCF_BITS_MULTICAST,
	};

	return RTM_F_CLONED | bits[dst->type];
}

/* IPv4: the way of one packet, not a route of a table. */
static void fill_way(
	struct nl_buf *b, const struct nlmsghdr *h, const struct flow *fl, const struct dst *dst)
{
	struct rtmsg m = {.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_tos = fl->tos,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_type = answer_type(dst),
		.rtm_flags = answer_flags(dst)};
	const struct route *r;
	struct rta_cacheinfo ci = {0};
	u32 at, table = RT_TABLE_MAIN;

	if (route_lookup(fl, &r) == 0)
		table = r->table;
	m.rtm_table = table < 256 ? (u8)table : RT_TABLE_COMPAT;
	at = nl_begin(b, h, &m, sizeof(m));
	nl_put_u32(b, RTA_TABLE, table);
	nl_put_addr(b, RTA_DST, &fl->daddr);
	nl_put_u32(b, RTA_OIF, (u32)dst->dev->ifindex);
	if (!ip_addr_is_any(&fl->saddr))
		nl_put_addr(b, RTA_PREFSRC, &fl->saddr);
	if (dst->type == DST_UNICAST && !ip_addr_eq(&dst->next_hop, &fl->daddr))
		put_gateway(b,
			&(struct route){
				.dst = fl->daddr, .has_gateway = true, .gateway = dst->next_hop});
	if (dst->mtu < dst->dev->mtu)
		put_metrics(b, &(struct route){.mtu = dst->mtu});
	if (fl->mark)
		nl_put_u32(b, RTA_MARK, fl->mark);
	nl_put_u32(b, RTA_UID, uid_out(current->cred->uid));
	nl_put(b, RTA_CACHEINFO, &ci, sizeof(ci));
	nl_end(b, at);
}

int rtnl_get_route(struct nl_req *req)
{
	struct nlmsghdr h = {.nlmsg_type = RTM_NEWROUTE,
		.nlmsg_seq = req->h->nlmsg_seq,
		.nlmsg_pid = req->nls->portid};
	struct flow fl;
	struct dst dst;
	const struct route *found;
	struct nl_buf b = {0};
	struct route way;
	int iif = 0, err = parse_get(req, &fl, &iif);

	if (!err)
		err = route_output(&fl, &dst);
	if (err < 0)
		return err;
	if (iif && dst.type == DST_UNICAST)
		return -EHOSTUNREACH; /* nothing is forwarded */
	if (ip_addr_is_v4(&fl.daddr)) {
		fill_way(&b, &h, &fl, &dst);
		return nl_reply(req->nls, &b);
	}
	way = (struct route){.table = RT_TABLE_MAIN, .type = answer_type(&dst)};
	if (route_lookup(&fl, &found) == 0)
		way = *found;
	way.dst = fl.daddr;
	way.prefix_len = 128;
	way.dev = dst.dev;
	way.prefsrc = fl.saddr;
	rtnl_fill_route(&b, &h, &way);
	return nl_reply(req->nls, &b);
}
