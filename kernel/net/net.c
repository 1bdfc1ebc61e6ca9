/* The start of the network, in order; and, for unit tests, its end. */
#include "kernel/net/net.h"

#include "kernel/net/ifaddr.h"
#include "kernel/net/inet.h"
#include "kernel/net/link.h"
#include "kernel/net/neigh.h"
#include "kernel/net/netlink/netlink.h"
#include "kernel/net/rule.h"
#include "kernel/net/tcp.h"
#include "kernel/net/udp.h"
#include "kernel/os.h"

#define END_QUIET_NS NSEC_PER_SEC /* nobody out there answers */
#define END_MAX_NS (5 * NSEC_PER_SEC)

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

static bool neigh_pending(void)
{
	struct neigh *n;

	neigh_for_each(n) if (n->nr_waiting) return true;
	return false;
}

static int tcp_pending(const struct tcp_entry *e, void *arg)
{
	return e->tp && e->tp->orphan && !ifaddr_is_local(&e->tuple->raddr) &&
	       (e->state == TCP_FIN_WAIT1 || e->state == TCP_CLOSING || e->state == TCP_LAST_ACK);
}

void net_end(void)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), until = now + END_MAX_NS, heard = now;

	while (now < until && now < heard + END_QUIET_NS &&
		(neigh_pending() || link_pending() || tcp_for_each(tcp_pending, NULL))) {
		u64 next = MIN(kernel_next_timer_ns(), heard + END_QUIET_NS);

		if (os_packet_wait(next))
			heard = os_clock_ns(OS_CLOCK_MONOTONIC);
		kernel_run_timers();
		now = os_clock_ns(OS_CLOCK_MONOTONIC);
	}
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
