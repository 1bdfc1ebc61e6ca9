/* Sockets in trace lines. */
#include "kernel/abi_net.h"
#include "kernel/guest.h"
#include "kernel/task.h"
#include "kernel/trace/arg.h"

static const struct flag names_family[] = {FLAG(AF_UNSPEC), FLAG(AF_UNIX), FLAG(AF_INET),
	FLAG(AF_INET6), FLAG(AF_NETLINK), FLAG(AF_PACKET), FLAG(AF_VSOCK), FLAG_END};
static const struct flag names_type[] = {{SOCK_STREAM, "SOCK_STREAM"}, {SOCK_DGRAM, "SOCK_DGRAM"},
	{SOCK_RAW, "SOCK_RAW"}, {SOCK_SEQPACKET, "SOCK_SEQPACKET"}, {SOCK_PACKET, "SOCK_PACKET"},
	FLAG_END};
static const struct flag flags_sock[] = {
	{SOCK_CLOEXEC, "SOCK_CLOEXEC"}, {SOCK_NONBLOCK, "SOCK_NONBLOCK"}, FLAG_END};
static const struct flag names_proto[] = {{IPPROTO_IP, "IPPROTO_IP"},
	{IPPROTO_ICMP, "IPPROTO_ICMP"}, {IPPROTO_TCP, "IPPROTO_TCP"}, {IPPROTO_UDP, "IPPROTO_UDP"},
	{IPPROTO_IPV6, "IPPROTO_IPV6"}, {IPPROTO_ICMPV6, "IPPROTO_ICMPV6"},
	{IPPROTO_RAW, "IPPROTO_RAW"}, FLAG_END};
