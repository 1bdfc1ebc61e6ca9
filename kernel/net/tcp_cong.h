/*
 * Congestion control: how much may be in flight. RFC 5681 (Reno) is the base; CUBIC (RFC 9438) is
 * the default. Windows are bytes; times are nanoseconds of OS_CLOCK_MONOTONIC.
 */
#ifndef SKIFF_KERNEL_NET_TCP_CONG_H
#define SKIFF_KERNEL_NET_TCP_CONG_H

#include "kernel/lib/types.h"

struct tcp_cong;

struct tcp_cong_ops {
	char name[16]; /* TCP_CONGESTION */
	/* acked bytes are newly acknowledged in congestion avoidance, the window having been used.
	 */
	void (*avoid)(struct tcp_cong *c, u32 acked, u64 now);
	/* A loss was found with flight bytes outstanding: the new ssthresh. */
	u32 (*ssthresh)(struct tcp_cong *c, u32 flight);
};
extern const struct tcp_cong_ops tcp_reno, tcp_cubic;

struct tcp_cong {
	const struct tcp_cong_ops *ops;
	u32 cwnd, ssthresh; /* bytes; ssthresh TCP_SSTHRESH_INFINITE before the first loss */
	u32 mss;	    /* bytes of data per full segment */
	u32 acked;	    /* Reno: bytes acknowledged towards the next segment of growth */
	u64 rtt_ns;	    /* smoothed round trip, kept by the caller */
	/* CUBIC, in segments and seconds as RFC 9438 has them */
	u64 epoch_ns; /* start of this congestion avoidance stage, 0: not begun */
	float w_max, w_est, k, cwnd_prior, frac;
};

#define TCP_SSTHRESH_INFINITE 0x7fffffffu
#define TCP_CWND_MAX 0x3fffffffu

void tcp_cong_init(struct tcp_cong *c, const struct tcp_cong_ops *ops, u32 mss); /* RFC 6928 */
void tcp_cong_set_mss(struct tcp_cong *c, u32 mss); /* keeps the windows in segments */
static inline bool tcp_cong_slow_start(const struct tcp_cong *c)
{
	return c->cwnd < c->ssthresh;
}
/* acked bytes are newly acknowledged, outside recovery. limited: cwnd was what held us back. */
void tcp_cong_ack(struct tcp_cong *c, u32 acked, bool limited, u64 now);
void tcp_cong_loss(struct tcp_cong *c, u32 flight); /* fast recovery begins: sets ssthresh */
void tcp_cong_timeout(struct tcp_cong *c, u32 flight, bool first); /* the timer expired */
void tcp_cong_idle(struct tcp_cong *c, u64 idle_ns, u64 rto_ns);   /* RFC 5681 4.1 */
const struct tcp_cong_ops *tcp_cong_find(const char *name);	   /* NULL: unknown */
extern const struct tcp_cong_ops *tcp_cong_default;		   /* of new sockets */

#endif
