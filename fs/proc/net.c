/*
 * /proc/PID/net: one file per table or protocol the kernel has; here the table of them and the
 * files about sockets. The tables are those of the process's network namespace. proc(5).
 */
#include "fs/proc/net.h"

#include "kernel/net/net_ns.h"
#include "kernel/net/packet.h"
#include "kernel/net/tcp.h"
#include "kernel/net/unix.h"
#include "kernel/task.h"

struct net_file {
	const char *header; /* a line, without its newline; NULL: none */
	unsigned width;	    /* the header is padded to */
	int (*rows)(struct seq *s);
};

void net_pad(struct seq *s, size_t start, size_t width)
{
	while (!s->failed && s->len - start < width)
		seq_putc(s, ' ');
	seq_putc(s, '\n');
}

/* current_net becomes the process's: what is shown is its. */
static bool enter_network(const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);

	if (t)
		net_set((struct net_ns *)task_ns(t, NS_NET, false));
	return t != NULL;
}

static int show(struct seq *s, const struct pseudo_ctx *c)
{
	const struct net_file *f = c->row->arg;
	size_t start = s->len;

	if (f->header) {
		seq_puts(s, f->header);
		net_pad(s, start, f->width);
	}
	return enter_network(c) ? f->rows(s) : 0;
}

/* ---- unix ---- */

static int unix_row(const struct unix_info *info, void *arg)
{
	struct seq *s = arg;
	char line[512];
	int n = unix_info_format(info, line, sizeof(line));

	if (n > 0) {
		seq_write(s, line, MIN((size_t)n, sizeof(line) - 1));
		seq_putc(s, '\n');
	}
	return s->failed ? -ENOMEM : 0;
}

static int show_unix(struct seq *s, const struct pseudo_ctx *c)
{
	int ret = unix_row(NULL, s);

	if (!enter_network(c))
		return 0;
	return ret < 0 ? ret : unix_for_each(unix_row, s);
}

/* ---- sockets of the internet protocols ---- */

struct rows {
	struct seq *s;
	bool v6;
	int nr;
};

static void put_endpoint(struct seq *s, bool v6, const struct ip_addr *a, u16 port)
{
	if (v6)
		for (int i = 0; i < 4; i++)
			seq_printf(s, "%08X", a->w[i]);
	else
		seq_printf(s, "%08X", a->w[3]);
	seq_printf(s, ":%04X ", port);
}

static int tcp_row(const struct tcp_entry *e, void *arg)
{
	struct rows *r = arg;
	struct seq *s = r->s;

	if (e->tuple->v6 != r->v6)
		return 0;
	seq_printf(s, "%4d: ", r->nr++);
	put_endpoint(s, r->v6, &e->tuple->laddr, e->tuple->lport);
	put_endpoint(s, r->v6, &e->tuple->raddr, e->tuple->rport);
	seq_printf(s, "%02X %08X:%08X %02X:%08llX %08X %5u %8d %llu %d %016x\n", (unsigned)e->state,
		e->tx_queue, e->rx_queue, e->timer,
		(unsigned long long)(e->when_ns / (10 * NSEC_PER_MSEC)), e->retrans, e->uid, 0,
		(unsigned long long)e->ino, 1, 0);
	return s->failed ? -ENOMEM : 0;
}

static int tcp_rows(struct seq *s)
{
	return tcp_for_each(tcp_row, &(struct rows){s, false, 0});
}

static int tcp6_rows(struct seq *s)
{
	return tcp_for_each(tcp_row, &(struct rows){s, true, 0});
}

/* Datagram sockets: those that can receive. A raw socket's protocol stands for its port. */
static int dgram_row(struct inet_sock *is, void *arg)
{
	struct rows *r = arg;
	const struct inet_tuple *t = &is->tuple;
	u16 port = is->proto == &raw_proto ? (u16)is->sk.protocol : t->lport;
	size_t start = r->s->len;

	if (t->v6 != r->v6 || !port)
		return 0;
	seq_printf(r->s, "%5d: ", r->nr++);
	put_endpoint(r->s, r->v6, &t->laddr, port);
	put_endpoint(r->s, r->v6, &t->raddr, t->rport);
	seq_printf(r->s, "%02X %08X:%08X 00:00000000 00000000 %5u        0 %llu %u %016x %llu",
		ip_addr_is_any(&t->raddr) ? TCP_CLOSE : TCP_ESTABLISHED, is->sk.wmem, is->sk.rmem,
		is->uid, (unsigned long long)(is->sk.file ? is->sk.ino : 0), is->sk.refs + 1, 0,
		(unsigned long long)is->drops);
	net_pad(r->s, start, r->v6 ? 0 : 127);
	return r->s->failed ? -ENOMEM : 0;
}

