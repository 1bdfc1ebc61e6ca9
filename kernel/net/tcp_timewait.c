/*
 * TIME-WAIT, and FIN-WAIT-2 once nobody holds the socket: a small struct in place of the connection
 * keeps the sequence numbers until old segments have died (RFC 9293 3.6, 3.10.7.4; RFC 6191 for a
 * new connection in its place). The oldest go early when there are too many.
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"

static struct list_head all = LIST_HEAD_INIT(all);
unsigned tcp_nr_tw;

void tcp_tw_free(struct tcp_tw *tw)
{
	timer_cancel(&tw->timer);
	inet_unhash(&tcp_table, &tw->tuple, false);
	list_del(&tw->link);
	tcp_nr_tw--;
	free(tw);
}

static void expire(struct timer *t)
{
	tcp_tw_free(container_of(t, struct tcp_tw, timer));
}

void tcp_time_wait(struct tcp_sock *tp, enum tcp_state substate, u64 timeout_ns)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	struct tcp_tw *tw;

	if (tcp_nr_tw >= net_ctl.tcp_max_tw_buckets)
		tcp_tw_free(list_first(&all, struct tcp_tw, link));
	tw = calloc(1, sizeof(*tw));
	if (!tw)
		goto out; /* as Linux: the connection ends without it */
	tw->timer.fn = expire;
	if (timer_arm(&tw->timer, now + timeout_ns) < 0) {
		free(tw);
		goto out;
	}
	tw->snd_nxt = tp->snd_nxt;
	tw->rcv_nxt = tp->rcv_nxt;
	tw->ts_ok = tp->ts_ok;
	tw->ts_recent = tp->ts_recent;
	tw->ts_recent_ns = tp->ts_recent_ns;
	tw->ts_offset = tp->ts_offset;
	tw->rcv_wnd_scaled = (u16)MIN(tp->rcv_wnd >> tp->rcv_wscale, 65535u);
	tw->substate = (u8)substate;
	tw->entered_ns = now;
	tw->uid = tp->inet.uid;
	inet_tuple_replace(&tcp_table, &tp->inet.tuple, &tw->tuple);
	tw->tuple.state = INET_TIMEWAIT;
	list_add_tail(&tw->link, &all);
	tcp_nr_tw++;
	TCP_INC(TW);
out:
	tcp_done(tp, 0);
}

static void restart(struct tcp_tw *tw)
{
	timer_arm(&tw->timer, os_clock_ns(OS_CLOCK_MONOTONIC) + TCP_TIME_WAIT_NS);
}

static void send_ack(struct tcp_tw *tw, const struct tcp_segment *seg)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	struct tcp_opts o = {
		.has_ts = tw->ts_ok,
		.tsval = (u32)(now / NSEC_PER_MSEC) + tw->ts_offset,
		.tsecr = tw->ts_recent,
	};
	struct tcp_reply r;

	tcp_reply_to(&r, seg);
	r.seq = tw->snd_nxt;
	r.ack = tw->rcv_nxt;
	r.window = tw->rcv_wnd_scaled;
	r.flags = TH_ACK;
	r.opts = &o;
	tcp_reply_send(&r);
}

static bool is_old(const struct tcp_tw *tw, const struct tcp_segment *seg)
{
	return tw->ts_ok && seg->opts.has_ts && (s32)(seg->opts.tsval - tw->ts_recent) < 0;
}

static void ts_update(struct tcp_tw *tw, const struct tcp_segment *seg)
{
	if (!tw->ts_ok || !seg->opts.has_ts)
		return;
	tw->ts_recent = seg->opts.tsval;
	tw->ts_recent_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
}

/* Our FIN is acknowledged, the peer's is to come; data would come for nobody. */
static void fin_wait2_rcv(struct tcp_tw *tw, struct tcp_segment *seg)
{
	if (is_old(tw, seg) || seq_lt(seg->end, tw->rcv_nxt)) {
		if (!(seg->flags & TH_RST))
			send_ack(tw, seg);
		return;
	}
	if (seg->flags & TH_RST) {
		if (seg->seq == tw->rcv_nxt)
			tcp_tw_free(tw);
		return;
	}
	if (seg->flags & TH_SYN) {
		send_ack(tw, seg);
		return;
	}
	if (!(seg->flags & TH_ACK) || seg->end == tw->rcv_nxt)
		return;
	if (!(seg->flags & TH_FIN) || seg->end != tw->rcv_nxt + 1) {
		tcp_reply_rst(seg);
		TCP_INC(TCPAbortOnData);
		tcp_tw_free(tw);
		return;
	}
	tw->rcv_nxt = seg->end;
	tw->substate = TCP_TIME_WAIT;
	ts_update(tw, seg);
	restart(tw);
	send_ack(tw, seg);
}

bool tcp_tw_rcv(struct tcp_tw *tw, struct tcp_segment *seg, u32 *iss)
{
	bool newer = tw->ts_ok && seg->opts.has_ts && (s32)(seg->opts.tsval - tw->ts_recent) > 0;

	if (tw->substate == TCP_FIN_WAIT2) {
		fin_wait2_rcv(tw, seg);
		return false;
	}
	if (seg->flags & TH_RST) {
		if (seg->seq == tw->rcv_nxt && !is_old(tw, seg))
			tcp_tw_free(tw);
		return false;
	}
	if ((seg->flags & (TH_SYN | TH_ACK)) == TH_SYN && !is_old(tw, seg) &&
		(seq_gt(seg->seq, tw->rcv_nxt) || newer)) {
		*iss = MAX(tw->snd_nxt + 65537, 1u);
		TCP_INC(TWRecycled);
		tcp_tw_free(tw);
		return true;
	}
	if (seg->seq == tw->rcv_nxt && seg->end == seg->seq && !is_old(tw, seg)) {
		ts_update(tw, seg);
		return false;
	}
	if (seg->flags & TH_FIN)
		restart(tw);
	send_ack(tw, seg);
	return false;
}

bool tcp_tw_reuse(const struct inet_tuple *t, u32 *iss)
{
	struct inet_key k = {.laddr = t->laddr,
		.raddr = t->raddr,
		.lport = t->lport,
		.rport = t->rport,
		.iif = t->bound_if};
	struct inet_tuple *old = inet_lookup_connected(&tcp_table, &k);
	struct tcp_tw *tw;

	if (!old || old->state != INET_TIMEWAIT)
		return false;
	tw = container_of(old, struct tcp_tw, tuple);
	if (tw->substate != TCP_TIME_WAIT || !tw->ts_ok ||
		os_clock_ns(OS_CLOCK_MONOTONIC) - tw->ts_recent_ns < NSEC_PER_SEC)
		return false;
	*iss = MAX(tw->snd_nxt + 65537, 1u);
	tcp_tw_free(tw);
	return true;
}

int tcp_tw_for_each(int (*fn)(const struct tcp_tw *tw, void *arg), void *arg)
{
	struct tcp_tw *tw;
	int ret;

	list_for_each_entry (tw, &all, link) {
		ret = tw->tuple.net == current_net ? fn(tw, arg) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

void tcp_tw_purge(void)
{
	struct tcp_tw *tw, *tmp;

	list_for_each_entry_safe (tw, tmp, &all, link)
		if (tw->tuple.net == current_net)
			tcp_tw_free(tw);
}
