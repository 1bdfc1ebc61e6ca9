/* The start of the network, in order; and, for unit tests, its end. */
#include "kernel/net/net.h"

#include "kernel/net/inet.h"
#include "kernel/net/link.h"
#include "kernel/net/neigh.h"
#include "kernel/net/netlink/netlink.h"
#include "kernel/net/rule.h"
#include "kernel/net/tcp.h"
#include "kernel/net/udp.h"

int net_init(void)
{
	int err;

	icmp_init();
	icmp6_init();
	udp_init();
	tcp_register();
	nl_route_init();
	nl_uevent_init();
	err = rule_init();
	if (!err)
		err = loopback_init();
	return err < 0 ? err : netdev_set_up(loopback, true);
}

void net_fini(void)
{
	tcp_fini();
	ip_frag_fini();
	link_destroy_all();
	loopback_fini();
	init_net_ns.last_index = 0;
	rule_fini();
	nl_uevent_fini();
	nl_route_fini();
	htab_fini(&udp_table.ports);
	htab_fini(&udp_table.connected);
	memset(&udp_table, 0, sizeof(udp_table));
}
