/*
 * Listeners: embryonic connections (struct tcp_req, one per SYN answered), SYN cookies when there
 * are too many, the accept queue. RFC 9293 3.10.7.2 and, for SYN-RECEIVED, 3.10.7.4; RFC 4987.
 * A request is in tcp_table in place of its connection to be; it belongs to its listener.
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"
#include "kernel/task.h"

#define COOKIE_AGE_NS (120 * NSEC_PER_SEC)

unsigned tcp_nr_reqs;

/* ---- requests ---- */

void tcp_req_free(struct tcp_req *req)
{
	timer_cancel(&req->timer);
	if (req->tuple.state != INET_UNHASHED)
		inet_unhash(&tcp_table, &req->tuple, false);
	list_del(&req->link);
	req->listener->listen->nr_reqs--;
	tcp_nr_reqs--;
	free(req);
}

static u64 req_timeout(const struct tcp_req *req)
{
	return MIN(TCP_RTO_INIT_NS << MIN(req->nr_sent, (u8)10), TCP_RTO_MAX_NS);
}

static u8 window_scale(const struct sock *sk)
{
	u32 max = sk->rcvbuf_locked ? sk->rcvbuf : net_ctl.tcp_rmem[2];
	u8 scale = 0;

	while (max >> scale > 65535 && scale < TCP_WSCALE_MAX)
		scale++;
	return scale;
}

static u16 announced_mss(const struct tcp_sock *l, const struct inet_tuple *t)
{
	struct flow fl = {.saddr = t->laddr, .daddr = t->raddr, .proto = IPPROTO_TCP, .ttl = -1};
	struct dst dst = {0};
	u32 ip = ip_addr_is_v4(&t->raddr) ? 20 : 40, mtu = 1500, mss;

	if (route_output(&fl, &dst) == 0)
		mtu = MIN(MAX(dst.dev ? dst.dev->mtu : dst.mtu, 576u), 65535u);
	mss = mtu - ip - (u32)sizeof(struct tcp_hdr);
	return (u16)(l->user_mss ? MIN(mss, (u32)l->user_mss) : mss);
}

static int send_synack(const struct tcp_req *req, bool cookie)
{
	const struct tcp_sock *l = req->listener;
	u32 ts = (u32)(os_clock_ns(OS_CLOCK_MONOTONIC) / NSEC_PER_MSEC) + req->ts_offset;
	struct tcp_opts o = {
		.mss = announced_mss(l, &req->tuple),
		.has_wscale = req->wscale_ok,
		.wscale = window_scale(&l->inet.sk),
		.sack_ok = req->sack_ok,
		.has_ts = req->ts_ok,
		.tsval = cookie ? tcp_cookie_ts(req, ts) : ts,
		.tsecr = req->ts_recent,
	};
	struct tcp_reply r = {
		.laddr = req->tuple.laddr,
		.raddr = req->tuple.raddr,
		.lport = req->tuple.lport,
		.rport = req->tuple.rport,
		.oif = req->tuple.bound_if,
		.mark = l->inet.sk.mark,
		.tos = ip_addr_is_v4(&req->tuple.raddr) ? l->inet.tos : l->inet.tclass6,
		.seq = req->iss,
		.ack = req->irs + 1,
		.window = (u16)MIN(l->inet.sk.rcvbuf / 2, 65535u),
		.flags = TH_SYN | TH_ACK | (req->ecn_ok ? TH_ECE : 0),
		.opts = &o,
	};

	return tcp_reply_send(&r);
}

static void req_timer(struct timer *t)
{
	struct tcp_req *req = container_of(t, struct tcp_req, timer);
	const struct tcp_sock *l = req->listener;
	u8 max = l->syn_cnt ? l->syn_cnt : (u8)net_ctl.tcp_synack_retries;

	net_set(req->tuple.net);
	/* TCP_DEFER_ACCEPT: past its time the SYN-ACK goes out again, and its ACK is good enough */
	if (req->acked && req->nr_sent <= l->defer_accept) {
		req->nr_sent++;
		timer_arm(t, os_clock_ns(OS_CLOCK_MONOTONIC) + req_timeout(req));
		return;
	}
	if (req->nr_sent > MAX(max, l->defer_accept)) {
		TCP_INC(AttemptFails);
		tcp_req_free(req);
		return;
	}
	req->nr_sent++;
	TCP_INC(RetransSegs);
	send_synack(req, false);
	timer_arm(t, os_clock_ns(OS_CLOCK_MONOTONIC) + req_timeout(req));
}

void tcp_req_error(struct tcp_req *req, const struct ip_error *e)
{
	if (e->fatal && e->err != EMSGSIZE)
		tcp_req_free(req);
}

