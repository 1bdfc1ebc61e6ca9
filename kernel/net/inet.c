/*
 * AF_INET and AF_INET6 sockets: creation, addresses, peers, routes. What protocols share; options
 * are in inet_opt.c, errors in inet_error.c, reception of datagrams in inet_recv.c, ports in
 * inet_table.c. A dual-stack socket is an AF_INET6 one whose addresses may be ::ffff:a.b.c.d.
 * socket(2), ip(7), ipv6(7).
 */
#include "kernel/net/inet.h"

#include "kernel/cred.h"
#include "kernel/lib/log.h"
#include "kernel/net/ctl.h"
#include "kernel/net/ifaddr.h"
#include "kernel/net/ifioctl.h"
#include "kernel/net/multicast.h"
#include "kernel/net/net.h"
#include "kernel/net/sock_filter.h"
#include "kernel/task.h"

static const struct inet_proto *const protos[] = {
	&tcp_proto,
	&udp_proto,
	&ping_proto,
	&raw_proto,
};

static struct list_head all_socks = LIST_HEAD_INIT(all_socks);

/* ---- life ---- */

int inet_sock_create(int family, const struct inet_proto *proto, int protocol, struct sock **out)
{
	struct inet_sock *is = calloc(1, proto->sock_size);
	int err;

	if (!is)
		return -ENOMEM;
	sock_init(&is->sk, proto->ops, family, proto->type, protocol);
	is->proto = proto;
	is->tuple.laddr = is->tuple.raddr = ip_addr_any(family);
	is->tuple.net = current_net;
	is->tuple.v6 = family == AF_INET6;
	is->tuple.v6only = family == AF_INET6 && net_ctl.bindv6only;
	is->mc_addr = ip_addr_any(AF_INET);
	is->uid = current ? current->cred->euid : 0;
	is->ttl = is->hops6 = is->mc_hops6 = -1;
	is->mc_ttl = 1;
	is->v6_csum_offset = -1;
	is->pmtudisc = IP_PMTUDISC_WANT;
	is->pmtudisc6 = IPV6_PMTUDISC_WANT;
	is->bits = 1u << INET_MC_LOOP | 1u << INET_MC_LOOP6 | 1u << INET_MC_ALL |
		   1u << INET_MC_ALL6 | 1u << INET_AUTOFLOW;
	list_init(&is->memberships);
	list_init(&is->rxq);
	list_init(&is->errq);
	list_init(&is->tuple.port_link);
	list_add_tail(&is->all_link, &all_socks);
	err = proto->init ? proto->init(is) : 0;
	if (err < 0) {
		list_del(&is->all_link);
		free(is);
		return err;
	}
	*out = &is->sk;
	return 0;
}

int inet_sock_child(const struct inet_sock *parent, struct inet_sock **out)
{
	struct sock *sk;
	struct inet_sock *is;
	int err = inet_sock_create(parent->sk.family, parent->proto, parent->sk.protocol, &sk);

	if (err < 0)
		return err;
	is = inet_sk(sk);
	sk->options = parent->sk.options;
	sk->sndbuf = parent->sk.sndbuf;
	sk->rcvbuf = parent->sk.rcvbuf;
	sk->sndbuf_locked = parent->sk.sndbuf_locked;
	sk->rcvbuf_locked = parent->sk.rcvbuf_locked;
	sk->rcvlowat = parent->sk.rcvlowat;
	sk->priority = parent->sk.priority;
	sk->mark = parent->sk.mark;
	sk->bound_if = parent->sk.bound_if;
	sk->rcvtimeo_ns = parent->sk.rcvtimeo_ns;
	sk->sndtimeo_ns = parent->sk.sndtimeo_ns;
	sk->linger = parent->sk.linger;
	sock_filter_inherit(sk, &parent->sk);
	is->uid = parent->uid;
	is->bits = parent->bits;
	is->ttl = parent->ttl;
	is->mc_ttl = parent->mc_ttl;
	is->hops6 = parent->hops6;
	is->mc_hops6 = parent->mc_hops6;
	is->tos = parent->tos;
	is->tclass6 = parent->tclass6;
	is->pmtudisc = parent->pmtudisc;
	is->pmtudisc6 = parent->pmtudisc6;
	is->tuple.v6only = parent->tuple.v6only;
	is->tuple.bound_if = parent->tuple.bound_if;
	is->tuple.uid = parent->tuple.uid;
	*out = is;
	return 0;
}

