/* Addresses over netlink: RTM_{NEW,DEL,GET}ADDR. The addresses are ifaddr.c's. */
#include "kernel/net/netlink/rtnl.h"

#include "kernel/os.h"

static const u8 min_len[IFA_MAX + 1] = {
	[IFA_ADDRESS] = 4,
	[IFA_LOCAL] = 4,
	[IFA_BROADCAST] = 4,
	[IFA_LABEL] = 1,
	[IFA_CACHEINFO] = sizeof(struct ifa_cacheinfo),
	[IFA_FLAGS] = 4,
	[IFA_RT_PRIORITY] = 4,
};

/* Seconds left of a lifetime that began age_s ago. */
static u32 seconds_left(u32 lifetime_s, u64 age_s)
{
	if (lifetime_s == UINT32_MAX)
		return UINT32_MAX;
	return age_s >= lifetime_s ? 0 : (u32)(lifetime_s - age_s);
}

static void put_cacheinfo(struct nl_buf *b, const struct ifaddr *a)
{
	u64 age_s = (os_clock_ns(OS_CLOCK_MONOTONIC) - a->updated_ns) / NSEC_PER_SEC;
	struct ifa_cacheinfo ci = {
		.ifa_prefered = seconds_left(a->preferred_s, age_s),
		.ifa_valid = seconds_left(a->valid_s, age_s),
		.cstamp = (u32)(a->created_ns / (10 * NSEC_PER_MSEC)),
		.tstamp = (u32)(a->updated_ns / (10 * NSEC_PER_MSEC)),
	};

	nl_put(b, IFA_CACHEINFO, &ci, sizeof(ci));
}

void rtnl_fill_addr(struct nl_buf *b, const struct nlmsghdr *from, const struct ifaddr *a)
{
	bool v4 = ip_addr_is_v4(&a->addr);
	struct ifaddrmsg m = {
		.ifa_family = (u8)ip_addr_family(&a->addr),
		.ifa_prefixlen = a->prefix_len,
		.ifa_flags = (u8)a->flags,
		.ifa_scope = a->scope,
		.ifa_index = (u32)a->dev->ifindex,
	};
	struct nlmsghdr h = *from;
	u32 at = nl_begin(b, &h, &m, sizeof(m));

	if (v4 || !ip_addr_eq(&a->addr, &a->peer))
		nl_put_addr(b, IFA_LOCAL, &a->addr);
	nl_put_addr(b, IFA_ADDRESS, &a->peer);
	if (v4 && a->broadcast)
		nl_put_u32(b, IFA_BROADCAST, a->broadcast);
	if (v4 && a->label[0])
		nl_put_str(b, IFA_LABEL, a->label);
	nl_put_u32(b, IFA_FLAGS, a->flags);
	if (a->metric)
		nl_put_u32(b, IFA_RT_PRIORITY, a->metric);
	put_cacheinfo(b, a);
	nl_end(b, at);
}

/* ---- reading ---- */

struct dump_walk {
	struct nl_dump *d;
	struct nl_buf *b;
	struct nlmsghdr h;
	u64 i;
	int ifindex; /* 0: all */
};

static bool dump_family(struct dump_walk *w, int family)
{
	const struct netdev *dev;
	const struct ifaddr *a;

	netdev_for_each(dev)
	{
		if (w->ifindex && dev->ifindex != w->ifindex)
			continue;
		list_for_each_entry (a, &dev->addrs, link) {
			u32 at = w->b->len;

			if (ip_addr_family(&a->addr) != family || w->i++ < w->d->pos)
				continue;
			rtnl_fill_addr(w->b, &w->h, a);
			if (nl_dump_full(w->d, w->b, at))
				return false;
			w->d->pos = w->i;
		}
	}
	return true;
}