static int dgram_rows(struct seq *s, const struct inet_proto *proto, bool v6)
{
	return inet_for_each(proto, dgram_row, &(struct rows){s, v6, 0});
}

static int udp_rows(struct seq *s)
{
	return dgram_rows(s, &udp_proto, false);
}

static int udp6_rows(struct seq *s)
{
	return dgram_rows(s, &udp_proto, true);
}

static int raw_rows(struct seq *s)
{
	return dgram_rows(s, &raw_proto, false);
}

static int raw6_rows(struct seq *s)
{
	return dgram_rows(s, &raw_proto, true);
}

static int icmp_rows(struct seq *s)
{
	return dgram_rows(s, &ping_proto, false);
}

static int icmp6_rows(struct seq *s)
{
	return dgram_rows(s, &ping_proto, true);
}

/* ---- packet ---- */

static int packet_row(const struct packet_sock *ps, void *arg)
{
	seq_printf(arg, "%016x %-6u %-4d %04x   %-5d %1d %-6u %-6u %-6llu\n", 0, ps->sk.refs + 1,
		ps->sk.type, ps->protocol, ps->ifindex, ps->hooked, ps->sk.rmem, ps->uid,
		(unsigned long long)(ps->sk.file ? ps->sk.ino : 0));
	return 0;
}

static int packet_rows(struct seq *s)
{
	return packet_for_each(packet_row, s);
}

/* ---- the table ---- */

#define DEV_HEADER \
	"Inter-|   Receive                                                |  Transmit\n" \
	" face |bytes    packets errs drop fifo frame compressed multicast" \
	"|bytes    packets errs drop fifo colls carrier compressed"
#define TCP_HEADER \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   " \
	"uid  timeout inode"
#define TCP6_HEADER \
	"  sl  local_address                         remote_address                     " \
	"   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
#define PROTO_HEADER \
	"protocol  size sockets  memory press maxhdr  slab module     " \
	"cl co di ac io in de sh ss gs se re bi br ha uh gp em"

#define FILE(n, w, h, fn) \
	{ \
		.name = n, .mode = PROC_RO, .show = show, .arg = &(const struct net_file) \
		{ \
			h, w, fn \
		} \
	}

static const struct pseudo_row net_rows[] = {
	FILE("arp", 0,
		"IP address       HW type     Flags       HW address            Mask     Device",
		net_show_arp),
	FILE("dev", 0, DEV_HEADER, net_show_dev),
	FILE("dev_mcast", 0, NULL, net_show_dev_mcast),
	FILE("icmp", 127, " " TCP_HEADER " ref pointer drops", icmp_rows),
	FILE("icmp6", 0, TCP6_HEADER " ref pointer drops", icmp6_rows),
	FILE("if_inet6", 0, NULL, net_show_if_inet6),
	FILE("igmp", 0, "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter",
		net_show_igmp),
	FILE("igmp6", 0, NULL, net_show_igmp6),
	FILE("ipv6_route", 0, NULL, net_show_ipv6_route),
	FILE("netstat", 0, NULL, net_show_netstat),
	FILE("packet", 0, "sk               RefCnt Type Proto  Iface R Rmem   User   Inode",
		packet_rows),
	FILE("protocols", 0, PROTO_HEADER, net_show_protocols),
	FILE("raw", 0, TCP_HEADER " ref pointer drops", raw_rows),
	FILE("raw6", 0, TCP6_HEADER " ref pointer drops", raw6_rows),
	FILE("route", 127,
		"Iface\tDestination\tGateway "
		"\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
		net_show_route),
	FILE("snmp", 0, NULL, net_show_snmp),
	FILE("snmp6", 0, NULL, net_show_snmp6),
	FILE("sockstat", 0, NULL, net_show_sockstat),
	FILE("sockstat6", 0, NULL, net_show_sockstat6),
	FILE("tcp", 149, TCP_HEADER, tcp_rows),
	FILE("tcp6", 0, TCP6_HEADER, tcp6_rows),
	FILE("udp", 127, " " TCP_HEADER " ref pointer drops", udp_rows),
	FILE("udp6", 0, TCP6_HEADER " ref pointer drops", udp6_rows),
	{.name = "unix", .mode = PROC_RO, .show = show_unix},
};

const struct pseudo_dir proc_net_dir = {PSEUDO_DIR(net_rows)};
