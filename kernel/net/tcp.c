/*
 * The life of a TCP socket: states, connect, shutdown, close, and what happens when a connection
 * ends. tcp(7), RFC 9293 3.10.1 to 3.10.5. The other tcp_*.c files hold the rest; tcp.h says which.
 *
 * References: a file, or a listener's accept queue, holds one. A connection that outlives its file
 * (orphan) holds one to itself until tcp_done(). Timers and tcp_table hold none: tcp_done() takes
 * the sock out of both.
 */
#include "kernel/net/tcp.h"

#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/task.h"

#define QUICK_ACKS 16

struct inet_table tcp_table = {.stream = true};
unsigned tcp_nr_socks;

static const char *const state_name[TCP_STATE_COUNT] = {"", "ESTABLISHED", "SYN_SENT", "SYN_RECV",
	"FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN",
	"CLOSING"};

void tcp_set_state(struct tcp_sock *tp, enum tcp_state s)
{
	bool was = tp->state == TCP_ESTABLISHED || tp->state == TCP_CLOSE_WAIT;
	bool is = s == TCP_ESTABLISHED || s == TCP_CLOSE_WAIT;

	trace(TRACE_NET, "tcp %u-%u: %s -> %s", tp->inet.tuple.lport, tp->inet.tuple.rport,
		state_name[tp->state], state_name[s]);
	if (is && !was)
		TCP_INC(CurrEstab);
	else if (was && !is)
		tcp_mib[TCP_MIB_CurrEstab]--;
	tp->state = s;
}

static int tcp_init(struct inet_sock *is)
{
	struct tcp_sock *tp = (struct tcp_sock *)is;

	tp->state = TCP_CLOSE;
	tcp_sendq_init(&tp->sendq);
	list_init(&tp->rcvq);
	list_init(&tp->oooq);
	list_init(&tp->accept_link);
	tcp_rtt_init(&tp->rtt);
	tp->rack.reo_wnd_mult = 1;
	tp->cong.ops = tcp_cong_default;
	tp->quick_acks = QUICK_ACKS;
	tp->rcv_mss = TCP_MSS_V4;
	is->sk.rcvbuf = net_ctl.tcp_rmem[1];
	is->sk.sndbuf = net_ctl.tcp_wmem[1];
	tcp_timer_init(tp);
	tcp_nr_socks++;
	return 0;
}

/* ---- the end of a connection ---- */

void tcp_done(struct tcp_sock *tp, int err)
{
	struct sock *sk = tcp_sock(tp);

	if (tp->state == TCP_CLOSE)
		return;
	if (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV)
		TCP_INC(AttemptFails);
	tcp_set_state(tp, TCP_CLOSE);
	tcp_timer_stop(tp);
	tcp_sendq_purge(&tp->sendq);
	skb_purge(&tp->oooq);
	tp->nr_sack = 0;
	if (tp->inet.tuple.state != INET_UNHASHED)
		inet_unhash(&tcp_table, &tp->inet.tuple, tp->inet.port_bound && !tp->orphan);
	if (err)
		sk->err = err;
	sk->shutdown = SOCK_SHUT_BOTH;
	sock_wake(sk, EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM | EPOLLRDHUP | EPOLLHUP |
			      (err ? EPOLLERR : 0));
	if (tp->orphan) {
		tp->orphan = false;
		sock_put(sk);
	}
}

void tcp_reset(struct tcp_sock *tp)
{
	int err = tp->state == TCP_SYN_SENT	? ECONNREFUSED
		  : tp->state == TCP_CLOSE_WAIT ? EPIPE
						: ECONNRESET;

	TCP_INC(EstabResets);
	tcp_done(tp, err);
}

/* ---- FIN: RFC 9293 3.6 ---- */

int tcp_queue_fin(struct tcp_sock *tp)
{
	struct tcp_seg *s = tcp_sendq_last(&tp->sendq);

	if (s && !(s->marks & SEG_SENT))
		s->flags |= TH_FIN;
	else if (!tcp_sendq_mark(&tp->sendq, tp->write_seq, TH_FIN))
		return -ENOMEM;
	tp->fin_seq = tp->write_seq++;
	tp->fin_queued = true;
	return 0;
}

