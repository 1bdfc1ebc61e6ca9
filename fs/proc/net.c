/*
 * /proc/PID/net: tables of the network, one file per protocol the kernel has. proc(5).
 */
#include "fs/proc/proc.h"
#include "kernel/net/tcp.h"
#include "kernel/net/unix.h"

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

	return ret < 0 ? ret : unix_for_each(unix_row, s);
}

/* ---- tcp, tcp6 ---- */

struct tcp_rows {
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
	struct tcp_rows *r = arg;
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

static int show_tcp(struct seq *s, const struct pseudo_ctx *c)
{
	struct tcp_rows r = {.s = s};

	seq_puts(s, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   "
		    "uid  timeout inode\n");
	return tcp_for_each(tcp_row, &r);
}

static int show_tcp6(struct seq *s, const struct pseudo_ctx *c)
{
	struct tcp_rows r = {.s = s, .v6 = true};

	seq_puts(s,
		"  sl  local_address                         remote_address                     "
		"   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
	return tcp_for_each(tcp_row, &r);
}

static const struct pseudo_row net_rows[] = {
	{.name = "tcp", .mode = PROC_RO, .show = show_tcp},
	{.name = "tcp6", .mode = PROC_RO, .show = show_tcp6},
	{.name = "unix", .mode = PROC_RO, .show = show_unix},
};

const struct pseudo_dir proc_net_dir = {PSEUDO_DIR(net_rows)};