void inet_release(struct inet_sock *is)
{
	if (is->proto->table)
		inet_unhash(is->proto->table, &is->tuple, false);
	mc_sock_leave_all(is);
	list_del(&is->all_link);
	skb_purge(&is->rxq);
	skb_purge(&is->errq);
}

void inet_destroy(struct inet_sock *is)
{
	list_del(&is->all_link);
	skb_purge(&is->rxq);
	skb_purge(&is->errq);
	BUG_ON(is->sk.wmem || is->sk.rmem || is->tuple.bucket);
	free(is->opts);
	free(is);
}

int inet_for_each(
	const struct inet_proto *proto, int (*fn)(struct inet_sock *is, void *arg), void *arg)
{
	struct inet_sock *is;
	int ret = 0;

	list_for_each_entry (is, &all_socks, all_link) {
		if (is->proto != proto || is->sk.net != current_net)
			continue;
		ret = fn(is, arg);
		if (ret)
			break;
	}
	return ret;
}

/* ---- addresses ---- */

int inet_addr_arg(
	struct inet_sock *is, const struct sock_addr *a, struct ip_addr *addr, u16 *port, int *oif)
{
	int err = ip_addr_from_sock(is->sk.family, a, addr, port, oif);

	/* An IPv4 address is good enough for an IPv6 datagram socket's sendto, as on Linux. */
	if (err == -EAFNOSUPPORT && is->sk.family == AF_INET6 && a->sa.sa_family == AF_INET)
		err = ip_addr_from_sock(AF_INET, a, addr, port, oif);
	if (err < 0)
		return err;
	if (is->tuple.v6only && ip_addr_is_v4(addr))
		return -ENETUNREACH;
	if (is->sk.family == AF_INET6 && !ip_addr_is_any(&is->tuple.laddr) &&
		ip_addr_is_v4(&is->tuple.laddr) != ip_addr_is_v4(addr))
		return -EAFNOSUPPORT;
	if (is->sk.bound_if && *oif && *oif != is->sk.bound_if)
		return -EINVAL;
	if (!*oif)
		*oif = is->sk.bound_if;
	if (ip_addr_needs_scope(addr) && !*oif && !ip_addr_is_multicast(addr))
		return -EINVAL;
	return 0;
}