int rtnl_dump_addrs(struct nl_dump *d, struct nl_buf *b)
{
	struct dump_walk w = {.d = d, .b = b, .h = d->h};
	int family = rtnl_family(&d->req);

	w.h.nlmsg_type = RTM_NEWADDR;
	if (nl_option(d->req.nls, NETLINK_GET_STRICT_CHK)) {
		const struct ifaddrmsg *m = nl_req_data(&d->req);

		if (nl_req_len(&d->req) < sizeof(*m))
			return nl_refuse(&d->req, -EINVAL, "Invalid header for address dump");
		if (m->ifa_index) {
			w.ifindex = (int)m->ifa_index;
			w.h.nlmsg_flags |= NLM_F_DUMP_FILTERED;
			if (!netdev_by_index(w.ifindex))
				return -ENODEV;
		}
	}
	if (family != AF_INET6 && !dump_family(&w, AF_INET))
		return 1;
	if (family != AF_INET && !dump_family(&w, AF_INET6))
		return 1;
	return 0;
}

/* ---- the request's address ---- */

struct addr_req {
	struct netdev *dev;
	struct ifaddr a; /* as ifaddr_add wants it */
	bool has_local, has_address, has_label;
};

static int parse_addresses(struct nl_req *r, const struct nlattr *const *tb, struct addr_req *q)
{
	const struct ifaddrmsg *m = nl_req_data(r);
	struct ifaddr *a = &q->a;

	q->has_local = tb[IFA_LOCAL];
	q->has_address = tb[IFA_ADDRESS];
	a->addr = a->peer = ip_addr_any(m->ifa_family);
	if (q->has_local && nl_addr(tb[IFA_LOCAL], m->ifa_family, &a->addr) < 0)
		return nl_refuse_attr(r, -EINVAL, tb[IFA_LOCAL], "Invalid address");
	if (q->has_address && nl_addr(tb[IFA_ADDRESS], m->ifa_family, &a->peer) < 0)
		return nl_refuse_attr(r, -EINVAL, tb[IFA_ADDRESS], "Invalid address");
	if (m->ifa_family == AF_INET6 && !q->has_local)
		a->addr = a->peer;
	else if (!q->has_address)
		a->peer = a->addr;
	if (m->ifa_prefixlen > ip_addr_bits(&a->addr))
		return nl_refuse(r, -EINVAL, "Invalid prefix length");
	return 0;
}

static int parse_request(struct nl_req *r, struct addr_req *q)
{
	const struct ifaddrmsg *m = nl_req_data(r);
	const struct nlattr *tb[IFA_MAX + 1];
	int err = nl_req_parse(r, sizeof(*m), tb, IFA_MAX, min_len);
	struct ifaddr *a = &q->a;

	memset(q, 0, sizeof(*q));
	if (err < 0)
		return err;
	if (m->ifa_family != AF_INET && m->ifa_family != AF_INET6)
		return -EOPNOTSUPP;
	err = parse_addresses(r, tb, q);
	if (err < 0)
		return err;
	a->prefix_len = m->ifa_prefixlen;
	a->flags = tb[IFA_FLAGS] ? nl_u32(tb[IFA_FLAGS]) : m->ifa_flags;
	a->scope = m->ifa_family == AF_INET ? m->ifa_scope : ifaddr_scope_v6(&a->addr);
	a->metric = tb[IFA_RT_PRIORITY] ? nl_u32(tb[IFA_RT_PRIORITY]) : 0;
	a->broadcast = tb[IFA_BROADCAST] ? nl_u32(tb[IFA_BROADCAST]) : 0;
	a->valid_s = a->preferred_s = UINT32_MAX;
	if (tb[IFA_LABEL] && m->ifa_family == AF_INET) {
		if (nl_string(tb[IFA_LABEL], a->label, sizeof(a->label)) < 0)
			return nl_refuse_attr(r, -ERANGE, tb[IFA_LABEL], "Label is too long");
		q->has_label = true;
	}
	if (tb[IFA_CACHEINFO]) {
		struct ifa_cacheinfo ci;

		memcpy(&ci, nl_data(tb[IFA_CACHEINFO]), sizeof(ci));
		if (!ci.ifa_valid || ci.ifa_prefered > ci.ifa_valid)
			return nl_refuse_attr(
				r, -EINVAL, tb[IFA_CACHEINFO], "Invalid lifetimes of the address");
		a->valid_s = ci.ifa_valid;
		a->preferred_s = ci.ifa_prefered;
	}
	q->dev = netdev_by_index((int)m->ifa_index);
	return 0;
}

