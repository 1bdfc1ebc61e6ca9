/*
 * Reception of datagrams: the receive queue, sleeping on it, and the control messages that options
 * ask for. recv(2), ip(7), ipv6(7), socket(7).
 */
#include "kernel/net/dgram.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/os.h"

int inet_queue_rcv(struct inet_sock *is, struct skb *skb)
{
	if (is->sk.rmem + skb->truesize > is->sk.rcvbuf && is->sk.rmem) {
		is->drops++;
		skb_free(skb);
		return -ENOBUFS;
	}
	if (!skb->tstamp_ns)
		skb->tstamp_ns = os_clock_ns(OS_CLOCK_REALTIME);
	skb_charge_r(skb, &is->sk);
	list_add_tail(&skb->link, &is->rxq);
	sock_wake(&is->sk, EPOLLIN | EPOLLRDNORM);
	return 0;
}

int inet_wait_rcv(struct inet_sock *is, struct sock_msg *m, struct skb **out)
{
	struct sock *sk = &is->sk;
	u64 deadline = sock_deadline(sk->rcvtimeo_ns, m->flags);
	int err;

	for (;;) {
		if (sk->err)
			return sock_take_error(sk);
		if (!list_empty(&is->rxq)) {
			*out = list_first(&is->rxq, struct skb, link);
			if (!(m->flags & MSG_PEEK)) {
				list_del(&(*out)->link);
				is->tstamp_ns = (*out)->tstamp_ns;
			}
			return 0;
		}
		if (sk->shutdown & SOCK_SHUT_RD) {
			*out = NULL;
			return 0;
		}
		err = sock_wait(&sk->wait, EPOLLIN | EPOLLRDHUP, deadline);
		if (err < 0)
			return err;
	}
}

/* ---- control messages ---- */

static int put_int(struct sock_msg *m, int level, int type, int v)
{
	return sock_put_cmsg(m, level, type, &v, sizeof(v));
}

int dgram_put_timestamps(struct sock *sk, struct sock_msg *m, u64 tstamp_ns)
{
	struct timespec ts = {(time_t)(tstamp_ns / NSEC_PER_SEC), (long)(tstamp_ns % NSEC_PER_SEC)};
	struct timeval tv = {ts.tv_sec, ts.tv_nsec / 1000};

	if (sock_option(sk, SO_TIMESTAMPNS))
		return sock_put_cmsg(m, SOL_SOCKET, SO_TIMESTAMPNS, &ts, sizeof(ts));
	if (sock_option(sk, SO_TIMESTAMP))
		return sock_put_cmsg(m, SOL_SOCKET, SO_TIMESTAMP, &tv, sizeof(tv));
	return 0;
}

static int put_drops(struct inet_sock *is, struct sock_msg *m)
{
	u32 drops = (u32)is->drops;

	if (!sock_option(&is->sk, SO_RXQ_OVFL) || !drops)
		return 0;
	return sock_put_cmsg(m, SOL_SOCKET, SO_RXQ_OVFL, &drops, sizeof(drops));
}

static int put_v4(struct inet_sock *is, struct sock_msg *m, const struct skb *skb)
{
	struct in_pktinfo info = {.ipi_ifindex = (int)skb->ip.iif};
	const struct ip4_hdr *h = (const void *)skb_net(skb);
	int err = 0;

	info.ipi_addr.s_addr = info.ipi_spec_dst.s_addr = ip_addr_to_v4(&skb->ip.daddr);
	if (inet_bit(is, INET_PKTINFO))
		err = sock_put_cmsg(m, SOL_IP, IP_PKTINFO, &info, sizeof(info));
	if (!err && inet_bit(is, INET_RECVTTL))
		err = put_int(m, SOL_IP, IP_TTL, skb->ip.ttl);
	if (!err && inet_bit(is, INET_RECVTOS))
		err = sock_put_cmsg(m, SOL_IP, IP_TOS, &skb->ip.tos, 1);
	if (!err && inet_bit(is, INET_RECVOPTS) && (h->ver_ihl & 15) > 5)
		err = sock_put_cmsg(m, SOL_IP, IP_RECVOPTS, h + 1, ((h->ver_ihl & 15u) - 5) * 4);
	if (!err && inet_bit(is, INET_RETOPTS) && (h->ver_ihl & 15) > 5)
		err = sock_put_cmsg(m, SOL_IP, IP_RETOPTS, h + 1, ((h->ver_ihl & 15u) - 5) * 4);
	return err;
}

static int put_v6(struct inet_sock *is, struct sock_msg *m, const struct skb *skb)
{
	struct in6_pktinfo info = {.ipi6_ifindex = skb->ip.iif};
	int err = 0;

	memcpy(&info.ipi6_addr, skb->ip.daddr.b, 16);
	if (inet_bit(is, INET_PKTINFO6))
		err = sock_put_cmsg(m, SOL_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	if (!err && inet_bit(is, INET_RECVTTL6))
		err = put_int(m, SOL_IPV6, IPV6_HOPLIMIT, skb->ip.ttl);
	if (!err && inet_bit(is, INET_RECVTCLASS))
		err = put_int(m, SOL_IPV6, IPV6_TCLASS, skb->ip.tos);
	return err;
}

int inet_put_cmsgs(struct inet_sock *is, struct sock_msg *m, const struct skb *skb)
{
	int err = dgram_put_timestamps(&is->sk, m, skb->tstamp_ns);

	if (!err)
		err = put_drops(is, m);
	if (!err && is->sk.family == AF_INET6)
		err = put_v6(is, m, skb);
	if (!err && ip_addr_is_v4(&skb->ip.daddr))
		err = put_v4(is, m, skb);
	return err;
}

u32 inet_dgram_poll(struct sock *sk, struct poll_table *pt)
{
	struct inet_sock *is = inet_sk(sk);
	u32 mask = 0;

	poll_wait(pt, &sk->wait);
	if (sk->err || !list_empty(&is->errq))
		mask |= EPOLLERR;
	if (sk->shutdown == SOCK_SHUT_BOTH)
		mask |= EPOLLHUP;
	if (sk->shutdown & SOCK_SHUT_RD)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (!list_empty(&is->rxq))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (sk->wmem < sk->sndbuf)
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}
