/*
 * /proc/sys/net: the settings of the network (kernel/net/ctl.h). A machine does not forward, so
 * ip_forward can be read, and is 0. proc(5), ip(7), tcp(7), Linux Documentation/networking/
 * ip-sysctl.rst.
 */
#include "fs/proc/sysctl.h"
#include "fs/pseudo_netdev.h"
#include "kernel/cred.h"
#include "kernel/net/netdev.h"
#include "kernel/net/tcp_cong.h"

#define NET(n, lo, hi) SYSCTL(#n, net_ctl.n, lo, hi)
#define SECONDS_MAX (INT32_MAX / 1000)

static const struct pseudo_row core_rows[] = {
	NET(netdev_max_backlog, 0, INT32_MAX),
	NET(optmem_max, 0, 1u << 24),
	NET(rmem_default, 2304, INT32_MAX / 2),
	NET(rmem_max, 2304, INT32_MAX / 2),
	NET(somaxconn, 0, INT32_MAX),
	NET(wmem_default, 4608, INT32_MAX / 2),
	NET(wmem_max, 4608, INT32_MAX / 2),
};
static const struct pseudo_dir core_dir = {PSEUDO_DIR(core_rows)};

static const struct pseudo_row unix_rows[] = {
	NET(max_dgram_qlen, 0, INT32_MAX),
};
static const struct pseudo_dir unix_dir = {PSEUDO_DIR(unix_rows)};

/* ---- settings of a device; key 0 is the default, which new ones begin with ---- */

static struct netdev_ctl *ctl_of(const struct pseudo_ctx *c)
{
	struct netdev *dev;

	net_set_own();
	dev = netdev_by_index((int)c->key);
	if (!c->key)
		return &netdev_ctl_default;
	return dev ? &dev->ctl : NULL;
}

struct dev_sysctl {
	size_t offset;
	u32 min, max;
};

static int show_dev(struct seq *s, const struct pseudo_ctx *c)
{
	const struct dev_sysctl *ctl = c->row->arg;
	const u8 *base = (const u8 *)ctl_of(c);

	if (!base)
		return -ENODEV;
	seq_printf(s, "%u\n", *(const u32 *)(base + ctl->offset));
	return 0;
}

static int parse_dev(const struct pseudo_ctx *c, const char *text, u32 *v)
{
	const struct dev_sysctl *ctl = c->row->arg;
	s64 n;

	if (!ctl_of(c))
		return -ENODEV;
	if (pseudo_parse(text, ctl->min, ctl->max, &n) < 0)
		return -EINVAL;
	*v = (u32)n;
	return 0;
}

static int store_dev(const struct pseudo_ctx *c, char *text, size_t len)
{
	const struct dev_sysctl *ctl = c->row->arg;
	u32 v;
	int err = parse_dev(c, text, &v);

	if (!err)
		*(u32 *)((u8 *)ctl_of(c) + ctl->offset) = v;
	return err;
}

static int store_disable_ipv6(const struct pseudo_ctx *c, char *text, size_t len)
{
	u32 v;
	int err = parse_dev(c, text, &v);

	net_set_own();
	if (!err && c->key)
		netdev_disable_ipv6(netdev_by_index((int)c->key), v);
	else if (!err)
		netdev_ctl_default.disable_ipv6 = v;
	return err;
}

/* "all": every device, and those to come. */
static int store_disable_all(const struct pseudo_ctx *c, char *text, size_t len)
{
	struct netdev *dev;
	u32 v;
	int err = parse_dev(c, text, &v);

	if (err < 0)
		return err;
	netdev_ctl_default.disable_ipv6 = v;
	net_set_own();
	netdev_for_each(dev) netdev_disable_ipv6(dev, v);
	return 0;
}

#define DEV_WITH(n, lo, hi, fn) \
	{ \
		.name = #n, .mode = PROC_RW, .show = show_dev, .store = fn, \
		.arg = &(const struct dev_sysctl) \
		{ \
			offsetof(struct netdev_ctl, n), lo, hi \
		} \
	}
#define DEV(n, lo, hi) DEV_WITH(n, lo, hi, store_dev)

static const struct pseudo_row dev4_rows[] = {
	DEV(accept_redirects, 0, 1),
	DEV(tag, 0, INT32_MAX),
};
static const struct pseudo_dir dev4_dir = {PSEUDO_DIR(dev4_rows)};
static const struct pseudo_row dev4_row = {.mode = PROC_DIR, .dir = &dev4_dir};
static const struct pseudo_row conf4_rows[] = {
	SUBDIR("default", &dev4_dir),
};
static const struct pseudo_dir conf4_dir = {
	PSEUDO_DIR(conf4_rows),
	.child = &dev4_row,
	PSEUDO_NETDEVS,
};

