/*
 * Datagram sockets of any protocol over IP: where a message goes and with which header fields, its
 * copy into an skb, delivery to the reader, connect and shutdown. udp(7), raw(7), ip(7).
 */
#include "kernel/net/dgram.h"

#include "kernel/net/multicast.h"

#include <linux/udp.h>

/* ---- ancillary data of a send: ip(7), ipv6(7) ---- */

static int control_v4(struct flow *fl, const struct cmsghdr *c, const void *data, size_t len)
{
	struct in_pktinfo info;
	int v;

	switch (c->cmsg_type) {
	case IP_PKTINFO:
		if (len != sizeof(info))
			return -EINVAL;
		memcpy(&info, data, sizeof(info));
		if (info.ipi_ifindex)
			fl->oif = info.ipi_ifindex;
		if (info.ipi_spec_dst.s_addr)
			fl->saddr = ip_addr_v4(info.ipi_spec_dst.s_addr);
		return 0;
	case IP_TTL:
		memcpy(&v, data, MIN(len, sizeof(v)));
		if (len != sizeof(v) || v < 1 || v > 255)
			return -EINVAL;
		fl->ttl = (s16)v;
		return 0;
	case IP_TOS:
		if (len == sizeof(v)) {
			memcpy(&v, data, sizeof(v));
		} else if (len == 1) {
			v = *(const u8 *)data;
		} else {
			return -EINVAL;
		}
		if (v < 0 || v > 255)
			return -EINVAL;
		fl->tos = (u8)v;
		return 0;
	default:
		return -EINVAL;
	}
}

static int control_v6(struct flow *fl, const struct cmsghdr *c, const void *data, size_t len)
{
	struct in6_pktinfo info;
	struct ip_addr a;
	int v;

	switch (c->cmsg_type) {
	case IPV6_PKTINFO:
		if (len < sizeof(info))
			return -EINVAL;
		memcpy(&info, data, sizeof(info));
		if (info.ipi6_ifindex)
			fl->oif = (int)info.ipi6_ifindex;
		a = ip_addr_v6(&info.ipi6_addr);
		if (!ip_addr_is_any(&a))
			fl->saddr = a;
		return 0;
	case IPV6_HOPLIMIT:
	case IPV6_TCLASS:
		if (len != sizeof(v))
			return -EINVAL;
		memcpy(&v, data, sizeof(v));
		if (v < -1 || v > 255)
			return -EINVAL;
		if (c->cmsg_type == IPV6_HOPLIMIT)
			fl->ttl = (s16)v;
		else
			fl->tos = v < 0 ? 0 : (u8)v;
		return 0;
	default:
		return -EINVAL;
	}
}

/* udp(7): how long the datagrams are that this one is cut into. */
static int control_udp(struct dgram_send *s, const struct cmsghdr *c, const void *data, size_t len)
{
	if (c->cmsg_type != UDP_SEGMENT || len != sizeof(s->gso_size))
		return -EINVAL;
	memcpy(&s->gso_size, data, sizeof(s->gso_size));
	return 0;
}

static int apply_control(struct inet_sock *is, struct dgram_send *s, const struct sock_msg *m)
{
	struct flow *fl = &s->fl;
	const u8 *p = m->control;
	size_t left = m->control ? m->control_len : 0;

	while (left >= sizeof(struct cmsghdr)) {
		struct cmsghdr c;
		size_t step;
		int err = 0;

		memcpy(&c, p, sizeof(c));
		if (c.cmsg_len < sizeof(c) || c.cmsg_len > left)
			return -EINVAL;
		if (c.cmsg_level == SOL_IP && ip_addr_is_v4(&fl->daddr))
			err = control_v4(fl, &c, p + sizeof(c), c.cmsg_len - sizeof(c));
		else if (c.cmsg_level == SOL_IPV6 && is->sk.family == AF_INET6)
			err = control_v6(fl, &c, p + sizeof(c), c.cmsg_len - sizeof(c));
		else if (c.cmsg_level == IPPROTO_UDP && is->proto == &udp_proto)
			err = control_udp(s, &c, p + sizeof(c), c.cmsg_len - sizeof(c));
		else if (c.cmsg_level == SOL_SOCKET)
			err = -EINVAL;
		if (err < 0)
			return err;
		step = ALIGN_UP((size_t)c.cmsg_len, sizeof(size_t));
		if (step >= left)
			break;
		p += step;
		left -= step;
	}
	return 0;
}

/* ---- sending ---- */

int dgram_prepare(struct inet_sock *is, const struct sock_msg *m, struct dgram_send *s)
{
	struct ip_addr daddr = is->tuple.raddr;
	int oif = 0, err;

	s->port = is->tuple.rport;
	s->gso_size = 0;
	s->connected = !(m->name && m->name->len);
	if (!s->connected) {
		err = inet_addr_arg(is, m->name, &daddr, &s->port, &oif);
		if (err < 0)
			return err;
	} else if (ip_addr_is_any(&daddr)) {
		return -EDESTADDRREQ;
	}
	inet_flow(is, &daddr, oif, &s->fl);
	s->fl.dport = s->port;
	if (m->flags & MSG_DONTROUTE)
		s->fl.flags |= FLOW_DONTROUTE;
	if (m->control_len) {
		s->connected = false;
		err = apply_control(is, s, m);
		if (err < 0)
			return err;
	}
	if (s->connected && dst_valid(&is->dst)) {
		s->dst = is->dst;
		if (ip_addr_is_any(&s->fl.saddr))
			s->fl.saddr = s->dst.saddr;
	} else {
		err = route_output(&s->fl, &s->dst);
		if (err < 0)
			return err;
		if (s->connected)
			is->dst = s->dst;
	}
	if (s->dst.type == DST_BROADCAST && !sock_option(&is->sk, SO_BROADCAST))
		return -EACCES;
	return 0;
}

