/*
 * Sending on a connection: which pieces of the send queue may go now (congestion window, the peer's
 * window, Nagle, cork), their headers and options, and segments without data: acknowledgements,
 * probes, resets. Everything ends in send_skb(), which hands the segment to IP. RFC 9293 3.8.6,
 * 3.7.4; RFC 1122 4.2.3.4; RFC 7323.
 */
#include "kernel/net/tcp.h"

#include "kernel/net/checksum.h"
#include "kernel/os.h"

#define NAGLE_FULL_MAX 16384u /* never hold back as "small" what is larger, on huge-MTU links */
#define CHALLENGE_NS (500 * NSEC_PER_MSEC) /* and net.ipv4.tcp_invalid_ratelimit */

u32 tcp_ts_at(const struct tcp_sock *tp, u64 ns)
{
	return (u32)(ns / NSEC_PER_MSEC) + tp->ts_offset;
}

/* ---- sizes ---- */

u32 tcp_mss_clamp(const struct tcp_sock *tp)
{
	const struct inet_sock *is = &tp->inet;
	u32 ip = ip_addr_is_v4(&is->tuple.raddr) ? 20 : 40;
	u32 mtu = is->dst.mtu > 576 ? is->dst.mtu : 576;

	return MIN(MIN(mtu, 65535u) - ip - (u32)sizeof(struct tcp_hdr), 65535u);
}

/* snd_mss from the route, the peer's announcement and the options every segment carries. */
void tcp_sync_mss(struct tcp_sock *tp)
{
	u32 mss = MIN(tcp_mss_clamp(tp), (u32)tp->mss_opt);

	if (tp->user_mss)
		mss = MIN(mss, (u32)tp->user_mss);
	mss -= tp->ts_ok ? 12 : 0;
	tp->snd_mss = (u16)MAX(mss, TCP_MSS_MIN - 40);
	if (tp->cong.mss)
		tcp_cong_set_mss(&tp->cong, tp->snd_mss);
}

/* The window of the SYN and its scale (RFC 7323 2.3), from the buffer's greatest size. */
void tcp_initial_window(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock(tp);
	u32 max = sk->rcvbuf_locked ? sk->rcvbuf : net_ctl.tcp_rmem[2];

	tp->rcv_wscale = 0;
	while (net_ctl.tcp_window_scaling && max >> tp->rcv_wscale > 65535 &&
		tp->rcv_wscale < TCP_WSCALE_MAX)
		tp->rcv_wscale++;
	tp->rcv_wnd = MIN(tcp_window_space(tp), 65535u);
}

/* ---- the window we announce: RFC 9293 3.8.6.2 ---- */

static u16 select_window(struct tcp_sock *tp)
{
	u32 right = tp->rcv_wup + tp->rcv_wnd;
	u32 cur = seq_gt(right, tp->rcv_nxt) ? right - tp->rcv_nxt : 0;
	u32 unit = 1u << tp->rcv_wscale, new = tcp_window_space(tp);

	new = MIN(new, 65535u << tp->rcv_wscale);
	new = ALIGN_DOWN(new, unit);
	if (new < cur)
		new = ALIGN_UP(cur, unit); /* never shrinks */
	tp->rcv_wnd = new;
	tp->rcv_wup = tp->rcv_nxt;
	return (u16)MIN(new >> tp->rcv_wscale, 65535u);
}

/* ---- headers ---- */

static void add_sacks(struct tcp_sock *tp, struct tcp_opts *o)
{
	if (tp->has_dsack)
		o->sack[o->nr_sack++] = tp->dsack;
	tp->has_dsack = false;
	for (unsigned i = 0; i < tp->nr_sack && o->nr_sack < TCP_SACK_MAX; i++)
		o->sack[o->nr_sack++] = tp->sack[i];
}