static int check_bindable(struct inet_sock *is, const struct ip_addr *addr, int ifindex)
{
	const struct ifaddr *a;
	const struct route *r;
	struct flow fl = {.daddr = *addr};

	if (ip_addr_is_any(addr) || ip_addr_is_multicast(addr) || ip_addr_is_broadcast(addr))
		return 0;
	if (inet_bit(is, INET_FREEBIND) || inet_bit(is, INET_TRANSPARENT))
		return 0;
	if (ip_addr_needs_scope(addr) && !ifindex && !is->sk.bound_if)
		return -EINVAL;
	if (ip_addr_is_v4(addr) && ip_addr_is_loopback(addr))
		return 0;
	a = ifaddr_find(ifindex ? netdev_by_index(ifindex) : NULL, addr);
	if (a && !(a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
		return 0;
	if (ip_addr_is_v4(addr) && route_lookup(&fl, &r) == 0 &&
		(r->type == RTN_BROADCAST || r->type == RTN_LOCAL))
		return 0;
	return -EADDRNOTAVAIL;
}

static int bind_arg(struct inet_sock *is, const struct sock_addr *a, struct ip_addr *addr,
	u16 *port, int *ifindex)
{
	int err = ip_addr_from_sock(is->sk.family, a, addr, port, ifindex);

	/* AF_UNSPEC with the address 0.0.0.0 is taken for AF_INET, as Linux always did. */
	if (err == -EAFNOSUPPORT && is->sk.family == AF_INET && a->sa.sa_family == AF_UNSPEC &&
		!((const struct sockaddr_in *)&a->ss)->sin_addr.s_addr) {
		*addr = ip_addr_any(AF_INET);
		*port = cpu16_of(((const struct sockaddr_in *)&a->ss)->sin_port);
		err = 0;
	}
	if (err < 0)
		return err;
	if (is->tuple.v6only && ip_addr_is_v4(addr))
		return -EINVAL;
	return check_bindable(is, addr, *ifindex);
}

int inet_bind(struct sock *sk, const struct sock_addr *a)
{
	struct inet_sock *is = inet_sk(sk);
	struct ip_addr addr, old = is->tuple.laddr;
	int ifindex, err;
	u16 port;

	err = bind_arg(is, a, &addr, &port, &ifindex);
	if (err < 0)
		return err;
	if (is->tuple.lport || is->addr_bound || !ip_addr_is_any(&is->tuple.raddr))
		return -EINVAL;
	if (ifindex)
		sk->bound_if = ifindex;
	is->tuple.laddr = addr;
	is->tuple.bound_if = sk->bound_if;
	is->tuple.reuse = sock_option(sk, SO_REUSEADDR);
	is->tuple.reuseport = sock_option(sk, SO_REUSEPORT);
	is->tuple.uid = is->uid;
	if (is->proto->table && (port || !inet_bit(is, INET_BIND_NO_PORT)))
		err = inet_port_take(is->proto->table, &is->tuple, port);
	if (!err && is->proto->bound)
		err = is->proto->bound(is);
	if (err < 0) {
		is->tuple.laddr = old;
		return err;
	}
	is->addr_bound = !ip_addr_is_any(&addr);
	is->port_bound = port != 0;
	return 0;
}

int inet_getname(struct sock *sk, struct sock_addr *out, bool peer)
{
	struct inet_sock *is = inet_sk(sk);
	const struct inet_tuple *t = &is->tuple;

	if (peer && ip_addr_is_any(&t->raddr))
		return -ENOTCONN;
	if (peer)
		ip_addr_to_sock(sk->family, out, &t->raddr, t->rport, sk->bound_if);
	else
		ip_addr_to_sock(sk->family, out, &t->laddr, t->lport, sk->bound_if);
	return 0;
}

/* ---- flows and peers ---- */

static u32 flow_flags(const struct inet_sock *is, bool v4)
{
	u8 disc = v4 ? is->pmtudisc : is->pmtudisc6;
	u32 flags = 0;

	if (disc == IP_PMTUDISC_DO || disc == IP_PMTUDISC_PROBE)
		flags |= FLOW_DF | FLOW_NOFRAG;
	if (disc == IP_PMTUDISC_PROBE || disc == IP_PMTUDISC_INTERFACE)
		flags |= FLOW_IFMTU;
	if (disc == IP_PMTUDISC_WANT && is->sk.type == SOCK_STREAM)
		flags |= FLOW_DF;
	if (sock_option(&is->sk, SO_DONTROUTE))
		flags |= FLOW_DONTROUTE;
	if (inet_bit(is, INET_FREEBIND) || inet_bit(is, INET_TRANSPARENT))
		flags |= FLOW_ANYSRC;
	if (inet_bit(is, v4 ? INET_MC_LOOP : INET_MC_LOOP6))
		flags |= FLOW_MCLOOP;
	return flags;
}

void inet_flow(struct inet_sock *is, const struct ip_addr *daddr, int oif, struct flow *fl)
{
	bool v4 = ip_addr_is_v4(daddr), mc = ip_addr_is_multicast(daddr);

	memset(fl, 0, sizeof(*fl));
	fl->daddr = *daddr;
	fl->saddr = ip_addr_is_multicast(&is->tuple.laddr) ||
				    ip_addr_is_v4(&is->tuple.laddr) != v4 ||
				    ip_addr_is_broadcast(&is->tuple.laddr)
			    ? ip_addr_any(ip_addr_family(daddr))
			    : is->tuple.laddr;
	fl->proto = (u8)is->sk.protocol;
	fl->tos = v4 ? is->tos : is->tclass6;
	fl->ttl = v4 ? (mc ? is->mc_ttl : is->ttl) : (mc ? is->mc_hops6 : is->hops6);
	fl->oif = oif ? oif : is->sk.bound_if;
	fl->mark = is->sk.mark;
	fl->flags = flow_flags(is, v4);
	fl->flowlabel = is->flowlabel;
	fl->sport = is->tuple.lport;
	fl->dport = is->tuple.rport;
	if (mc && !fl->oif)
		fl->oif = v4 ? is->mc_if : is->mc_if6;
	if (mc && v4 && ip_addr_is_any(&fl->saddr))
		fl->saddr = is->mc_addr;
	if (v4 && is->opts) {
		fl->opts = is->opts;
		fl->opts_len = is->opts_len;
	}
}

int inet_route(struct inet_sock *is, struct flow *fl)
{
	inet_flow(is, &is->tuple.raddr, 0, fl);
	return route_refresh(fl, &is->dst);
}

int inet_set_peer(struct inet_sock *is, const struct ip_addr *daddr, u16 port, int oif)
{
	struct flow fl;
	int err;

	inet_flow(is, daddr, oif, &fl);
	fl.dport = port;
	err = route_output(&fl, &is->dst);
	if (err < 0)
		return err;
	if (is->dst.type == DST_BROADCAST && !sock_option(&is->sk, SO_BROADCAST))
		return -EACCES;
	is->tuple.raddr = fl.daddr;
	is->tuple.rport = port;
	if (ip_addr_is_any(&is->tuple.laddr))
		is->tuple.laddr = fl.saddr;
	if (ip_addr_needs_scope(daddr) && oif)
		is->sk.bound_if = oif;
	is->tuple.bound_if = is->sk.bound_if;
	return 0;
}

void inet_clear_peer(struct inet_sock *is)
{
	is->tuple.raddr = ip_addr_any(is->sk.family);
	is->tuple.rport = 0;
	if (!is->addr_bound)
		is->tuple.laddr = ip_addr_any(is->sk.family);
	is->dst.generation = 0;
}

/* ---- families ---- */

static const struct inet_proto *find_proto(int family, int type, int *protocol, int *err)
{
	*err = -ESOCKTNOSUPPORT;
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		const struct inet_proto *p = protos[i];
		int number = p->protocol;

		if (p == &ping_proto && family == AF_INET6)
			number = IPPROTO_ICMPV6;
		if (p->type != type)
			continue;
		if (p == &raw_proto && !*protocol) {
			*err = -EPROTONOSUPPORT;
			continue;
		}
		*err = -EPROTONOSUPPORT;
		if (number && *protocol && number != *protocol)
			continue;
		if (!*protocol && p == &ping_proto)
			continue;
		if (!*protocol)
			*protocol = number;
		return p;
	}
	return NULL;
}

/* Is one of current's groups in net.ipv4.ping_group_range? */
static bool may_ping(void)
{
	u32 first = net_ctl.ping_group_range[0], last = net_ctl.ping_group_range[1];
	const struct cred *c = current->cred;

	if (c->egid >= first && c->egid <= last)
		return true;
	for (unsigned i = 0; i < c->nr_groups; i++)
		if (c->groups[i] >= first && c->groups[i] <= last)
			return true;
	return false;
}

static int create(int family, int type, int protocol, struct sock **out)
{
	const struct inet_proto *p;
	int err;

	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	p = find_proto(family, type, &protocol, &err);
	if (!p)
		return err;
	if (p->type == SOCK_RAW && !net_capable(CAP_NET_RAW))
		return -EPERM;
	if (p == &ping_proto && current && !may_ping())
		return -EACCES;
	return inet_sock_create(family, p, protocol, out);
}

static int create_v4(int type, int protocol, struct sock **out)
{
	return create(AF_INET, type, protocol, out);
}

static int create_v6(int type, int protocol, struct sock **out)
{
	return create(AF_INET6, type, protocol, out);
}

/* SIOCGSTAMP and SIOCGSTAMPNS: when the packet received last has come. */
static long get_stamp(const struct inet_sock *is, bool nanoseconds, uaddr_t arg)
{
	s64 stamp[2] = {(s64)(is->tstamp_ns / NSEC_PER_SEC), (s64)(is->tstamp_ns % NSEC_PER_SEC)};

	if (!is->tstamp_ns)
		return -ENOENT;
	if (!nanoseconds)
		stamp[1] /= 1000;
	return copy_to_user(arg, stamp, sizeof(stamp));
}

long inet_ioctl(struct sock *sk, u32 cmd, uaddr_t arg)
{
	switch (cmd) {
	case ABI_SIOCGSTAMP:
	case ABI_SIOCGSTAMP_NEW:
		return get_stamp(inet_sk(sk), false, arg);
	case ABI_SIOCGSTAMPNS:
	case ABI_SIOCGSTAMPNS_NEW:
		return get_stamp(inet_sk(sk), true, arg);
	default:
		return sk->family == AF_INET6 ? inet6_ioctl(cmd, arg) : inet4_ioctl(cmd, arg);
	}
}

const struct sock_family inet_family = {
	.family = AF_INET,
	.create = create_v4,
};

const struct sock_family inet6_family = {
	.family = AF_INET6,
	.create = create_v6,
};
