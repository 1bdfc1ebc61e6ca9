/* What the datagram protocols (UDP, ping, raw) share in sending: destination and ancillary data. */
#ifndef SKIFF_KERNEL_NET_DGRAM_H
#define SKIFF_KERNEL_NET_DGRAM_H

#include "kernel/net/inet.h"

struct dgram_send {
	struct flow fl;
	struct dst dst;
	u16 port;	/* destination's */
	bool connected; /* dst is the sock's own */
	u16 gso_size;	/* UDP_SEGMENT in a control message; 0: none */
};

/* Destination of a send from m->name or the peer, control messages applied, routed.
 * -EDESTADDRREQ, -EINVAL, route_output's, -EACCES for a broadcast without SO_BROADCAST. */
int dgram_prepare(struct inet_sock *is, const struct sock_msg *m, struct dgram_send *s);
/* An skb with len bytes of the message behind headroom, charged to is; waits for send buffer. */
int dgram_fill(struct inet_sock *is, struct sock_msg *m, u32 header_len, u32 len, struct skb **out);
/* Hands over skb; an -EMSGSIZE is queued as a local error as well. */
int dgram_output(struct inet_sock *is, struct skb *skb, struct dgram_send *s);
/* Common ends of recvmsg: copies data and address, control messages; frees skb unless MSG_PEEK. */
ssize_t dgram_deliver(struct inet_sock *is, struct sock_msg *m, struct skb *skb, u16 port);
/* Sleeps until wmem is below sndbuf. 0, -EAGAIN, -EPIPE, an error of sk, interrupted. */
int dgram_wait_sndbuf(struct sock *sk, u32 msg_flags);
/* SO_TIMESTAMP and SO_TIMESTAMPNS, if sk has asked for one: tstamp_ns is OS_CLOCK_REALTIME. */
int dgram_put_timestamps(struct sock *sk, struct sock_msg *m, u64 tstamp_ns);
int dgram_connect(struct sock *sk, const struct sock_addr *a, u32 msg_flags);
int dgram_shutdown(struct sock *sk, int how);
long dgram_ioctl(struct sock *sk, u32 cmd, uaddr_t arg);
void dgram_release(struct sock *sk);
void dgram_destroy(struct sock *sk);

#endif
