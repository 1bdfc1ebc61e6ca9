/*
 * Segments that arrive: parsing, finding the connection, and the event processing of RFC 9293
 * 3.10.7 state by state, with the checks of RFC 5961 and 7323. The ACK field and the text have
 * files of their own. IP calls tcp_rcv() on the loop; nothing here sleeps.
 */
#include "kernel/net/tcp.h"

#include "kernel/lib/siphash.h"
#include "kernel/net/sock_filter.h"
#include "kernel/os.h"

u64 tcp_mib[TCP_MIB_COUNT];
const char *const tcp_mib_name[TCP_MIB_COUNT] = {
#define X(name) #name,
	TCP_MIB_LIST(X)
#undef X
};

/* ---- initial sequence numbers and timestamps: RFC 6528, RFC 7323 5.4 ---- */

static u64 tuple_hash(const struct inet_tuple *t, u64 salt)
{
	static struct siphash_key key;
	struct {
		struct ip_addr laddr, raddr;
		u16 lport, rport;
		u32 zero;
		u64 salt;
	} in = {t->laddr, t->raddr, t->lport, t->rport, 0, salt};

	if (!key.k[0])
		os_random(&key, sizeof(key));
	return siphash(&key, &in, sizeof(in));
}

u32 tcp_isn(const struct inet_tuple *t)
{
	return (u32)tuple_hash(t, 1) + (u32)(os_clock_ns(OS_CLOCK_MONOTONIC) / 4096);
}

u32 tcp_ts_offset(const struct inet_tuple *t)
{
	struct inet_tuple pair = {.laddr = t->laddr, .raddr = t->raddr};

	return (u32)tuple_hash(&pair, 2); /* per pair of hosts, so that TIME_WAIT reuse works */
}

/* ---- SYN-SENT: RFC 9293 3.10.7.3 ---- */

static void negotiate(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	const struct tcp_opts *o = &seg->opts;
	u16 def = ip_addr_is_v4(&tp->inet.tuple.raddr) ? TCP_MSS_V4 : TCP_MSS_V6;

	tp->mss_opt = MAX(o->mss ? o->mss : def, (u16)TCP_MSS_MIN);
	tp->wscale_ok = o->has_wscale && net_ctl.tcp_window_scaling;
	tp->snd_wscale = tp->wscale_ok ? o->wscale : 0;
	if (!tp->wscale_ok)
		tp->rcv_wscale = 0;
	tp->sack_ok = o->sack_ok && net_ctl.tcp_sack;
	tp->ts_ok = o->has_ts && net_ctl.tcp_timestamps;
	if (tp->ts_ok) {
		tp->ts_recent = o->tsval;
		tp->ts_recent_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	}
	tcp_ecn_answered(tp, seg);
	tp->irs = seg->seq;
	tp->rcv_nxt = tp->copied_seq = tp->rcv_wup = tp->space_seq = seg->seq + 1;
	tp->last_ack_sent = tp->rcv_nxt;
	tp->snd_wl1 = seg->seq;
	tp->snd_wl2 = seg->ack;
	tp->snd_wnd = tp->snd_max_wnd = seg->wnd;
	tcp_sync_mss(tp);
	tcp_cong_init(&tp->cong, tp->cong.ops, tp->snd_mss);
	tp->rack.fack = tp->snd_una;
}

static void established(struct tcp_sock *tp)
{
	tcp_set_state(tp, TCP_ESTABLISHED);
	tp->rcv_ns = tp->space_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	tcp_keepalive_arm(tp);
	sock_wake(tcp_sock(tp), EPOLLOUT | EPOLLWRNORM);
}

static void syn_sent_rcv(struct tcp_sock *tp, struct tcp_segment *seg)
{
	bool ack_ok = (seg->flags & TH_ACK) && seq_gt(seg->ack, tp->iss) &&
		      seq_leq(seg->ack, tp->snd_nxt);

	if ((seg->flags & TH_ACK) && !ack_ok) {
		tcp_reply_rst(seg);
		return;
	}
	if (seg->flags & TH_RST) {
		if (ack_ok || (seg->skb->dev->features & NETDEV_BARE_RST))
			tcp_done(tp, ECONNREFUSED);
		return;
	}
	if (!(seg->flags & TH_SYN))
		return;
	negotiate(tp, seg);
	if (!ack_ok) { /* simultaneous open: our SYN again, with an ACK */
		tcp_set_state(tp, TCP_SYN_RECV);
		tcp_transmit(tp, tcp_sendq_first(&tp->sendq));
		return;
	}
	tcp_set_state(tp, TCP_ESTABLISHED);
	if (!tcp_input_ack(tp, seg))
		return;
	established(tp);
	tp->ack_now = true;
}

/* ---- synchronized states: RFC 9293 3.10.7.4 ---- */

static bool paws_reject(const struct tcp_sock *tp, const struct tcp_segment *seg)
{
	return tp->ts_ok && seg->opts.has_ts && (s32)(seg->opts.tsval - tp->ts_recent) < 0 &&
	       os_clock_ns(OS_CLOCK_MONOTONIC) - tp->ts_recent_ns < TCP_PAWS_EXPIRE_NS;
}

