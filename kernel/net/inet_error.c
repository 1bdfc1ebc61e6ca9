/*
 * Errors of sockets: what ICMP reports reaches the program as the error of its next call, and with
 * IP_RECVERR as a message in the error queue. ip(7), ipv6(7), RFC 1122 4.1.3.3.
 */
#include "kernel/net/inet.h"

struct err_cb {
	struct sock_extended_err ee;
	struct ip_addr to, offender; /* msg_name; SO_EE_OFFENDER */
	u16 port;
	int iif;
};
static_assert(sizeof(struct err_cb) <= sizeof(((struct skb *)0)->cb), "fits in an skb");

static bool wants(const struct inet_sock *is, const struct ip_addr *daddr)
{
	return inet_bit(is, ip_addr_is_v4(daddr) ? INET_RECVERR : INET_RECVERR6);
}

static void queue_error(struct inet_sock *is, const struct err_cb *e, const u8 *payload, u32 len)
{
	struct skb *skb;

	if (is->sk.rmem > is->sk.rcvbuf)
		return;
	len = MIN(len, 1280u);
	skb = skb_alloc(0, len);
	if (!skb)
		return;
	if (len)
		memcpy(skb_put(skb, len), payload, len);
	memcpy(skb->cb, e, sizeof(*e));
	skb_charge_r(skb, &is->sk);
	list_add_tail(&skb->link, &is->errq);
}

void inet_error(struct inet_sock *is, const struct ip_error *e, u16 dport, const u8 *payload,
	u32 payload_len)
{
	struct err_cb cb = {.to = e->daddr, .port = dport, .offender = e->offender, .iif = e->iif};
	bool connected = !ip_addr_is_any(&is->tuple.raddr), recverr = wants(is, &e->daddr);

	cb.ee.ee_errno = (u32)e->err;
	cb.ee.ee_origin = e->origin;
	cb.ee.ee_type = e->type;
	cb.ee.ee_code = e->code;
	cb.ee.ee_info = e->info;
	if (recverr)
		queue_error(is, &cb, payload, payload_len);
	if (recverr || (connected && (e->fatal || is->sk.type == SOCK_RAW))) {
		is->sk.err = e->err;
		sock_wake(&is->sk, EPOLLERR | EPOLLIN | EPOLLOUT);
	}
}

void inet_local_error(
	struct inet_sock *is, int err, const struct ip_addr *daddr, u16 dport, u32 info)
{
	struct err_cb cb = {.to = *daddr, .port = dport, .offender = ip_addr_any(is->sk.family)};

	if (!wants(is, daddr))
		return;
	cb.ee.ee_errno = (u32)err;
	cb.ee.ee_origin = SO_EE_ORIGIN_LOCAL;
	cb.ee.ee_info = info;
	queue_error(is, &cb, NULL, 0);
	sock_wake(&is->sk, EPOLLERR);
}

static int put_error(struct inet_sock *is, struct sock_msg *m, const struct err_cb *e)
{
	bool v4 = is->sk.family == AF_INET ||
		  (e->ee.ee_origin == SO_EE_ORIGIN_ICMP && !inet_bit(is, INET_RECVERR6));
	struct {
		struct sock_extended_err ee;
		union {
			struct sockaddr_in in;
			struct sockaddr_in6 in6;
		};
	} out = {.ee = e->ee};
	struct sock_addr offender = {0};
	size_t len = sizeof(out.ee) + (v4 ? sizeof(out.in) : sizeof(out.in6));

	if (e->ee.ee_origin == SO_EE_ORIGIN_ICMP || e->ee.ee_origin == SO_EE_ORIGIN_ICMP6) {
		ip_addr_to_sock(v4 ? AF_INET : AF_INET6, &offender, &e->offender, 0, e->iif);
		memcpy(&out.in, offender.bytes, offender.len);
	}
	return sock_put_cmsg(m, v4 ? SOL_IP : SOL_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, &out, len);
}

ssize_t inet_recv_errqueue(struct inet_sock *is, struct sock_msg *m)
{
	struct skb *skb = skb_dequeue(&is->errq), *next;
	struct err_cb e;
	ssize_t n;
	int err;

	if (!skb)
		return -EAGAIN;
	memcpy(&e, skb->cb, sizeof(e));
	n = (ssize_t)MIN((size_t)skb_len(skb), m->uio->left);
	if ((size_t)n < skb_len(skb))
		m->out_flags |= MSG_TRUNC;
	if (n && uio_put(m->uio, skb->data, (size_t)n) != n)
		n = -EFAULT;
	skb_free(skb);
	if (n < 0)
		return n;
	if (m->name)
		ip_addr_to_sock(is->sk.family, m->name, &e.to, e.port, e.iif);
	m->out_flags |= MSG_ERRQUEUE;
	/* The error of the next in the queue, or none. */
	is->sk.err = 0;
	if (!list_empty(&is->errq)) {
		next = list_first(&is->errq, struct skb, link);
		is->sk.err = (int)((struct err_cb *)next->cb)->ee.ee_errno;
	}
	err = put_error(is, m, &e);
	return err < 0 ? err : n;
}