static void req_fill(struct tcp_req *req, struct tcp_sock *l, const struct tcp_segment *seg)
{
	const struct skb_ip *ip = &seg->skb->ip;
	const struct tcp_opts *o = &seg->opts;

	*req = (struct tcp_req){
		.listener = l,
		.irs = seg->seq,
		.mss = MAX(o->mss ? o->mss : (ip_addr_is_v4(&ip->saddr) ? TCP_MSS_V4 : TCP_MSS_V6),
			TCP_MSS_MIN),
		.wnd = (u16)seg->wnd,
		.wscale_ok = o->has_wscale && net_ctl.tcp_window_scaling,
		.snd_wscale = o->wscale,
		.sack_ok = o->sack_ok && net_ctl.tcp_sack,
		.ts_ok = o->has_ts && net_ctl.tcp_timestamps,
		.ts_recent = o->tsval,
		.ecn_ok = tcp_ecn_asked(seg),
		.timer.fn = req_timer,
	};
	list_init(&req->link);
	req->tuple.laddr = ip->daddr;
	req->tuple.raddr = ip->saddr;
	req->tuple.lport = seg->dport;
	req->tuple.rport = seg->sport;
	req->tuple.net = l->inet.tuple.net;
	req->tuple.v6 = l->inet.tuple.v6;
	req->tuple.uid = l->inet.tuple.uid;
	req->tuple.bound_if =
		ip_addr_needs_scope(&ip->saddr) ? (int)ip->iif : l->inet.tuple.bound_if;
	req->ts_offset = tcp_ts_offset(&req->tuple);
}

static void send_cookie(struct tcp_sock *l, const struct tcp_segment *seg)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	struct tcp_req req;

	req_fill(&req, l, seg);
	if (!req.ts_ok)
		req.wscale_ok = req.sack_ok = req.ecn_ok = false;
	req.iss = tcp_cookie_make(&req.tuple, req.irs, &req.mss, now);
	l->listen->cookie_ns = now;
	TCP_INC(SyncookiesSent);
	send_synack(&req, true);
}

static void syn_rcv(struct tcp_sock *l, const struct tcp_segment *seg)
{
	struct tcp_listen *ls = l->listen;
	struct tcp_req *req;
	bool full;

	if (ls->nr_accept > ls->backlog) {
		TCP_INC(ListenOverflows);
		TCP_INC(ListenDrops);
		return;
	}
	full = ls->nr_reqs >= MAX(ls->backlog, 8u) ||
	       ls->nr_reqs >= MAX(net_ctl.tcp_max_syn_backlog, 1u);
	if (net_ctl.tcp_syncookies == 2 || (full && net_ctl.tcp_syncookies)) {
		send_cookie(l, seg);
		return;
	}
	if (full) {
		TCP_INC(ListenDrops);
		return;
	}
	req = malloc(sizeof(*req));
	if (!req)
		return;
	req_fill(req, l, seg);
	req->iss = seg->iss ? seg->iss : tcp_isn(&req->tuple);
	if (inet_hash_child(&tcp_table, &req->tuple, &l->inet.tuple) < 0) {
		free(req);
		TCP_INC(ListenDrops);
		return;
	}
	req->tuple.state = INET_REQUEST;
	list_add_tail(&req->link, &ls->reqs);
	ls->nr_reqs++;
	tcp_nr_reqs++;
	req->nr_sent = 1;
	req->sent_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (timer_arm(&req->timer, req->sent_ns + TCP_RTO_INIT_NS) < 0) {
		tcp_req_free(req);
		return;
	}
	send_synack(req, false);
}

/* ---- connections ---- */

static void child_options(struct tcp_sock *tp, const struct tcp_sock *l)
{
	tp->nodelay = l->nodelay;
	tp->cork = l->cork;
	tp->user_mss = l->user_mss;
	tp->keep_idle = l->keep_idle;
	tp->keep_intvl = l->keep_intvl;
	tp->keep_cnt = l->keep_cnt;
	tp->user_timeout_ms = l->user_timeout_ms;
	tp->notsent_lowat = l->notsent_lowat;
	tp->linger2 = l->linger2;
	tp->window_clamp = l->window_clamp;
	tp->cong.ops = l->cong.ops;
}