static const struct flag flags_msg[] = {{MSG_OOB, "MSG_OOB"}, {MSG_PEEK, "MSG_PEEK"},
	{MSG_DONTROUTE, "MSG_DONTROUTE"}, {MSG_CTRUNC, "MSG_CTRUNC"}, {MSG_TRUNC, "MSG_TRUNC"},
	{MSG_DONTWAIT, "MSG_DONTWAIT"}, {MSG_EOR, "MSG_EOR"}, {MSG_WAITALL, "MSG_WAITALL"},
	{MSG_NOSIGNAL, "MSG_NOSIGNAL"}, {MSG_MORE, "MSG_MORE"},
	{MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"}, FLAG_END};
static const struct flag names_shut[] = {
	{SHUT_RD, "SHUT_RD"}, {SHUT_WR, "SHUT_WR"}, {SHUT_RDWR, "SHUT_RDWR"}, FLAG_END};
static const struct flag names_level[] = {{SOL_SOCKET, "SOL_SOCKET"}, {IPPROTO_IP, "SOL_IP"},
	{IPPROTO_TCP, "SOL_TCP"}, {IPPROTO_UDP, "SOL_UDP"}, {IPPROTO_IPV6, "SOL_IPV6"},
	{SOL_NETLINK, "SOL_NETLINK"}, {SOL_PACKET, "SOL_PACKET"}, FLAG_END};
static const struct flag names_so[] = {FLAG(SO_DEBUG), FLAG(SO_REUSEADDR), FLAG(SO_TYPE),
	FLAG(SO_ERROR), FLAG(SO_DONTROUTE), FLAG(SO_BROADCAST), FLAG(SO_SNDBUF), FLAG(SO_RCVBUF),
	FLAG(SO_KEEPALIVE), FLAG(SO_OOBINLINE), FLAG(SO_PRIORITY), FLAG(SO_LINGER),
	FLAG(SO_REUSEPORT), FLAG(SO_PASSCRED), FLAG(SO_PEERCRED), FLAG(SO_RCVLOWAT),
	FLAG(SO_SNDLOWAT), {SO_RCVTIMEO, "SO_RCVTIMEO_OLD"}, {SO_SNDTIMEO, "SO_SNDTIMEO_OLD"},
	FLAG(SO_BINDTODEVICE), FLAG(SO_ATTACH_FILTER), FLAG(SO_PEERNAME), FLAG(SO_ACCEPTCONN),
	FLAG(SO_PEERSEC), FLAG(SO_MARK), FLAG(SO_PROTOCOL), FLAG(SO_DOMAIN), FLAG(SO_PEERGROUPS),
	FLAG_END};
static const struct flag names_tcp[] = {{1, "TCP_NODELAY"}, {2, "TCP_MAXSEG"}, {3, "TCP_CORK"},
	{4, "TCP_KEEPIDLE"}, {5, "TCP_KEEPINTVL"}, {6, "TCP_KEEPCNT"}, {9, "TCP_DEFER_ACCEPT"},
	{11, "TCP_INFO"}, {12, "TCP_QUICKACK"}, {13, "TCP_CONGESTION"}, {18, "TCP_USER_TIMEOUT"},
	FLAG_END};

static void print_family(struct arg *a)
{
	text_enum(a->text, names_family, (u32)a->v, "AF_???");
}

static void print_socktype(struct arg *a)
{
	text_enum(a->text, names_type, a->v & ABI_SOCK_TYPE_MASK, "SOCK_???");
	if (a->v & ~(u64)ABI_SOCK_TYPE_MASK) {
		text_put(a->text, "|");
		text_flags(a->text, flags_sock, (u32)a->v & ~(u32)ABI_SOCK_TYPE_MASK, "SOCK_???");
	}
}

static void print_protocol(struct arg *a)
{
	if (a->args[0] == AF_INET || a->args[0] == AF_INET6)
		text_enum(a->text, names_proto, (u32)a->v, "IPPROTO_???");
	else
		text_put(a->text, "%d", (int)a->v);
}

static void print_sock_flags(struct arg *a)
{
	text_flags(a->text, flags_sock, (u32)a->v, "SOCK_???");
}

static void print_msg_flags(struct arg *a)
{
	text_flags(a->text, flags_msg, (u32)a->v, "MSG_???");
}

static void print_shut(struct arg *a)
{
	text_enum(a->text, names_shut, (u32)a->v, "SHUT_???");
}

static void print_level(struct arg *a)
{
	text_enum(a->text, names_level, (u32)a->v, "SOL_???");
}

static void print_option(struct arg *a)
{
	if (a->args[1] == SOL_SOCKET)
		text_enum(a->text, names_so, (u32)a->v, "SO_???");
	else if (a->args[1] == IPPROTO_TCP)
		text_enum(a->text, names_tcp, (u32)a->v, "TCP_???");
	else
		text_put(a->text, "%d", (int)a->v);
}

/* ---- addresses ---- */

static void put_unix(struct text *t, const struct sockaddr_un *un, u64 len)
{
	u64 head = offsetof(struct sockaddr_un, sun_path);

	if (len <= head)
		return;
	len -= head;
	if (un->sun_path[0]) {
		text_put(t, ", sun_path=");
		text_string(t, un->sun_path, strnlen(un->sun_path, len), false);
	} else {
		text_put(t, ", sun_path=@");
		text_string(t, un->sun_path + 1, len - 1, false);
	}
}

static void put_in(struct text *t, const struct sockaddr_in *in)
{
	const u8 *b = (const u8 *)&in->sin_addr;

	text_put(t, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")",
		__builtin_bswap16(in->sin_port), b[0], b[1], b[2], b[3]);
}

/* The longest run of two or more zero groups is written as "::" (RFC 5952). */
static void put_in6_addr(struct text *t, const u8 *b)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !b[2 * (i + n)] && !b[2 * (i + n) + 1])
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			text_put(t, "::");
			i += best_len - 1;
			continue;
		}
		text_put(t, i && i != best + best_len ? ":%x" : "%x",
			(unsigned)(b[2 * i] << 8 | b[2 * i + 1]));
	}
}

static void put_in6(struct text *t, const struct sockaddr_in6 *in)
{
	text_put(t, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"",
		__builtin_bswap16(in->sin6_port), __builtin_bswap32(in->sin6_flowinfo));
	put_in6_addr(t, (const u8 *)&in->sin6_addr);
	text_put(t, "\", &sin6_addr), sin6_scope_id=%u", in->sin6_scope_id);
}

static void put_netlink(struct text *t, const u32 *words) /* family and pad, pid, groups */
{
	text_put(t, ", nl_pid=%u, nl_groups=%#08x", words[1], words[2]);
}

