/*
 * Reading and writing of DHCP messages. What comes from the wire is hostile: options are looked at
 * one by one within their bounds, and values that make no sense are taken as not given. RFC 2131
 * sections 2 and 4.1, RFC 2132, RFC 3442 (classless routes).
 */
#include "kernel/net/dhcp_msg.h"

#include "kernel/net/ip_hdr.h"

struct bootp {
	u8 op, htype, hlen, hops;
	be32 xid;
	be16 secs, flags;
	be32 ciaddr, yiaddr, siaddr, giaddr;
	u8 chaddr[16], sname[64], file[128];
	be32 cookie;
} WIRE;
static_assert(sizeof(struct bootp) == 240, "fixed part of a DHCP message");

#define COOKIE be32_of(0x63825363)
#define FLAG_BROADCAST be16_of(0x8000)
#define LEASE_MIN_S 20u /* shorter ones are taken for this */

enum {
	OPT_PAD = 0,
	OPT_MASK = 1,
	OPT_ROUTER = 3,
	OPT_DNS = 6,
	OPT_HOSTNAME = 12,
	OPT_DOMAIN = 15,
	OPT_MTU = 26,
	OPT_BROADCAST = 28,
	OPT_WANTED = 50,
	OPT_LEASE = 51,
	OPT_OVERLOAD = 52,
	OPT_TYPE = 53,
	OPT_SERVER = 54,
	OPT_PARAMETERS = 55,
	OPT_MAX_SIZE = 57,
	OPT_RENEW = 58,
	OPT_REBIND = 59,
	OPT_CLIENT_ID = 61,
	OPT_ROUTES = 121,
	OPT_END = 255,
};

/* ---- writing ---- */

static u8 *put(u8 *p, u8 code, const void *data, size_t len)
{
	*p++ = code;
	*p++ = (u8)len;
	memcpy(p, data, len);
	return p + len;
}

u32 dhcp_write(u8 buf[DHCP_MSG_MAX], const struct dhcp_request *r)
{
	static const u8 parameters[] = {OPT_MASK, OPT_ROUTES, OPT_ROUTER, OPT_DNS, OPT_DOMAIN,
		OPT_MTU, OPT_BROADCAST, OPT_LEASE, OPT_RENEW, OPT_REBIND};
	static const u8 max_size[] = {DHCP_MSG_MAX * 2 >> 8, (u8)(DHCP_MSG_MAX * 2)};
	struct bootp *b = (void *)buf;
	u8 *p = buf + sizeof(*b), type = (u8)r->type, id[7] = {ARPHRD_ETHER};

	memset(buf, 0, DHCP_MSG_MAX);
	b->op = 1;
	b->htype = ARPHRD_ETHER;
	b->hlen = 6;
	b->xid = be32_of(r->xid);
	b->secs = be16_of(r->secs);
	b->flags = r->ciaddr ? 0 : FLAG_BROADCAST;
	b->ciaddr = r->ciaddr;
	memcpy(b->chaddr, r->mac, 6);
	b->cookie = COOKIE;
	memcpy(id + 1, r->mac, 6);
	p = put(p, OPT_TYPE, &type, 1);
	p = put(p, OPT_CLIENT_ID, id, sizeof(id));
	if (r->wanted)
		p = put(p, OPT_WANTED, &r->wanted, 4);
	if (r->server)
		p = put(p, OPT_SERVER, &r->server, 4);
	if (r->type != DHCP_RELEASE) {
		if (r->hostname && *r->hostname)
			p = put(p, OPT_HOSTNAME, r->hostname, strnlen(r->hostname, 63));
		p = put(p, OPT_MAX_SIZE, max_size, sizeof(max_size));
		p = put(p, OPT_PARAMETERS, parameters, sizeof(parameters));
	}
	*p++ = OPT_END;
	return MAX((u32)(p - buf), 300u); /* the least that BOOTP relays take */
}

/* ---- reading ---- */

struct reply {
	struct dhcp_lease *lease;
	u8 type, overload;
	be32 mask, router;
	bool has_routes;
};

static u32 get32(const u8 *p)
{
	be32 v;

	memcpy(&v, p, sizeof(v));
	return cpu32_of(v);
}

static be32 address(const u8 *p)
{
	be32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Masks must be ones, then zeros. */
static int mask_len(be32 mask)
{
	u32 m = cpu32_of(mask), zeros = ~m;

	return zeros & (zeros + 1) ? -EINVAL : m ? 32 - __builtin_ctz(m) : 0;
}

static void read_domain(struct dhcp_lease *l, const u8 *p, u8 len)
{
	while (len && !p[len - 1])
		len--;
	if (!len || len >= sizeof(l->domain))
		return;
	for (u8 i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.",
			    p[i]) ||
			!p[i])
			return;
	memcpy(l->domain, p, len);
	l->domain[len] = '\0';
}