static struct ifaddr *find_exact(const struct addr_req *q)
{
	struct ifaddr *a;

	list_for_each_entry (a, &q->dev->addrs, link)
		if (ip_addr_eq(&a->addr, &q->a.addr) &&
			(!ip_addr_is_v4(&a->addr) || a->prefix_len == q->a.prefix_len))
			return a;
	return NULL;
}

/* ---- requests ---- */

int rtnl_new_addr(struct nl_req *r)
{
	struct addr_req q;
	struct ifaddr *old;
	int err = parse_request(r, &q);

	if (err < 0)
		return err;
	if (ip_addr_is_v4(&q.a.addr) ? !q.has_local : !(q.has_local || q.has_address))
		return nl_refuse(r, -EINVAL, "Local address is not supplied");
	if (!q.dev)
		return nl_refuse(r, -ENODEV, "Device not found");
	old = find_exact(&q);
	if (!old) {
		q.a.flags &= IFA_F_NODAD | IFA_F_NOPREFIXROUTE | IFA_F_HOMEADDRESS |
			     IFA_F_MANAGETEMPADDR | IFA_F_MCAUTOJOIN | IFA_F_OPTIMISTIC;
		err = ifaddr_add(q.dev, &q.a, NULL);
		return err == -EINVAL ? nl_refuse(r, err, "Invalid address") : err;
	}
	if ((r->h->nlmsg_flags & NLM_F_EXCL) || !(r->h->nlmsg_flags & NLM_F_REPLACE))
		return nl_refuse(r, -EEXIST, "Address already assigned");
	err = ifaddr_set_lifetime(old, q.a.valid_s, q.a.preferred_s);
	if (!err)
		net_notify(NET_ADDR_ADDED, old);
	return err;
}

int rtnl_del_addr(struct nl_req *r)
{
	struct addr_req q;
	struct ifaddr *a;
	int err = parse_request(r, &q);

	if (err < 0)
		return err;
	if (!q.dev)
		return nl_refuse(r, -ENODEV, "Device not found");
	list_for_each_entry (a, &q.dev->addrs, link) {
		if (ip_addr_family(&a->addr) != rtnl_family(r))
			continue;
		if ((q.has_local || !ip_addr_is_v4(&a->addr)) && !ip_addr_eq(&a->addr, &q.a.addr))
			continue;
		if (q.has_label && strcmp(a->label, q.a.label))
			continue;
		if (q.has_address && (a->prefix_len != q.a.prefix_len ||
					     !ip_addr_match(&q.a.peer, &a->peer, a->prefix_len)))
			continue;
		ifaddr_remove(a);
		return 0;
	}
	return nl_refuse(r, -EADDRNOTAVAIL, "Address not found");
}

int rtnl_get_addr(struct nl_req *r)
{
	struct nlmsghdr h = {.nlmsg_type = RTM_NEWADDR,
		.nlmsg_seq = r->h->nlmsg_seq,
		.nlmsg_pid = r->nls->portid};
	struct nl_buf b = {0};
	struct addr_req q;
	const struct ifaddr *a;
	int err = parse_request(r, &q);

	if (err < 0)
		return err;
	if (rtnl_family(r) != AF_INET6)
		return -EOPNOTSUPP;
	a = ifaddr_find(q.dev, &q.a.addr);
	if (!a)
		return -EADDRNOTAVAIL;
	rtnl_fill_addr(&b, &h, a);
	return nl_reply(r->nls, &b);
}
