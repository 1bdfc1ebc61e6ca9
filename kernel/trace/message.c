/* Messages of sockets in trace lines: headers, control messages, option values. */
#include "kernel/abi_net.h"
#include "kernel/guest.h"
#include "kernel/trace/arg.h"

#include <linux/filter.h>

#define NR_SHOWN 16u /* messages of one call */
#define CONTROL_MAX 1024u

/* ---- control messages: cmsg(3) ---- */

static void put_creds(struct text *t, const struct ucred *c)
{
	text_put(t, "{pid=%d, uid=%u, gid=%u}", c->pid, c->uid, c->gid);
}

static void put_ints(struct text *t, const u8 *data, size_t len)
{
	text_put(t, "[");
	for (size_t i = 0; i + sizeof(int) <= len; i += sizeof(int)) {
		int v;

		memcpy(&v, data + i, sizeof(v));
		text_put(t, i ? ", %d" : "%d", v);
	}
	text_put(t, "]");
}

static void put_cmsg_type(struct text *t, const struct cmsghdr *c)
{
	static const struct flag socket[] = {{SCM_RIGHTS, "SCM_RIGHTS"},
		{SCM_CREDENTIALS, "SCM_CREDENTIALS"}, {SO_TIMESTAMP, "SO_TIMESTAMP_OLD"},
		{SO_TIMESTAMPNS, "SO_TIMESTAMPNS_OLD"}, FLAG_END};
	static const struct flag ip[] = {FLAG(IP_TOS), FLAG(IP_TTL), FLAG(IP_PKTINFO),
		FLAG(IP_RECVERR), FLAG(IP_RETOPTS), FLAG(IP_ORIGDSTADDR), FLAG_END};
	static const struct flag ipv6[] = {{11, "IPV6_2292PKTINFO"}, {25, "IPV6_RECVERR"},
		{50, "IPV6_PKTINFO"}, {52, "IPV6_HOPLIMIT"}, {67, "IPV6_TCLASS"}, FLAG_END};
	const struct flag *table = c->cmsg_level == SOL_SOCKET	   ? socket
				   : c->cmsg_level == IPPROTO_IP   ? ip
				   : c->cmsg_level == IPPROTO_IPV6 ? ipv6
								   : NULL;

	if (table)
		text_enum(t, table, (u32)c->cmsg_type, "???");
	else
		text_put(t, "%#x", (unsigned)c->cmsg_type);
}

static void put_cmsg(struct text *t, const struct cmsghdr *c, const u8 *data, size_t len)
{
	bool socket = c->cmsg_level == SOL_SOCKET;
	struct ucred cred;

	text_put(t, "{cmsg_len=%zu, cmsg_level=", (size_t)c->cmsg_len);
	text_enum(t, names_sock_level, (u32)c->cmsg_level, "SOL_???");
	text_put(t, ", cmsg_type=");
	put_cmsg_type(t, c);
	if (!len) {
		text_put(t, "}");
		return;
	}
	text_put(t, ", cmsg_data=");
	if (socket && c->cmsg_type == SCM_CREDENTIALS && len >= sizeof(cred)) {
		memcpy(&cred, data, sizeof(cred));
		put_creds(t, &cred);
	} else if ((socket && c->cmsg_type == SCM_RIGHTS) || len == sizeof(int)) {
		put_ints(t, data, len);
	} else {
		text_hex_string(t, (const char *)data, MIN(len, (size_t)ARG_STRING_MAX),
			len > ARG_STRING_MAX);
	}
	text_put(t, "}");
}

static void put_control(struct arg *a, const struct msghdr *m)
{
	size_t size = MIN((size_t)m->msg_controllen, (size_t)CONTROL_MAX), at = 0;
	u8 buf[CONTROL_MAX];
	struct cmsghdr c;

	text_put(a->text, ", msg_control=");
	if (guest_read(a->task, buf, (uaddr_t)m->msg_control, size) < 0) {
		arg_pointer(a->text, (u64)m->msg_control);
		return;
	}
	text_put(a->text, "[");
	while (at + sizeof(c) <= size) {
		memcpy(&c, buf + at, sizeof(c));
		if (c.cmsg_len < sizeof(c) || c.cmsg_len > size - at)
			break;
		text_put(a->text, at ? ", " : "");
		put_cmsg(a->text, &c, buf + at + sizeof(c), c.cmsg_len - sizeof(c));
		at += (c.cmsg_len + 7) & ~7ul;
	}
	text_put(a->text, m->msg_controllen > CONTROL_MAX ? ", ...]" : "]");
}

