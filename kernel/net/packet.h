/* AF_PACKET sockets, packet(7): what their files share, and the list behind /proc/net/packet. */
#ifndef SKIFF_KERNEL_NET_PACKET_H
#define SKIFF_KERNEL_NET_PACKET_H

#include "kernel/net/netdev.h"
#include "kernel/net/socket.h"

#include <linux/if_packet.h>

struct packet_ring; /* PACKET_RX_RING */

struct packet_sock {
	struct sock sk; /* first */
	struct list_head all_link;
	struct netdev_tap tap;
	bool hooked;  /* tap is in place */
	bool bound;   /* to one device ... */
	int ifindex;  /* ... 0: none; -1: it is gone */
	u16 protocol; /* ETH_P_*, host order; 0: receives nothing */
	u32 uid;
	bool auxdata, origdev, ignore_outgoing;
	int version; /* TPACKET_V1 or _V2 */
	u32 reserve; /* PACKET_RESERVE, bytes */
	struct list_head rxq;
	u32 packets, drops; /* since PACKET_STATISTICS was last read */
	struct list_head memberships;
	struct packet_ring *ring; /* NULL: packets are queued in rxq */
};

static inline struct packet_sock *packet_sk(struct sock *sk)
{
	return (struct packet_sock *)sk;
}

/* What a receiver is told of a packet. */
struct packet_info {
	struct sockaddr_ll from;
	u32 len, snaplen; /* of the packet, and what is kept of it */
	u32 status;	  /* TP_STATUS_* */
	u16 mac_len;	  /* of the link header that is part of it */
	u64 tstamp_ns;	  /* OS_CLOCK_REALTIME */
};

int packet_for_each(int (*fn)(const struct packet_sock *ps, void *arg), void *arg);

/* ---- packet_opt.c ---- */
int packet_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len);
int packet_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size);
void packet_leave_all(struct packet_sock *ps);

/* ---- packet_ring.c: TPACKET_V2 ---- */
/* Replaces the ring; all zero: none. -EINVAL, -ENOMEM. */
int packet_ring_set(struct packet_sock *ps, const struct tpacket_req *req);
void packet_ring_free(struct packet_sock *ps);
/* Puts a packet into the next frame: false if the program has not given that one back yet. */
bool packet_ring_put(struct packet_sock *ps, const struct packet_info *info, const u8 *data);
bool packet_ring_readable(const struct packet_sock *ps);
int packet_ring_hfd(const struct packet_sock *ps, bool shared_write); /* for mmap; -EINVAL */
int packet_ring_header_len(int version); /* PACKET_HDRLEN; -EINVAL: no such version here */

#endif
