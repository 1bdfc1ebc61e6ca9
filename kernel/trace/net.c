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
const struct flag flags_msg[] = {{MSG_OOB, "MSG_OOB"}, {MSG_PEEK, "MSG_PEEK"},
	{MSG_DONTROUTE, "MSG_DONTROUTE"}, {MSG_CTRUNC, "MSG_CTRUNC"}, {MSG_TRUNC, "MSG_TRUNC"},
	{MSG_DONTWAIT, "MSG_DONTWAIT"}, {MSG_EOR, "MSG_EOR"}, {MSG_WAITALL, "MSG_WAITALL"},
	{MSG_NOSIGNAL, "MSG_NOSIGNAL"}, {MSG_MORE, "MSG_MORE"},
	{MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"}, FLAG_END};
static const struct flag names_netlink[] = {{0, "NETLINK_ROUTE"}, {2, "NETLINK_USERSOCK"},
	{4, "NETLINK_SOCK_DIAG"}, {9, "NETLINK_AUDIT"}, {12, "NETLINK_NETFILTER"},
	{15, "NETLINK_KOBJECT_UEVENT"}, {16, "NETLINK_GENERIC"}, FLAG_END};
static const struct flag names_shut[] = {
	{SHUT_RD, "SHUT_RD"}, {SHUT_WR, "SHUT_WR"}, {SHUT_RDWR, "SHUT_RDWR"}, FLAG_END};
const struct flag names_sock_level[] = {{SOL_SOCKET, "SOL_SOCKET"}, {IPPROTO_IP, "SOL_IP"},
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

/* In network order. */
static void put_ether_type(struct text *t, u16 type)
{
	static const struct flag names[] = {{3, "ETH_P_ALL"}, {0x800, "ETH_P_IP"},
		{0x806, "ETH_P_ARP"}, {0x86dd, "ETH_P_IPV6"}, {0x88cc, "ETH_P_LLDP"}, FLAG_END};

	text_put(t, "htons(");
	text_enum(t, names, __builtin_bswap16(type), "ETH_P_???");
	text_put(t, ")");
}

static void print_protocol(struct arg *a)
{
	if (a->args[0] == AF_INET || a->args[0] == AF_INET6)
		text_enum(a->text, names_proto, (u32)a->v, "IPPROTO_???");
	else if (a->args[0] == AF_NETLINK)
		text_enum(a->text, names_netlink, (u32)a->v, "NETLINK_???");
	else if (a->args[0] == AF_PACKET)
		put_ether_type(a->text, (u16)a->v);
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
	text_enum(a->text, names_sock_level, (u32)a->v, "SOL_???");
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

/* struct sockaddr_ll: packet(7) */
static void put_packet(struct text *t, const u8 *sa, u64 len)
{
	static const struct flag types[] = {{0, "PACKET_HOST"}, {1, "PACKET_BROADCAST"},
		{2, "PACKET_MULTICAST"}, {3, "PACKET_OTHERHOST"}, {4, "PACKET_OUTGOING"}, FLAG_END};
	static const struct flag hardware[] = {{0, "ARPHRD_NETROM"}, {1, "ARPHRD_ETHER"},
		{772, "ARPHRD_LOOPBACK"}, {65534, "ARPHRD_NONE"}, FLAG_END};
	u16 protocol, hatype;
	int ifindex;

	memcpy(&protocol, sa + 2, 2);
	memcpy(&ifindex, sa + 4, 4);
	memcpy(&hatype, sa + 8, 2);
	text_put(t, ", sll_protocol=");
	put_ether_type(t, protocol);
	text_put(t, ", sll_ifindex=%d, sll_hatype=", ifindex);
	text_enum(t, hardware, hatype, "ARPHRD_???");
	text_put(t, ", sll_pkttype=");
	text_enum(t, types, sa[10], "PACKET_???");
	text_put(t, ", sll_halen=%u", sa[11]);
	for (unsigned i = 0; i < MIN(sa[11], 8u) && 12 + i < len; i++)
		text_put(t, i ? ", %#04x" : ", sll_addr=[%#04x", sa[12 + i]);
	if (sa[11] && len > 12)
		text_put(t, "]");
}

void arg_sockaddr(struct arg *a, uaddr_t addr, u64 len)
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
	else if (u.sa.sa_family == AF_PACKET && len >= 12)
		put_packet(a->text, (const u8 *)&u, len);
	text_put(a->text, "}");
}

static void print_sockaddr(struct arg *a)
{
	arg_sockaddr(a, a->v, a->args[a->index + 1]);
}

/* Filled in by the call; the length lies behind the next argument. */
static void print_out_sockaddr(struct arg *a)
{
	u32 len;

	if (arg_failed(a) || !a->v ||
		guest_read(a->task, &len, a->args[a->index + 1], sizeof(len)) < 0)
		arg_pointer(a->text, a->v);
	else
		arg_sockaddr(a, a->v, len);
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
	{NULL, NULL, NULL, NULL, false}};