/* Our side ends: a FIN behind what is queued. */
static void close_sending(struct tcp_sock *tp)
{
	if (!tcp_can_send(tp) && tp->state != TCP_SYN_RECV)
		return;
	if (tcp_queue_fin(tp) < 0) { /* without memory for a FIN there is only the hard way */
		tcp_send_rst(tp);
		tcp_done(tp, ENOMEM);
		return;
	}
	tcp_set_state(tp, tp->state == TCP_CLOSE_WAIT ? TCP_LAST_ACK : TCP_FIN_WAIT1);
	tp->cork = tp->more = false;
	tcp_output(tp);
}

static u64 fin_wait2_ns(const struct tcp_sock *tp)
{
	return (tp->linger2 > 0 ? (u64)tp->linger2 : net_ctl.tcp_fin_timeout) * NSEC_PER_SEC;
}

void tcp_fin_acked(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock(tp);

	switch (tp->state) {
	case TCP_FIN_WAIT1:
		tcp_set_state(tp, TCP_FIN_WAIT2);
		sock_wake(sk, EPOLLOUT);
		if (tp->orphan && tp->linger2 < 0)
			tcp_done(tp, 0);
		else if (tp->orphan)
			tp->orphan_fin_wait2 = true;
		break;
	case TCP_CLOSING:
		tcp_time_wait(tp, TCP_TIME_WAIT, TCP_TIME_WAIT_NS);
		break;
	case TCP_LAST_ACK:
		tcp_done(tp, 0);
		break;
	default:
		break;
	}
}

