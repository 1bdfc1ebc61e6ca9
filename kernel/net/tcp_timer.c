/*
 * The timers of a connection. One serves whatever is in flight, as timer_kind says: the
 * retransmission timeout (RFC 6298), the tail loss probe and the reordering window (RFC 8985), or
 * the probe of a closed window (RFC 9293 3.8.6.1). Another delays acknowledgements (RFC 1122
 * 4.2.3.2); the third is keepalive (RFC 9293 3.8.4). FIN-WAIT-2 without a user is a struct tcp_tw.
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"

static u64 now_ns(void)
{
	return os_clock_ns(OS_CLOCK_MONOTONIC);
}

/* A timer that cannot be armed for want of memory: the next event of the connection tries again. */
static void arm(struct tcp_sock *tp, enum tcp_timer_kind kind, u64 ns)
{
	tp->timer_kind = kind;
	timer_arm(&tp->timer, now_ns() + ns);
}

void tcp_timer_stop(struct tcp_sock *tp)
{
	timer_cancel(&tp->timer);
	timer_cancel(&tp->delack_timer);
	timer_cancel(&tp->keep_timer);
	tp->timer_kind = TCP_TIMER_NONE;
}

void tcp_timer_rearm(struct tcp_sock *tp, u64 reo_ns)
{
	u64 rto = tcp_rtt_rto(&tp->rtt), pto;

	if (tp->snd_nxt != tp->snd_una) {
		pto = tcp_tlp_timeout(tp);
		if (reo_ns && reo_ns < rto)
			arm(tp, TCP_TIMER_REO, reo_ns);
		else if (pto && pto < rto)
			arm(tp, TCP_TIMER_TLP, pto);
		else
			arm(tp, TCP_TIMER_RTO, rto);
	} else if (tp->sendq.head) {
		arm(tp, TCP_TIMER_PROBE, rto);
	} else {
		timer_cancel(&tp->timer);
		tp->timer_kind = TCP_TIMER_NONE;
	}
}

/* ---- giving up ---- */

static void give_up(struct tcp_sock *tp)
{
	TCP_INC(TCPAbortOnTimeout);
	tcp_done(tp, tp->err_soft ? tp->err_soft : ETIMEDOUT);
}

static bool tried_enough(const struct tcp_sock *tp, unsigned tries, u64 since)
{
	unsigned max = net_ctl.tcp_retries2;

	if (tp->state == TCP_SYN_SENT)
		max = tp->syn_cnt ? tp->syn_cnt : net_ctl.tcp_syn_retries;
	else if (tp->state == TCP_SYN_RECV)
		max = net_ctl.tcp_synack_retries;
	else if (tp->orphan)
		max = net_ctl.tcp_orphan_retries;
	if (tp->user_timeout_ms && tp->state != TCP_SYN_RECV)
		return since && now_ns() - since >= tp->user_timeout_ms * NSEC_PER_MSEC;
	return tries >= max;
}

/* ---- retransmission, probes ---- */

static void on_rto(struct tcp_sock *tp)
{
	struct tcp_seg *s = tcp_sendq_first(&tp->sendq);
	u64 rto;

	if (!s || !(s->marks & SEG_SENT))
		return;
	if (!tp->retrans_ns)
		tp->retrans_ns = s->sent_ns;
	if (tried_enough(tp, tp->nr_retrans, tp->retrans_ns)) {
		give_up(tp);
		return;
	}
	TCP_INC(TCPTimeouts);
	tp->nr_retrans++;
	tp->rtt.backoff = (u8)MIN(tp->rtt.backoff + 1, 30);
	tcp_recovery_timeout(tp);
	if (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV)
		tcp_transmit(tp, s);
	else
		tcp_output(tp);
	if (tp->state == TCP_CLOSE)
		return;
	rto = tcp_rtt_rto(&tp->rtt);
	if (tp->user_timeout_ms) {
		u64 end = tp->retrans_ns + tp->user_timeout_ms * NSEC_PER_MSEC, now = now_ns();

		rto = MIN(rto, end > now ? end - now : NSEC_PER_MSEC);
	}
	arm(tp, TCP_TIMER_RTO, rto);
}

/* RFC 8985 7.3: a new segment if there is one, else the last one again. */
static void on_tlp(struct tcp_sock *tp)
{
	struct tcp_seg *s = tp->sendq.head;
	bool fresh = tcp_send_one(tp);

	if (!fresh) {
		s = s ? (s->link.prev == &tp->sendq.segs
					? NULL
					: list_entry(s->link.prev, struct tcp_seg, link))
		      : tcp_sendq_last(&tp->sendq);
		if (s && s->len > tp->snd_mss) {
			u32 rest = s->len % tp->snd_mss;

			if (!tcp_sendq_split(&tp->sendq, s, s->len - (rest ? rest : tp->snd_mss)))
				s = list_entry(s->link.next, struct tcp_seg, link);
		}
		if (s)
			tcp_transmit(tp, s);
	}
	TCP_INC(TCPLossProbes);
	tp->rack.tlp_out = true;
	tp->rack.tlp_is_retrans = !fresh;
	tp->rack.tlp_end_seq = tp->snd_nxt;
	arm(tp, TCP_TIMER_RTO, tcp_rtt_rto(&tp->rtt));
}

