/*
 * Options of level IPPROTO_IP and IPPROTO_IPV6: ip(7), ipv6(7). Booleans are rows of a table; the
 * rest has a case each. An AF_INET6 socket takes both levels, as on Linux.
 */
#include "kernel/cred.h"
#include "kernel/net/ctl.h"
#include "kernel/net/inet.h"
#include "kernel/net/multicast.h"
#include "kernel/net/ifaddr.h"
#include "kernel/task.h"

#define OPTVAL_MAX 128u

struct bool_opt {
	int name;
	u8 bit;	    /* enum inet_bit */
	bool admin; /* needs CAP_NET_ADMIN or CAP_NET_RAW to be set */
};

static const struct bool_opt bools4[] = {
	{IP_HDRINCL, INET_HDRINCL, false},
	{IP_RECVERR, INET_RECVERR, false},
	{IP_PKTINFO, INET_PKTINFO, false},
	{IP_RECVTTL, INET_RECVTTL, false},
	{IP_RECVTOS, INET_RECVTOS, false},
	{IP_RECVOPTS, INET_RECVOPTS, false},
	{IP_RETOPTS, INET_RETOPTS, false},
	{IP_RECVORIGDSTADDR, INET_RECVORIGDST, false},
	{IP_MULTICAST_LOOP, INET_MC_LOOP, false},
	{IP_MULTICAST_ALL, INET_MC_ALL, false},
	{IP_FREEBIND, INET_FREEBIND, false},
	{IP_TRANSPARENT, INET_TRANSPARENT, true},
	{IP_NODEFRAG, INET_NODEFRAG, false},
	{IP_BIND_ADDRESS_NO_PORT, INET_BIND_NO_PORT, false},
	{IP_RECVFRAGSIZE, INET_RECVFRAGSIZE, false},
};

static const struct bool_opt bools6[] = {
	{IPV6_RECVERR, INET_RECVERR6, false},
	{IPV6_RECVPKTINFO, INET_PKTINFO6, false},
	{IPV6_RECVHOPLIMIT, INET_RECVTTL6, false},
	{IPV6_RECVTCLASS, INET_RECVTCLASS, false},
	{IPV6_MULTICAST_LOOP, INET_MC_LOOP6, false},
	{IPV6_MULTICAST_ALL, INET_MC_ALL6, false},
	{IPV6_FREEBIND, INET_FREEBIND, false},
	{IPV6_TRANSPARENT, INET_TRANSPARENT, true},
	{IPV6_AUTOFLOWLABEL, INET_AUTOFLOW, false},
};

static const struct bool_opt *find_bool(int level, int name)
{
	if (level == SOL_IP) {
		for (size_t i = 0; i < ARRAY_SIZE(bools4); i++)
			if (bools4[i].name == name)
				return &bools4[i];
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(bools6); i++)
			if (bools6[i].name == name)
				return &bools6[i];
	}
	return NULL;
}

static int set_bool(struct inet_sock *is, const struct bool_opt *o, int v)
{
	if (o->admin && v && !net_capable(CAP_NET_ADMIN) && !net_capable(CAP_NET_RAW))
		return -EPERM;
	if (o->bit == INET_HDRINCL && is->sk.type != SOCK_RAW)
		return -ENOPROTOOPT;
	if ((o->bit == INET_RECVERR || o->bit == INET_RECVERR6) && !v)
		skb_purge(&is->errq);
	if (v)
		is->bits |= 1u << o->bit;
	else
		is->bits &= ~(1u << o->bit);
	return 0;
}

/* ---- groups ---- */

static int ifindex_of_v4(be32 addr, int ifindex)
{
	struct ip_addr a = ip_addr_v4(addr);
	const struct ifaddr *ia;

	if (ifindex || !addr)
		return ifindex;
	ia = ifaddr_find(NULL, &a);
	return ia ? ia->dev->ifindex : -1;
}

static int membership4(struct inet_sock *is, bool join, const void *val, u32 len)
{
	struct ip_mreqn mr = {0};
	struct ip_addr group;
	int ifindex;

	if (len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&mr, val, MIN((size_t)len, sizeof(mr)));
	ifindex = ifindex_of_v4(mr.imr_address.s_addr, mr.imr_ifindex);
	if (ifindex < 0)
		return -ENODEV;
	group = ip_addr_v4(mr.imr_multiaddr.s_addr);
	return join ? mc_sock_join(is, &group, ifindex) : mc_sock_leave(is, &group, ifindex);
}

static int membership6(struct inet_sock *is, bool join, const void *val, u32 len)
{
	struct ipv6_mreq mr;
	struct ip_addr group;

	if (len < sizeof(mr))
		return -EINVAL;
	memcpy(&mr, val, sizeof(mr));
	group = ip_addr_v6(&mr.ipv6mr_multiaddr);
	if (ip_addr_is_v4(&group))
		return -EINVAL;
	return join ? mc_sock_join(is, &group, (int)mr.ipv6mr_interface)
		    : mc_sock_leave(is, &group, (int)mr.ipv6mr_interface);
}

/* MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP: either family. */
static int membership_any(struct inet_sock *is, bool join, const void *val, u32 len)
{
	struct group_req gr;
	struct sock_addr sa = {.len = sizeof(sa.ss)};
	struct ip_addr group;
	int ifindex, err;
	u16 port;

	if (len < sizeof(gr))
		return -EINVAL;
	memcpy(&gr, val, sizeof(gr));
	memcpy(&sa.ss, &gr.gr_group, sizeof(sa.ss));
	err = ip_addr_from_sock(
		sa.sa.sa_family == AF_INET6 ? AF_INET6 : AF_INET, &sa, &group, &port, &ifindex);
	if (err < 0)
		return err;
	return join ? mc_sock_join(is, &group, (int)gr.gr_interface)
		    : mc_sock_leave(is, &group, (int)gr.gr_interface);
}

static int set_multicast_if4(struct inet_sock *is, const void *val, u32 len)
{
	struct ip_mreqn mr = {0};
	int ifindex;

	if (len < sizeof(struct in_addr))
		return -EINVAL;
	if (len >= sizeof(struct ip_mreq))
		memcpy(&mr, val, MIN((size_t)len, sizeof(mr)));
	else
		memcpy(&mr.imr_address, val, sizeof(mr.imr_address));
	ifindex = ifindex_of_v4(mr.imr_address.s_addr, mr.imr_ifindex);
	if (ifindex < 0 || (ifindex && !netdev_by_index(ifindex)))
		return -EADDRNOTAVAIL;
	is->mc_if = ifindex;
	is->mc_addr = ip_addr_v4(mr.imr_address.s_addr);
	return 0;
}

/* ---- setting ---- */

/* -1 is the default; 0 to 255, or from min. */
static int set_hops(s16 *out, int v, int min)
{
	if (v != -1 && (v < min || v > 255))
		return -EINVAL;
	*out = (s16)v;
	return 0;
}

/* The two bits of congestion notification are TCP's own. */
static int set_tos(const struct inet_sock *is, u8 *out, int v)
{
	if (v < -1 || v > 255)
		return -EINVAL;
	v = MAX(v, 0);
	*out = (u8)(is->sk.type == SOCK_STREAM ? v & ~3 : v);
	return 0;
}

static int set_pmtudisc(u8 *out, int v)
{
	if (v < IP_PMTUDISC_DONT || v > IP_PMTUDISC_OMIT)
		return -EINVAL;
	*out = (u8)v;
	return 0;
}

static int set_ip_options(struct inet_sock *is, const void *val, u32 len)
{
	u8 *copy = NULL;
	u32 padded = ALIGN_UP(len, 4u);

	if (len > 40)
		return -EINVAL;
	if (len) {
		copy = calloc(1, padded);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, val, len);
		for (u32 i = 0; i < len && copy[i];) {
			if (copy[i] == 1) {
				i++;
				continue;
			}
			if (copy[i] == 131 || copy[i] == 137 || len - i < 2 || copy[i + 1] < 2 ||
				copy[i + 1] > len - i) {
				free(copy);
				return -EINVAL;
			}
			i += copy[i + 1];
		}
	}
	free(is->opts);
	is->opts = copy;
	is->opts_len = (u8)padded;
	return 0;
}