/* Anything in the window, counted from the last acknowledgement sent: old data are trimmed later.
 */
static bool acceptable(const struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u32 right = tp->rcv_wup + tp->rcv_wnd;

	if (seq_lt(right, tp->rcv_nxt))
		right = tp->rcv_nxt;
	return seq_geq(seg->end, tp->rcv_wup) && seq_leq(seg->seq, right);
}

/* The peer's SYN-ACK in a simultaneous open crosses ours. */
static bool crossing_syn(const struct tcp_sock *tp, const struct tcp_segment *seg)
{
	return tp->state == TCP_SYN_RECV && (seg->flags & TH_ACK) && seg->seq == tp->irs &&
	       seg->end == tp->rcv_nxt && seg->ack == tp->snd_nxt;
}

/* First to fourth: may the segment be looked at? */
static bool check_sequence(struct tcp_sock *tp, struct tcp_segment *seg)
{
	if (!(seg->flags & TH_RST) && paws_reject(tp, seg)) {
		TCP_INC(PAWSEstab);
		tcp_sack_dup(tp, seg->seq, seg->end);
		tcp_send_challenge_ack(tp);
		return false;
	}
	if (!acceptable(tp, seg)) {
		if (seg->flags & TH_RST)
			return false;
		if (seg->flags & TH_SYN) {
			tcp_send_challenge_ack(tp);
			return false;
		}
		if (seq_lt(seg->seq, tp->rcv_nxt))
			tcp_sack_dup(tp, seg->seq,
				seq_lt(seg->end, tp->rcv_nxt) ? seg->end : tp->rcv_nxt);
		tcp_send_dup_ack(tp, seg->len != 0);
		return false;
	}
	if (seg->flags & TH_RST) { /* RFC 5961 3.2 */
		if (seg->seq == tp->rcv_nxt)
			tcp_reset(tp);
		else
			tcp_send_challenge_ack(tp);
		return false;
	}
	if ((seg->flags & TH_SYN) && !crossing_syn(tp, seg)) { /* RFC 5961 4.2 */
		tcp_send_challenge_ack(tp);
		return false;
	}
	return true;
}

/* A connection nobody will read from any more gets data: RFC 9293 3.10.7.4, 1122 4.2.2.13. */
static bool data_for_nobody(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	if (!tp->orphan || tp->state == TCP_CLOSE_WAIT || tp->state == TCP_LAST_ACK ||
		tp->state == TCP_CLOSING)
		return false;
	return seg->len && seq_gt(seg->end - !!(seg->flags & TH_FIN), tp->rcv_nxt);
}

static void synchronized_rcv(struct tcp_sock *tp, struct tcp_segment *seg)
{
	if (!check_sequence(tp, seg) || !(seg->flags & TH_ACK))
		return;
	tp->rcv_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (tp->state == TCP_SYN_RECV) {
		if (!seq_gt(seg->ack, tp->snd_una) || seq_gt(seg->ack, tp->snd_nxt)) {
			tcp_reply_rst(seg);
			return;
		}
		tcp_set_state(tp, TCP_ESTABLISHED);
		tcp_input_ack(tp, seg);
		tp->snd_wnd = seg->wnd << tp->snd_wscale;
		established(tp);
		if (seg->flags & TH_SYN)
			return;
	} else if (!tcp_input_ack(tp, seg)) {
		return;
	}
	if (seq_gt(tp->snd_una, tp->fin_seq) && tp->fin_queued) {
		tcp_fin_acked(tp);
		if (tp->state == TCP_CLOSE)
			return;
	}
	if (data_for_nobody(tp, seg)) {
		TCP_INC(TCPAbortOnData);
		tcp_reply_rst(seg);
		tcp_done(tp, ECONNRESET);
		return;
	}
	if (tp->state == TCP_CLOSE_WAIT || tp->state == TCP_LAST_ACK || tp->state == TCP_CLOSING) {
		if (seg->end != seg->seq) /* behind the peer's FIN there is nothing */
			tp->ack_now = true;
		return;
	}
	tcp_ecn_data(tp, seg);
	tcp_input_urg(tp, seg);
	tcp_input_data(tp, seg);
}

/* SO_ATTACH_FILTER, over the segment from its header on. What it cuts off comes again later. */
static bool filter_takes(const struct sock *sk, struct tcp_segment *seg)
{
	u32 hlen = (u32)(seg->skb->data - skb_trans(seg->skb));
	u32 keep = sock_filter_skb(sk, seg->skb, skb_trans(seg->skb));

	if (!keep)
		return false;
	keep = MAX(keep, hlen) - hlen;
	if (keep < seg->len) {
		skb_trim(seg->skb, keep);
		seg->end -= seg->len - keep;
		seg->len = keep;
	}
	return true;
}

