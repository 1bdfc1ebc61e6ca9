/*
 * UDP over both versions of IP: sending with cork (MSG_MORE), reception to one socket or, for
 * multicast and broadcast, to all that want it. UDP-Lite is refused with EPROTONOSUPPORT. udp(7),
 * RFC 768, RFC 1122 4.1.
 */
#include "kernel/net/udp.h"

#include "kernel/net/checksum.h"
#include "kernel/net/dgram.h"
#include "kernel/net/dhcp.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"
#include "kernel/net/sock_filter.h"

#include <linux/udp.h>

#define UDP_MAX (65535u - (u32)sizeof(struct udp_hdr))
#define SEGMENTS_MAX 128u

struct udp_sock {
	struct inet_sock inet;
	bool cork;		/* UDP_CORK */
	bool gro;		/* UDP_GRO: takes several datagrams of one size at once */
	u16 gso_size;		/* UDP_SEGMENT; 0: off */
	struct skb *pending;	/* MSG_MORE: what has been collected so far ... */
	struct dgram_send dest; /* ... and where it goes */
};

struct inet_table udp_table;

static struct udp_sock *udp_sk(struct sock *sk)
{
	return (struct udp_sock *)sk;
}

static bool is_v4(const struct flow *fl)
{
	return ip_addr_is_v4(&fl->daddr);
}

/* ---- sending ---- */

/* May len bytes go as datagrams of s->gso_size? */
static int check_segments(const struct inet_sock *is, const struct dgram_send *s, u32 len)
{
	if (s->gso_size + sizeof(struct udp_hdr) > ip_max_segment(&s->fl, &s->dst))
		return -EMSGSIZE;
	if (len > s->gso_size * SEGMENTS_MAX || sock_option(&is->sk, SO_NO_CHECK))
		return -EINVAL;
	return 0;
}

static int push(struct udp_sock *u, struct skb *skb, struct dgram_send *s)
{
	struct inet_sock *is = &u->inet;
	struct udp_hdr *h = skb_push(skb, sizeof(*h));
	u32 len = skb_len(skb);
	int err;

	h->src = be16_of(is->tuple.lport);
	h->dst = be16_of(s->port);
	h->len = be16_of(len);
	h->csum = 0;
	if (s->gso_size && len - sizeof(*h) > s->gso_size) {
		err = check_segments(is, s, len - (u32)sizeof(*h));
		if (err < 0) {
			skb_free(skb);
			return err;
		}
		skb->gso_type = SKB_GSO_UDP;
		skb->gso_size = s->gso_size;
	}
	if (!is_v4(&s->fl) || !sock_option(&is->sk, SO_NO_CHECK))
		skb_csum_partial_setup(skb, offsetof(struct udp_hdr, csum), &s->fl.saddr,
			&s->fl.daddr, IPPROTO_UDP);
	err = dgram_output(is, skb, s);
	if (!err)
		MIB_INC_AF(is_v4(&s->fl), UdpOutDatagrams, Udp6OutDatagrams);
	return err;
}

static void flush_pending(struct udp_sock *u)
{
	skb_free(u->pending);
	u->pending = NULL;
}

static int push_pending(struct udp_sock *u)
{
	struct skb *skb = u->pending;

	u->pending = NULL;
	return push(u, skb, &u->dest);
}

/* More for a datagram that is being collected. */
static int append(struct udp_sock *u, struct sock_msg *m, u32 len)
{
	u32 have = u->pending ? skb_len(u->pending) : 0;
	struct skb *n;

	if (have + len > UDP_MAX)
		return -EMSGSIZE;
	n = skb_alloc(SKB_HEADROOM + 8, have + len);
	if (!n)
		return -ENOBUFS;
	if (have)
		memcpy(skb_put(n, have), u->pending->data, have);
	if (len && uio_get(m->uio, skb_put(n, len), len) != (ssize_t)len) {
		skb_free(n);
		return -EFAULT;
	}
	skb_free(u->pending);
	skb_charge_w(n, &u->inet.sk);
	u->pending = n;
	return 0;
}