static int set4(struct inet_sock *is, int name, const void *val, u32 len, int v)
{
	switch (name) {
	case IP_TTL:
		return set_hops(&is->ttl, v, 1);
	case IP_MULTICAST_TTL:
		if (is->sk.type == SOCK_STREAM)
			return -EINVAL;
		return set_hops(&is->mc_ttl, v == -1 ? 1 : v, 0);
	case IP_TOS:
		return set_tos(is, &is->tos, v);
	case IP_MTU_DISCOVER:
		is->dst.generation = 0;
		return set_pmtudisc(&is->pmtudisc, v);
	case IP_OPTIONS:
		return set_ip_options(is, val, len);
	case IP_MULTICAST_IF:
		return set_multicast_if4(is, val, len);
	case IP_ADD_MEMBERSHIP:
		return membership4(is, true, val, len);
	case IP_DROP_MEMBERSHIP:
		return membership4(is, false, val, len);
	case MCAST_JOIN_GROUP:
		return membership_any(is, true, val, len);
	case MCAST_LEAVE_GROUP:
		return membership_any(is, false, val, len);
	case IP_UNICAST_IF:
		is->unicast_if = v;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int set_v6only(struct inet_sock *is, int v)
{
	if (is->tuple.lport)
		return -EINVAL;
	is->tuple.v6only = v != 0;
	return 0;
}

static int set6(struct inet_sock *is, int name, const void *val, u32 len, int v)
{
	switch (name) {
	case IPV6_V6ONLY:
		return set_v6only(is, v);
	case IPV6_UNICAST_HOPS:
		return set_hops(&is->hops6, v, 0);
	case IPV6_MULTICAST_HOPS:
		return set_hops(&is->mc_hops6, v, 0);
	case IPV6_TCLASS:
		return set_tos(is, &is->tclass6, v);
	case IPV6_MTU_DISCOVER:
		is->dst.generation = 0;
		return set_pmtudisc(&is->pmtudisc6, v);
	case IPV6_MULTICAST_IF:
		if (v && !netdev_by_index(v))
			return -ENODEV;
		is->mc_if6 = v;
		return 0;
	case IPV6_ADD_MEMBERSHIP:
		return membership6(is, true, val, len);
	case IPV6_DROP_MEMBERSHIP:
		return membership6(is, false, val, len);
	case MCAST_JOIN_GROUP:
		return membership_any(is, true, val, len);
	case MCAST_LEAVE_GROUP:
		return membership_any(is, false, val, len);
	case IPV6_CHECKSUM:
		if (is->sk.type != SOCK_RAW || is->sk.protocol == IPPROTO_ICMPV6 ||
			(v & 1 && v != -1))
			return -EINVAL;
		is->v6_csum_offset = (s16)v;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int inet_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len)
{
	struct inet_sock *is = inet_sk(sk);
	const struct bool_opt *o;
	u8 buf[OPTVAL_MAX + sizeof(struct group_req)] = {0};
	int v = 0;

	if ((level != SOL_IP && level != SOL_IPV6) || (level == SOL_IPV6 && sk->family != AF_INET6))
		return -ENOPROTOOPT;
	len = MIN(len, (u32)sizeof(buf));
	if (len && copy_from_user(buf, val, len) < 0)
		return -EFAULT;
	if (len >= sizeof(v))
		memcpy(&v, buf, sizeof(v));
	else if (len)
		v = buf[0]; /* a char is fine for the options of ip(7) */
	o = find_bool(level, name);
	if (!len && !(level == SOL_IP && name == IP_OPTIONS))
		return -EINVAL;
	if (o)
		return set_bool(is, o, v);
	return level == SOL_IP ? set4(is, name, buf, len, v) : set6(is, name, buf, len, v);
}

/* ---- getting ---- */

static int path_mtu(struct inet_sock *is, int *v)
{
	struct flow fl;

	if (ip_addr_is_any(&is->tuple.raddr))
		return -ENOTCONN;
	if (inet_route(is, &fl) < 0)
		return -ENOTCONN;
	*v = (int)is->dst.mtu;
	return 0;
}

static int get4(struct inet_sock *is, int name, int *v)
{
	switch (name) {
	case IP_TTL:
		*v = is->ttl < 0 ? (int)net_ctl.ip_default_ttl : is->ttl;
		return 0;
	case IP_MULTICAST_TTL:
		*v = is->mc_ttl;
		return 0;
	case IP_TOS:
		*v = is->tos;
		return 0;
	case IP_MTU_DISCOVER:
		*v = is->pmtudisc;
		return 0;
	case IP_MTU:
		return path_mtu(is, v);
	case IP_UNICAST_IF:
		*v = is->unicast_if;
		return 0;
	case IP_MULTICAST_IF:
		*v = (int)ip_addr_to_v4(&is->mc_addr);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get6(struct inet_sock *is, int name, int *v)
{
	switch (name) {
	case IPV6_V6ONLY:
		*v = is->tuple.v6only;
		return 0;
	case IPV6_UNICAST_HOPS:
		*v = is->hops6 < 0 ? (int)netdev_ctl_default.hop_limit : is->hops6;
		return 0;
	case IPV6_MULTICAST_HOPS:
		*v = is->mc_hops6 < 0 ? 1 : is->mc_hops6;
		return 0;
	case IPV6_TCLASS:
		*v = is->tclass6;
		return 0;
	case IPV6_MTU_DISCOVER:
		*v = is->pmtudisc6;
		return 0;
	case IPV6_MTU:
		return path_mtu(is, v);
	case IPV6_MULTICAST_IF:
		*v = is->mc_if6;
		return 0;
	case IPV6_CHECKSUM:
		*v = is->v6_csum_offset;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int inet_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size)
{
	struct inet_sock *is = inet_sk(sk);
	const struct bool_opt *o;
	int v, err = 0;

	if ((level != SOL_IP && level != SOL_IPV6) || (level == SOL_IPV6 && sk->family != AF_INET6))
		return -ENOPROTOOPT;
	if (level == SOL_IP && name == IP_OPTIONS) {
		size = MIN(size, (u32)is->opts_len);
		if (size)
			memcpy(buf, is->opts, size);
		return (int)size;
	}
	o = find_bool(level, name);
	if (o)
		v = inet_bit(is, o->bit);
	else
		err = level == SOL_IP ? get4(is, name, &v) : get6(is, name, &v);
	if (err < 0)
		return err;
	if (size > 0 && size < sizeof(v) && v >= 0 && v <= 255) {
		*(u8 *)buf = (u8)v;
		return 1;
	}
	size = MIN(size, (u32)sizeof(v));
	memcpy(buf, &v, size);
	return (int)size;
}
