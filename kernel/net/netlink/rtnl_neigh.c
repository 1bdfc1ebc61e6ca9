/* Neighbours over netlink: RTM_{NEW,DEL,GET}NEIGH. The table is neigh.c's. */
#include "kernel/net/netlink/rtnl.h"

#include "kernel/os.h"

static const u8 min_len[NDA_MAX + 1] = {
	[NDA_DST] = 4,
	[NDA_LLADDR] = 6,
	[NDA_CACHEINFO] = sizeof(struct nda_cacheinfo),
	[NDA_PROBES] = 4,
	[NDA_IFINDEX] = 4,
	[NDA_MASTER] = 4,
};

static u32 ticks_since(u64 ns)
{
	return (u32)((os_clock_ns(OS_CLOCK_MONOTONIC) - ns) / (10 * NSEC_PER_MSEC));
}

void rtnl_fill_neigh(struct nl_buf *b, const struct nlmsghdr *from, const struct neigh *n)
{
	struct ndmsg m = {
		.ndm_family = (u8)ip_addr_family(&n->addr),
		.ndm_ifindex = n->dev->ifindex,
		.ndm_state = n->state,
		.ndm_flags = n->flags,
		.ndm_type = RTN_UNICAST,
	};
	struct nda_cacheinfo ci = {
		.ndm_confirmed = ticks_since(n->confirmed_ns),
		.ndm_used = ticks_since(n->used_ns),
		.ndm_updated = ticks_since(n->updated_ns),
	};
	struct nlmsghdr h = *from;
	u32 at = nl_begin(b, &h, &m, sizeof(m));

	nl_put_addr(b, NDA_DST, &n->addr);
	if (n->state & NUD_VALID)
		nl_put(b, NDA_LLADDR, n->mac, sizeof(n->mac));
	nl_put_u32(b, NDA_PROBES, n->probes);
	nl_put(b, NDA_CACHEINFO, &ci, sizeof(ci));
	nl_end(b, at);
}

int rtnl_dump_neighs(struct nl_dump *d, struct nl_buf *b)
{
	const struct ndmsg *m = nl_req_data(&d->req);
	const struct nlattr *tb[NDA_MAX + 1] = {0};
	int family = rtnl_family(&d->req), ifindex = 0;
	struct nlmsghdr h = d->h;
	const struct neigh *n;
	u64 i = 0;

	if (nl_req_len(&d->req) >= sizeof(*m)) {
		if (nl_req_parse(&d->req, sizeof(*m), tb, NDA_MAX, min_len) < 0)
			return -EINVAL;
		if (m->ndm_flags & NTF_PROXY)
			return 0; /* there are none */
		if (tb[NDA_IFINDEX])
			ifindex = (int)nl_u32(tb[NDA_IFINDEX]);
	}
	if (tb[NDA_MASTER] && nl_u32(tb[NDA_MASTER]))
		return 0;
	h.nlmsg_type = RTM_NEWNEIGH;
	if (ifindex)
		h.nlmsg_flags |= NLM_F_DUMP_FILTERED;
	neigh_for_each(n)
	{
		u32 at = b->len;

		if (i++ < d->pos)
			continue;
		if (rtnl_wants(family, &n->addr) && (!ifindex || n->dev->ifindex == ifindex))
			rtnl_fill_neigh(b, &h, n);
		if (nl_dump_full(d, b, at))
			return 1;
		d->pos = i;
	}
	return 0;
}

struct neigh_req {
	struct netdev *dev;
	struct ip_addr addr;
	const u8 *mac; /* NULL: none */
	u16 state;
	u8 flags;
};

static int parse_request(struct nl_req *r, struct neigh_req *q)
{
	const struct ndmsg *m = nl_req_data(r);
	const struct nlattr *tb[NDA_MAX + 1];
	int err = nl_req_parse(r, sizeof(*m), tb, NDA_MAX, min_len);

	if (err < 0)
		return err;
	if (m->ndm_family != AF_INET && m->ndm_family != AF_INET6)
		return nl_refuse(r, -EAFNOSUPPORT, "Invalid address family");
	if (!tb[NDA_DST])
		return nl_refuse(r, -EINVAL, "Network address not specified");
	if (nl_addr(tb[NDA_DST], m->ndm_family, &q->addr) < 0)
		return nl_refuse_attr(r, -EINVAL, tb[NDA_DST], "Invalid network address");
	if (m->ndm_flags & NTF_PROXY)
		return nl_refuse(r, -EOPNOTSUPP, "Proxy neighbours are not supported");
	q->dev = netdev_by_index(m->ndm_ifindex);
	if (!q->dev)
		return m->ndm_ifindex ? -ENODEV : nl_refuse(r, -EINVAL, "No device specified");
	q->mac = tb[NDA_LLADDR] ? nl_data(tb[NDA_LLADDR]) : NULL;
	q->state = m->ndm_state;
	q->flags = m->ndm_flags;
	return 0;
}

int rtnl_new_neigh(struct nl_req *r)
{
	struct neigh_req q;
	const struct neigh *n;
	int err = parse_request(r, &q);

	if (err < 0)
		return err;
	n = neigh_find(q.dev, &q.addr);
	if (n && (r->h->nlmsg_flags & NLM_F_EXCL))
		return -EEXIST;
	if (!n && !(r->h->nlmsg_flags & NLM_F_CREATE))
		return -ENOENT;
	if (n && q.mac && !(r->h->nlmsg_flags & NLM_F_REPLACE) && memcmp(n->mac, q.mac, 6))
		q.mac = NULL; /* as Linux: without REPLACE a known address stays */
	return neigh_set(q.dev, &q.addr, q.mac, q.state, q.flags);
}

int rtnl_del_neigh(struct nl_req *r)
{
	struct neigh_req q;
	int err = parse_request(r, &q);

	return err < 0 ? err : neigh_del(q.dev, &q.addr);
}

int rtnl_get_neigh(struct nl_req *r)
{
	struct nlmsghdr h = {.nlmsg_type = RTM_NEWNEIGH,
		.nlmsg_seq = r->h->nlmsg_seq,
		.nlmsg_pid = r->nls->portid};
	struct nl_buf b = {0};
	struct neigh_req q;
	const struct neigh *n;
	int err = parse_request(r, &q);

	if (err < 0)
		return err;
	n = neigh_find(q.dev, &q.addr);
	if (!n)
		return -ENOENT;
	rtnl_fill_neigh(&b, &h, n);
	return nl_reply(r->nls, &b);
}