void tcp_fin_received(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock(tp);

	sk->shutdown |= SOCK_SHUT_RD;
	tp->fin_received = true;
	tp->ack_now = true;
	tp->quick_acks = 0;
	skb_purge(&tp->oooq); /* nothing comes behind a FIN */
	switch (tp->state) {
	case TCP_SYN_RECV:
	case TCP_ESTABLISHED:
		tcp_set_state(tp, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT1:
		tcp_set_state(tp, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		tcp_send_ack(tp);
		tcp_time_wait(tp, TCP_TIME_WAIT, TCP_TIME_WAIT_NS);
		return;
	default:
		break;
	}
	sock_wake(sk, EPOLLIN | EPOLLRDNORM | EPOLLRDHUP |
			      (sk->shutdown == SOCK_SHUT_BOTH ? EPOLLHUP : 0));
}

/* At the end of a segment: an orphan in FIN-WAIT-2 needs no socket any more. */
void tcp_settle(struct tcp_sock *tp)
{
	if (tp->orphan_fin_wait2 && tp->state == TCP_FIN_WAIT2)
		tcp_time_wait(tp, TCP_FIN_WAIT2, fin_wait2_ns(tp));
}

/* ---- connect ---- */

static int start_syn(struct tcp_sock *tp, u32 iss)
{
	struct inet_tuple *t = &tp->inet.tuple;
	struct tcp_seg *s;
	u32 mtu = tp->inet.dst.dev ? tp->inet.dst.dev->mtu : 1500;

	tp->iss = iss ? iss : tcp_isn(t);
	tp->ts_offset = tcp_ts_offset(t);
	tp->snd_una = tp->snd_nxt = tp->snd_up = tp->snd_sml = tp->iss;
	tp->write_seq = tp->iss + 1;
	tp->rcv_nxt = tp->copied_seq = 0;
	tp->mss_opt = 65535;
	tp->mss_adv = (u16)MIN(MIN(MAX(mtu, 576u), 65535u) - (ip_addr_is_v4(&t->raddr) ? 40 : 60),
		tp->user_mss ? (u32)tp->user_mss : 65535u);
	tcp_sync_mss(tp);
	tcp_cong_init(&tp->cong, tp->cong.ops, tp->snd_mss);
	tcp_initial_window(tp);
	s = tcp_sendq_mark(&tp->sendq, tp->iss, TH_SYN);
	if (!s)
		return -ENOMEM;
	tcp_set_state(tp, TCP_SYN_SENT);
	TCP_INC(ActiveOpens);
	return tcp_transmit(tp, s);
}

static int hash_connected(struct tcp_sock *tp, u32 *iss)
{
	struct inet_tuple *t = &tp->inet.tuple;
	int err;

	if (!t->lport)
		return inet_port_take_connected(&tcp_table, t);
	err = inet_hash_connected(&tcp_table, t);
	if (err == -EADDRNOTAVAIL && tcp_tw_reuse(t, iss))
		err = inet_hash_connected(&tcp_table, t);
	return err;
}

/* Back to a socket that may connect anew. */
static void disconnect(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock(tp);

	if (tp->state == TCP_LISTEN)
		tcp_listen_stop(tp);
	else if (tp->state != TCP_CLOSE && tp->state != TCP_SYN_SENT)
		tcp_send_rst(tp);
	tcp_done(tp, 0);
	skb_purge(&tp->rcvq);
	inet_clear_peer(&tp->inet);
	sk->shutdown = 0;
	sk->state = SOCK_UNCONNECTED;
	tp->connecting = tp->fin_queued = tp->fin_received = tp->ts_ok = tp->sack_ok =
		tp->wscale_ok = false;
	tp->ack_now = tp->ack_pending = tp->undo_valid = false;
	tp->snd_wscale = tp->rcv_wscale = 0;
	tp->nr_retrans = tp->nr_probes = 0;
	tp->dupacks = 0;
	tp->urg_state = TCP_URG_NONE;
	tp->ca_state = TCP_CA_OPEN;
	tp->rack = (struct tcp_rack){.reo_wnd_mult = 1};
	tp->err_soft = 0;
	tp->snd_wnd = tp->snd_max_wnd = 0;
	tcp_rtt_init(&tp->rtt);
}

static int start_connect(struct tcp_sock *tp, const struct sock_addr *a)
{
	struct inet_sock *is = &tp->inet;
	struct ip_addr addr;
	u32 iss = 0;
	u16 port;
	int oif, err = inet_addr_arg(is, a, &addr, &port, &oif);

	if (err < 0)
		return err;
	if (ip_addr_is_multicast(&addr) || ip_addr_is_broadcast(&addr))
		return -ENETUNREACH;
	err = inet_set_peer(is, &addr, port, oif);
	if (err < 0)
		return err;
	if (is->dst.type == DST_BROADCAST || is->dst.type == DST_MULTICAST)
		err = -ENETUNREACH;
	if (!err)
		err = hash_connected(tp, &iss);
	if (!err)
		err = start_syn(tp, iss);
	if (err < 0) {
		disconnect(tp);
		return err;
	}
	tp->connecting = true;
	tcp_timer_rearm(tp, 0);
	return 0;
}

/* The outcome of the handshake, waited for if need be. */
static int finish_connect(struct tcp_sock *tp, u64 deadline)
{
	struct sock *sk = tcp_sock(tp);
	int err;

	while (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV) {
		err = sock_wait(&sk->wait, EPOLLOUT, deadline);
		if (err < 0)
			return err == -EAGAIN ? -EINPROGRESS : err;
	}
	if (tp->state == TCP_CLOSE) {
		err = sk->err ? sock_take_error(sk) : -ECONNABORTED;
		disconnect(tp);
		return err;
	}
	tp->connecting = false;
	sk->state = SOCK_CONNECTED;
	return 0;
}

static int tcp_connect(struct sock *sk, const struct sock_addr *a, u32 msg_flags)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u64 deadline = sock_deadline(sk->sndtimeo_ns, msg_flags);
	int err;

	if (a->len < sizeof(a->sa.sa_family))
		return -EINVAL;
	if (a->sa.sa_family == AF_UNSPEC) {
		disconnect(tp);
		return 0;
	}
	if (tp->connecting) {
		if (deadline == 0 && (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV))
			return -EALREADY;
		return finish_connect(tp, deadline);
	}
	if (tp->state != TCP_CLOSE || sk->state == SOCK_CONNECTED)
		return -EISCONN;
	err = start_connect(tp, a);
	return err < 0 ? err : finish_connect(tp, deadline);
}

/* ---- shutdown, close ---- */

static int tcp_shutdown(struct sock *sk, int how)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (tp->state == TCP_CLOSE)
		return -ENOTCONN;
	if (tp->state == TCP_LISTEN) {
		if (how != SHUT_WR)
			disconnect(tp);
		sock_wake(sk, EPOLLIN | EPOLLHUP);
		return 0;
	}
	if (tp->state == TCP_SYN_SENT) {
		tcp_done(tp, 0);
		return 0;
	}
	sk->shutdown |= (u32)how + 1;
	if (how != SHUT_RD)
		close_sending(tp);
	sock_wake(sk, EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLRDHUP | EPOLLHUP);
	return 0;
}