/* ---- headers ---- */

/* name_len: of the name's buffer before the call, which is not always known. */
static void put_msghdr(struct arg *a, const struct msghdr *m, u64 bytes, u32 name_len)
{
	text_put(a->text, "{msg_name=");
	arg_sockaddr(a, (uaddr_t)m->msg_name, m->msg_namelen);
	if (name_len != m->msg_namelen)
		text_put(a->text, ", msg_namelen=%u => %u, msg_iov=", name_len, m->msg_namelen);
	else
		text_put(a->text, ", msg_namelen=%u, msg_iov=", m->msg_namelen);
	arg_iovec(a, (uaddr_t)m->msg_iov, m->msg_iovlen, bytes);
	text_put(a->text, ", msg_iovlen=%zu", m->msg_iovlen);
	if (m->msg_control && m->msg_controllen)
		put_control(a, m);
	text_put(a->text, ", msg_controllen=%zu, msg_flags=", m->msg_controllen);
	text_flags(a->text, flags_msg, (u32)m->msg_flags, "MSG_???");
	text_put(a->text, "}");
}

static void print_msghdr(struct arg *a)
{
	struct msghdr m;

	if (arg_fetch(a, &m, sizeof(m)))
		put_msghdr(a, &m, a->kind->out ? (u64)a->ret : UINT64_MAX,
			a->kind->out ? (u32)a->entry : m.msg_namelen);
}

static void put_messages(struct arg *a, bool received)
{
	struct mmsghdr m[NR_SHOWN];
	u64 nr = MIN((u64)a->ret, a->args[2]), shown = MIN(nr, (u64)NR_SHOWN);

	if (!arg_fetch(a, m, shown * sizeof(m[0])))
		return;
	text_put(a->text, "[");
	for (u64 i = 0; i < shown; i++) {
		const struct msghdr *h = &m[i].msg_hdr;

		text_put(a->text, i ? ", {msg_hdr=" : "{msg_hdr=");
		put_msghdr(a, h, received ? m[i].msg_len : UINT64_MAX, h->msg_namelen);
		text_put(a->text, ", msg_len=%u}", m[i].msg_len);
	}
	text_put(a->text, nr > shown ? ", ...]" : "]");
}

static void print_received(struct arg *a)
{
	put_messages(a, true);
}

static void print_sent(struct arg *a)
{
	put_messages(a, false);
}

/* ---- values of socket options: socket(7) ---- */

static bool put_socket_option(struct arg *a, u32 len)
{
	union {
		struct linger linger;
		struct ucred cred;
		struct sock_fprog prog;
	} u;

	if (a->args[1] != SOL_SOCKET || len > sizeof(u))
		return false;
	switch (a->args[2]) {
	case SO_LINGER:
		if (len != sizeof(u.linger) || !arg_fetch(a, &u, len))
			return len == sizeof(u.linger);
		text_put(a->text, "{l_onoff=%d, l_linger=%d}", u.linger.l_onoff, u.linger.l_linger);
		return true;
	case SO_PEERCRED:
		if (len != sizeof(u.cred) || !arg_fetch(a, &u, len))
			return len == sizeof(u.cred);
		put_creds(a->text, &u.cred);
		return true;
	case SO_ATTACH_FILTER:
		if (len == sizeof(u.prog))
			arg_filter(a);
		return len == sizeof(u.prog);
	default:
		return false;
	}
}

static void print_option_value(struct arg *a)
{
	u32 len = (u32)a->args[4];
	int v;

	if (a->kind->out && guest_read(a->task, &len, a->args[4], sizeof(len)) < 0)
		len = 0;
	if (put_socket_option(a, len))
		return;
	if (len == sizeof(v)) {
		if (arg_fetch(a, &v, sizeof(v)))
			text_put(a->text, "[%d]", v);
	} else if (arg_failed(a)) {
		arg_pointer(a->text, a->v);
	} else {
		arg_buffer(a, a->v, len);
	}
}

#define IN(n, fn) \
	{ \
		n, fn, NULL, NULL, false \
	}
#define OUT(n, fn) \
	{ \
		n, fn, NULL, NULL, true \
	}
const struct arg_kind arg_kinds_message[] = {IN("optval", print_option_value),
	OUT(">optval", print_option_value), IN("msghdr", print_msghdr),
	OUT(">msghdr", print_msghdr), OUT(">mmsghdr", print_received), OUT(">sentmmsg", print_sent),
	{NULL, NULL, NULL, NULL, false}};