static int autobind(struct inet_sock *is)
{
	if (is->tuple.lport)
		return 0;
	is->tuple.reuse = sock_option(&is->sk, SO_REUSEADDR);
	is->tuple.reuseport = sock_option(&is->sk, SO_REUSEPORT);
	is->tuple.bound_if = is->sk.bound_if;
	is->tuple.uid = is->uid;
	return inet_port_take(&udp_table, &is->tuple, 0);
}

static ssize_t send_corked(struct udp_sock *u, struct sock_msg *m, u32 len)
{
	int err = append(u, m, len);

	if (!err && !u->cork && !(m->flags & MSG_MORE))
		err = push_pending(u);
	if (err < 0)
		flush_pending(u);
	return err < 0 ? err : (ssize_t)len;
}

static ssize_t udp_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct udp_sock *u = udp_sk(sk);
	size_t len = m->uio->left;
	struct dgram_send s;
	struct skb *skb;
	int err;

	if (len > UDP_MAX)
		return -EMSGSIZE;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (sk->shutdown & SOCK_SHUT_WR)
		return -EPIPE;
	if (u->pending)
		return send_corked(u, m, (u32)len);
	err = dgram_prepare(&u->inet, m, &s);
	if (!err && !s.port)
		err = -EINVAL;
	if (!err)
		err = autobind(&u->inet);
	if (err < 0)
		return err;
	s.fl.sport = u->inet.tuple.lport;
	if (!s.gso_size)
		s.gso_size = u->gso_size;
	if (u->cork || (m->flags & MSG_MORE)) {
		u->dest = s;
		return send_corked(u, m, (u32)len);
	}
	err = dgram_fill(&u->inet, m, sizeof(struct udp_hdr), (u32)len, &skb);
	if (err < 0)
		return err;
	if (!dst_valid(&s.dst)) { /* the wait was long */
		err = route_output(&s.fl, &s.dst);
		if (err < 0) {
			skb_free(skb);
			return err;
		}
	}
	err = push(u, skb, &s);
	return err < 0 ? err : (ssize_t)len;
}

/* ---- receiving ---- */

static u16 source_port(const struct skb *skb)
{
	const struct udp_hdr *h = (const void *)skb_trans(skb);

	return cpu16_of(h->src);
}

static ssize_t udp_recvmsg(struct sock *sk, struct sock_msg *m)
{
	struct inet_sock *is = inet_sk(sk);
	struct skb *skb;
	int err;

	if (m->flags & MSG_ERRQUEUE)
		return inet_recv_errqueue(is, m);
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = inet_wait_rcv(is, m, &skb);
	if (err < 0 || !skb)
		return err;
	if (skb->gso_size && m->ucontrol) {
		int size = skb->gso_size;

		sock_put_cmsg(m, IPPROTO_UDP, UDP_GRO, &size, sizeof(size));
	}
	return dgram_deliver(is, m, skb, source_port(skb));
}

static void make_key(const struct skb *skb, struct inet_key *k)
{
	const struct udp_hdr *h = (const void *)skb->data;

	*k = (struct inet_key){
		.laddr = skb->ip.daddr,
		.raddr = skb->ip.saddr,
		.lport = cpu16_of(h->dst),
		.rport = cpu16_of(h->src),
		.iif = (int)skb->ip.iif,
	};
}

static void deliver_to(struct inet_tuple *t, struct skb *skb);

/* One datagram of len bytes out of several, whose payload begins off bytes behind the header. */
static struct skb *take_segment(const struct skb *skb, u32 off, u32 len)
{
	u32 headers = (u32)(skb->data - skb_net(skb)) + (u32)sizeof(struct udp_hdr);
	struct skb *seg = skb_alloc(0, headers + len);