static void child_state(struct tcp_sock *tp, const struct tcp_req *req)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	tp->iss = req->iss;
	tp->snd_una = tp->snd_nxt = tp->write_seq = tp->snd_up = tp->snd_sml = req->iss + 1;
	tp->irs = req->irs;
	tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = tp->space_seq = req->irs + 1;
	tp->last_ack_sent = tp->rcv_nxt;
	tp->rcv_wnd = MIN(tcp_sock(tp)->rcvbuf / 2, 65535u);
	tp->snd_wl1 = req->irs;
	tp->snd_wl2 = req->iss;
	tp->snd_wnd = tp->snd_max_wnd = req->wnd;
	tp->wscale_ok = req->wscale_ok;
	tp->snd_wscale = req->wscale_ok ? req->snd_wscale : 0;
	tp->rcv_wscale = req->wscale_ok ? window_scale(tcp_sock(tp)) : 0;
	tp->sack_ok = req->sack_ok;
	tp->ecn.ok = req->ecn_ok;
	tp->ts_ok = req->ts_ok;
	tp->ts_recent = req->ts_recent;
	tp->ts_recent_ns = tp->rcv_ns = tp->space_ns = now;
	tp->ts_offset = req->ts_offset;
	tp->mss_opt = req->mss;
	tp->rack.fack = tp->snd_una;
	tcp_sync_mss(tp);
	tcp_cong_init(&tp->cong, tp->cong.ops, tp->snd_mss);
	if (req->nr_sent == 1 && req->sent_ns)
		tcp_rtt_sample(&tp->rtt, now - req->sent_ns, now);
}

static int child_hash(struct tcp_sock *tp, struct tcp_sock *l, struct tcp_req *req)
{
	struct inet_tuple *t = &tp->inet.tuple;

	if (req->tuple.state == INET_REQUEST) {
		inet_tuple_replace(&tcp_table, &req->tuple, t);
		t->state = INET_CONNECTED;
		req->tuple.state = INET_UNHASHED;
		return 0;
	}
	return inet_hash_child(&tcp_table, t, &l->inet.tuple);
}

struct tcp_sock *tcp_child_create(struct tcp_sock *l, struct tcp_req *req)
{
	struct tcp_listen *ls = l->listen;
	struct inet_sock *is;
	struct tcp_sock *tp;
	struct flow fl;

	if (ls->nr_accept > ls->backlog) {
		TCP_INC(ListenOverflows);
		return NULL;
	}
	if (inet_sock_child(&l->inet, &is) < 0)
		return NULL;
	tp = (struct tcp_sock *)is;
	is->tuple.laddr = req->tuple.laddr;
	is->tuple.raddr = req->tuple.raddr;
	is->tuple.lport = req->tuple.lport;
	is->tuple.rport = req->tuple.rport;
	is->tuple.bound_if = req->tuple.bound_if;
	child_options(tp, l);
	if (inet_route(is, &fl) < 0 || child_hash(tp, l, req) < 0) {
		sock_put(&is->sk);
		return NULL;
	}
	child_state(tp, req);
	tcp_set_state(tp, TCP_ESTABLISHED);
	is->sk.state = SOCK_CONNECTED;
	TCP_INC(PassiveOpens);
	tcp_keepalive_arm(tp);
	tp->parent = l;
	list_add_tail(&tp->accept_link, &ls->acceptq);
	ls->nr_accept++;
	sock_wake(tcp_sock(l), EPOLLIN | EPOLLRDNORM);
	return tp;
}

/* ---- segments ---- */

static struct tcp_sock *cookie_rcv(struct tcp_sock *l, struct tcp_segment *seg)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	struct tcp_sock *tp;
	struct tcp_req req;

	if (!l->listen->cookie_ns || now - l->listen->cookie_ns > COOKIE_AGE_NS)
		return NULL;
	req_fill(&req, l, seg);
	req.irs = seg->seq - 1;
	req.iss = seg->ack - 1;
	req.mss = tcp_cookie_check(&req.tuple, req.irs, req.iss, now);
	if (!req.mss) {
		TCP_INC(SyncookiesFailed);
		return NULL;
	}
	req.ecn_ok = false;
	if (req.ts_ok)
		tcp_cookie_ts_check(&req, seg->opts.tsecr);
	tp = tcp_child_create(l, &req);
	if (tp)
		TCP_INC(SyncookiesRecv);
	return tp;
}

struct tcp_sock *tcp_listen_rcv(struct tcp_sock *l, struct tcp_segment *seg)
{
	struct tcp_sock *tp;

	if (seg->flags & TH_RST)
		return NULL;
	if (seg->flags & TH_ACK) {
		tp = seg->flags & TH_SYN ? NULL : cookie_rcv(l, seg);
		if (!tp)
			tcp_reply_rst(seg);
		return tp;
	}
	if ((seg->flags & (TH_SYN | TH_FIN)) == TH_SYN)
		syn_rcv(l, seg);
	return NULL;
}