static void sock_rcv(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk;

	if (tcp_sock(tp)->filter && !filter_takes(tcp_sock(tp), seg))
		return;
	sk = sock_get(tcp_sock(tp));

	tp->segs_in++;
	if (tp->state == TCP_LISTEN) {
		struct tcp_sock *child = tcp_listen_rcv(tp, seg);

		if (child)
			sock_rcv(child, seg);
	} else if (tp->state == TCP_SYN_SENT) {
		syn_sent_rcv(tp, seg);
	} else if (tp->state != TCP_CLOSE) {
		synchronized_rcv(tp, seg);
	}
	tcp_output(tp);
	tcp_settle(tp);
	sock_put(sk);
}

/* ---- demultiplexing ---- */

static bool parse(struct tcp_segment *seg, struct skb *skb)
{
	const struct tcp_hdr *h = (const struct tcp_hdr *)skb->data;
	u32 hlen;

	if (skb_len(skb) < sizeof(*h))
		return false;
	hlen = (u32)(h->off >> 4) * 4;
	if (hlen < sizeof(*h) || hlen > skb_len(skb))
		return false;
	if (!skb_csum_ok(skb, IPPROTO_TCP)) {
		TCP_INC(InCsumErrors);
		return false;
	}
	*seg = (struct tcp_segment){
		.skb = skb,
		.seq = cpu32_of(h->seq),
		.ack = cpu32_of(h->ack),
		.wnd = cpu16_of(h->window),
		.urg = cpu16_of(h->urg),
		.flags = h->flags,
		.sport = cpu16_of(h->source),
		.dport = cpu16_of(h->dest),
		.len = skb_len(skb) - hlen,
	};
	seg->end = seg->seq + seg->len + !!(seg->flags & TH_SYN) + !!(seg->flags & TH_FIN);
	tcp_opts_parse(
		&seg->opts, skb->data + sizeof(*h), hlen - (u32)sizeof(*h), seg->flags & TH_SYN);
	skb_pull(skb, hlen);
	return true;
}

static void dispatch(struct tcp_segment *seg)
{
	struct inet_key k = {
		.laddr = seg->skb->ip.daddr,
		.raddr = seg->skb->ip.saddr,
		.lport = seg->dport,
		.rport = seg->sport,
		.iif = (int)seg->skb->ip.iif,
	};
	struct inet_tuple *t = inet_lookup(&tcp_table, &k);
	struct tcp_sock *tp;

	if (t && t->state == INET_TIMEWAIT) {
		if (!tcp_tw_rcv(container_of(t, struct tcp_tw, tuple), seg, &seg->iss))
			return;
		t = inet_lookup(&tcp_table, &k);
	}
	if (t && t->state == INET_REQUEST) {
		tp = tcp_req_rcv(container_of(t, struct tcp_req, tuple), seg);
		if (tp)
			sock_rcv(tp, seg);
		return;
	}
	if (!t) {
		tcp_reply_rst(seg);
		return;
	}
	sock_rcv(container_of(t, struct tcp_sock, inet.tuple), seg);
}

void tcp_rcv(struct skb *skb)
{
	struct tcp_segment seg;

	TCP_INC(InSegs);
	if (skb->pkt_type != SKB_PKT_HOST || !parse(&seg, skb)) {
		TCP_INC(InErrs);
		skb_free(skb);
		return;
	}
	dispatch(&seg);
	if (seg.skb)
		skb_free(seg.skb);
}

/* ---- ICMP: RFC 5927, RFC 1122 4.2.3.9 ---- */

static void sock_error(struct tcp_sock *tp, const struct ip_error *e, u32 seq)
{
	struct sock *sk = tcp_sock(tp);

	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN)
		return;
	if (!seq_between(seq, tp->snd_una, tp->snd_nxt))
		return; /* not about anything in flight */
	if (e->err == EMSGSIZE) {
		route_pmtu_update(&tp->inet.tuple.raddr, e->mtu);
		sock_get(sk);
		tcp_mtu_reduced(tp);
		sock_put(sk);
		return;
	}
	if (inet_bit(&tp->inet, INET_RECVERR) || inet_bit(&tp->inet, INET_RECVERR6))
		inet_error(&tp->inet, e, tp->inet.tuple.rport, NULL, 0);
	if (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV) {
		if (e->fatal)
			tcp_done(tp, e->err);
		else
			tp->err_soft = e->err;
	} else {
		tp->err_soft = e->err;
	}
}

void tcp_err(const struct ip_error *e)
{
	const struct tcp_hdr *h = (const struct tcp_hdr *)e->trans;
	struct inet_key k = {.laddr = e->saddr, .raddr = e->daddr, .iif = e->iif};
	struct inet_tuple *t;
	u32 seq;

	if (e->trans_len < 8)
		return;
	k.lport = cpu16_of(h->source);
	k.rport = cpu16_of(h->dest);
	seq = cpu32_of(h->seq);
	t = inet_lookup_connected(&tcp_table, &k);
	if (!t || t->state == INET_TIMEWAIT)
		return;
	if (t->state == INET_REQUEST)
		tcp_req_error(container_of(t, struct tcp_req, tuple), e);
	else
		sock_error(container_of(t, struct tcp_sock, inet.tuple), e, seq);
}
