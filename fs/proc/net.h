/* /proc/PID/net: what its files are made of, and the shows by the file they live in. proc(5). */
#ifndef SKIFF_FS_PROC_NET_H
#define SKIFF_FS_PROC_NET_H

#include "fs/proc/proc.h"
#include "kernel/net/ipaddr.h"

/* Rows append their lines; the tables of a network namespace without interfaces have none. */
int net_show_dev(struct seq *s); /* net_dev.c: devices, addresses, groups, routes */
int net_show_dev_mcast(struct seq *s);
int net_show_if_inet6(struct seq *s);
int net_show_igmp(struct seq *s);
int net_show_igmp6(struct seq *s);
int net_show_arp(struct seq *s);
int net_show_route(struct seq *s);
int net_show_ipv6_route(struct seq *s);
int net_show_snmp(struct seq *s); /* net_stat.c: counters */
int net_show_snmp6(struct seq *s);
int net_show_netstat(struct seq *s);
int net_show_sockstat(struct seq *s);
int net_show_sockstat6(struct seq *s);
int net_show_protocols(struct seq *s);

/* 32 hexadecimal digits */
static inline void net_put_addr6(struct seq *s, const struct ip_addr *a)
{
	for (int i = 0; i < 16; i++)
		seq_printf(s, "%02x", a->b[i]);
}
/* Blanks up to width bytes since start (an earlier s->len), and a newline. */
void net_pad(struct seq *s, size_t start, size_t width);

#endif