static void req_ack(struct tcp_req *req, const struct tcp_segment *seg)
{
	struct tcp_opts o = {
		.has_ts = req->ts_ok,
		.tsval = (u32)(os_clock_ns(OS_CLOCK_MONOTONIC) / NSEC_PER_MSEC) + req->ts_offset,
		.tsecr = req->ts_recent,
	};
	struct tcp_reply r;

	tcp_reply_to(&r, seg);
	r.seq = req->iss + 1;
	r.ack = req->irs + 1;
	r.window = (u16)MIN(req->listener->inet.sk.rcvbuf / 2, 65535u);
	r.flags = TH_ACK;
	r.opts = &o;
	tcp_reply_send(&r);
}

struct tcp_sock *tcp_req_rcv(struct tcp_req *req, struct tcp_segment *seg)
{
	struct tcp_sock *l = req->listener, *tp;
	u32 rcv_nxt = req->irs + 1, wnd = MIN(l->inet.sk.rcvbuf / 2, 65535u);

	if (seg->seq == req->irs && (seg->flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN) {
		send_synack(req, false); /* ours was lost */
		return NULL;
	}
	if (!seq_between(seg->seq, rcv_nxt, rcv_nxt + wnd) ||
		(req->ts_ok && seg->opts.has_ts && !(seg->flags & TH_RST) &&
			(s32)(seg->opts.tsval - req->ts_recent) < 0)) {
		if (!(seg->flags & TH_RST))
			req_ack(req, seg);
		return NULL;
	}
	if (seg->flags & (TH_RST | TH_SYN)) {
		if ((seg->flags & TH_RST) && seg->seq == rcv_nxt)
			tcp_req_free(req);
		else
			req_ack(req, seg); /* RFC 5961 */
		return NULL;
	}
	if (!(seg->flags & TH_ACK))
		return NULL;
	if (seg->ack != req->iss + 1) {
		tcp_reply_rst(seg);
		return NULL;
	}
	if (l->defer_accept && seg->seq == seg->end && req->nr_sent <= l->defer_accept) {
		req->acked = true;
		return NULL;
	}
	if (seg->opts.has_ts)
		req->ts_recent = seg->opts.tsval;
	tp = tcp_child_create(l, req);
	if (tp)
		tcp_req_free(req);
	else
		req->acked = true;
	return tp;
}

/* ---- the system calls ---- */

static int take_port(struct tcp_sock *l)
{
	struct inet_tuple *t = &l->inet.tuple;
	int err = t->lport ? 0 : inet_port_take(&tcp_table, t, 0);

	return err < 0 ? err : inet_port_listen(&tcp_table, t);
}

int tcp_listen(struct sock *sk, int backlog)
{
	struct tcp_sock *l = tcp_sk(sk);
	int err;

	if (l->state != TCP_CLOSE && l->state != TCP_LISTEN)
		return -EINVAL;
	if (sk->state == SOCK_CONNECTED)
		return -EINVAL;
	if (l->state == TCP_CLOSE) {
		struct tcp_listen *ls = calloc(1, sizeof(*ls));

		if (!ls)
			return -ENOMEM;
		list_init(&ls->reqs);
		list_init(&ls->acceptq);
		err = take_port(l);
		if (err < 0) {
			free(ls);
			return err;
		}
		l->listen = ls;
		tcp_set_state(l, TCP_LISTEN);
		sk->state = SOCK_LISTENING;
	}
	l->listen->backlog = MIN((u32)backlog, net_ctl.somaxconn); /* a negative one is large */
	return 0;
}

int tcp_accept(struct sock *sk, u32 msg_flags, struct sock **out)
{
	struct tcp_sock *l = tcp_sk(sk), *tp;
	u64 deadline = sock_deadline(sk->rcvtimeo_ns, msg_flags);
	int err;

	while (l->state == TCP_LISTEN && list_empty(&l->listen->acceptq)) {
		if (sk->err)
			return sock_take_error(sk);
		err = sock_wait(&sk->wait, EPOLLIN, deadline);
		if (err < 0)
			return err;
	}
	if (l->state != TCP_LISTEN)
		return -EINVAL;
	tp = list_first(&l->listen->acceptq, struct tcp_sock, accept_link);
	list_del(&tp->accept_link);
	l->listen->nr_accept--;
	tp->parent = NULL;
	*out = tcp_sock(tp);
	return 0;
}

void tcp_listen_stop(struct tcp_sock *l)
{
	struct tcp_listen *ls = l->listen;

	while (!list_empty(&ls->reqs))
		tcp_req_free(list_first(&ls->reqs, struct tcp_req, link));
	while (!list_empty(&ls->acceptq)) {
		struct tcp_sock *tp = list_first(&ls->acceptq, struct tcp_sock, accept_link);

		list_del(&tp->accept_link);
		tp->parent = NULL;
		if (tp->state != TCP_CLOSE) {
			tcp_send_rst(tp);
			tcp_done(tp, ECONNRESET);
		}
		sock_put(tcp_sock(tp));
	}
	l->listen = NULL;
	free(ls);
}
