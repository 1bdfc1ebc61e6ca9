/*
 * /proc/net/{snmp,snmp6,netstat,sockstat,sockstat6,protocols}: counters by the names of the MIBs
 * (RFC 4293, 4022, 4113, 2011) and Linux's own, for netstat -s, nstat and sar. What this kernel
 * never does (forwarding, source quench) counts zero. proc(5).
 */
#include "fs/proc/net.h"
#include "kernel/net/ctl.h"
#include "kernel/net/tcp.h"

#include <stdio.h>

/* "NAME: COLUMNS" and "NAME: VALUES"; value gives that of one column. */
static void section(struct seq *s, const char *name, const char *columns,
	long long (*value)(const char *column, size_t len))
{
	seq_printf(s, "%s: %s\n%s:", name, columns, name);
	while (*columns) {
		size_t len = strcspn(columns, " ");

		seq_printf(s, " %lld", value(columns, len));
		columns += len;
		columns += strspn(columns, " ");
	}
	seq_putc(s, '\n');
}

static bool is(const char *column, size_t len, const char *name)
{
	return len == strlen(name) && !memcmp(column, name, len);
}

/* ---- snmp ---- */

static long long ip_value(const char *column, size_t len)
{
	if (is(column, len, "Forwarding"))
		return 2; /* not a router */
	if (is(column, len, "DefaultTTL"))
		return net_ctl.ip_default_ttl;
	return (long long)mib_value("Ip", column, len);
}

struct icmp_name {
	const char *name;
	u8 type;
};

static const struct icmp_name icmp4_names[] = {
	{"DestUnreachs", 3},
	{"TimeExcds", 11},
	{"ParmProbs", 12},
	{"SrcQuenchs", 4},
	{"Redirects", 5},
	{"Echos", 8},
	{"EchoReps", 0},
	{"Timestamps", 13},
	{"TimestampReps", 14},
	{"AddrMasks", 17},
	{"AddrMaskReps", 18},
};

static long long icmp_value(const char *column, size_t len)
{
	bool in = len > 2 && !memcmp(column, "In", 2);
	size_t skip = in ? 2 : 3;

	for (size_t i = 0; len > skip && i < ARRAY_SIZE(icmp4_names); i++)
		if (is(column + skip, len - skip, icmp4_names[i].name))
			return (long long)(in ? mib_icmp4.in : mib_icmp4.out)[icmp4_names[i].type];
	return (long long)mib_value("Icmp", column, len);
}

