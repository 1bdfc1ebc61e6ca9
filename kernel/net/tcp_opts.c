/*
 * TCP options: parsing what a peer sent, which is hostile, and building what we send. Used by the
 * input and output sides and by SYN cookies. RFC 9293 3.1 (end, nop, MSS), RFC 7323 (window scale,
 * timestamps), RFC 2018 (SACK). Others are skipped by their length.
 */
#include "kernel/net/tcp_wire.h"

#include <endian.h>

enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WSCALE = 3,
	OPT_SACK_OK = 4,
	OPT_SACK = 5,
	OPT_TS = 8,
};

static u32 get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static void put32(u8 *p, u32 v)
{
	v = htobe32(v);
	memcpy(p, &v, 4);
}

static void parse_sack(struct tcp_opts *o, const u8 *p, u32 len)
{
	if (len < 10 || (len - 2) % 8)
		return;
	o->nr_sack = (u8)MIN((len - 2) / 8, (u32)TCP_SACK_MAX);
	for (u32 i = 0; i < o->nr_sack; i++)
		o->sack[i] = (struct tcp_range){get32(p + 2 + 8 * i), get32(p + 6 + 8 * i)};
}

static void parse_one(struct tcp_opts *o, const u8 *p, u32 len, bool syn)
{
	switch (p[0]) {
	case OPT_MSS:
		if (len == 4 && syn)
			o->mss = (u16)(p[2] << 8 | p[3]);
		break;
	case OPT_WSCALE:
		if (len == 3 && syn) {
			o->has_wscale = true;
			o->wscale = MIN(p[2], (u8)TCP_WSCALE_MAX);
		}
		break;
	case OPT_SACK_OK:
		if (len == 2 && syn)
			o->sack_ok = true;
		break;
	case OPT_SACK:
		parse_sack(o, p, len);
		break;
	case OPT_TS:
		if (len == 10) {
			o->has_ts = true;
			o->tsval = get32(p + 2);
			o->tsecr = get32(p + 6);
		}
		break;
	}
}

void tcp_opts_parse(struct tcp_opts *o, const u8 *p, u32 len, bool syn)
{
	memset(o, 0, sizeof(*o));
	for (u32 i = 0; i < len;) {
		u32 n;

		if (p[i] == OPT_END)
			return;
		if (p[i] == OPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= len)
			return;
		n = p[i + 1];
		if (n < 2 || n > len - i)
			return;
		parse_one(o, p + i, n, syn);
		i += n;
	}
}

/* Blocks that fit behind used bytes of other options. */
static u32 sack_room(const struct tcp_opts *o, u32 used)
{
	u32 max = used + 4 < TCP_OPT_MAX ? (TCP_OPT_MAX - used - 4) / 8 : 0;

	return MIN((u32)o->nr_sack, max);
}

u32 tcp_opts_len(const struct tcp_opts *o, bool syn)
{
	u32 len = 0, blocks;

	if (syn)
		len += (o->mss ? 4 : 0) + (o->has_wscale ? 4 : 0) +
		       (o->sack_ok && !o->has_ts ? 4 : 0);
	len += o->has_ts ? 12 : 0;
	blocks = sack_room(o, len);
	return len + (blocks ? 4 + 8 * blocks : 0);
}

static u8 *build_syn(u8 *p, const struct tcp_opts *o)
{
	if (o->mss) {
		*p++ = OPT_MSS;
		*p++ = 4;
		*p++ = (u8)(o->mss >> 8);
		*p++ = (u8)o->mss;
	}
	if (o->has_wscale) {
		*p++ = OPT_NOP;
		*p++ = OPT_WSCALE;
		*p++ = 3;
		*p++ = o->wscale;
	}
	if (o->sack_ok && !o->has_ts) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
		*p++ = OPT_SACK_OK;
		*p++ = 2;
	}
	return p;
}

u32 tcp_opts_build(u8 *start, const struct tcp_opts *o, bool syn)
{
	u8 *p = start;
	u32 blocks;

	if (syn)
		p = build_syn(p, o);
	if (o->has_ts) {
		/* SACK-permitted takes the place of the padding */
		*p++ = syn && o->sack_ok ? OPT_SACK_OK : OPT_NOP;
		*p++ = syn && o->sack_ok ? 2 : OPT_NOP;
		*p++ = OPT_TS;
		*p++ = 10;
		put32(p, o->tsval);
		put32(p + 4, o->tsecr);
		p += 8;
	}
	blocks = sack_room(o, (u32)(p - start));
	if (blocks) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
		*p++ = OPT_SACK;
		*p++ = (u8)(2 + 8 * blocks);
		for (u32 i = 0; i < blocks; i++, p += 8) {
			put32(p, o->sack[i].start);
			put32(p + 4, o->sack[i].end);
		}
	}
	return (u32)(p - start);
}
