/*
 * Raw sockets: packets of one protocol, whole (IPv4) or from the transport header on (IPv6). With
 * IP_HDRINCL or IPPROTO_RAW the program writes the IPv4 header itself. raw(7), RFC 3542.
 */
#include "kernel/net/checksum.h"
#include "kernel/net/dgram.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/multicast.h"
#include "kernel/net/sock_filter.h"

#include <linux/icmp.h>

struct raw_sock {
	struct inet_sock inet;
	u32 icmp_filter;     /* ICMP_FILTER: bit per type that is not wanted */
	u32 icmp6_filter[8]; /* ICMPV6_FILTER, the same */
};

#define ABI_ICMPV6_FILTER 1

static int nr_raw;

static struct raw_sock *raw_sk(struct inet_sock *is)
{
	return (struct raw_sock *)is;
}

static int raw_init(struct inet_sock *is)
{
	nr_raw++;
	if (is->sk.protocol == IPPROTO_RAW)
		is->bits |= 1u << INET_HDRINCL;
	if (is->sk.protocol == IPPROTO_ICMPV6)
		is->v6_csum_offset = 2;
	return 0;
}

static void raw_destroy(struct sock *sk)
{
	nr_raw--;
	dgram_destroy(sk);
}

/* ---- sending ---- */

/* The program's IPv4 header: what ip_output would have set and raw(7) says we set. */
static int send_hdrincl(struct inet_sock *is, struct skb *skb, struct dgram_send *s)
{
	struct ip4_hdr *h = (void *)skb->data;
	static u16 next_id;
	u32 hlen;

	if (skb_len(skb) < sizeof(*h) || skb_len(skb) > s->dst.mtu) {
		int err = skb_len(skb) < sizeof(*h) ? -EINVAL : -EMSGSIZE;

		skb_free(skb);
		return err;
	}
	hlen = (h->ver_ihl & 15u) * 4;
	if (hlen < sizeof(*h) || hlen > skb_len(skb)) {
		skb_free(skb);
		return -EINVAL;
	}
	h->len = be16_of(skb_len(skb));
	if (!h->src)
		h->src = ip_addr_to_v4(&s->fl.saddr);
	if (!h->id)
		h->id = be16_of(++next_id);
	h->csum = 0;
	h->csum = csum_fold(csum_add_bytes(0, h, hlen));
	return ip_output_raw(skb, &s->fl, &s->dst);
}

static int set_checksum(const struct inet_sock *is, struct skb *skb, const struct flow *fl)
{
	int off = is->v6_csum_offset;
	u16 v = 0;

	if (is->sk.family != AF_INET6 || off < 0)
		return 0;
	if ((u32)off + 2 > skb_len(skb))
		return -EINVAL;
	memcpy(skb->data + off, &v, sizeof(v));
	v = csum_fold(csum_add_bytes(csum_pseudo(&fl->saddr, &fl->daddr, skb_len(skb), fl->proto),
		skb->data, skb_len(skb)));
	if (v == 0 && fl->proto == IPPROTO_UDP)
		v = 0xffff;
	memcpy(skb->data + off, &v, sizeof(v));
	return 0;
}

static void count_icmp(const struct sock *sk, const struct skb *skb)
{
	if (!skb_len(skb))
		return;
	if (sk->protocol == IPPROTO_ICMP && sk->family == AF_INET) {
		MIB_INC(IcmpOutMsgs);
		mib_icmp4.out[skb->data[0]]++;
	} else if (sk->protocol == IPPROTO_ICMPV6 && sk->family == AF_INET6) {
		MIB_INC(Icmp6OutMsgs);
		mib_icmp6.out[skb->data[0]]++;
	}
}

static ssize_t raw_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct inet_sock *is = inet_sk(sk);
	size_t len = m->uio->left;
	struct dgram_send s;
	struct skb *skb;
	int err;

	if (len > 65535)
		return -EMSGSIZE;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = dgram_prepare(is, m, &s);
	if (!err)
		err = dgram_fill(is, m, 0, (u32)len, &skb);
	if (err < 0)
		return err;
	err = route_refresh(&s.fl, &s.dst);
	if (!err)
		err = set_checksum(is, skb, &s.fl);
	if (err < 0) {
		skb_free(skb);
		return err;
	}
	if (sk->family == AF_INET && inet_bit(is, INET_HDRINCL)) {
		err = send_hdrincl(is, skb, &s);
	} else {
		count_icmp(sk, skb);
		err = dgram_output(is, skb, &s);
	}
	return err < 0 ? err : (ssize_t)len;
}

/* ---- receiving ---- */

static ssize_t raw_recvmsg(struct sock *sk, struct sock_msg *m)
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
	return dgram_deliver(is, m, skb, 0);
}

static bool filtered(struct inet_sock *is, u8 type)
{
	const struct raw_sock *r = raw_sk(is);

	if (is->sk.protocol == IPPROTO_ICMP)
		return type < 32 && (r->icmp_filter >> type & 1);
	if (is->sk.protocol == IPPROTO_ICMPV6)
		return r->icmp6_filter[type >> 5] >> (type & 31) & 1;
	return false;
}