static void put_sockaddr(struct arg *a, uaddr_t addr, u64 len)
{
	union {
		struct sockaddr sa;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		u32 words[32];
	} u;

	memset(&u, 0, sizeof(u));
	len = MIN(len, sizeof(u));
	if (!addr || len < 2 || guest_read(a->task, &u, addr, len) < 0) {
		arg_pointer(a->text, addr);
		return;
	}
	text_put(a->text, "{sa_family=");
	text_enum(a->text, names_family, u.sa.sa_family, "AF_???");
	if (u.sa.sa_family == AF_UNIX)
		put_unix(a->text, &u.un, len);
	else if (u.sa.sa_family == AF_INET && len >= sizeof(u.in))
		put_in(a->text, &u.in);
	else if (u.sa.sa_family == AF_INET6 && len >= sizeof(u.in6))
		put_in6(a->text, &u.in6);
	else if (u.sa.sa_family == AF_NETLINK && len >= 12)
		put_netlink(a->text, u.words);
	text_put(a->text, "}");
}

static void print_sockaddr(struct arg *a)
{
	put_sockaddr(a, a->v, a->args[a->index + 1]);
}

/* Filled in by the call; the length lies behind the next argument. */
static void print_out_sockaddr(struct arg *a)
{
	u32 len;

	if (arg_failed(a) || !a->v ||
		guest_read(a->task, &len, a->args[a->index + 1], sizeof(len)) < 0)
		arg_pointer(a->text, a->v);
	else
		put_sockaddr(a, a->v, len);
}

/* [before => after] */
static void print_addrlen(struct arg *a)
{
	u32 len;

	if (!a->v || guest_read(a->task, &len, a->v, sizeof(len)) < 0)
		arg_pointer(a->text, a->v);
	else if (arg_failed(a) || len == a->entry)
		text_put(a->text, "[%u]", (u32)a->entry);
	else
		text_put(a->text, "[%u => %u]", (u32)a->entry, len);
}

static void print_option_value(struct arg *a)
{
	u32 len = (u32)a->args[4];
	int v;

	if (a->kind->out && guest_read(a->task, &len, a->args[4], sizeof(len)) < 0)
		len = 0;
	if (len == sizeof(v)) {
		if (arg_fetch(a, &v, sizeof(v)))
			text_put(a->text, "[%d]", v);
	} else if (arg_failed(a)) {
		arg_pointer(a->text, a->v);
	} else {
		arg_buffer(a, a->v, len);
	}
}

static void put_msghdr(struct arg *a, const struct msghdr *m, u64 bytes)
{
	text_put(a->text, "{msg_name=");
	put_sockaddr(a, (uaddr_t)m->msg_name, m->msg_namelen);
	if (a->kind->out && a->entry != m->msg_namelen)
		text_put(
			a->text, ", msg_namelen=%u => %u, msg_iov=", (u32)a->entry, m->msg_namelen);
	else
		text_put(a->text, ", msg_namelen=%u, msg_iov=", m->msg_namelen);
	arg_iovec(a, (uaddr_t)m->msg_iov, m->msg_iovlen, bytes);
	text_put(a->text, ", msg_iovlen=%zu", m->msg_iovlen);
	if (m->msg_control && m->msg_controllen)
		text_put(a->text, ", msg_control=%p", m->msg_control);
	text_put(a->text, ", msg_controllen=%zu, msg_flags=", m->msg_controllen);
	text_flags(a->text, flags_msg, (u32)m->msg_flags, "MSG_???");
	text_put(a->text, "}");
}

static void print_msghdr(struct arg *a)
{
	struct msghdr m;

	if (arg_fetch(a, &m, sizeof(m)))
		put_msghdr(a, &m, a->kind->out ? (u64)a->ret : UINT64_MAX);
}

#define IN(n, fn) \
	{ \
		n, fn, NULL, NULL, false \
	}
#define OUT(n, fn) \
	{ \
		n, fn, NULL, NULL, true \
	}
const struct arg_kind arg_kinds_net[] = {IN("family", print_family), IN("socktype", print_socktype),
	IN("protocol", print_protocol), IN("sockflags", print_sock_flags),
	IN("msgflags", print_msg_flags), IN("shut", print_shut), IN("level", print_level),
	IN("option", print_option), IN("sockaddr", print_sockaddr),
	OUT(">sockaddr", print_out_sockaddr), OUT(">addrlen", print_addrlen),
	IN("optval", print_option_value), OUT(">optval", print_option_value),
	IN("msghdr", print_msghdr), OUT(">msghdr", print_msghdr), {NULL, NULL, NULL, NULL, false}};