int dgram_wait_sndbuf(struct sock *sk, u32 msg_flags)
{
	u64 deadline = sock_deadline(sk->sndtimeo_ns, msg_flags);
	int err;

	for (;;) {
		if (sk->err)
			return sock_take_error(sk);
		if (sk->shutdown & SOCK_SHUT_WR)
			return -EPIPE;
		if (sk->wmem < sk->sndbuf)
			return 0;
		err = sock_wait(&sk->wait, EPOLLOUT, deadline);
		if (err < 0)
			return err;
	}
}

int dgram_fill(struct inet_sock *is, struct sock_msg *m, u32 header_len, u32 len, struct skb **out)
{
	int err = dgram_wait_sndbuf(&is->sk, m->flags);
	struct skb *skb;

	if (err < 0)
		return err;
	skb = skb_alloc(SKB_HEADROOM + ALIGN_UP(header_len, 8), len);
	if (!skb)
		return -ENOBUFS;
	if (len && uio_get(m->uio, skb_put(skb, len), len) != (ssize_t)len) {
		skb_free(skb);
		return -EFAULT;
	}
	skb_charge_w(skb, &is->sk);
	skb->priority = is->sk.priority;
	*out = skb;
	return 0;
}

int dgram_output(struct inet_sock *is, struct skb *skb, struct dgram_send *s)
{
	int err = ip_output(skb, &s->fl, &s->dst);

	if (err == -EMSGSIZE)
		inet_local_error(is, EMSGSIZE, &s->fl.daddr, s->port, s->dst.mtu);
	return err;
}

/* ---- receiving ---- */

ssize_t dgram_deliver(struct inet_sock *is, struct sock_msg *m, struct skb *skb, u16 port)
{
	size_t len = skb_len(skb), n = MIN(len, m->uio->left);
	ssize_t ret = (ssize_t)n;
	int err;

	if (n < len)
		m->out_flags |= MSG_TRUNC;
	if (n && uio_put(m->uio, skb->data, n) != (ssize_t)n)
		ret = -EFAULT;
	if (ret >= 0 && m->name)
		ip_addr_to_sock(is->sk.family, m->name, &skb->ip.saddr, port, (int)skb->ip.iif);
	if (ret >= 0 && m->ucontrol) {
		err = inet_put_cmsgs(is, m, skb);
		if (err < 0)
			ret = err;
	}
	if (ret >= 0 && (m->flags & MSG_TRUNC))
		ret = (ssize_t)len;
	if (!(m->flags & MSG_PEEK))
		skb_free(skb);
	return ret;
}

/* ---- connect and the small rest ---- */

static int disconnect(struct inet_sock *is)
{
	struct inet_table *tb = is->proto->table;

	inet_clear_peer(is);
	is->sk.state = SOCK_UNCONNECTED;
	if (tb && is->tuple.state == INET_CONNECTED)
		inet_unhash(tb, &is->tuple, is->port_bound);
	return 0;
}

int dgram_connect(struct sock *sk, const struct sock_addr *a, u32 msg_flags)
{
	struct inet_sock *is = inet_sk(sk);
	struct inet_table *tb = is->proto->table;
	struct ip_addr addr;
	u16 port;
	int oif, err;

	if (a->len < sizeof(sa_family_t))
		return -EINVAL;
	if (a->sa.sa_family == AF_UNSPEC)
		return disconnect(is);
	err = inet_addr_arg(is, a, &addr, &port, &oif);
	if (err < 0)
		return err;
	if (tb && is->tuple.state == INET_CONNECTED) {
		inet_unhash(tb, &is->tuple, true);
		inet_clear_peer(is);
	}
	if (tb && !is->tuple.lport) {
		is->tuple.uid = is->uid;
		err = inet_port_take(tb, &is->tuple, 0);
		if (err < 0)
			return err;
	}
	err = inet_set_peer(is, &addr, port, oif);
	if (!err && tb)
		err = inet_hash_connected(tb, &is->tuple);
	if (err < 0) {
		inet_clear_peer(is);
		return err;
	}
	sk->state = SOCK_CONNECTED;
	return 0;
}

int dgram_shutdown(struct sock *sk, int how)
{
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	sk->shutdown |= (u32)how + 1;
	sock_wake(sk, EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP);
	return sk->state == SOCK_CONNECTED ? 0 : -ENOTCONN;
}

long dgram_ioctl(struct sock *sk, u32 cmd, uaddr_t arg)
{
	struct inet_sock *is = inet_sk(sk);
	u32 n;

	switch (cmd) {
	case SIOCINQ:
		n = list_empty(&is->rxq) ? 0 : skb_len(list_first(&is->rxq, struct skb, link));
		return put_user_u32(arg, n);
	case SIOCOUTQ:
		return put_user_u32(arg, sk->wmem);
	default:
		return inet_ioctl(sk, cmd, arg);
	}
}

void dgram_release(struct sock *sk)
{
	sk->shutdown = SOCK_SHUT_BOTH;
	inet_release(inet_sk(sk));
}

void dgram_destroy(struct sock *sk)
{
	inet_destroy(inet_sk(sk));
}