	if (!seg)
		return NULL;
	memcpy(skb_put(seg, headers), skb_net(skb), headers);
	memcpy(skb_put(seg, len), skb->data + sizeof(struct udp_hdr) + off, len);
	skb_set_net(seg);
	skb_set_mac(seg);
	skb_pull(seg, headers - sizeof(struct udp_hdr));
	skb_set_trans(seg);
	seg->protocol = skb->protocol;
	seg->pkt_type = skb->pkt_type;
	seg->csum = SKB_CSUM_VERIFIED;
	seg->dev = skb->dev;
	seg->ip = skb->ip;
	seg->mark = skb->mark;
	seg->tstamp_ns = skb->tstamp_ns;
	return seg;
}

/* Several datagrams that came at once, for a socket that wants them one by one. */
static void deliver_segments(struct inet_tuple *t, struct skb *skb)
{
	u32 total = skb_len(skb) - (u32)sizeof(struct udp_hdr);

	for (u32 off = 0; off < total; off += skb->gso_size) {
		struct skb *seg = take_segment(skb, off, MIN(total - off, (u32)skb->gso_size));

		if (seg)
			deliver_to(t, seg);
	}
	skb_free(skb);
}

static void deliver_to(struct inet_tuple *t, struct skb *skb)
{
	struct inet_sock *is = container_of(t, struct inet_sock, tuple);
	bool v4 = ip_addr_is_v4(&skb->ip.daddr);

	if (skb->gso_size && !udp_sk(&is->sk)->gro) {
		deliver_segments(t, skb);
		return;
	}
	if (is->sk.filter) {
		u32 keep = sock_filter_skb(&is->sk, skb, skb->data);

		if (!keep) {
			is->drops++;
			MIB_INC_AF(v4, UdpInErrors, Udp6InErrors);
			skb_free(skb);
			return;
		}
		skb_trim(skb, MAX(keep, (u32)sizeof(struct udp_hdr)));
	}
	skb_pull(skb, sizeof(struct udp_hdr));
	if (inet_queue_rcv(is, skb) < 0)
		MIB_INC_AF(v4, UdpRcvbufErrors, Udp6RcvbufErrors);
	else
		MIB_INC_AF(v4, UdpInDatagrams, Udp6InDatagrams);
}

/* To every socket that wants it; the last gets the packet itself. */
static void deliver_many(struct skb *skb, const struct inet_key *k)
{
	bool mc = ip_addr_is_multicast(&skb->ip.daddr), v4 = ip_addr_is_v4(&skb->ip.daddr);
	struct inet_tuple *t = NULL, *last = NULL;
	struct skb *copy;

	while ((t = inet_lookup_next(&udp_table, k, t))) {
		if (mc && !mc_sock_wants(container_of(t, struct inet_sock, tuple), skb))
			continue;
		if (last) {
			copy = skb_clone(skb);
			if (copy)
				deliver_to(last, copy);
		}
		last = t;
	}
	if (last) {
		deliver_to(last, skb);
		return;
	}
	MIB_INC_AF(v4, UdpIgnoredMulti, Udp6IgnoredMulti);
	skb_free(skb);
}

/* Length and checksum right? Trims to the UDP length. */
static bool check(struct skb *skb)
{
	const struct udp_hdr *h = (const void *)skb->data;
	bool v4 = ip_addr_is_v4(&skb->ip.daddr);
	u32 len;

	if (skb_len(skb) < sizeof(*h))
		return false;
	len = cpu16_of(h->len);
	if (len < sizeof(*h) || len > skb_len(skb))
		return false;
	skb_trim(skb, len);
	if (!h->csum && skb->csum == SKB_CSUM_NONE)
		return v4; /* RFC 8200 8.1: a must in IPv6 */
	if (skb_csum_ok(skb, IPPROTO_UDP))
		return true;
	MIB_INC_AF(v4, UdpInCsumErrors, Udp6InCsumErrors);
	return false;
}