/* Does close(2) have to end the connection with a reset? Unread data say so: RFC 1122 4.2.2.13. */
static bool abort_on_close(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet.sk;

	if (!list_empty(&tp->rcvq)) {
		TCP_INC(TCPAbortOnClose);
		return true;
	}
	if (sk->linger.l_onoff && !sk->linger.l_linger) {
		TCP_INC(TCPAbortOnLinger);
		return true;
	}
	return false;
}

static void orphan(struct tcp_sock *tp)
{
	sock_get(tcp_sock(tp));
	tp->orphan = true;
	close_sending(tp);
	if (tp->state == TCP_FIN_WAIT2) {
		if (tp->linger2 < 0)
			tcp_done(tp, 0);
		else
			tcp_time_wait(tp, TCP_FIN_WAIT2, fin_wait2_ns(tp));
	}
}

static void tcp_release(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	sk->shutdown = SOCK_SHUT_BOTH;
	if (tp->state == TCP_LISTEN) {
		tcp_listen_stop(tp);
		tcp_done(tp, 0);
	} else if (tp->state == TCP_SYN_SENT) {
		tcp_done(tp, 0);
	} else if (tp->state != TCP_CLOSE) {
		if (abort_on_close(tp)) {
			tcp_send_rst(tp);
			tcp_done(tp, 0);
		} else {
			orphan(tp);
		}
	}
	skb_purge(&tp->rcvq);
	if (tp->state == TCP_CLOSE)
		inet_release(&tp->inet);
}

static void tcp_destroy(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	BUG_ON(tp->state != TCP_CLOSE);
	tcp_timer_stop(tp);
	tcp_sendq_purge(&tp->sendq);
	skb_purge(&tp->rcvq);
	skb_purge(&tp->oooq);
	inet_release(&tp->inet);
	tcp_nr_socks--;
	inet_destroy(&tp->inet);
}

/* close(2) with SO_LINGER: waits until what was sent has been acknowledged, as long as told. */
static void tcp_linger(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u64 deadline;

	if (!sk->linger.l_onoff || sk->linger.l_linger <= 0 || !list_empty(&tp->rcvq))
		return;
	deadline = os_clock_ns(OS_CLOCK_MONOTONIC) + (u64)sk->linger.l_linger * NSEC_PER_SEC;
	close_sending(tp);
	while (tp->state == TCP_FIN_WAIT1 || tp->state == TCP_CLOSING || tp->state == TCP_LAST_ACK)
		if (sock_wait(&sk->wait, EPOLLOUT, deadline) < 0)
			break;
}

static void tcp_option_set(struct sock *sk, int name)
{
	if (name == SO_KEEPALIVE)
		tcp_keepalive_arm(tcp_sk(sk));
}

static u8 tcp_state(const struct inet_sock *is)
{
	return (u8)((const struct tcp_sock *)is)->state;
}

static int tcp_getname(struct sock *sk, struct sock_addr *out, bool peer)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (peer && (tp->state == TCP_CLOSE || tp->state == TCP_SYN_SENT))
		return -ENOTCONN;
	return inet_getname(sk, out, peer);
}

static const struct ip_protocol tcp_ip_protocol = {
	.proto = IPPROTO_TCP,
	.rcv = tcp_rcv,
	.err = tcp_err,
};

void tcp_register(void)
{
	ip_protocol_register(&tcp_ip_protocol);
}

void tcp_fini(void)
{
	tcp_tw_purge();
	htab_fini(&tcp_table.ports);
	htab_fini(&tcp_table.connected);
}

const struct sock_ops tcp_ops = {
	.release = tcp_release,
	.destroy = tcp_destroy,
	.linger = tcp_linger,
	.option_set = tcp_option_set,
	.bind = inet_bind,
	.connect = tcp_connect,
	.listen = tcp_listen,
	.accept = tcp_accept,
	.getname = tcp_getname,
	.sendmsg = tcp_sendmsg,
	.recvmsg = tcp_recvmsg,
	.poll = tcp_poll,
	.shutdown = tcp_shutdown,
	.ioctl = tcp_ioctl,
	.setsockopt = tcp_setsockopt,
	.getsockopt = tcp_getsockopt,
};

const struct inet_proto tcp_proto = {
	.name = "TCP",
	.type = SOCK_STREAM,
	.protocol = IPPROTO_TCP,
	.sock_size = sizeof(struct tcp_sock),
	.ops = &tcp_ops,
	.table = &tcp_table,
	.init = tcp_init,
	.state = tcp_state,
};
