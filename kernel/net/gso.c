/*
 * Segmentation in software: a super-segment that the device does not take whole is cut into
 * packets as the sender's transport would have made them. RFC 9293, RFC 768.
 */
#include "kernel/net/checksum.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/skb.h"
#include "kernel/net/tcp_wire.h"

struct plan {
	u32 net, trans, payload; /* offsets from data */
	u32 mss;
	bool v4, tcp;
};

static int make_plan(const struct skb *skb, struct plan *p)
{
	u32 len = skb_len(skb);

	p->mss = skb->gso_size;
	p->tcp = skb->gso_type != SKB_GSO_UDP;
	if (skb->net_off < skb_headroom(skb))
		return -EINVAL;
	p->net = skb->net_off - skb_headroom(skb);
	if (p->net + 20 > len || skb->csum != SKB_CSUM_PARTIAL || !p->mss)
		return -EINVAL;
	p->v4 = skb->data[p->net] >> 4 == 4;
	p->trans = skb->csum_start - skb_headroom(skb);
	if (p->trans < p->net + (p->v4 ? 20 : 40) || p->trans + 8 > len)
		return -EINVAL;
	p->payload = p->trans + 8;
	if (p->tcp) {
		if (p->trans + 20 > len)
			return -EINVAL;
		p->payload = p->trans + (skb->data[p->trans + 12] >> 4) * 4u;
	}
	return p->payload > len ? -EINVAL : 0;
}

static void put16(u8 *at, u32 v)
{
	at[0] = (u8)(v >> 8);
	at[1] = (u8)v;
}

static void fix_ip(u8 *net, const struct plan *p, u32 len, u32 index)
{
	struct ip4_hdr *h = (void *)net;

	if (!p->v4) {
		put16(net + 4, len - 40);
		return;
	}
	h->len = be16_of(len);
	h->id = be16_of(cpu16_of(h->id) + index);
	h->csum = 0;
	h->csum = csum_fold(csum_add_bytes(0, h, (h->ver_ihl & 15u) * 4));
}

static void fix_transport(struct skb *seg, const struct plan *p, u32 off, bool last)
{
	u8 *t = seg->data + p->trans, *net = seg->data + p->net;
	struct tcp_hdr *th = (void *)t;
	u32 tlen = skb_len(seg) - p->trans;
	struct ip_addr src, dst;
	u16 v;

	if (p->v4) {
		be32 a[2];

		memcpy(a, net + 12, 8);
		src = ip_addr_v4(a[0]);
		dst = ip_addr_v4(a[1]);
	} else {
		src = ip_addr_v6(net + 8);
		dst = ip_addr_v6(net + 24);
	}
	if (p->tcp) {
		th->seq = be32_of(cpu32_of(th->seq) + off);
		if (!last)
			th->flags &= (u8) ~(TH_FIN | TH_PSH);
		if (off)
			th->flags &= (u8)~TH_CWR;
	} else {
		put16(t + 4, tlen);
	}
	v = csum_fold_raw(csum_pseudo(&src, &dst, tlen, p->tcp ? IPPROTO_TCP : IPPROTO_UDP));
	memcpy(t + seg->csum_offset, &v, sizeof(v));
}

static struct skb *make_segment(const struct skb *skb, const struct plan *p, u32 off, u32 len)
{
	struct skb *seg = skb_alloc(ALIGN_UP(SKB_HEADROOM, 2), p->payload + len);

	if (!seg)
		return NULL;
	memcpy(skb_put(seg, p->payload), skb->data, p->payload);
	memcpy(skb_put(seg, len), skb->data + p->payload + off, len);
	seg->protocol = skb->protocol;
	seg->pkt_type = skb->pkt_type;
	seg->dev = skb->dev;
	seg->mark = skb->mark;
	seg->priority = skb->priority;
	seg->net_off = skb_headroom(seg) + p->net;
	seg->trans_off = skb_headroom(seg) + p->trans;
	seg->mac_off = skb_headroom(seg);
	seg->csum = SKB_CSUM_PARTIAL;
	seg->csum_start = (u16)seg->trans_off;
	seg->csum_offset = skb->csum_offset;
	return seg;
}

int skb_segment(struct skb *skb, struct list_head *out)
{
	struct plan p;
	int err = make_plan(skb, &p);
	u32 total, off = 0, index = 0;

	if (err < 0)
		goto out;
	total = skb_len(skb) - p.payload;
	do {
		u32 n = MIN(p.mss, total - off);
		struct skb *seg = make_segment(skb, &p, off, n);

		if (!seg) {
			err = -ENOMEM;
			break;
		}
		fix_ip(seg->data + p.net, &p, skb_len(seg) - p.net, index++);
		fix_transport(seg, &p, off, off + n == total);
		list_add_tail(&seg->link, out);
		off += n;
	} while (off < total);
out:
	skb_free(skb);
	return err;
}