static void make_opts(struct tcp_sock *tp, struct tcp_opts *o, u8 flags, u64 now)
{
	bool syn = flags & TH_SYN, reply = syn && (flags & TH_ACK);

	memset(o, 0, sizeof(*o));
	if (syn) {
		o->mss = tp->mss_adv;
		o->has_wscale = reply ? tp->wscale_ok : net_ctl.tcp_window_scaling;
		o->wscale = tp->rcv_wscale;
		o->sack_ok = reply ? tp->sack_ok : net_ctl.tcp_sack;
	}
	o->has_ts = tp->ts_ok || (syn && !reply && net_ctl.tcp_timestamps);
	o->tsval = tcp_ts_at(tp, now);
	o->tsecr = tp->ts_recent;
	if (!syn && (flags & TH_ACK) && tp->sack_ok)
		add_sacks(tp, o);
}

/* An acknowledgement went out with a segment. */
static void ack_sent(struct tcp_sock *tp, u64 now)
{
	tp->last_ack_sent = tp->rcv_nxt;
	tp->last_ack_ns = now;
	tp->ack_pending = tp->ack_now = false;
	timer_cancel(&tp->delack_timer);
}

static u16 urgent_pointer(const struct tcp_sock *tp, u32 seq, u8 *flags)
{
	u32 up = tp->snd_up - seq;

	if (!seq_gt(tp->snd_up, tp->snd_una) || !seq_gt(tp->snd_up, seq))
		return 0;
	*flags |= TH_URG;
	return (u16)MIN(up, 0xffffu);
}

static int send_skb(struct tcp_sock *tp, struct skb *skb, u32 seq, u8 flags, bool new_data)
{
	struct inet_sock *is = &tp->inet;
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	u32 len = skb_len(skb), opt_len;
	struct tcp_opts o;
	struct tcp_hdr *h;
	struct flow fl;
	int err = inet_route(is, &fl);

	if (err < 0) {
		skb_free(skb);
		return err;
	}
	fl.tos = tcp_ecn_mark(tp, fl.tos, new_data);
	if (tp->ecn.echo && (flags & TH_ACK) && !(flags & (TH_SYN | TH_RST)))
		flags |= TH_ECE;
	make_opts(tp, &o, flags, now);
	opt_len = tcp_opts_len(&o, flags & TH_SYN);
	skb_push(skb, opt_len);
	tcp_opts_build(skb->data, &o, flags & TH_SYN);
	h = skb_push(skb, sizeof(*h));
	skb_set_trans(skb);
	memset(h, 0, sizeof(*h));
	h->urg = be16_of(urgent_pointer(tp, seq, &flags));
	h->source = be16_of(is->tuple.lport);
	h->dest = be16_of(is->tuple.rport);
	h->seq = be32_of(seq);
	h->off = (u8)((sizeof(*h) + opt_len) / 4 << 4);
	h->flags = flags;
	if (flags & TH_ACK)
		h->ack = be32_of(tp->rcv_nxt);
	if (flags & TH_SYN)
		h->window = be16_of(MIN(tp->rcv_wnd, 65535u));
	else if (!(flags & TH_RST))
		h->window = be16_of(select_window(tp));
	if (len > tp->snd_mss) {
		skb->gso_size = tp->snd_mss;
		skb->gso_type = ip_addr_is_v4(&is->tuple.raddr) ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	}
	skb_csum_partial_setup(skb, offsetof(struct tcp_hdr, check), &is->tuple.laddr,
		&is->tuple.raddr, IPPROTO_TCP);
	if (flags & TH_ACK)
		ack_sent(tp, now);
	tp->segs_out++;
	TCP_INC(OutSegs);
	return ip_output(skb, &fl, &is->dst);
}

static int send_empty(struct tcp_sock *tp, u32 seq, u8 flags)
{
	struct skb *skb = skb_alloc(SKB_HEADROOM, 0);

	return skb ? send_skb(tp, skb, seq, flags, false) : -ENOMEM;
}

/* ---- pieces of the send queue ---- */

static struct skb *piece_skb(const struct tcp_seg *s)
{
	struct skb *skb;

	if (s->len && !(s->marks & SEG_NO_HEADROOM))
		return skb_clone(s->skb);
	skb = skb_alloc(SKB_HEADROOM, s->len);
	if (skb && s->len)
		memcpy(skb_put(skb, s->len), s->skb->data, s->len);
	return skb;
}

