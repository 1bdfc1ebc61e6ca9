/*
 * Congestion control. The caller (tcp_input_ack.c, tcp_recovery.c) says what was acknowledged or
 * lost; this file moves cwnd and ssthresh. Slow start and the timeout rules are common (RFC 5681,
 * with appropriate byte counting L=2 of RFC 3465 where acknowledgements are stretched); an
 * algorithm adds growth in congestion avoidance and the reduction on loss. CUBIC is computed as
 * RFC 9438 section 4 writes it, in segments and seconds.
 */
#include "kernel/net/tcp_cong.h"

#define CUBIC_C 0.4f
#define CUBIC_BETA 0.7f
#define CUBIC_ALPHA (3 * (1 - CUBIC_BETA) / (1 + CUBIC_BETA))

/* RFC 6928: ten segments; with segments of the loopback's size that is plenty too. */
static u32 initial_window(u32 mss)
{
	return mss * 10;
}

void tcp_cong_init(struct tcp_cong *c, const struct tcp_cong_ops *ops, u32 mss)
{
	*c = (struct tcp_cong){
		.ops = ops,
		.mss = mss,
		.cwnd = initial_window(mss),
		.ssthresh = TCP_SSTHRESH_INFINITE,
	};
}

void tcp_cong_set_mss(struct tcp_cong *c, u32 mss)
{
	if (mss == c->mss)
		return;
	c->cwnd = (u32)MIN((u64)c->cwnd * mss / c->mss, (u64)TCP_CWND_MAX);
	c->cwnd = MAX(c->cwnd, mss);
	if (c->ssthresh != TCP_SSTHRESH_INFINITE)
		c->ssthresh = (u32)MIN((u64)c->ssthresh * mss / c->mss, (u64)TCP_CWND_MAX);
	c->mss = mss;
}

void tcp_cong_ack(struct tcp_cong *c, u32 acked, bool limited, u64 now)
{
	if (!limited)
		return;
	if (tcp_cong_slow_start(c)) {
		u32 grow = MIN(acked, c->ssthresh - c->cwnd);

		c->cwnd = MIN(c->cwnd + grow, TCP_CWND_MAX);
		acked -= grow;
	}
	if (acked && c->cwnd < TCP_CWND_MAX)
		c->ops->avoid(c, acked, now);
}

void tcp_cong_loss(struct tcp_cong *c, u32 flight)
{
	c->ssthresh = MAX(c->ops->ssthresh(c, flight), 2 * c->mss);
	c->acked = 0;
}

void tcp_cong_timeout(struct tcp_cong *c, u32 flight, bool first)
{
	if (first)
		tcp_cong_loss(c, flight);
	c->cwnd = c->mss;
	c->epoch_ns = 0;
}

void tcp_cong_idle(struct tcp_cong *c, u64 idle_ns, u64 rto_ns)
{
	u32 restart = MIN(initial_window(c->mss), c->cwnd);

	c->epoch_ns = 0;
	if (idle_ns < rto_ns)
		return;
	c->ssthresh = MAX(c->ssthresh, c->cwnd / 4 * 3);
	for (; idle_ns >= rto_ns && c->cwnd > restart; idle_ns -= rto_ns)
		c->cwnd /= 2;
	c->cwnd = MAX(c->cwnd, restart);
}

/* ---- Reno: RFC 5681 3.1 ---- */

static void reno_avoid(struct tcp_cong *c, u32 acked, u64 now)
{
	c->acked += acked;
	while (c->acked >= c->cwnd) {
		c->acked -= c->cwnd;
		c->cwnd = MIN(c->cwnd + c->mss, TCP_CWND_MAX);
	}
}

static u32 reno_ssthresh(struct tcp_cong *c, u32 flight)
{
	return flight / 2;
}

const struct tcp_cong_ops tcp_reno = {
	.name = "reno",
	.avoid = reno_avoid,
	.ssthresh = reno_ssthresh,
};

/* ---- CUBIC: RFC 9438 ---- */

static float cube_root(float x)
{
	float y = x > 1 ? x / 3 : 1;

	if (x <= 0)
		return 0;
	for (int i = 0; i < 24; i++)
		y = (2 * y + x / (y * y)) / 3;
	return y;
}

static void cubic_begin(struct tcp_cong *c, float cwnd, u64 now)
{
	c->epoch_ns = now;
	c->frac = 0;
	c->w_est = cwnd;
	if (cwnd < c->w_max) {
		c->k = cube_root((c->w_max - cwnd) / CUBIC_C);
	} else {
		c->k = 0;
		c->w_max = cwnd;
	}
}

static float cubic_window(const struct tcp_cong *c, float t)
{
	float d = t - c->k;

	return CUBIC_C * d * d * d + c->w_max;
}

static void cubic_avoid(struct tcp_cong *c, u32 acked, u64 now)
{
	float cwnd = (float)c->cwnd / (float)c->mss, segments = (float)acked / (float)c->mss;
	float t, target;

	if (!c->epoch_ns)
		cubic_begin(c, cwnd, now);
	t = (float)(now - c->epoch_ns) / 1e9f;
	target = cubic_window(c, t + (float)c->rtt_ns / 1e9f);
	target = MAX(MIN(target, 1.5f * cwnd), cwnd);
	c->w_est += (c->w_est >= c->cwnd_prior ? 1 : CUBIC_ALPHA) * segments / cwnd;
	if (cubic_window(c, t) < c->w_est && c->w_est > cwnd)
		c->frac += (c->w_est - cwnd) * (float)c->mss;
	else
		c->frac += (target - cwnd) / cwnd * segments * (float)c->mss;
	if (c->frac >= 1) {
		u32 grow = (u32)MIN(c->frac, (float)c->cwnd);

		c->frac -= (float)grow;
		c->cwnd = MIN(c->cwnd + grow, TCP_CWND_MAX);
	}
}

static u32 cubic_ssthresh(struct tcp_cong *c, u32 flight)
{
	float cwnd = (float)c->cwnd / (float)c->mss;

	c->epoch_ns = 0;
	c->cwnd_prior = cwnd;
	/* fast convergence: leave room for newcomers */
	c->w_max = cwnd < c->w_max ? cwnd * (1 + CUBIC_BETA) / 2 : cwnd;
	return (u32)((float)flight * CUBIC_BETA);
}

const struct tcp_cong_ops tcp_cubic = {
	.name = "cubic",
	.avoid = cubic_avoid,
	.ssthresh = cubic_ssthresh,
};

const struct tcp_cong_ops *tcp_cong_default = &tcp_cubic;

const struct tcp_cong_ops *tcp_cong_find(const char *name)
{
	return !strcmp(name, tcp_cubic.name)  ? &tcp_cubic
	       : !strcmp(name, tcp_reno.name) ? &tcp_reno
					      : NULL;
}