static const struct pseudo_row dev6_rows[] = {
	DEV(accept_ra, 0, 2),
	DEV(autoconf, 0, 1),
	DEV(dad_transmits, 0, 100),
	DEV_WITH(disable_ipv6, 0, 1, store_disable_ipv6),
	DEV(hop_limit, 1, 255),
	DEV(router_solicitations, 0, 100),
};
static const struct pseudo_dir dev6_dir = {PSEUDO_DIR(dev6_rows)};
static const struct pseudo_row dev6_row = {.mode = PROC_DIR, .dir = &dev6_dir};
static const struct pseudo_row all6_rows[] = {
	DEV_WITH(disable_ipv6, 0, 1, store_disable_all),
};
static const struct pseudo_dir all6_dir = {PSEUDO_DIR(all6_rows)};
static const struct pseudo_row conf6_rows[] = {
	SUBDIR("all", &all6_dir),
	SUBDIR("default", &dev6_dir),
};
static const struct pseudo_dir conf6_dir = {
	PSEUDO_DIR(conf6_rows),
	.child = &dev6_row,
	PSEUDO_NETDEVS,
};

/* ---- ipv4 ---- */

static bool ordered(const u32 *v)
{
	return v[0] <= v[1];
}

static bool ordered3(const u32 *v)
{
	return v[0] <= v[1] && v[1] <= v[2];
}

static int show_congestion(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%s\n", tcp_cong_default->name);
	return 0;
}

static int store_congestion(const struct pseudo_ctx *c, char *text, size_t len)
{
	const struct tcp_cong_ops *ops;

	text[strcspn(text, " \t\n")] = '\0';
	ops = tcp_cong_find(text);
	if (!ops)
		return -ENOENT;
	tcp_cong_default = ops;
	return 0;
}

static const struct pseudo_row ipv4_rows[] = {
	SUBDIR("conf", &conf4_dir),
	NET(icmp_echo_ignore_all, 0, 1),
	NET(icmp_echo_ignore_broadcasts, 0, 1),
	NET(icmp_msgs_burst, 0, 1000000),
	NET(icmp_msgs_per_sec, 0, 1000000),
	NET(igmp_max_memberships, 0, INT32_MAX),
	NET(ip_default_ttl, 1, 255),
	TEXT("ip_forward", "0"),
	SYSCTL_VECTOR("ip_local_port_range", net_ctl.ip_local_port_range, 1, 65535, ordered),
	NET(ip_unprivileged_port_start, 0, 65535),
	NET(ipfrag_high_thresh, 0, INT32_MAX),
	NET(ipfrag_time, 1, SECONDS_MAX),
	SYSCTL_VECTOR("ping_group_range", net_ctl.ping_group_range, 0, INT32_MAX, NULL),
	TEXT("tcp_allowed_congestion_control", "reno cubic"),
	TEXT("tcp_available_congestion_control", "reno cubic"),
	{.name = "tcp_congestion_control",
		.mode = PROC_RW,
		.show = show_congestion,
		.store = store_congestion},
	NET(tcp_ecn, 0, 2),
	NET(tcp_fin_timeout, 1, SECONDS_MAX),
	NET(tcp_keepalive_intvl, 1, SECONDS_MAX),
	NET(tcp_keepalive_probes, 1, 127),
	NET(tcp_keepalive_time, 1, SECONDS_MAX),
	NET(tcp_max_syn_backlog, 1, INT32_MAX),
	NET(tcp_max_tw_buckets, 1, INT32_MAX),
	NET(tcp_orphan_retries, 1, 255),
	NET(tcp_retries2, 1, 255),
	SYSCTL_VECTOR("tcp_rmem", net_ctl.tcp_rmem, 2304, INT32_MAX / 2, ordered3),
	NET(tcp_sack, 0, 1),
	NET(tcp_syn_retries, 1, 127),
	NET(tcp_synack_retries, 0, 127),
	NET(tcp_syncookies, 0, 2),
	NET(tcp_timestamps, 0, 1),
	NET(tcp_window_scaling, 0, 1),
	SYSCTL_VECTOR("tcp_wmem", net_ctl.tcp_wmem, 2304, INT32_MAX / 2, ordered3),
};
static const struct pseudo_dir ipv4_dir = {PSEUDO_DIR(ipv4_rows)};

static const struct pseudo_row ipv6_rows[] = {
	NET(bindv6only, 0, 1),
	SUBDIR("conf", &conf6_dir),
	NET(ip6frag_time, 1, SECONDS_MAX),
};
static const struct pseudo_dir ipv6_dir = {PSEUDO_DIR(ipv6_rows)};

static const struct pseudo_row net_rows[] = {
	SUBDIR("core", &core_dir),
	SUBDIR("ipv4", &ipv4_dir),
	SUBDIR("ipv6", &ipv6_dir),
	SUBDIR("unix", &unix_dir),
};
const struct pseudo_dir proc_sys_net_dir = {PSEUDO_DIR(net_rows)};