int tcp_transmit(struct tcp_sock *tp, struct tcp_seg *s)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	bool again = s->marks & SEG_SENT;
	u8 flags = s->flags;
	struct skb *skb = piece_skb(s);
	u32 end = tcp_seg_end(s);
	int err;

	if (!skb)
		return -ENOMEM;
	if (tp->state != TCP_SYN_SENT)
		flags |= TH_ACK;
	if (flags & TH_SYN)
		flags |= tcp_ecn_syn(tp, again);
	else if (s->len && !again)
		flags |= tcp_ecn_new_data(tp);
	if (s->len && (end == tp->write_seq || (s->link.next == &tp->sendq.segs)))
		flags |= TH_PSH;
	tcp_sendq_sent(&tp->sendq, s, now);
	if (seq_gt(end, tp->snd_nxt))
		tp->snd_nxt = end;
	if (again) {
		tp->nr_retrans_total++;
		tp->bytes_retrans += s->len;
		TCP_INC(RetransSegs);
		if (tp->undo_valid && !tp->undo_ts)
			tp->undo_ts = tcp_ts_at(tp, now) | 1;
	}
	if (tp->ca_state == TCP_CA_RECOVERY)
		tp->prr_out += tcp_seg_len(s);
	tp->bytes_sent += s->len;
	if (s->len) {
		tp->pingpong = tp->pingpong || now - tp->last_data_ns < TCP_DELACK_NS;
		tp->last_send_ns = now;
	}
	err = send_skb(tp, skb, s->seq, flags, s->len && !again);
	/* What the device had no room for is like a loss on the way: the timers repair it. */
	return err == -ENOBUFS || err == -ENOMEM ? 0 : err;
}

/* Lost pieces, as far as the congestion window goes. False: it is used up. */
static bool retransmit_lost(struct tcp_sock *tp)
{
	struct tcp_sendq *q = &tp->sendq;

	while (!list_empty(&q->lostq)) {
		struct tcp_seg *s = list_first(&q->lostq, struct tcp_seg, xmit_link);
		u32 pipe = tcp_pipe(tp), room;

		if (pipe >= tp->cong.cwnd)
			return false;
		room = tp->cong.cwnd - pipe;
		room = MAX(room - room % tp->snd_mss, (u32)tp->snd_mss);
		if (s->len > room && tcp_sendq_split(q, s, room) < 0)
			return false;
		if (tcp_transmit(tp, s) < 0)
			return false;
		TCP_INC(TCPFastRetrans);
	}
	return true;
}

/* Nagle, RFC 1122 4.2.3.4, in Minshall's form: one small segment may be on its way. And cork. */
static bool hold_small(const struct tcp_sock *tp, const struct tcp_seg *s)
{
	if ((s->flags & TH_FIN) || s->link.next != &tp->sendq.segs || !tcp_can_send(tp))
		return false;
	if (seq_gt(tp->snd_up, s->seq))
		return false; /* urgent */
	if (tp->cork || tp->more)
		return true;
	return !tp->nodelay && seq_gt(tp->snd_sml, tp->snd_una) && tp->snd_nxt != tp->snd_una;
}

static u32 full_size(const struct tcp_sock *tp)
{
	return MIN((u32)tp->snd_mss, NAGLE_FULL_MAX);
}

/* Bytes of s the windows and Nagle let out now; 0: wait. A FIN follows the last byte. */
static u32 sendable(struct tcp_sock *tp, const struct tcp_seg *s)
{
	u32 pipe = tcp_pipe(tp), mss = tp->snd_mss, full = full_size(tp);
	u32 right = tp->snd_una + tp->snd_wnd;
	u32 cwnd = tp->cong.cwnd > pipe ? tp->cong.cwnd - pipe : 0;
	u32 rwnd = seq_gt(right, s->seq) ? right - s->seq : 0;
	u32 room = MIN(cwnd, rwnd);

	if (cwnd < MIN(s->len, mss) && pipe) {
		tp->cwnd_limited = true;
		return 0;
	}
	if (!pipe)
		room = MAX(room, MIN(mss, rwnd));
	if (s->len <= room) {
		if (s->len % mss < full && hold_small(tp, s) && (s->len >= mss || s->len < full))
			return s->len >= mss ? s->len - s->len % mss : 0;
		return s->len;
	}
	if (cwnd < rwnd)
		tp->cwnd_limited = true;
	if (room >= mss)
		return room - room % mss;
	/* Silly windows, RFC 9293 3.8.6.2.1: at least half the greatest window there was. */
	return room && (room >= tp->snd_max_wnd / 2) ? room : 0;
}

