/*
 * Addresses of both families as one type: text, prefixes, socket addresses. RFC 4291, RFC 5952;
 * ip(7), ipv6(7).
 */
#include "kernel/net/ipaddr.h"

#include "kernel/net/socket.h"

#include <stdio.h>

struct ip_addr ip_addr_mask(const struct ip_addr *a, unsigned prefix_len)
{
	unsigned bits = prefix_len + (ip_addr_is_v4(a) ? 96 : 0);
	struct ip_addr r = *a;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? MIN(bits - i * 8, 8u) : 0;

		r.b[i] &= (u8)(0xff00u >> keep);
	}
	return r;
}

bool ip_addr_match(const struct ip_addr *a, const struct ip_addr *net, unsigned prefix_len)
{
	if (ip_addr_is_v4(a) != ip_addr_is_v4(net))
		return false;
	if (ip_addr_is_v4(a))
		return prefix_len == 0 ||
		       !((cpu32_of(a->w[3]) ^ cpu32_of(net->w[3])) >> (32 - prefix_len));
	for (unsigned i = 0; i < 16 && prefix_len; i++) {
		unsigned n = MIN(prefix_len, 8u);

		if ((a->b[i] ^ net->b[i]) >> (8 - n))
			return false;
		prefix_len -= n;
	}
	return true;
}

unsigned ip_addr_common_prefix(const struct ip_addr *a, const struct ip_addr *b)
{
	for (unsigned i = 0; i < 16; i++) {
		u8 x = a->b[i] ^ b->b[i];

		if (x)
			return i * 8 + (unsigned)__builtin_clz(x) - 24;
	}
	return 128;
}

/* ---- text ---- */

static const char *format_v6(const struct ip_addr *a, char *buf)
{
	int best = -1, best_len = 1, at = 0;
	char *p = buf;

	for (int i = 0; i < 8; i++) { /* the longest run of at least two zero groups */
		int n = 0;

		while (i + n < 8 && !a->b[2 * (i + n)] && !a->b[2 * (i + n) + 1])
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
		if (n)
			i += n - 1;
	}
	while (at < 8) {
		if (at == best) {
			p += sprintf(p, "::");
			at += best_len;
			continue;
		}
		if (at && p[-1] != ':')
			*p++ = ':';
		p += sprintf(p, "%x", a->b[2 * at] << 8 | a->b[2 * at + 1]);
		at++;
	}
	*p = '\0';
	return buf;
}

const char *ip_addr_format(const struct ip_addr *a, char buf[IP_ADDR_STR])
{
	if (!ip_addr_is_v4(a))
		return format_v6(a, buf);
	snprintf(buf, IP_ADDR_STR, "%u.%u.%u.%u", a->b[12], a->b[13], a->b[14], a->b[15]);
	return buf;
}

static int parse_v4(const char *s, u8 out[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned v = 0, digits = 0;

		for (; *s >= '0' && *s <= '9' && digits < 4; s++, digits++)
			v = v * 10 + (unsigned)(*s - '0');
		if (!digits || digits > 3 || v > 255)
			return -EINVAL;
		out[i] = (u8)v;
		if (*s++ != (i < 3 ? '.' : '\0'))
			return -EINVAL;
	}
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_v6(const char *s, u8 out[16])
{
	u8 b[16] = {0};
	int n = 0, gap = -1;

	if (s[0] == ':' && s[1] != ':')
		return -EINVAL;
	if (s[0] == ':')
		s++;
	while (*s) {
		const char *group = s;
		unsigned v = 0;
		int digits = 0;

		if (*s == ':') {
			if (gap >= 0)
				return -EINVAL;
			gap = n;
			s++;
			continue;
		}
		for (; hex_digit(*s) >= 0 && digits < 5; s++, digits++)
			v = v << 4 | (unsigned)hex_digit(*s);
		if (*s == '.') {
			if (n > 12 || parse_v4(group, b + n) < 0)
				return -EINVAL;
			n += 4;
			break;
		}
		if (!digits || digits > 4 || n > 14)
			return -EINVAL;
		b[n++] = (u8)(v >> 8);
		b[n++] = (u8)v;
		if (*s == ':') {
			s++;
			if (!*s)
				return -EINVAL;
		} else if (*s) {
			return -EINVAL;
		}
	}
	if (gap < 0 ? n != 16 : n > 14)
		return -EINVAL;
	memset(out, 0, 16);
	if (gap < 0)
		gap = n;
	memcpy(out, b, (size_t)gap);
	memcpy(out + 16 - (n - gap), b + gap, (size_t)(n - gap));
	return 0;
}

int ip_addr_parse(const char *s, struct ip_addr *out)
{
	u8 v4[4];
	be32 w;

	if (strchr(s, ':'))
		return parse_v6(s, out->b);
	if (parse_v4(s, v4) < 0)
		return -EINVAL;
	memcpy(&w, v4, sizeof(w));
	*out = ip_addr_v4(w);
	return 0;
}

int ip_addr_parse_prefix(const char *s, struct ip_addr *out, unsigned *prefix_len)
{
	const char *slash = strchrnul(s, '/');
	char addr[IP_ADDR_STR];
	char *end;
	unsigned long n;

	if ((size_t)(slash - s) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	if (ip_addr_parse(addr, out) < 0)
		return -EINVAL;
	*prefix_len = ip_addr_bits(out);
	if (!*slash)
		return 0;
	n = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || n > *prefix_len)
		return -EINVAL;
	*prefix_len = (unsigned)n;
	return 0;
}

/* ---- socket addresses ---- */

int ip_addr_from_sock(
	int family, const struct sock_addr *sa, struct ip_addr *a, u16 *port, int *ifindex)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*ifindex = 0;
	if (sa->len < sizeof(sa->sa.sa_family))
		return -EINVAL;
	if (family == AF_INET) {
		if (sa->len < sizeof(in))
			return -EINVAL;
		memcpy(&in, sa->bytes, sizeof(in));
		if (in.sin_family != AF_INET)
			return -EAFNOSUPPORT;
		*a = ip_addr_v4(in.sin_addr.s_addr);
		*port = cpu16_of(in.sin_port);
		return 0;
	}
	if (sa->sa.sa_family != AF_INET6)
		return sa->len < 24 ? -EINVAL : -EAFNOSUPPORT;
	if (sa->len < 24) /* SIN6_LEN_RFC2133: without sin6_scope_id */
		return -EINVAL;
	memset(&in6, 0, sizeof(in6));
	memcpy(&in6, sa->bytes, MIN((size_t)sa->len, sizeof(in6)));
	*a = ip_addr_v6(&in6.sin6_addr);
	*port = cpu16_of(in6.sin6_port);
	if (ip_addr_needs_scope(a))
		*ifindex = (int)in6.sin6_scope_id;
	return 0;
}

void ip_addr_to_sock(
	int family, struct sock_addr *sa, const struct ip_addr *a, u16 port, int ifindex)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = be16_of(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = be16_of(port)};

	if (family == AF_INET) {
		in.sin_addr.s_addr = ip_addr_to_v4(a);
		sa->len = sizeof(in);
		memcpy(sa->bytes, &in, sizeof(in));
		return;
	}
	memcpy(&in6.sin6_addr, a->b, sizeof(a->b));
	if (ip_addr_needs_scope(a))
		in6.sin6_scope_id = (u32)ifindex;
	sa->len = sizeof(in6);
	memcpy(sa->bytes, &in6, sizeof(in6));
}
