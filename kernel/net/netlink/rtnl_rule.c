/* Policy rules over netlink: RTM_{NEW,DEL,GET}RULE. The list is rule.c's. */
#include "kernel/net/netlink/rtnl.h"

static const u8 min_len[FRA_MAX + 1] = {
	[FRA_DST] = 4,
	[FRA_SRC] = 4,
	[FRA_IIFNAME] = 1,
	[FRA_OIFNAME] = 1,
	[FRA_GOTO] = 4,
	[FRA_PRIORITY] = 4,
	[FRA_FWMARK] = 4,
	[FRA_FWMASK] = 4,
	[FRA_TABLE] = 4,
	[FRA_SUPPRESS_PREFIXLEN] = 4,
	[FRA_SUPPRESS_IFGROUP] = 4,
	[FRA_PROTOCOL] = 1,
	[FRA_IP_PROTO] = 1,
	[FRA_SPORT_RANGE] = sizeof(struct fib_rule_port_range),
	[FRA_DPORT_RANGE] = sizeof(struct fib_rule_port_range),
};

static void put_selectors(struct nl_buf *b, const struct rule *rule)
{
	if (rule->dst_len)
		nl_put_addr(b, FRA_DST, &rule->dst);
	if (rule->src_len)
		nl_put_addr(b, FRA_SRC, &rule->src);
	if (rule->iif[0])
		nl_put_str(b, FRA_IIFNAME, rule->iif);
	if (rule->oif[0])
		nl_put_str(b, FRA_OIFNAME, rule->oif);
	if (rule->mark || rule->mark_mask) {
		nl_put_u32(b, FRA_FWMARK, rule->mark);
		nl_put_u32(b, FRA_FWMASK, rule->mark_mask);
	}
	if (rule->ip_proto)
		nl_put_u8(b, FRA_IP_PROTO, rule->ip_proto);
	if (rule->sport.start)
		nl_put(b, FRA_SPORT_RANGE, &rule->sport, sizeof(rule->sport));
	if (rule->dport.start)
		nl_put(b, FRA_DPORT_RANGE, &rule->dport, sizeof(rule->dport));
}

void rtnl_fill_rule(struct nl_buf *b, const struct nlmsghdr *from, const struct rule *rule)
{
	struct fib_rule_hdr m = {
		.family = (u8)rule->family,
		.dst_len = rule->dst_len,
		.src_len = rule->src_len,
		.tos = rule->tos,
		.table = rule->table < 256 ? (u8)rule->table : RT_TABLE_COMPAT,
		.action = rule->action,
		.flags = rule->flags,
	};
	struct nlmsghdr h = *from;
	u32 at = nl_begin(b, &h, &m, sizeof(m));

	nl_put_u32(b, FRA_TABLE, rule->table);
	nl_put_u32(b, FRA_SUPPRESS_PREFIXLEN, (u32)rule->suppress_prefix_len);
	nl_put_u8(b, FRA_PROTOCOL, rule->protocol);
	if (rule->priority)
		nl_put_u32(b, FRA_PRIORITY, rule->priority);
	if (rule->action == FR_ACT_GOTO)
		nl_put_u32(b, FRA_GOTO, rule->target);
	put_selectors(b, rule);
	nl_end(b, at);
}

int rtnl_dump_rules(struct nl_dump *d, struct nl_buf *b)
{
	int family = rtnl_family(&d->req);
	struct nlmsghdr h = d->h;
	const struct rule *rule;
	u64 i = 0;

	h.nlmsg_type = RTM_NEWRULE;
	rule_for_each(rule)
	{
		u32 at = b->len;

		if (i++ < d->pos)
			continue;
		if (family == AF_UNSPEC || family == rule->family)
			rtnl_fill_rule(b, &h, rule);
		if (nl_dump_full(d, b, at))
			return 1;
		d->pos = i;
	}
	return 0;
}

static int parse_names(struct nl_req *r, const struct nlattr *const *tb, struct rule *rule)
{
	if (tb[FRA_IIFNAME] && nl_string(tb[FRA_IIFNAME], rule->iif, sizeof(rule->iif)) < 0)
		return nl_refuse_attr(r, -EINVAL, tb[FRA_IIFNAME], "Invalid device name");
	if (tb[FRA_OIFNAME] && nl_string(tb[FRA_OIFNAME], rule->oif, sizeof(rule->oif)) < 0)
		return nl_refuse_attr(r, -EINVAL, tb[FRA_OIFNAME], "Invalid device name");
	return 0;
}

static int parse_prefix(struct nl_req *r, const struct nlattr *a, u8 len, struct ip_addr *addr)
{
	struct ip_addr masked;

	if (len > ip_addr_bits(addr))
		return nl_refuse(r, -EINVAL, "Invalid prefix length");
	if (!len)
		return 0;
	if (!a || nl_addr(a, ip_addr_family(addr), addr) < 0)
		return nl_refuse(r, -EINVAL, "Invalid address");
	masked = ip_addr_mask(addr, len);
	*addr = masked;
	return 0;
}