static bool send_piece(struct tcp_sock *tp, struct tcp_seg *s)
{
	u32 len = s->len ? sendable(tp, s) : 0;

	if (s->len && !len)
		return false;
	if (len < s->len && tcp_sendq_split(&tp->sendq, s, len) < 0)
		return false;
	if (s->len && s->len % tp->snd_mss && s->len % tp->snd_mss < full_size(tp))
		tp->snd_sml = tcp_seg_end(s);
	return tcp_transmit(tp, s) == 0;
}

static void restart_after_idle(struct tcp_sock *tp)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	if (tp->snd_nxt == tp->snd_una && tp->last_send_ns && tp->sendq.head)
		tcp_cong_idle(&tp->cong, now - tp->last_send_ns, tcp_rtt_rto(&tp->rtt));
}

void tcp_output(struct tcp_sock *tp)
{
	struct tcp_seg *s;
	bool sent = false;

	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN || tp->state == TCP_SYN_SENT ||
		tp->state == TCP_SYN_RECV)
		return;
	restart_after_idle(tp);
	tp->cwnd_limited = false;
	sent = !list_empty(&tp->sendq.lostq);
	if (retransmit_lost(tp)) {
		while ((s = tp->sendq.head) && send_piece(tp, s))
			sent = true;
	} else {
		tp->cwnd_limited = true;
	}
	if (sent || (tp->sendq.head && tp->timer_kind == TCP_TIMER_NONE))
		tcp_timer_rearm(tp, 0);
	if (tp->ack_now)
		tcp_send_ack(tp);
}

/* The path takes less than was sent: all of it goes again in smaller segments. */
void tcp_mtu_reduced(struct tcp_sock *tp)
{
	struct flow fl;

	if (inet_route(&tp->inet, &fl) < 0)
		return;
	tcp_sync_mss(tp);
	tcp_sendq_all_lost(&tp->sendq, false);
	tcp_output(tp);
}

bool tcp_send_one(struct tcp_sock *tp)
{
	struct tcp_seg *s = tp->sendq.head;
	u32 right = tp->snd_una + tp->snd_wnd, len;

	if (!s || !seq_gt(right, s->seq))
		return false;
	len = MIN(MIN(s->len, (u32)tp->snd_mss), right - s->seq);
	if (len < s->len && tcp_sendq_split(&tp->sendq, s, len) < 0)
		return false;
	return tcp_transmit(tp, s) == 0;
}

/* ---- segments without data ---- */

void tcp_send_ack(struct tcp_sock *tp)
{
	if (tp->state == TCP_CLOSE || tp->state == TCP_LISTEN || tp->state == TCP_SYN_SENT)
		return;
	if (send_empty(tp, tp->snd_nxt, TH_ACK) == -ENOMEM)
		tcp_delack_arm(tp);
}

void tcp_send_challenge_ack(struct tcp_sock *tp)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	if (tp->challenge_ns && now - tp->challenge_ns < CHALLENGE_NS)
		return;
	tp->challenge_ns = now;
	TCP_INC(TCPChallengeACK);
	tcp_send_ack(tp);
}

/* Two ends that disagree must not answer each other for ever: only data get an answer each. */
void tcp_send_dup_ack(struct tcp_sock *tp, bool data)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	if (!data && tp->dup_ack_ns && now - tp->dup_ack_ns < CHALLENGE_NS)
		return;
	if (!data)
		tp->dup_ack_ns = now;
	tcp_send_ack(tp);
}

void tcp_send_probe(struct tcp_sock *tp)
{
	send_empty(tp, tp->snd_una - 1, TH_ACK);
}

void tcp_send_rst(struct tcp_sock *tp)
{
	TCP_INC(OutRsts);
	send_empty(tp, tp->snd_nxt, TH_RST | TH_ACK);
}
