/*
 * Options of level IPPROTO_TCP, and struct tcp_info. tcp(7). What is not here says ENOPROTOOPT:
 * Fast Open, ULPs, MD5 signatures, repair mode.
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"

#define NAME_MAX_LEN 16u

/* ---- setting ---- */

static int set_congestion(struct tcp_sock *tp, uaddr_t val, u32 len)
{
	char name[NAME_MAX_LEN] = "";
	const struct tcp_cong_ops *ops;

	if (len < 1)
		return -EINVAL;
	if (copy_from_user(name, val, MIN(len, NAME_MAX_LEN - 1)) < 0)
		return -EFAULT;
	ops = tcp_cong_find(name);
	if (!ops)
		return -ENOENT;
	tp->cong.ops = ops;
	tp->cong.epoch_ns = 0;
	tp->cong.acked = 0;
	return 0;
}

/* An option switched off lets out what it held back. */
static void push(struct tcp_sock *tp)
{
	tp->more = false;
	tcp_output(tp);
}

static u8 secs_to_retrans(int secs)
{
	int timeout = 1, total = 1;
	u8 n = 0;

	if (secs <= 0)
		return 0;
	for (n = 1; total < secs && n < 255; n++) {
		timeout = MIN(timeout * 2, 120);
		total += timeout;
	}
	return n;
}

static int retrans_to_secs(u8 n)
{
	int timeout = 1, total = 0;

	while (n--) {
		total += timeout;
		timeout = MIN(timeout * 2, 120);
	}
	return total;
}

static int set_keep(struct tcp_sock *tp, int name, int v)
{
	if (v < 1 || v > (name == TCP_KEEPCNT ? 127 : 32767))
		return -EINVAL;
	if (name == TCP_KEEPCNT)
		tp->keep_cnt = (u8)v;
	else if (name == TCP_KEEPINTVL)
		tp->keep_intvl = (u16)v;
	else
		tp->keep_idle = (u16)v;
	tcp_keepalive_arm(tp);
	return 0;
}

static int set_quickack(struct tcp_sock *tp, int v)
{
	if (!v) {
		tp->pingpong = true;
		return 0;
	}
	tp->pingpong = false;
	tp->quick_acks = 16;
	if (tp->ack_pending)
		tcp_send_ack(tp);
	return 0;
}

static int set_int(struct tcp_sock *tp, int name, int v)
{
	switch (name) {
	case TCP_NODELAY:
		tp->nodelay = v != 0;
		if (v)
			push(tp);
		return 0;
	case TCP_CORK:
		tp->cork = v != 0;
		if (!v)
			push(tp);
		return 0;
	case TCP_MAXSEG:
		if (v && (v < (int)TCP_MSS_MIN || v > 32767))
			return -EINVAL;
		tp->user_mss = (u16)v;
		return 0;
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
		return set_keep(tp, name, v);
	case TCP_SYNCNT:
		if (v < 1 || v > 127)
			return -EINVAL;
		tp->syn_cnt = (u8)v;
		return 0;
	case TCP_LINGER2:
		tp->linger2 = v < 0 ? -1 : v > 60 ? 0 : v;
		return 0;
	case TCP_DEFER_ACCEPT:
		tp->defer_accept = secs_to_retrans(v);
		return 0;
	case TCP_WINDOW_CLAMP:
		if (!v && tp->state != TCP_CLOSE)
			return -EINVAL;
		tp->window_clamp = v ? MAX((u32)v, 2304u / 2) : 0;
		return 0;
	case TCP_QUICKACK:
		return set_quickack(tp, v);
	case TCP_USER_TIMEOUT:
		if (v < 0)
			return -EINVAL;
		tp->user_timeout_ms = (u32)v;
		return 0;
	case TCP_NOTSENT_LOWAT:
		tp->notsent_lowat = (u32)v;
		tcp_write_space(tp);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int v;

	if (level != IPPROTO_TCP)
		return inet_setsockopt(sk, level, name, val, len);
	if (name == TCP_CONGESTION)
		return set_congestion(tp, val, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_user(&v, val, sizeof(v)) < 0)
		return -EFAULT;
	return set_int(tp, name, v);
}

/* ---- reading ---- */

static u32 usec(u64 ns)
{
	return (u32)MIN(ns / NSEC_PER_USEC, (u64)UINT32_MAX);
}

static u32 msec_since(u64 ns, u64 now)
{
	return ns ? (u32)((now - ns) / NSEC_PER_MSEC) : 0;
}

void tcp_get_info(const struct tcp_sock *tp, struct tcp_info *ti)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	u32 mss = MAX(tp->snd_mss, (u16)1);

	memset(ti, 0, sizeof(*ti));
	ti->tcpi_state = (u8)tp->state;
	ti->tcpi_ca_state = (u8)tp->ca_state;
	ti->tcpi_retransmits = tp->nr_retrans;
	ti->tcpi_probes = tp->nr_probes;
	ti->tcpi_backoff = tp->rtt.backoff;
	ti->tcpi_options = (tp->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) |
			   (tp->sack_ok ? TCPI_OPT_SACK : 0) |
			   (tp->wscale_ok ? TCPI_OPT_WSCALE : 0) | (tp->ecn.ok ? TCPI_OPT_ECN : 0) |
			   (tp->ecn.seen ? TCPI_OPT_ECN_SEEN : 0);
	ti->tcpi_snd_wscale = tp->snd_wscale & 15;
	ti->tcpi_rcv_wscale = tp->rcv_wscale & 15;
	ti->tcpi_rto = usec(tcp_rtt_rto(&tp->rtt));
	ti->tcpi_ato = usec(TCP_DELACK_NS);
	ti->tcpi_snd_mss = tp->snd_mss;
	ti->tcpi_rcv_mss = tp->rcv_mss;
	if (tp->state == TCP_LISTEN) {
		ti->tcpi_unacked = tp->listen->nr_accept;
		ti->tcpi_sacked = tp->listen->backlog;
	} else {
		ti->tcpi_unacked = (tp->snd_nxt - tp->snd_una + mss - 1) / mss;
		ti->tcpi_sacked = (tp->sendq.sacked + mss - 1) / mss;
	}
	ti->tcpi_lost = (tp->sendq.lost + mss - 1) / mss;
	ti->tcpi_retrans = (tp->sendq.retrans + mss - 1) / mss;
	ti->tcpi_last_data_sent = msec_since(tp->last_send_ns, now);
	ti->tcpi_last_data_recv = msec_since(tp->last_data_ns, now);
	ti->tcpi_last_ack_recv = msec_since(tp->rcv_ns, now);
	ti->tcpi_pmtu = tp->inet.dst.mtu;
	ti->tcpi_rcv_ssthresh = tp->rcv_wnd;
	ti->tcpi_rtt = usec(tp->rtt.srtt);
	ti->tcpi_rttvar = usec(tp->rtt.rttvar);
	ti->tcpi_snd_ssthresh =
		tp->cong.ssthresh == TCP_SSTHRESH_INFINITE ? 0x7fffffff : tp->cong.ssthresh / mss;
	ti->tcpi_snd_cwnd = tp->cong.cwnd / mss;
	ti->tcpi_advmss = tp->mss_adv;
	ti->tcpi_reordering = 3;
	ti->tcpi_rcv_space = tp->space;
	ti->tcpi_total_retrans = tp->nr_retrans_total;
	ti->tcpi_pacing_rate = ti->tcpi_max_pacing_rate = UINT64_MAX;
	ti->tcpi_bytes_acked = tp->bytes_acked;
	ti->tcpi_bytes_received = tp->bytes_received;
	ti->tcpi_segs_out = (u32)tp->segs_out;
	ti->tcpi_segs_in = (u32)tp->segs_in;
	if (tp->state != TCP_LISTEN)
		ti->tcpi_notsent_bytes = tp->write_seq - tp->snd_nxt;
	ti->tcpi_min_rtt = tp->rtt.min_rtt == UINT64_MAX ? UINT32_MAX : usec(tp->rtt.min_rtt);
	ti->tcpi_delivered = tp->delivered / mss;
	ti->tcpi_bytes_sent = tp->bytes_sent;
	ti->tcpi_bytes_retrans = tp->bytes_retrans;
	ti->tcpi_snd_wnd = tp->snd_wnd;
}