static long long tcp_value(const char *column, size_t len)
{
	static const struct {
		const char *name;
		long long value;
	} fixed[] = {
		{"RtoAlgorithm", 1}, /* other */
		{"RtoMin", TCP_RTO_MIN_NS / NSEC_PER_MSEC},
		{"RtoMax", TCP_RTO_MAX_NS / NSEC_PER_MSEC},
		{"MaxConn", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (is(column, len, fixed[i].name))
			return fixed[i].value;
	for (int i = 0; i < TCP_MIB_COUNT; i++)
		if (is(column, len, tcp_mib_name[i]))
			return (long long)tcp_mib[i];
	return 0;
}

static long long udp_value(const char *column, size_t len)
{
	return (long long)mib_value("Udp", column, len);
}

static long long no_value(const char *column, size_t len)
{
	return 0;
}

/* The types seen, as "InType8 OutType0". */
static void show_icmp_types(struct seq *s)
{
	struct seq values = {0};
	size_t start = s->len;

	for (int out = 0; out < 2; out++)
		for (int i = 0; i < 256; i++) {
			u64 n = out ? mib_icmp4.out[i] : mib_icmp4.in[i];

			if (!n)
				continue;
			seq_printf(s, "%s %sType%d", s->len == start ? "IcmpMsg:" : "",
				out ? "Out" : "In", i);
			seq_printf(&values, " %llu", (unsigned long long)n);
		}
	if (s->len != start) {
		seq_puts(s, "\nIcmpMsg:");
		seq_write(s, values.buf, values.len);
		seq_putc(s, '\n');
	}
	seq_fini(&values);
}

int net_show_snmp(struct seq *s)
{
#define UDP_COLUMNS \
	"InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors " \
	"IgnoredMulti MemErrors"
	section(s, "Ip",
		"Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams "
		"InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes "
		"ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates "
		"OutTransmits",
		ip_value);
	section(s, "Icmp",
		"InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs "
		"InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks "
		"InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost "
		"OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos "
		"OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps",
		icmp_value);
	show_icmp_types(s);
	section(s, "Tcp",
		"RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails "
		"EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors",
		tcp_value);
	section(s, "Udp", UDP_COLUMNS, udp_value);
	section(s, "UdpLite", UDP_COLUMNS, no_value);
	return 0;
}

/* ---- snmp6 ---- */

static void line6(struct seq *s, const char *name, u64 value)
{
	seq_printf(s, "%-32s\t%llu\n", name, (unsigned long long)value);
}

static const struct icmp_name icmp6_names[] = {
	{"DestUnreachs", 1},
	{"PktTooBigs", 2},
	{"TimeExcds", 3},
	{"ParmProblems", 4},
	{"Echos", 128},
	{"EchoReplies", 129},
	{"GroupMembQueries", 130},
	{"GroupMembResponses", 131},
	{"GroupMembReductions", 132},
	{"RouterSolicits", 133},
	{"RouterAdvertisements", 134},
	{"NeighborSolicits", 135},
	{"NeighborAdvertisements", 136},
	{"Redirects", 137},
	{"MLDv2Reports", 143},
};

static void show_prefixed(struct seq *s, const char *prefix)
{
	for (int i = 0; i < MIB_COUNT; i++)
		if (!strncmp(mib_name[i], prefix, strlen(prefix)))
			line6(s, mib_name[i], mib_count[i]);
}

int net_show_snmp6(struct seq *s)
{
	char name[48];

	show_prefixed(s, "Ip6");
	show_prefixed(s, "Icmp6");
	for (int out = 0; out < 2; out++)
		for (size_t i = 0; i < ARRAY_SIZE(icmp6_names); i++) {
			const struct icmp_name *n = &icmp6_names[i];

			snprintf(name, sizeof(name), "Icmp6%s%s", out ? "Out" : "In", n->name);
			line6(s, name, (out ? mib_icmp6.out : mib_icmp6.in)[n->type]);
		}
	for (int out = 0; out < 2; out++)
		for (int i = 0; i < 256; i++) {
			u64 n = (out ? mib_icmp6.out : mib_icmp6.in)[i];

			snprintf(name, sizeof(name), "Icmp6%sType%d", out ? "Out" : "In", i);
			if (n)
				line6(s, name, n);
		}
	show_prefixed(s, "Udp6");
	return 0;
}

/* ---- netstat ---- */

int net_show_netstat(struct seq *s)
{
	int first = TCP_MIB_SyncookiesSent; /* those before it are in snmp */

	seq_puts(s, "TcpExt:");
	for (int i = first; i < TCP_MIB_COUNT; i++)
		seq_printf(s, " %s", tcp_mib_name[i]);
	seq_puts(s, "\nTcpExt:");
	for (int i = first; i < TCP_MIB_COUNT; i++)
		seq_printf(s, " %llu", (unsigned long long)tcp_mib[i]);
	seq_putc(s, '\n');
	section(s, "IpExt",
		"InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets "
		"InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InNoECTPkts InECT1Pkts "
		"InECT0Pkts InCEPkts",
		ip_value);
	return 0;
}

/* ---- sockstat ---- */

struct usage {
	const struct inet_proto *proto;
	unsigned inuse, inuse6, orphans;
	u64 mem;
};

static int count_sock(struct inet_sock *is, void *arg)
{
	struct usage *u = arg;
	const struct inet_tuple *t = &is->tuple;

	u->mem += is->sk.wmem + is->sk.rmem;
	if (u->proto == &tcp_proto && ((const struct tcp_sock *)is)->orphan)
		u->orphans++;
	if (u->proto->table && t->state == INET_UNHASHED)
		return 0;
	if (t->v6)
		u->inuse6++;
	else
		u->inuse++;
	return 0;
}

static struct usage usage_of(const struct inet_proto *proto)
{
	struct usage u = {.proto = proto};

	inet_for_each(proto, count_sock, &u);
	return u;
}

static unsigned long long pages(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

int net_show_sockstat(struct seq *s)
{
	struct usage tcp = usage_of(&tcp_proto), udp = usage_of(&udp_proto);
	u32 nr, mem;

	ip_frag_usage(true, &nr, &mem);
	seq_printf(s, "sockets: used %u\n", nr_open_socks);
	seq_printf(s, "TCP: inuse %u orphan %u tw %u alloc %u mem %llu\n", tcp.inuse, tcp.orphans,
		tcp_nr_tw, tcp_nr_socks, pages(tcp.mem));
	seq_printf(s, "UDP: inuse %u mem %llu\n", udp.inuse, pages(udp.mem));
	seq_puts(s, "UDPLITE: inuse 0\n");
	seq_printf(s, "RAW: inuse %u\n", usage_of(&raw_proto).inuse);
	seq_printf(s, "FRAG: inuse %u memory %u\n", nr, mem);
	return 0;
}

int net_show_sockstat6(struct seq *s)
{
	u32 nr, mem;

	ip_frag_usage(false, &nr, &mem);
	seq_printf(s, "TCP6: inuse %u\n", usage_of(&tcp_proto).inuse6);
	seq_printf(s, "UDP6: inuse %u\n", usage_of(&udp_proto).inuse6);
	seq_puts(s, "UDPLITE6: inuse 0\n");
	seq_printf(s, "RAW6: inuse %u\n", usage_of(&raw_proto).inuse6);
	seq_printf(s, "FRAG6: inuse %u memory %u\n", nr, mem);
	return 0;
}

/* ---- protocols ---- */

static char yes(bool has)
{
	return has ? 'y' : 'n';
}

static int count_v6(struct inet_sock *is, void *arg)
{
	unsigned *nr = arg;

	nr[is->tuple.v6]++;
	return 0;
}

static void show_protocol(struct seq *s, const struct inet_proto *p, bool v6)
{
	const struct sock_ops *o = p->ops;
	unsigned nr[2] = {0, 0};
	char name[16];

	inet_for_each(p, count_v6, nr);
	snprintf(name, sizeof(name), "%s%s", p->name, v6 ? "v6" : "");
	/* close connect disconnect accept ioctl init destroy shutdown setsockopt getsockopt
	 * sendmsg recvmsg bind backlog hash unhash get_port enter_memory_pressure */
	seq_printf(s,
		"%-9s %4zu %6u  %6d   %-3s %6d   %-4s%-10s "
		"%2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c %2c\n",
		name, p->sock_size, nr[v6], p == &tcp_proto ? (int)pages(usage_of(p).mem) : -1,
		p == &tcp_proto ? "no" : "NI", p == &tcp_proto ? (int)SKB_HEADROOM : 0, "no",
		"kernel", yes(o->release), yes(o->connect), yes(o->connect), yes(o->accept),
		yes(o->ioctl), yes(p->init), yes(o->destroy), yes(o->shutdown), yes(o->setsockopt),
		yes(o->getsockopt), yes(o->sendmsg), yes(o->recvmsg), yes(o->bind), 'n',
		yes(p->table), yes(p->table), yes(p->table), 'n');
}

int net_show_protocols(struct seq *s)
{
	static const struct inet_proto *const protos[] = {
		&ping_proto, &raw_proto, &udp_proto, &tcp_proto};

	for (int v6 = 1; v6 >= 0; v6--)
		for (size_t i = 0; i < ARRAY_SIZE(protos); i++)
			show_protocol(s, protos[i], v6);
	return 0;
}
