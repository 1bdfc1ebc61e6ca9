/*
 * Socket buffers: one packet, or (gso_size set) up to 64 KiB of one flow that a device or we cut
 * into segments later. An skb is linear: head <= data <= tail <= end of one counted buffer.
 *
 * Ownership: an skb has one owner; functions that take one say "consumes". skb_clone makes a second
 * skb over the same buffer, for a queue that keeps data for retransmission: payload of a shared
 * buffer is never written; its headroom belongs to the newest clone on its way out. Whoever keeps a
 * packet beyond a call and cares for its headers (packet sockets) copies it. Everything runs on the
 * one loop; no function here sleeps. Allocation fails with NULL when the machine's packet memory is
 * used up; counters return to zero when all traffic has ended.
 */
#ifndef SKIFF_KERNEL_NET_SKB_H
#define SKIFF_KERNEL_NET_SKB_H

#include "kernel/lib/list.h"
#include "kernel/net/ipaddr.h"

struct netdev;
struct sock;

enum skb_csum {
	SKB_CSUM_NONE, /* out: complete in the packet. in: not looked at yet */
	/* The field at csum_start + csum_offset holds the folded (not complemented) pseudo header
	 * sum; who needs the checksum sums from csum_start to the end. In packets received so the
	 * data never was on a wire: valid. */
	SKB_CSUM_PARTIAL,
	SKB_CSUM_VERIFIED, /* in: known to be right */
	SKB_CSUM_COUNT
};

enum skb_gso {
	SKB_GSO_NONE,
	SKB_GSO_TCPV4,
	SKB_GSO_TCPV6,
	SKB_GSO_UDP, /* UDP datagrams of gso_size each (USO) */
	SKB_GSO_COUNT
};

enum skb_pkt { /* values of sll_pkttype, packet(7) */
	SKB_PKT_HOST,
	SKB_PKT_BROADCAST,
	SKB_PKT_MULTICAST,
	SKB_PKT_OTHERHOST,
	SKB_PKT_OUTGOING,
};

/* What the IP layer has found in a received packet; the same for both versions. */
struct skb_ip {
	struct ip_addr saddr, daddr;
	u32 iif;       /* ifindex it came in by: the socket's view, lo for local traffic */
	u32 flowlabel; /* IPv6: version/class/label word's low 28 bits, host order */
	u8 ttl, tos;   /* or hop limit, traffic class */
	u8 proto;      /* IPPROTO_* of the transport header */
	bool to_local; /* daddr is ours or ours to receive (multicast, broadcast) */
	bool reassembled;
	u16 frag_max; /* largest fragment, if reassembled */
};

struct skb_buf;

struct skb {
	struct list_head link; /* of the owner's queue */
	struct skb_buf *buf;
	u8 *head, *data, *tail, *end;
	u32 mac_off, net_off, trans_off; /* from head; valid once that layer has seen it */
	u16 protocol;			 /* ETH_P_*, host order */
	u8 pkt_type;			 /* enum skb_pkt */
	u8 csum;			 /* enum skb_csum */
	u8 gso_type;			 /* enum skb_gso */
	bool clone_of_queued;		 /* made by skb_clone: buffer may be shared */
	u16 gso_size;			 /* payload bytes per segment, 0: one packet */
	u16 csum_start, csum_offset;	 /* start counts from head; PARTIAL only */
	u32 truesize;			 /* what it is charged with: buffer, struct, slack */
	u32 mark, priority;
	struct netdev *dev; /* in: received by; out: to be sent by */
	struct sock *sk;    /* charged socket, see below */
	bool charged_w;	    /* sk->wmem (with a reference) rather than sk->rmem */
	u64 tstamp_ns;	    /* OS_CLOCK_REALTIME of arrival; 0: not taken */
	struct skb_ip ip;   /* set by ip input, see above */
	u8 cb[64] __attribute__((aligned(8))); /* the present owner's; cast to its struct */
};

#define SKB_HEADROOM 128u  /* for every header below TCP/UDP data: 14 + 60 (or 40) + 60, even */
#define SKB_MAX_LEN 65535u /* payload of one IP packet */
#define SKB_GSO_MAX 65000u /* payload of a TCP super-segment: headers fit below 64 KiB */