static int get_int(struct tcp_sock *tp, int name, int *v)
{
	switch (name) {
	case TCP_NODELAY:
		*v = tp->nodelay;
		return 0;
	case TCP_CORK:
		*v = tp->cork;
		return 0;
	case TCP_MAXSEG:
		*v = tp->state == TCP_CLOSE || tp->state == TCP_LISTEN
			     ? (tp->user_mss ? tp->user_mss : (int)TCP_MSS_V4)
			     : tp->snd_mss;
		return 0;
	case TCP_KEEPIDLE:
		*v = tp->keep_idle ? tp->keep_idle : (int)net_ctl.tcp_keepalive_time;
		return 0;
	case TCP_KEEPINTVL:
		*v = tp->keep_intvl ? tp->keep_intvl : (int)net_ctl.tcp_keepalive_intvl;
		return 0;
	case TCP_KEEPCNT:
		*v = tp->keep_cnt ? tp->keep_cnt : (int)net_ctl.tcp_keepalive_probes;
		return 0;
	case TCP_SYNCNT:
		*v = tp->syn_cnt ? tp->syn_cnt : (int)net_ctl.tcp_syn_retries;
		return 0;
	case TCP_LINGER2:
		*v = tp->linger2 ? tp->linger2 : (int)net_ctl.tcp_fin_timeout;
		return 0;
	case TCP_DEFER_ACCEPT:
		*v = retrans_to_secs(tp->defer_accept);
		return 0;
	case TCP_WINDOW_CLAMP:
		*v = tp->window_clamp ? (int)tp->window_clamp : (int)(net_ctl.tcp_rmem[2] / 2);
		return 0;
	case TCP_QUICKACK:
		*v = !tp->pingpong;
		return 0;
	case TCP_USER_TIMEOUT:
		*v = (int)tp->user_timeout_ms;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*v = (int)tp->notsent_lowat;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_info info;
	int v, err;

	if (level != IPPROTO_TCP)
		return inet_getsockopt(sk, level, name, buf, size);
	if (name == TCP_INFO) {
		tcp_get_info(tp, &info);
		size = MIN(size, (u32)sizeof(info));
		memcpy(buf, &info, size);
		return (int)size;
	}
	if (name == TCP_CONGESTION) {
		size = MIN(size, NAME_MAX_LEN);
		memcpy(buf, tp->cong.ops->name, size);
		return (int)size;
	}
	err = get_int(tp, name, &v);
	if (err < 0)
		return err;
	size = MIN(size, (u32)sizeof(v));
	memcpy(buf, &v, size);
	return (int)size;
}