static void read_routes(struct reply *r, const u8 *p, u8 len)
{
	struct dhcp_lease *l = r->lease;

	r->has_routes = true;
	l->nr_routes = 0;
	while (len && l->nr_routes < DHCP_ROUTES_MAX) {
		struct dhcp_route *route = &l->routes[l->nr_routes];
		u8 bits = p[0], bytes = (u8)((bits + 7) / 8);

		if (bits > 32 || len < 1 + bytes + 4)
			return;
		*route = (struct dhcp_route){.prefix_len = bits, .gateway = address(p + 1 + bytes)};
		memcpy(&route->dst, p + 1, bytes);
		l->nr_routes++;
		p += 1 + bytes + 4;
		len = (u8)(len - (1 + bytes + 4));
	}
}

static void read_words(struct reply *r, u8 code, const u8 *p)
{
	struct dhcp_lease *l = r->lease;

	switch (code) {
	case OPT_MASK:
		r->mask = address(p);
		break;
	case OPT_ROUTER:
		r->router = address(p);
		break;
	case OPT_BROADCAST:
		l->broadcast = address(p);
		break;
	case OPT_LEASE:
		l->lease_s = get32(p);
		break;
	case OPT_SERVER:
		l->server = address(p);
		break;
	case OPT_RENEW:
		l->renew_s = get32(p);
		break;
	case OPT_REBIND:
		l->rebind_s = get32(p);
		break;
	}
}

static void read_option(struct reply *r, u8 code, const u8 *p, u8 len)
{
	struct dhcp_lease *l = r->lease;

	switch (code) {
	case OPT_TYPE:
		r->type = len == 1 ? p[0] : 0;
		break;
	case OPT_OVERLOAD:
		r->overload = len == 1 ? p[0] : 0;
		break;
	case OPT_MTU:
		if (len == 2)
			l->mtu = (u16)(p[0] << 8 | p[1]);
		break;
	case OPT_DNS:
		for (l->nr_dns = 0; l->nr_dns < DHCP_DNS_MAX && len >= 4;
			len = (u8)(len - 4), p += 4)
			l->dns[l->nr_dns++] = address(p);
		break;
	case OPT_DOMAIN:
		read_domain(l, p, len);
		break;
	case OPT_ROUTES:
		read_routes(r, p, len);
		break;
	default:
		if (len >= 4)
			read_words(r, code, p);
	}
}

/* False: an option goes beyond the end. */
static bool read_options(struct reply *r, const u8 *p, u32 len)
{
	while (len && *p != OPT_END) {
		if (*p == OPT_PAD) {
			p++;
			len--;
			continue;
		}
		if (len < 2 || p[1] > len - 2)
			return false;
		read_option(r, p[0], p + 2, p[1]);
		len -= 2u + p[1];
		p += 2 + p[1];
	}
	return true;
}

static bool unicast(be32 a)
{
	u32 v = cpu32_of(a);

	return v >> 24 && v >> 24 != 127 && v >> 28 < 14;
}

/* Fills in what a server may leave out, and takes back what makes no sense. */
static int complete(struct reply *r)
{
	struct dhcp_lease *l = r->lease;
	int len = mask_len(r->mask);

	if (!unicast(l->addr) || !l->server || !l->lease_s)
		return -EINVAL;
	l->lease_s = MAX(l->lease_s, LEASE_MIN_S);
	if (!l->rebind_s || l->rebind_s >= l->lease_s)
		l->rebind_s = l->lease_s / 8 * 7;
	if (!l->renew_s || l->renew_s >= l->rebind_s)
		l->renew_s = MIN(l->lease_s / 2, l->rebind_s - 1);
	if (len <= 0) /* the network class of old */
		len = cpu32_of(l->addr) >> 31 == 0 ? 8 : cpu32_of(l->addr) >> 30 == 2 ? 16 : 24;
	l->prefix_len = (u8)len;
	if (!l->broadcast && len < 31)
		l->broadcast = l->addr | be32_of(0xffffffffu >> len);
	if (!r->has_routes && unicast(r->router)) {
		l->routes[0] = (struct dhcp_route){.gateway = r->router};
		l->nr_routes = 1;
	}
	return 0;
}

int dhcp_read(const u8 *msg, u32 len, u32 xid, const u8 mac[6], struct dhcp_lease *out)
{
	const struct bootp *b = (const void *)msg;
	struct reply r = {.lease = out};

	memset(out, 0, sizeof(*out));
	if (len < sizeof(*b) || b->op != 2 || b->cookie != COOKIE || b->xid != be32_of(xid) ||
		b->htype != ARPHRD_ETHER || b->hlen != 6 || memcmp(b->chaddr, mac, 6) != 0)
		return -EINVAL;
	out->addr = b->yiaddr;
	if (!read_options(&r, msg + sizeof(*b), len - (u32)sizeof(*b)))
		return -EINVAL;
	if ((r.overload & 1) && !read_options(&r, b->file, sizeof(b->file)))
		return -EINVAL;
	if ((r.overload & 2) && !read_options(&r, b->sname, sizeof(b->sname)))
		return -EINVAL;
	switch (r.type) {
	case DHCP_OFFER:
	case DHCP_ACK:
		return complete(&r) < 0 ? -EINVAL : r.type;
	case DHCP_NAK:
		return r.type;
	default:
		return -EINVAL;
	}
}