static void udp_rcv(struct skb *skb)
{
	bool v4 = ip_addr_is_v4(&skb->ip.daddr);
	bool dhcp = false;
	struct inet_tuple *t;
	struct inet_key k;

	if (!check(skb)) {
		MIB_INC_AF(v4, UdpInErrors, Udp6InErrors);
		skb_free(skb);
		return;
	}
	make_key(skb, &k);
	if (k.rport == DHCP_SERVER_PORT && k.lport == DHCP_CLIENT_PORT) {
		skb_pull(skb, sizeof(struct udp_hdr));
		dhcp = dhcp_rcv(skb);
		skb_push(skb, sizeof(struct udp_hdr));
	}
	if (ip_addr_is_multicast(&k.laddr) || skb->pkt_type == SKB_PKT_BROADCAST ||
		ip_addr_is_broadcast(&k.laddr)) {
		deliver_many(skb, &k);
		return;
	}
	t = inet_lookup(&udp_table, &k);
	if (t) {
		deliver_to(t, skb);
		return;
	}
	if (!dhcp) {
		MIB_INC_AF(v4, UdpNoPorts, Udp6NoPorts);
		icmp_send(skb, ICMP_REASON_PORT_UNREACH, 0);
	}
	skb_free(skb);
}

static void udp_err(const struct ip_error *e)
{
	const struct udp_hdr *h = (const void *)e->trans;
	struct inet_key k = {.laddr = e->saddr,
		.raddr = e->daddr,
		.lport = cpu16_of(h->src),
		.rport = cpu16_of(h->dst)};
	struct inet_tuple *t = inet_lookup(&udp_table, &k);

	if (e->mtu)
		route_pmtu_update(&e->daddr, e->mtu);
	if (t)
		inet_error(container_of(t, struct inet_sock, tuple), e, k.rport,
			e->trans + sizeof(*h), e->trans_len - (u32)sizeof(*h));
}

/* ---- options, the end ---- */

static int udp_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len)
{
	struct udp_sock *u = udp_sk(sk);
	int v;

	if (level != IPPROTO_UDP)
		return inet_setsockopt(sk, level, name, val, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_user(&v, val, sizeof(v)) < 0)
		return -EFAULT;
	switch (name) {
	case UDP_CORK:
		u->cork = v != 0;
		if (!u->cork && u->pending)
			push_pending(u);
		return 0;
	case UDP_SEGMENT:
		if (v < 0 || v > 65535)
			return -EINVAL;
		u->gso_size = (u16)v;
		return 0;
	case UDP_GRO:
		u->gro = v != 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int udp_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size)
{
	const struct udp_sock *u = udp_sk(sk);
	int v;

	if (level != IPPROTO_UDP)
		return inet_getsockopt(sk, level, name, buf, size);
	switch (name) {
	case UDP_CORK:
		v = u->cork;
		break;
	case UDP_SEGMENT:
		v = u->gso_size;
		break;
	case UDP_GRO:
		v = u->gro;
		break;
	default:
		return -ENOPROTOOPT;
	}
	size = MIN(size, (u32)sizeof(v));
	memcpy(buf, &v, size);
	return (int)size;
}

static void udp_release(struct sock *sk)
{
	flush_pending(udp_sk(sk));
	dgram_release(sk);
}

static u8 udp_state(const struct inet_sock *is)
{
	return is->tuple.state == INET_CONNECTED ? 1 : 7; /* TCP_ESTABLISHED, TCP_CLOSE */
}

void udp_init(void)
{
	static const struct ip_protocol udp = {
		.proto = IPPROTO_UDP, .rcv = udp_rcv, .err = udp_err};

	ip_protocol_register(&udp);
}

static const struct sock_ops udp_ops = {
	.release = udp_release,
	.destroy = dgram_destroy,
	.bind = inet_bind,
	.connect = dgram_connect,
	.getname = inet_getname,
	.sendmsg = udp_sendmsg,
	.recvmsg = udp_recvmsg,
	.poll = inet_dgram_poll,
	.shutdown = dgram_shutdown,
	.ioctl = dgram_ioctl,
	.setsockopt = udp_setsockopt,
	.getsockopt = udp_getsockopt,
};

const struct inet_proto udp_proto = {
	.name = "UDP",
	.type = SOCK_DGRAM,
	.protocol = IPPROTO_UDP,
	.sock_size = sizeof(struct udp_sock),
	.ops = &udp_ops,
	.table = &udp_table,
	.state = udp_state,
};
