/*
 * Netlink messages: a growing buffer they are built in, and the one parser of attributes, which
 * trusts no length it reads. netlink(7).
 */
#include "kernel/net/netlink/nlmsg.h"

#define NL_BUF_MAX (4u << 20)

/* ---- building ---- */

void nl_buf_free(struct nl_buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

/* Room for len more bytes at the end, not counted yet: NULL if there cannot be. */
static u8 *grow(struct nl_buf *b, size_t len)
{
	size_t want = b->len + len, size = b->size ? b->size : 512;
	u8 *data;

	if (b->failed || len > NL_BUF_MAX || want > NL_BUF_MAX) {
		b->failed = true;
		return NULL;
	}
	if (want <= b->size)
		return b->data + b->len;
	while (size < want)
		size *= 2;
	data = realloc(b->data, size);
	if (!data) {
		b->failed = true;
		return NULL;
	}
	b->data = data;
	b->size = (u32)size;
	return data + b->len;
}

void nl_append(struct nl_buf *b, const void *data, size_t len)
{
	size_t padded = NLMSG_ALIGN(len);
	u8 *p = grow(b, padded);

	if (!p)
		return;
	if (len)
		memcpy(p, data, len);
	memset(p + len, 0, padded - len);
	b->len += (u32)padded;
}

u32 nl_begin(struct nl_buf *b, const struct nlmsghdr *h, const void *family_header, size_t len)
{
	u32 at = b->len;

	nl_append(b, h, sizeof(*h));
	nl_append(b, family_header, len);
	return at;
}

void nl_end(struct nl_buf *b, u32 at)
{
	if (!b->failed)
		((struct nlmsghdr *)(b->data + at))->nlmsg_len = b->len - at;
}

void nl_put(struct nl_buf *b, u16 type, const void *data, size_t len)
{
	struct nlattr a = {.nla_len = (u16)(NLA_HDRLEN + len), .nla_type = type};

	if (len > UINT16_MAX - NLA_HDRLEN) {
		b->failed = true;
		return;
	}
	nl_append(b, &a, sizeof(a));
	nl_append(b, data, len);
}

void nl_put_str(struct nl_buf *b, u16 type, const char *s)
{
	nl_put(b, type, s, strlen(s) + 1);
}

void nl_put_addr(struct nl_buf *b, u16 type, const struct ip_addr *a)
{
	if (ip_addr_is_v4(a))
		nl_put_u32(b, type, ip_addr_to_v4(a));
	else
		nl_put(b, type, a->b, sizeof(a->b));
}

u32 nl_nest(struct nl_buf *b, u16 type)
{
	u32 at = b->len;

	nl_put(b, type, NULL, 0);
	return at;
}

void nl_nest_end(struct nl_buf *b, u32 at)
{
	u32 len = b->len - at;

	if (len > UINT16_MAX)
		b->failed = true;
	if (!b->failed)
		((struct nlattr *)(b->data + at))->nla_len = (u16)len;
}

/* ---- reading ---- */

int nl_parse(const void *data, size_t len, const struct nlattr **tb, unsigned max,
	const u8 *min_len, struct nl_ext *ext)
{
	const u8 *p = data;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	while (len >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)p;
		unsigned type = a->nla_type & NLA_TYPE_MASK;
		size_t step;

		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			break;
		if (type && type <= max) {
			if (min_len && nl_len(a) < min_len[type]) {
				if (ext) {
					ext->msg = "Attribute failed policy validation";
					ext->bad = a;
				}
				return -ERANGE;
			}
			tb[type] = a;
		}
		step = MIN((size_t)NLA_ALIGN(a->nla_len), len);
		p += step;
		len -= step;
	}
	return 0;
}

int nl_parse_nested(const struct nlattr *a, const struct nlattr **tb, unsigned max,
	const u8 *min_len, struct nl_ext *ext)
{
	return nl_parse(nl_data(a), nl_len(a), tb, max, min_len, ext);
}

int nl_string(const struct nlattr *a, char *buf, size_t size)
{
	size_t len = strnlen(nl_data(a), nl_len(a));

	if (!len || len >= size)
		return -ERANGE;
	memcpy(buf, nl_data(a), len);
	buf[len] = '\0';
	return 0;
}

int nl_addr(const struct nlattr *a, int family, struct ip_addr *out)
{
	if (family == AF_INET && nl_len(a) >= sizeof(be32))
		*out = ip_addr_v4(nl_u32(a));
	else if (family == AF_INET6 && nl_len(a) >= sizeof(out->b))
		*out = ip_addr_v6(nl_data(a));
	else
		return -EINVAL;
	return 0;
}
