/*
 * SYN cookies (RFC 4987 3.6): under a flood of SYNs a listener keeps no state. Our initial sequence
 * number then is a keyed hash of the connection, the peer's sequence number and the time, with an
 * index of the MSS; the options that cannot be left out travel in the low bits of our timestamp and
 * come back in its echo. Layout of a cookie: 24 bits of hash, 5 of minutes, 3 of MSS index.
 */
#include "kernel/net/tcp.h"

#include "kernel/lib/siphash.h"
#include "kernel/os.h"

#define MINUTE_NS (60 * NSEC_PER_SEC)
#define MAX_AGE 2u /* minutes */
#define TS_BITS 6  /* window scale 4 (15: none), SACK 1, ECN 1 */

static const u16 mss_table[8] = {536, 1220, 1300, 1360, 1440, 1460, 4312, 8960};

static u32 cookie_hash(const struct inet_tuple *t, u32 irs, u32 minute, u32 index)
{
	static struct siphash_key key;
	struct {
		struct ip_addr laddr, raddr;
		u16 lport, rport;
		u32 irs, minute, index;
	} in = {t->laddr, t->raddr, t->lport, t->rport, irs, minute, index};

	if (!key.k[0])
		os_random(&key, sizeof(key));
	return (u32)siphash(&key, &in, sizeof(in)) & 0xffffff;
}

u32 tcp_cookie_make(const struct inet_tuple *t, u32 irs, u16 *mss, u64 now)
{
	u32 minute = (u32)(now / MINUTE_NS), i = ARRAY_SIZE(mss_table) - 1;

	while (i && mss_table[i] > *mss)
		i--;
	*mss = mss_table[i];
	return cookie_hash(t, irs, minute, i) << 8 | (minute & 31) << 3 | i;
}

u16 tcp_cookie_check(const struct inet_tuple *t, u32 irs, u32 cookie, u64 now)
{
	u32 minute = (u32)(now / MINUTE_NS), age = (minute - (cookie >> 3)) & 31, i = cookie & 7;

	if (age > MAX_AGE || cookie >> 8 != cookie_hash(t, irs, minute - age, i))
		return 0;
	return mss_table[i];
}

/* A timestamp not after now_ts that carries the options. */
u32 tcp_cookie_ts(const struct tcp_req *req, u32 now_ts)
{
	u32 bits = (req->wscale_ok ? req->snd_wscale : 15u) | (req->sack_ok ? 16u : 0) |
		   (req->ecn_ok ? 32u : 0);
	u32 ts = (now_ts & ~((1u << TS_BITS) - 1)) | bits;

	return (s32)(ts - now_ts) > 0 ? ts - (1u << TS_BITS) : ts;
}

void tcp_cookie_ts_check(struct tcp_req *req, u32 tsecr)
{
	u32 scale = tsecr & 15;

	req->wscale_ok = scale != 15;
	req->snd_wscale = req->wscale_ok ? (u8)scale : 0;
	req->sack_ok = tsecr & 16;
	req->ecn_ok = tsecr & 32 && net_ctl.tcp_ecn;
}
