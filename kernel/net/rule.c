/* The list of policy rules; route_lookup walks it. ip-rule(8). */
#include "kernel/net/rule.h"

#define RULES_MAX 4096u

static bool port_fits(const struct fib_rule_port_range *range, u16 port)
{
	return !range->start || (port >= range->start && port <= range->end);
}

static bool selects(const struct rule *r, const struct flow *fl)
{
	const struct netdev *dev;

	if (r->src_len && !ip_addr_match(&fl->saddr, &r->src, r->src_len))
		return false;
	if (r->dst_len && !ip_addr_match(&fl->daddr, &r->dst, r->dst_len))
		return false;
	if (r->tos && r->tos != (fl->tos & 0x1c))
		return false;
	if ((fl->mark ^ r->mark) & r->mark_mask)
		return false;
	if (r->ip_proto && r->ip_proto != fl->proto)
		return false;
	if (!port_fits(&r->sport, fl->sport) || !port_fits(&r->dport, fl->dport))
		return false;
	if (r->iif[0] && (!loopback || strcmp(r->iif, loopback->name)))
		return false; /* nothing is forwarded: all comes from us */
	if (r->oif[0]) {
		dev = fl->oif ? netdev_by_index(fl->oif) : NULL;
		return dev && !strcmp(dev->name, r->oif);
	}
	return true;
}

bool rule_match(const struct rule *r, const struct flow *fl)
{
	if (r->family != ip_addr_family(&fl->daddr))
		return false;
	return selects(r, fl) != !!(r->flags & FIB_RULE_INVERT);
}

/* ---- the list ---- */

static bool same_range(const struct fib_rule_port_range *a, const struct fib_rule_port_range *b)
{
	return a->start == b->start && a->end == b->end;
}

static bool same(const struct rule *a, const struct rule *b)
{
	return a->family == b->family && a->action == b->action && a->table == b->table &&
	       a->target == b->target && a->tos == b->tos && a->ip_proto == b->ip_proto &&
	       a->flags == b->flags && a->src_len == b->src_len && a->dst_len == b->dst_len &&
	       ip_addr_eq(&a->src, &b->src) && ip_addr_eq(&a->dst, &b->dst) && a->mark == b->mark &&
	       a->mark_mask == b->mark_mask && !strcmp(a->iif, b->iif) && !strcmp(a->oif, b->oif) &&
	       same_range(&a->sport, &b->sport) && same_range(&a->dport, &b->dport) &&
	       a->suppress_prefix_len == b->suppress_prefix_len;
}

/* In front of the first rule behind the one for the table local, as Linux. */
static u32 default_priority(int family)
{
	const struct rule *r;
	bool first = true;

	rule_for_each(r)
	{
		if (r->family != family)
			continue;
		if (!first)
			return r->priority ? r->priority - 1 : 0;
		first = false;
	}
	return 0;
}

int rule_add(const struct rule *from, bool given, u32 nlm_flags)
{
	u32 priority = given ? from->priority : default_priority(from->family);
	struct list_head *before = &rules;
	struct rule *r;

	if (current_net->nr_rules >= RULES_MAX)
		return -ENOSPC;
	if (from->action == FR_ACT_GOTO && from->target <= priority)
		return -EINVAL; /* only forward */
	rule_for_each(r)
	{
		if ((nlm_flags & NLM_F_EXCL) && r->priority == priority && same(r, from))
			return -EEXIST;
		if (before == &rules && r->priority > priority)
			before = &r->link;
	}
	r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = *from;
	r->priority = priority;
	list_add_tail(&r->link, before);
	current_net->nr_rules++;
	route_changed();
	net_notify(NET_RULE_ADDED, r);
	return 0;
}

static void remove_rule(struct rule *r)
{
	list_del(&r->link);
	current_net->nr_rules--;
	route_changed();
	net_notify(NET_RULE_GONE, r);
	free(r);
}

/* Selectors that are not set in want fit any. */
static bool fits(const struct rule *r, const struct rule *want)
{
	return r->family == want->family && (!want->action || r->action == want->action) &&
	       (!want->table || r->table == want->table) && (!want->tos || r->tos == want->tos) &&
	       (!want->target || r->target == want->target) &&
	       (!want->src_len ||
		       (r->src_len == want->src_len && ip_addr_eq(&r->src, &want->src))) &&
	       (!want->dst_len ||
		       (r->dst_len == want->dst_len && ip_addr_eq(&r->dst, &want->dst))) &&
	       (!want->mark || r->mark == want->mark) &&
	       (!want->mark_mask || r->mark_mask == want->mark_mask) &&
	       (!want->iif[0] || !strcmp(r->iif, want->iif)) &&
	       (!want->oif[0] || !strcmp(r->oif, want->oif)) &&
	       (!want->ip_proto || r->ip_proto == want->ip_proto) &&
	       (!want->sport.start || same_range(&r->sport, &want->sport)) &&
	       (!want->dport.start || same_range(&r->dport, &want->dport));
}

int rule_del(const struct rule *want, bool given)
{
	struct rule *r;

	rule_for_each(r)
	{
		if (given && r->priority != want->priority)
			continue;
		if (fits(r, want)) {
			remove_rule(r);
			return 0;
		}
	}
	return -ENOENT;
}

int rule_init(void)
{
	static const struct {
		int family;
		u32 priority, table;
	} start[] = {{AF_INET, 0, RT_TABLE_LOCAL}, {AF_INET, 32766, RT_TABLE_MAIN},
		{AF_INET, 32767, RT_TABLE_DEFAULT}, {AF_INET6, 0, RT_TABLE_LOCAL},
		{AF_INET6, 32766, RT_TABLE_MAIN}};

	for (size_t i = 0; i < ARRAY_SIZE(start); i++) {
		struct rule r = {.family = start[i].family,
			.priority = start[i].priority,
			.table = start[i].table,
			.action = FR_ACT_TO_TBL,
			.protocol = RTPROT_KERNEL,
			.src = ip_addr_any(start[i].family),
			.dst = ip_addr_any(start[i].family),
			.suppress_prefix_len = -1};
		int err = rule_add(&r, true, 0);

		if (err < 0)
			return err;
	}
	return 0;
}

void rule_fini(void)
{
	struct rule *r, *tmp;

	list_for_each_entry_safe (r, tmp, &rules, link)
		remove_rule(r);
}