static void on_reo(struct tcp_sock *tp)
{
	u64 reo = tcp_recovery_reo_timeout(tp, now_ns());

	tcp_output(tp);
	tcp_timer_rearm(tp, reo);
}

/* The window is closed, or too small for what Nagle would send: ask, ever more rarely. */
static void on_probe(struct tcp_sock *tp)
{
	if (tp->snd_nxt != tp->snd_una || !tp->sendq.head)
		return;
	if (tp->user_timeout_ms && !tp->retrans_ns)
		tp->retrans_ns = now_ns();
	if (tried_enough(tp, tp->nr_probes, tp->retrans_ns)) {
		give_up(tp);
		return;
	}
	tp->nr_probes++;
	tp->rtt.backoff = (u8)MIN(tp->rtt.backoff + 1, 30);
	if (!tcp_send_one(tp))
		tcp_send_probe(tp);
	if (tp->snd_nxt != tp->snd_una)
		tcp_timer_rearm(tp, 0);
	else
		arm(tp, TCP_TIMER_PROBE, tcp_rtt_rto(&tp->rtt));
}

static void timer_fn(struct timer *t)
{
	struct tcp_sock *tp = container_of(t, struct tcp_sock, timer);
	struct sock *sk = sock_get(tcp_sock(tp));
	enum tcp_timer_kind kind = tp->timer_kind;

	net_set(sk->net);
	tp->timer_kind = TCP_TIMER_NONE;
	switch (kind) {
	case TCP_TIMER_RTO:
		on_rto(tp);
		break;
	case TCP_TIMER_TLP:
		on_tlp(tp);
		break;
	case TCP_TIMER_REO:
		on_reo(tp);
		break;
	case TCP_TIMER_PROBE:
		on_probe(tp);
		break;
	case TCP_TIMER_NONE:
		break;
	}
	sock_put(sk);
}

/* ---- delayed acknowledgement ---- */

void tcp_delack_arm(struct tcp_sock *tp)
{
	tp->ack_pending = true;
	if (!timer_armed(&tp->delack_timer) &&
		timer_arm(&tp->delack_timer, now_ns() + TCP_DELACK_NS) < 0)
		tcp_send_ack(tp);
}

static void delack_fn(struct timer *t)
{
	struct tcp_sock *tp = container_of(t, struct tcp_sock, delack_timer);

	net_set(tcp_sock(tp)->net);
	if (!tp->ack_pending)
		return;
	tp->pingpong = false;
	tcp_send_ack(tp);
}

/* ---- keepalive ---- */

static u64 keep_idle_ns(const struct tcp_sock *tp)
{
	return (tp->keep_idle ? tp->keep_idle : net_ctl.tcp_keepalive_time) * NSEC_PER_SEC;
}

void tcp_keepalive_arm(struct tcp_sock *tp)
{
	if (!tcp_synchronized(tp) || !sock_option(tcp_sock(tp), SO_KEEPALIVE)) {
		timer_cancel(&tp->keep_timer);
		return;
	}
	tp->nr_keep_probes = 0;
	timer_arm(&tp->keep_timer, MAX(tp->rcv_ns, tp->last_ack_ns) + keep_idle_ns(tp));
}

static bool keep_failed(const struct tcp_sock *tp, u64 now)
{
	if (tp->user_timeout_ms)
		return tp->nr_keep_probes &&
		       now - tp->rcv_ns >= tp->user_timeout_ms * NSEC_PER_MSEC;
	return tp->nr_keep_probes >= (tp->keep_cnt ? tp->keep_cnt : net_ctl.tcp_keepalive_probes);
}

static void keep_fn(struct timer *t)
{
	struct tcp_sock *tp = container_of(t, struct tcp_sock, keep_timer);
	struct sock *sk = tcp_sock(tp);
	u64 now = now_ns(), idle = now - tp->rcv_ns;

	net_set(sk->net);
	if (!sock_option(sk, SO_KEEPALIVE) || !tcp_synchronized(tp))
		return;
	if (tp->snd_nxt != tp->snd_una || tp->sendq.head) { /* the other timers look after it */
		timer_arm(t, now + keep_idle_ns(tp));
		return;
	}
	if (idle < keep_idle_ns(tp)) {
		tp->nr_keep_probes = 0;
		timer_arm(t, tp->rcv_ns + keep_idle_ns(tp));
		return;
	}
	if (keep_failed(tp, now)) {
		sock_get(sk);
		tcp_send_rst(tp);
		give_up(tp);
		sock_put(sk);
		return;
	}
	tp->nr_keep_probes++;
	TCP_INC(TCPKeepAlive);
	tcp_send_probe(tp);
	timer_arm(t, now + (tp->keep_intvl ? tp->keep_intvl : net_ctl.tcp_keepalive_intvl) *
				     NSEC_PER_SEC);
}

void tcp_timer_init(struct tcp_sock *tp)
{
	tp->timer.fn = timer_fn;
	tp->delack_timer.fn = delack_fn;
	tp->keep_timer.fn = keep_fn;
}