static bool addressed(const struct inet_sock *is, const struct ip_addr *local,
	const struct ip_addr *remote, int iif)
{
	const struct inet_tuple *t = &is->tuple;

	if (is->sk.family != ip_addr_family(local))
		return false;
	if (is->sk.bound_if && iif && is->sk.bound_if != iif)
		return false;
	if (!ip_addr_is_any(&t->raddr) && !ip_addr_eq(&t->raddr, remote))
		return false;
	return ip_addr_is_any(&t->laddr) || ip_addr_eq(&t->laddr, local);
}

static int deliver_one(struct inet_sock *is, void *arg)
{
	const struct skb *skb = *(const struct skb **)arg;
	struct skb *copy;

	if (is->sk.protocol != skb->ip.proto ||
		!addressed(is, &skb->ip.daddr, &skb->ip.saddr, (int)skb->ip.iif) ||
		(is->sk.shutdown & SOCK_SHUT_RD))
		return 0;
	if (skb_len(skb) && filtered(is, skb->data[0]))
		return 0;
	if (ip_addr_is_multicast(&skb->ip.daddr) && !mc_sock_wants(is, skb))
		return 0;
	((void **)arg)[1] = is;
	copy = skb_copy(skb, 0);
	if (!copy)
		return 0;
	skb_csum_complete(copy);
	if (is->sk.family == AF_INET)
		copy->data = skb_net(copy);
	if (is->sk.filter) {
		u32 keep = sock_filter_skb(&is->sk, copy, copy->data);

		if (!keep) {
			skb_free(copy);
			return 0;
		}
		skb_trim(copy, keep);
	}
	inet_queue_rcv(is, copy);
	return 0;
}

bool raw_deliver(const struct skb *skb)
{
	const void *arg[2] = {skb, NULL};

	if (nr_raw)
		inet_for_each(&raw_proto, deliver_one, arg);
	return arg[1] != NULL;
}

static int error_one(struct inet_sock *is, void *arg)
{
	const struct ip_error *e = arg;
	u32 frag;
	u8 proto;

	if (ip_addr_is_v4(&e->saddr))
		proto = e->packet[9];
	else if (ip6_skip_headers(e->packet, e->packet_len, &proto, &frag) < 0)
		return 0;
	if (is->sk.protocol != proto || !addressed(is, &e->saddr, &e->daddr, e->iif))
		return 0;
	if (is->sk.family == AF_INET)
		inet_error(is, e, 0, e->packet, e->packet_len);
	else
		inet_error(is, e, 0, e->trans, e->trans_len);
	return 0;
}

void raw_error(const struct ip_error *e)
{
	struct ip_error copy = *e;

	if (e->mtu && nr_raw)
		route_pmtu_update(&e->daddr, e->mtu);
	if (nr_raw)
		inet_for_each(&raw_proto, error_one, &copy);
}

/* ---- options ---- */

static void *filter_of(struct sock *sk, int level, int name, u32 *size)
{
	struct raw_sock *r = raw_sk(inet_sk(sk));

	if (level == SOL_RAW && name == ICMP_FILTER && sk->protocol == IPPROTO_ICMP &&
		sk->family == AF_INET) {
		*size = sizeof(r->icmp_filter);
		return &r->icmp_filter;
	}
	if (level == IPPROTO_ICMPV6 && name == ABI_ICMPV6_FILTER &&
		sk->protocol == IPPROTO_ICMPV6 && sk->family == AF_INET6) {
		*size = sizeof(r->icmp6_filter);
		return r->icmp6_filter;
	}
	return NULL;
}

static int raw_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len)
{
	u32 size;
	void *filter = filter_of(sk, level, name, &size);

	if (filter)
		return copy_from_user(filter, val, MIN(len, size));
	return inet_setsockopt(
		sk, level == SOL_RAW && name == IPV6_CHECKSUM ? SOL_IPV6 : level, name, val, len);
}

static int raw_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size)
{
	u32 have;
	void *filter = filter_of(sk, level, name, &have);

	if (!filter)
		return inet_getsockopt(sk, level, name, buf, size);
	size = MIN(size, have);
	memcpy(buf, filter, size);
	return (int)size;
}

static const struct sock_ops raw_ops = {
	.release = dgram_release,
	.destroy = raw_destroy,
	.bind = inet_bind,
	.connect = dgram_connect,
	.getname = inet_getname,
	.sendmsg = raw_sendmsg,
	.recvmsg = raw_recvmsg,
	.poll = inet_dgram_poll,
	.shutdown = dgram_shutdown,
	.ioctl = dgram_ioctl,
	.setsockopt = raw_setsockopt,
	.getsockopt = raw_getsockopt,
};

const struct inet_proto raw_proto = {
	.name = "RAW",
	.type = SOCK_RAW,
	.protocol = 0,
	.sock_size = sizeof(struct raw_sock),
	.init = raw_init,
	.ops = &raw_ops,
};
