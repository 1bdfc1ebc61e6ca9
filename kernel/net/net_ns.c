/* The life of network namespaces; see net_ns.h. */
#include "kernel/net/net_ns.h"

#include "kernel/net/ip.h"
#include "kernel/net/net.h"
#include "kernel/net/rule.h"
#include "kernel/net/tcp.h"
#include "kernel/user_ns.h"

struct net_ns init_net_ns = {
	.ns = {.kind = NS_NET, .refs = 1, .number = 4026531840, .owner = &init_user_ns},
	.devs = LIST_HEAD_INIT(init_net_ns.devs),
	.route_list = LIST_HEAD_INIT(init_net_ns.route_list),
	.rule_list = LIST_HEAD_INIT(init_net_ns.rule_list),
};

struct net_ns *current_net = &init_net_ns;

/* Takes down what current_net has; sockets are gone. */
static void empty(void)
{
	tcp_tw_purge();
	ip_frag_purge();
	loopback_fini();
	rule_fini();
}

struct net_ns *net_ns_create(struct user_ns *owner)
{
	struct net_ns *ns = calloc(1, sizeof(*ns)), *outer = current_net;

	if (!ns)
		return NULL;
	ns_init(&ns->ns, NS_NET, owner);
	list_init(&ns->devs);
	list_init(&ns->route_list);
	list_init(&ns->rule_list);
	net_set(ns);
	if (rule_init() < 0 || loopback_init() < 0) {
		empty();
		net_set(outer);
		ns_put(&owner->ns);
		free(ns);
		return NULL;
	}
	net_set(outer);
	return ns;
}

void net_ns_free(struct net_ns *ns)
{
	struct net_ns *outer = current_net;

	net_set(ns);
	empty();
	net_set(outer == ns ? &init_net_ns : outer);
	free(ns);
}
