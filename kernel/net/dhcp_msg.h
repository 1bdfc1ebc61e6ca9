/* DHCP messages on the wire: writing a client's, reading a server's. RFC 2131, 2132, 3442. */
#ifndef SKIFF_KERNEL_NET_DHCP_MSG_H
#define SKIFF_KERNEL_NET_DHCP_MSG_H

#include "kernel/net/ipaddr.h"

#define DHCP_SERVER_PORT 67u
#define DHCP_CLIENT_PORT 68u
#define DHCP_MSG_MAX 576u /* that we write */
#define DHCP_ROUTES_MAX 8u
#define DHCP_DNS_MAX 3u
#define DHCP_FOREVER UINT32_MAX

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
};

struct dhcp_route {
	be32 dst, gateway; /* gateway 0: on the link */
	u8 prefix_len;
};

struct dhcp_lease { /* what an OFFER or ACK says; addresses 0 and counts 0: not said */
	be32 addr, server, broadcast;
	u8 prefix_len;
	u16 mtu;
	u32 lease_s, renew_s, rebind_s; /* DHCP_FOREVER: no end */
	struct dhcp_route routes[DHCP_ROUTES_MAX];
	unsigned nr_routes;
	be32 dns[DHCP_DNS_MAX];
	unsigned nr_dns;
	char domain[128]; /* letters, digits, "-" and "." only */
};

struct dhcp_request { /* a message of ours; fields that are 0 or NULL stay out of it */
	enum dhcp_type type;
	u32 xid;
	u16 secs; /* since we began */
	u8 mac[6];
	be32 ciaddr; /* ours, once we have it */
	be32 wanted, server;
	const char *hostname;
};

/* The length of the message written to buf. */
u32 dhcp_write(u8 buf[DHCP_MSG_MAX], const struct dhcp_request *r);
/* A reply to us, from anybody: its type and what it says, or -EINVAL. An OFFER or ACK has an
 * address, a server and a lease time; what a server may leave out has been filled in. */
int dhcp_read(const u8 *msg, u32 len, u32 xid, const u8 mac[6], struct dhcp_lease *out);

#endif
