/*
 * A scripted wire for TCP, in the manner of packetdrill: the test is the peer. Segments are lines
 *of text, with sequence numbers relative to the initial ones of either side:
 *
 *	FLAGS SEQ[:LEN] [ack N] [win N] [urg N] [mss N] [wscale N] [sackok] [ts V E] [sack A-B ...]
 *[ecn N]
 *
 * FLAGS are of "SFRPU.EW"; a dot is ACK, E and W are ECE and CWR; ecn is the IP header's. Time
 *stands still unless the test moves it (fake_advance). Sockets are used through their ops, without
 *sleeping.
 */
#ifndef SKIFF_TESTS_TCPWIRE_H
#define SKIFF_TESTS_TCPWIRE_H

#include "kernel/net/tcp.h"
#include "tests/unit/fakehost.h"

extern u32 wire_irs; /* the peer's initial sequence number */
extern u32 wire_iss; /* ours, from our SYN or as the test sets it */
extern u16 wire_lport, wire_rport;
extern bool wire_ts; /* the peer sends timestamps: wire_tsval, echo of the last seen */
extern u32 wire_tsval;
extern struct netdev *const wire_dev;

void wire_setup(void);
void wire_teardown(void); /* nothing may be left: sockets, skbs, timers */
void wire_in(const char *line, ...) __attribute__((format(printf, 1, 2))); /* a segment arrives */
/* The next segment sent matches: flags, SEQ and LEN, and of the rest what is mentioned. */
void wire_out(const char *line, ...) __attribute__((format(printf, 1, 2)));
struct skb *wire_take(void); /* the next packet sent as it is, NULL: none; to be freed */
void wire_quiet(void);	     /* nothing (more) was sent */
void wire_flush(void);	     /* forgets what was sent */
unsigned wire_count(void);

struct sock *wire_socket(void);
struct sock *wire_listen(int backlog);
struct sock *wire_connect(void); /* started: the SYN is on the wire */
struct sock *wire_established(
	void); /* connect, SYN-ACK (mss 1000, sackok, wscale 7), ACK; flushed */
int wire_start_connect(struct sock *sk);
struct sock *wire_accept(struct sock *l);		   /* NULL: nothing there */
ssize_t wire_send(struct sock *sk, size_t len, u32 flags); /* bytes 0, 1, 2 ... of the stream */
/* Receives up to len bytes and checks that they are the peer's 0, 1, 2 ...; what recvmsg said. */
ssize_t wire_recv(struct sock *sk, size_t len, u32 flags);
void wire_close(struct sock *sk);
u32 wire_poll(struct sock *sk);
void wire_setopt(struct sock *sk, int level, int name, int v);

#endif
