/*
 * Ping sockets: SOCK_DGRAM with IPPROTO_ICMP or IPPROTO_ICMPV6. Anyone may send echo requests;
 * the kernel owns their identifier, which is the socket's port, and gives replies to its owner.
 * icmp(7).
 */
#include "kernel/net/checksum.h"
#include "kernel/net/dgram.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/sock_filter.h"
#include "kernel/net/udp.h"

#define ECHO4 8
#define ECHO6 128

static struct inet_table ping_table;

static bool is_v6(const struct inet_sock *is)
{
	return is->sk.family == AF_INET6;
}

static int autobind(struct inet_sock *is)
{
	return is->tuple.lport ? 0 : inet_port_take(&ping_table, &is->tuple, 0);
}

static int check_request(const struct inet_sock *is, const struct skb *skb)
{
	const struct icmp_hdr *h = (const void *)skb->data;

	return h->type == (is_v6(is) ? ECHO6 : ECHO4) && !h->code ? 0 : -EINVAL;
}

static void finish(struct inet_sock *is, struct skb *skb, const struct flow *fl)
{
	struct icmp_hdr *h = (void *)skb->data;
	u32 sum = 0;

	if (is_v6(is)) {
		MIB_INC(Icmp6OutMsgs);
		mib_icmp6.out[h->type]++;
	} else {
		MIB_INC(IcmpOutMsgs);
		mib_icmp4.out[h->type]++;
	}
	h->echo.id = be16_of(is->tuple.lport);
	h->csum = 0;
	if (is_v6(is))
		sum = csum_pseudo(&fl->saddr, &fl->daddr, skb_len(skb), IPPROTO_ICMPV6);
	h->csum = csum_fold(csum_add_bytes(sum, skb->data, skb_len(skb)));
}

static ssize_t ping_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct inet_sock *is = inet_sk(sk);
	size_t len = m->uio->left;
	struct dgram_send s;
	struct skb *skb;
	int err;

	if (len > 65535)
		return -EMSGSIZE;
	if (len < sizeof(struct icmp_hdr))
		return -EINVAL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = dgram_prepare(is, m, &s);
	if (!err && ip_addr_is_v4(&s.fl.daddr) == is_v6(is))
		err = -EINVAL;
	if (!err)
		err = autobind(is);
	if (!err)
		err = dgram_fill(is, m, 0, (u32)len, &skb);
	if (err < 0)
		return err;
	err = check_request(is, skb);
	if (!err)
		err = route_refresh(&s.fl, &s.dst);
	if (err < 0) {
		skb_free(skb);
		return err;
	}
	finish(is, skb, &s.fl);
	err = dgram_output(is, skb, &s);
	return err < 0 ? err : (ssize_t)len;
}

static ssize_t ping_recvmsg(struct sock *sk, struct sock_msg *m)
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

/* The socket with identifier id, of the version; peers of connected ones must match. */
static struct inet_sock *find(const struct ip_addr *laddr, const struct ip_addr *raddr, u16 id)
{
	struct inet_key k = {.laddr = *laddr, .raddr = *raddr, .lport = id, .iif = 0};
	struct inet_tuple *t = NULL;

	while ((t = inet_lookup_next(&ping_table, &k, t)) ||
		(t = inet_lookup_connected(&ping_table, &k)))
		if (t->v6 == !ip_addr_is_v4(laddr))
			return container_of(t, struct inet_sock, tuple);
		else if (t->state == INET_CONNECTED)
			break;
	return NULL;
}

void ping_rcv(struct skb *skb)
{
	const struct icmp_hdr *h = (const void *)skb->data;
	struct inet_sock *is = find(&skb->ip.daddr, &skb->ip.saddr, cpu16_of(h->echo.id));
	u32 keep = is ? sock_filter_skb(&is->sk, skb, skb->data) : 0;

	if (!keep) {
		skb_free(skb);
		return;
	}
	skb_trim(skb, keep);
	inet_queue_rcv(is, skb);
}

void ping_error(const struct ip_error *e)
{
	const struct icmp_hdr *h = (const void *)e->trans;
	struct inet_sock *is;

	if (e->mtu)
		route_pmtu_update(&e->daddr, e->mtu);
	if (h->type != (ip_addr_is_v4(&e->saddr) ? ECHO4 : ECHO6))
		return;
	is = find(&e->saddr, &e->daddr, cpu16_of(h->echo.id));
	if (is)
		inet_error(is, e, 0, e->trans, e->trans_len);
}

static const struct sock_ops ping_ops = {
	.release = dgram_release,
	.destroy = dgram_destroy,
	.bind = inet_bind,
	.connect = dgram_connect,
	.getname = inet_getname,
	.sendmsg = ping_sendmsg,
	.recvmsg = ping_recvmsg,
	.poll = inet_dgram_poll,
	.shutdown = dgram_shutdown,
	.ioctl = dgram_ioctl,
	.setsockopt = inet_setsockopt,
	.getsockopt = inet_getsockopt,
};

const struct inet_proto ping_proto = {
	.name = "PING",
	.type = SOCK_DGRAM,
	.protocol = IPPROTO_ICMP,
	.sock_size = sizeof(struct inet_sock),
	.ops = &ping_ops,
	.table = &ping_table,
};
