/*
 * One address type for both families: 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291,
 * 2.5.5.2). Protocols above IP compare, hash and store these and never ask for the family; where
 * the family matters (headers, defaults) ip_addr_is_v4 tells. "Any" is :: for IPv6 and
 * ::ffff:0.0.0.0 for IPv4. Functions on IPv4 numbers take them in network order (be32).
 */
#ifndef SKIFF_KERNEL_NET_IPADDR_H
#define SKIFF_KERNEL_NET_IPADDR_H

#include "kernel/abi_net.h"
#include "kernel/lib/htab.h"

typedef u16 be16; /* network byte order */
typedef u32 be32;

#define be16_of(x) __builtin_bswap16((u16)(x))
#define be32_of(x) __builtin_bswap32((u32)(x))
#define cpu16_of(x) __builtin_bswap16((u16)(x))
#define cpu32_of(x) __builtin_bswap32((u32)(x))

struct ip_addr {
	union {
		u8 b[16];
		be32 w[4];
		u64 q[2];
	};
};
static_assert(sizeof(struct ip_addr) == 16, "an IPv6 address");

struct sock_addr;

static inline struct ip_addr ip_addr_v4(be32 v4)
{
	return (struct ip_addr){.w = {0, 0, be32_of(0xffff), v4}};
}
static inline struct ip_addr ip_addr_v6(const void *bytes16)
{
	struct ip_addr a;

	memcpy(&a, bytes16, sizeof(a));
	return a;
}
static inline struct ip_addr ip_addr_any(int family)
{
	return family == AF_INET ? ip_addr_v4(0) : (struct ip_addr){.q = {0, 0}};
}
static inline bool ip_addr_is_v4(const struct ip_addr *a)
{
	return a->q[0] == 0 && a->w[2] == be32_of(0xffff);
}
static inline be32 ip_addr_to_v4(const struct ip_addr *a)
{
	return a->w[3];
}
static inline int ip_addr_family(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? AF_INET : AF_INET6;
}
static inline bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}
static inline bool ip_addr_is_any(const struct ip_addr *a)
{
	return a->q[0] == 0 && (a->q[1] == 0 || (a->w[2] == be32_of(0xffff) && !a->w[3]));
}
static inline bool ip_addr_is_loopback(const struct ip_addr *a) /* 127/8, ::1 */
{
	if (ip_addr_is_v4(a))
		return a->b[12] == 127;
	return a->q[0] == 0 && a->w[2] == 0 && a->w[3] == be32_of(1);
}
static inline bool ip_addr_is_multicast(const struct ip_addr *a) /* 224/4, ff00::/8 */
{
	return ip_addr_is_v4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}
static inline bool ip_addr_is_broadcast(const struct ip_addr *a) /* 255.255.255.255 only */
{
	return ip_addr_is_v4(a) && a->w[3] == 0xffffffff;
}
static inline bool ip_addr_is_link_local(const struct ip_addr *a) /* 169.254/16, fe80::/10 */
{
	if (ip_addr_is_v4(a))
		return a->b[12] == 169 && a->b[13] == 254;
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}
/* Multicast of interface or link scope: needs an interface, as link-local addresses do. */
static inline bool ip_addr_needs_scope(const struct ip_addr *a)
{
	if (ip_addr_is_v4(a))
		return false;
	return ip_addr_is_link_local(a) || (a->b[0] == 0xff && (a->b[1] & 0xf) <= 2);
}
static inline u64 ip_addr_hash(const struct ip_addr *a)
{
	return hash_u64(a->q[0] ^ hash_u64(a->q[1]));
}

/* Prefix lengths count bits of the family: 0..32 for IPv4, 0..128 for IPv6. */
static inline unsigned ip_addr_bits(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? 32 : 128;
}
bool ip_addr_match(const struct ip_addr *a, const struct ip_addr *net, unsigned prefix_len);
struct ip_addr ip_addr_mask(const struct ip_addr *a, unsigned prefix_len); /* host bits zero */
unsigned ip_addr_common_prefix(const struct ip_addr *a, const struct ip_addr *b); /* 0..128 */

/* The prefix length of an IPv4 mask: -1 if it is not ones followed by zeros. */
static inline int ip_mask_prefix(be32 mask)
{
	u32 zeros = ~cpu32_of(mask);

	if (zeros & (zeros + 1))
		return -1;
	return zeros ? __builtin_clz(zeros) : 32;
}

#define IP_ADDR_STR 46
/* "10.0.0.1" or "fe80::1" (RFC 5952); returns buf. */
const char *ip_addr_format(const struct ip_addr *a, char buf[IP_ADDR_STR]);
/* Strict dotted quad or RFC 4291 text: 0 or -EINVAL. */
int ip_addr_parse(const char *s, struct ip_addr *out);
/* "A/N"; without /N all bits of the family. 0 or -EINVAL. */
int ip_addr_parse_prefix(const char *s, struct ip_addr *out, unsigned *prefix_len);

/*
 * Socket addresses. family is the socket's. port in host order; *ifindex is sin6_scope_id, else 0.
 * From: -EINVAL if too short, -EAFNOSUPPORT for a wrong family (AF_UNSPEC is left to the caller).
 * An AF_INET6 socket gets IPv4 peers as ::ffff:a.b.c.d, which is what to_sock writes for it.
 */
int ip_addr_from_sock(
	int family, const struct sock_addr *sa, struct ip_addr *a, u16 *port, int *ifindex);
void ip_addr_to_sock(
	int family, struct sock_addr *sa, const struct ip_addr *a, u16 port, int ifindex);

#endif
