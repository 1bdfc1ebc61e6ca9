/*
 * Round trip times and the retransmission timeout: RFC 6298, with the floor under the variance that
 * keeps delayed acknowledgements from causing timeouts. Samples come from tcp_input_ack.c, taken
 * from times of transmission (never of a retransmitted piece: Karn) or from timestamps.
 */
#include "kernel/net/tcp.h"

#define MIN_RTT_WINDOW_NS (300 * NSEC_PER_SEC)

void tcp_rtt_init(struct tcp_rtt *r)
{
	*r = (struct tcp_rtt){.rto = TCP_RTO_INIT_NS, .min_rtt = UINT64_MAX};
}

void tcp_rtt_sample(struct tcp_rtt *r, u64 rtt, u64 now)
{
	u64 delta;

	rtt = MAX(rtt, (u64)1);
	if (rtt <= r->min_rtt || now - r->min_stamp > MIN_RTT_WINDOW_NS) {
		r->min_rtt = rtt;
		r->min_stamp = now;
	}
	if (!r->srtt) {
		r->srtt = rtt;
		r->rttvar = rtt / 2;
	} else {
		delta = rtt > r->srtt ? rtt - r->srtt : r->srtt - rtt;
		r->rttvar = (3 * r->rttvar + delta) / 4;
		r->srtt = MAX((7 * r->srtt + rtt) / 8, (u64)1);
	}
	r->rto = MIN(r->srtt + MAX(4 * r->rttvar, (u64)TCP_RTO_MIN_NS), (u64)TCP_RTO_MAX_NS);
	r->backoff = 0;
}

u64 tcp_rtt_rto(const struct tcp_rtt *r)
{
	u64 rto = r->rto;

	for (unsigned i = 0; i < r->backoff && rto < TCP_RTO_MAX_NS; i++)
		rto *= 2;
	return MIN(rto, (u64)TCP_RTO_MAX_NS);
}
