/*
 * Policy routing: the rules that say which table a packet's route is looked for in. ip-rule(8).
 * Rules of each family are tried in order of priority; at start there are those for the tables
 * local (0), main (32766) and, for IPv4, default (32767).
 */
#ifndef SKIFF_KERNEL_NET_RULE_H
#define SKIFF_KERNEL_NET_RULE_H

#include "kernel/net/route.h"

#include <linux/fib_rules.h>

struct rule {
	struct list_head link;
	int family;
	u32 priority;
	u8 action;		    /* FR_ACT_* */
	u8 tos, ip_proto, protocol; /* 0: any; protocol: RTPROT_* of who made it */
	u32 table;		    /* FR_ACT_TO_TBL */
	u32 target;		    /* FR_ACT_GOTO: a priority */
	u32 flags;		    /* FIB_RULE_INVERT */
	struct ip_addr src, dst;
	u8 src_len, dst_len;
	u32 mark, mark_mask;
	char iif[IFNAMSIZ], oif[IFNAMSIZ];	 /* "": any */
	struct fib_rule_port_range sport, dport; /* start 0: any */
	s32 suppress_prefix_len; /* routes of at most this length do not count; -1: all do */
};

#define rules (current_net->rule_list) /* both families, by priority */
#define rule_for_each(r) list_for_each_entry (r, &rules, link)

int rule_init(void); /* the rules of the start; 0 or -ENOMEM */
void rule_fini(void);
/* r is copied. Without a priority (given false) it goes in front of the lowest but the first.
 * -EEXIST (NLM_F_EXCL in nlm_flags), -EINVAL, -ENOMEM, -ENOSPC. */
int rule_add(const struct rule *r, bool given, u32 nlm_flags);
/* The first with the family, action, table and selectors of want (priority if given): -ENOENT. */
int rule_del(const struct rule *want, bool given);
/* Is fl the rule's concern? iif is lo's for what we send. */
bool rule_match(const struct rule *r, const struct flow *fl);

#endif
