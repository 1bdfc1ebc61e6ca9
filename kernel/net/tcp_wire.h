/* The TCP header and its options as they are on the wire (RFC 9293 3.1, 7323, 2018), and sequence
 * number arithmetic (RFC 9293 3.4), which is modulo 2^32. */
#ifndef SKIFF_KERNEL_NET_TCP_WIRE_H
#define SKIFF_KERNEL_NET_TCP_WIRE_H

#include "kernel/lib/types.h"

struct tcp_hdr {
	u16 source, dest; /* all fields are in network byte order */
	u32 seq, ack;
	u8 off; /* header length in 32-bit words << 4 */
	u8 flags;
	u16 window, check, urg;
};
static_assert(sizeof(struct tcp_hdr) == 20, "TCP header");

#define TH_FIN 0x01
#define TH_SYN 0x02
#define TH_RST 0x04
#define TH_PSH 0x08
#define TH_ACK 0x10
#define TH_URG 0x20
#define TH_ECE 0x40
#define TH_CWR 0x80

#define TCP_HDR_MAX 60u
#define TCP_OPT_MAX 40u
#define TCP_MSS_V4 536u /* without an MSS option (RFC 9293 3.7.1) */
#define TCP_MSS_V6 1220u
#define TCP_WSCALE_MAX 14
#define TCP_SACK_MAX 4

static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}
static inline bool seq_leq(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}
static inline bool seq_gt(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}
static inline bool seq_geq(u32 a, u32 b)
{
	return (s32)(a - b) >= 0;
}
/* a <= x <= b */
static inline bool seq_between(u32 x, u32 a, u32 b)
{
	return x - a <= b - a;
}

struct tcp_range {
	u32 start, end; /* sequence numbers; end is the first one behind */
};

/* Options of a segment, parsed or to be built. */
struct tcp_opts {
	u16 mss; /* 0: none */
	bool has_wscale, sack_ok, has_ts;
	u8 wscale;
	u32 tsval, tsecr;
	u8 nr_sack;
	struct tcp_range sack[TCP_SACK_MAX];
};

/* Parses len bytes of options; what is malformed ends the list and is ignored, as hosts do. MSS,
 * window scale and SACK-permitted count on a SYN only. */
void tcp_opts_parse(struct tcp_opts *o, const u8 *p, u32 len, bool syn);
/* Writes o to p (TCP_OPT_MAX bytes), padded to words; the length. SACK blocks beyond the room are
 * left out. */
u32 tcp_opts_build(u8 *p, const struct tcp_opts *o, bool syn);
u32 tcp_opts_len(const struct tcp_opts *o, bool syn); /* what tcp_opts_build would return */

#endif