/* Room for headroom + len bytes; data == tail at headroom. NULL: no memory. */
struct skb *skb_alloc(size_t headroom, size_t len);
void skb_free(struct skb *skb); /* uncharges; NULL is fine */
/* Same buffer, own struct; not charged. NULL: no memory. */
struct skb *skb_clone(struct skb *skb);
/* Own buffer with at least headroom in front. NULL: no memory. */
struct skb *skb_copy(const struct skb *skb, size_t headroom);
bool skb_shared(const struct skb *skb); /* another skb uses the buffer */
/* Makes the buffer private, for rewriting it in place: 0 or -ENOMEM (skb untouched). */
int skb_unshare(struct skb *skb, size_t headroom);

static inline u32 skb_len(const struct skb *skb)
{
	return (u32)(skb->tail - skb->data);
}
static inline u32 skb_headroom(const struct skb *skb)
{
	return (u32)(skb->data - skb->head);
}
static inline u32 skb_tailroom(const struct skb *skb)
{
	return (u32)(skb->end - skb->tail);
}
static inline void *skb_put(struct skb *skb, size_t len) /* caller knows there is tailroom */
{
	u8 *p = skb->tail;

	skb->tail += len;
	return p;
}
static inline void *skb_push(struct skb *skb, size_t len) /* caller knows there is headroom */
{
	return skb->data -= len;
}
static inline void *skb_pull(struct skb *skb, size_t len) /* caller has checked skb_len */
{
	return skb->data += len;
}
static inline void skb_trim(struct skb *skb, size_t len) /* to len bytes, if longer */
{
	if (skb_len(skb) > len)
		skb->tail = skb->data + len;
}
static inline void skb_set_mac(struct skb *skb)
{
	skb->mac_off = skb_headroom(skb);
}
static inline void skb_set_net(struct skb *skb) /* the network header begins at data */
{
	skb->net_off = skb_headroom(skb);
}
static inline void skb_set_trans(struct skb *skb)
{
	skb->trans_off = skb_headroom(skb);
}
static inline u8 *skb_mac(const struct skb *skb)
{
	return skb->head + skb->mac_off;
}
static inline u8 *skb_net(const struct skb *skb)
{
	return skb->head + skb->net_off;
}
static inline u8 *skb_trans(const struct skb *skb)
{
	return skb->head + skb->trans_off;
}

/* ---- checksums ---- */
/* The transport header is at data, its checksum field offset bytes in: leaves it to the device. */
void skb_csum_partial_setup(struct skb *skb, u16 offset, const struct ip_addr *src,
	const struct ip_addr *dst, u8 proto);
/* Computes a PARTIAL checksum into the packet (state NONE). */
void skb_csum_complete(struct skb *skb);
/* Received: is the transport checksum over data..tail right? Uses skb->ip; marks it VERIFIED. */
bool skb_csum_ok(struct skb *skb, u8 proto);

/* ---- segmentation (kernel/net/gso.c) ---- */
/* Cuts a gso skb whose data is at the network header into packets appended to out, checksums
 * complete or PARTIAL as the original. Consumes skb, also on failure (-ENOMEM, -EINVAL). */
int skb_segment(struct skb *skb, struct list_head *out);

/* ---- accounting ---- */
/* Charges skb to sk->wmem until it is freed; holds sk. When wmem falls to half of sndbuf sleepers
 * and pollers are woken for EPOLLOUT (or ops->write_space is called, if there is one). */
void skb_charge_w(struct skb *skb, struct sock *sk);
/* Charges skb to sk->rmem until it is freed; holds nothing: the queue is sk's. */
void skb_charge_r(struct skb *skb, struct sock *sk);
void skb_uncharge(struct skb *skb);

struct skb_stats {
	u64 live, live_bytes; /* skbs, and bytes of buffers, that exist now */
	u64 limit_bytes;      /* allocation fails beyond */
	u64 failed;	      /* allocations refused */
};
extern struct skb_stats skb_stats;

/* ---- queues: plain lists ---- */
static inline struct skb *skb_dequeue(struct list_head *q) /* NULL if empty */
{
	struct skb *skb;

	if (list_empty(q))
		return NULL;
	skb = list_first(q, struct skb, link);
	list_del(&skb->link);
	return skb;
}
void skb_purge(struct list_head *q);

#endif