static int parse_ports(struct nl_req *r, const struct nlattr *a, struct fib_rule_port_range *out)
{
	if (!a)
		return 0;
	memcpy(out, nl_data(a), sizeof(*out));
	if (!out->start || out->end < out->start)
		return nl_refuse_attr(r, -EINVAL, a, "Invalid port range");
	return 0;
}

static int refuse_unknown(struct nl_req *r, const struct nlattr *const *tb)
{
	static const u16 cannot[] = {
		FRA_L3MDEV, FRA_UID_RANGE, FRA_TUN_ID, FRA_FLOW, FRA_SUPPRESS_IFGROUP};

	for (size_t i = 0; i < ARRAY_SIZE(cannot); i++)
		if (tb[cannot[i]] &&
			!(cannot[i] == FRA_SUPPRESS_IFGROUP && nl_u32(tb[cannot[i]]) == ~0u))
			return nl_refuse_attr(
				r, -EOPNOTSUPP, tb[cannot[i]], "Selector is not supported");
	return 0;
}

static int parse_request(struct nl_req *r, struct rule *rule, bool *has_priority)
{
	const struct fib_rule_hdr *m = nl_req_data(r);
	const struct nlattr *tb[FRA_MAX + 1];
	int err = nl_req_parse(r, sizeof(*m), tb, FRA_MAX, min_len);

	if (!err)
		err = refuse_unknown(r, tb);
	if (err < 0)
		return err;
	if (m->family != AF_INET && m->family != AF_INET6)
		return -EAFNOSUPPORT;
	*rule = (struct rule){.family = m->family,
		.action = m->action,
		.tos = m->tos,
		.flags = m->flags & FIB_RULE_INVERT,
		.table = tb[FRA_TABLE] ? nl_u32(tb[FRA_TABLE]) : m->table,
		.src = ip_addr_any(m->family),
		.dst = ip_addr_any(m->family),
		.src_len = m->src_len,
		.dst_len = m->dst_len,
		.suppress_prefix_len = -1};
	*has_priority = tb[FRA_PRIORITY];
	rule->priority = tb[FRA_PRIORITY] ? nl_u32(tb[FRA_PRIORITY]) : 0;
	rule->mark = tb[FRA_FWMARK] ? nl_u32(tb[FRA_FWMARK]) : 0;
	rule->mark_mask = tb[FRA_FWMASK] ? nl_u32(tb[FRA_FWMASK]) : rule->mark ? ~0u : 0;
	rule->target = tb[FRA_GOTO] ? nl_u32(tb[FRA_GOTO]) : 0;
	rule->protocol = tb[FRA_PROTOCOL] ? nl_u8(tb[FRA_PROTOCOL]) : RTPROT_UNSPEC;
	rule->ip_proto = tb[FRA_IP_PROTO] ? nl_u8(tb[FRA_IP_PROTO]) : 0;
	if (tb[FRA_SUPPRESS_PREFIXLEN])
		rule->suppress_prefix_len = (s32)nl_u32(tb[FRA_SUPPRESS_PREFIXLEN]);
	err = parse_names(r, tb, rule);
	if (!err)
		err = parse_prefix(r, tb[FRA_SRC], m->src_len, &rule->src);
	if (!err)
		err = parse_prefix(r, tb[FRA_DST], m->dst_len, &rule->dst);
	if (!err)
		err = parse_ports(r, tb[FRA_SPORT_RANGE], &rule->sport);
	if (!err)
		err = parse_ports(r, tb[FRA_DPORT_RANGE], &rule->dport);
	return err;
}

int rtnl_new_rule(struct nl_req *r)
{
	struct rule rule;
	bool has_priority;
	int err = parse_request(r, &rule, &has_priority);

	if (err < 0)
		return err;
	switch (rule.action) {
	case FR_ACT_TO_TBL:
		if (!rule.table)
			return nl_refuse(r, -EINVAL, "Invalid table");
		break;
	case FR_ACT_GOTO:
		if (!rule.target)
			return nl_refuse(r, -EINVAL, "Invalid goto");
		break;
	case FR_ACT_NOP:
	case FR_ACT_BLACKHOLE:
	case FR_ACT_UNREACHABLE:
	case FR_ACT_PROHIBIT:
		break;
	default:
		return nl_refuse(r, -EINVAL, "Invalid action");
	}
	return rule_add(&rule, has_priority, r->h->nlmsg_flags);
}

int rtnl_del_rule(struct nl_req *r)
{
	struct rule rule;
	bool has_priority;
	int err = parse_request(r, &rule, &has_priority);

	return err < 0 ? err : rule_del(&rule, has_priority);
}
