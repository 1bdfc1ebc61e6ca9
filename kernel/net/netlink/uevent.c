/*
 * NETLINK_KOBJECT_UEVENT: what udev listens to. Network devices are the only ones that come and go
 * while the machine runs; each gives an "add" and a "remove". netlink(7), udev(7).
 */
#include "kernel/net/netdev.h"
#include "kernel/net/netlink/netlink.h"

#include <stdio.h>

#define GROUP 1u /* the kernel's own; udevd passes on to 2 */

const struct nl_proto nl_uevent_proto = {
	.protocol = NETLINK_KOBJECT_UEVENT,
	.nr_groups = 32,
	.anyone_receives = true,
};

/* NUL-separated: "ACTION@DEVPATH", then variables. */
static void send_event(const char *action, const struct netdev *dev)
{
	static u64 seqnum;
	struct nl_buf b = {0};
	char text[512];
	int len = snprintf(text, sizeof(text),
		"%s@/devices/virtual/net/%s%cACTION=%s%cDEVPATH=/devices/virtual/net/%s%c"
		"SUBSYSTEM=net%cINTERFACE=%s%cIFINDEX=%d%cSEQNUM=%llu",
		action, dev->name, 0, action, 0, dev->name, 0, 0, dev->name, 0, dev->ifindex, 0,
		(unsigned long long)++seqnum);

	nl_append(&b, text, (size_t)len + 1);
	b.len = (u32)len + 1; /* no padding */
	nl_multicast(NETLINK_KOBJECT_UEVENT, GROUP, &b, NULL);
}

static void on_event(struct net_listener *l, enum net_event ev, const void *obj)
{
	if ((ev != NET_LINK_ADDED && ev != NET_LINK_GONE) ||
		!nl_has_listeners(NETLINK_KOBJECT_UEVENT, GROUP))
		return;
	send_event(ev == NET_LINK_ADDED ? "add" : "remove", obj);
}

static struct net_listener listener = {
	.link = LIST_HEAD_INIT(listener.link),
	.fn = on_event,
};

void nl_uevent_init(void)
{
	net_listen(&listener);
}

void nl_uevent_fini(void)
{
	net_unlisten(&listener);
}
