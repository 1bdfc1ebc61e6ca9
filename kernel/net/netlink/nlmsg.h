/*
 * Netlink messages: building them, and reading attributes of messages that nobody has checked.
 * netlink(7), rtnetlink(7). Everything is in host byte order, aligned to 4 bytes.
 */
#ifndef SKIFF_KERNEL_NET_NETLINK_NLMSG_H
#define SKIFF_KERNEL_NET_NETLINK_NLMSG_H

#include "kernel/net/ipaddr.h"

#include <linux/netlink.h>

/* What an acknowledgement says of an error beyond its number (NETLINK_EXT_ACK). */
struct nl_ext {
	const char *msg; /* static, NULL: none */
	const void *bad; /* inside the request; NULL: none */
};

/* ---- building ---- */

/* A growing buffer. Out of memory sets failed, after which appending does nothing: check once. */
struct nl_buf {
	u8 *data; /* owned, see nl_buf_free */
	u32 len, size;
	bool failed;
};

void nl_buf_free(struct nl_buf *b);
void nl_append(struct nl_buf *b, const void *data, size_t len); /* zero padded to 4 bytes */
/* A message: header h (its length is set by nl_end) and the family's header. Its offset in b. */
u32 nl_begin(struct nl_buf *b, const struct nlmsghdr *h, const void *family_header, size_t len);
void nl_end(struct nl_buf *b, u32 at);
void nl_put(struct nl_buf *b, u16 type, const void *data, size_t len);
static inline void nl_put_u8(struct nl_buf *b, u16 type, u8 v)
{
	nl_put(b, type, &v, sizeof(v));
}
static inline void nl_put_u32(struct nl_buf *b, u16 type, u32 v)
{
	nl_put(b, type, &v, sizeof(v));
}
void nl_put_str(struct nl_buf *b, u16 type, const char *s); /* with its NUL */
/* 4 or 16 bytes, as the family has it. */
void nl_put_addr(struct nl_buf *b, u16 type, const struct ip_addr *a);
u32 nl_nest(struct nl_buf *b, u16 type); /* opens a nested attribute: its offset */
void nl_nest_end(struct nl_buf *b, u32 at);

/* ---- reading ---- */

/*
 * The attributes in len bytes at data: tb[1..max] point to them (the last of a kind wins), NULL
 * where there is none; what is behind a broken header is not looked at. min_len[type] is the least
 * length of the payload (min_len may be NULL). -ERANGE if one is shorter, with ext (may be NULL).
 */
int nl_parse(const void *data, size_t len, const struct nlattr **tb, unsigned max,
	const u8 *min_len, struct nl_ext *ext);
/* The same for the attributes nested in a. */
int nl_parse_nested(const struct nlattr *a, const struct nlattr **tb, unsigned max,
	const u8 *min_len, struct nl_ext *ext);

static inline u32 nl_len(const struct nlattr *a) /* bytes of payload */
{
	return a->nla_len - (u32)NLA_HDRLEN;
}
static inline const void *nl_data(const struct nlattr *a)
{
	return (const u8 *)a + NLA_HDRLEN;
}
/* nl_parse has seen to the length of these: */
static inline u8 nl_u8(const struct nlattr *a)
{
	return *(const u8 *)nl_data(a);
}
static inline u16 nl_u16(const struct nlattr *a)
{
	u16 v;

	memcpy(&v, nl_data(a), sizeof(v));
	return v;
}
static inline u32 nl_u32(const struct nlattr *a)
{
	u32 v;

	memcpy(&v, nl_data(a), sizeof(v));
	return v;
}
/* Copies a name of up to size - 1 bytes, NUL-terminated or not. -ERANGE if it is longer or empty.
 */
int nl_string(const struct nlattr *a, char *buf, size_t size);
/* An address of family: -EINVAL if the length is another's. */
int nl_addr(const struct nlattr *a, int family, struct ip_addr *out);

#endif
