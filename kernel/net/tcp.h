/*
 * TCP (RFC 9293): the control block of a connection and what the tcp*.c files share. Variables are
 * named as in the RFCs. Sequence numbers are u32 modulo 2^32, windows are bytes (unscaled unless a
 * name ends in _scaled), times are nanoseconds of OS_CLOCK_MONOTONIC.
 */
#ifndef SKIFF_KERNEL_NET_TCP_H
#define SKIFF_KERNEL_NET_TCP_H

#include "kernel/abi_tcp.h"
#include "kernel/net/ctl.h"
#include "kernel/net/inet.h"
#include "kernel/net/skb.h"
#include "kernel/net/tcp_cong.h"
#include "kernel/net/tcp_sendq.h"
#include "kernel/net/tcp_wire.h"
#include "kernel/timer.h"

/* As Linux numbers them, in tcp_info and /proc/net/tcp. */
enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT, /* only struct tcp_tw */
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
	TCP_STATE_COUNT
};

#define TCP_MSS_MIN 88u
#define TCP_RTO_MIN_NS (200 * NSEC_PER_MSEC)
#define TCP_RTO_MAX_NS (120 * NSEC_PER_SEC)
#define TCP_RTO_INIT_NS (1 * NSEC_PER_SEC)
#define TCP_DELACK_NS (40 * NSEC_PER_MSEC)
#define TCP_TIME_WAIT_NS (60 * NSEC_PER_SEC)
#define TCP_PAWS_EXPIRE_NS (24ull * 86400 * NSEC_PER_SEC)

/* A segment in hand, in host byte order; end includes SYN and FIN. */
struct tcp_segment {
	struct skb *skb; /* its data begins at the TCP payload once parsed */
	u32 seq, end, ack;
	u32 wnd; /* as on the wire */
	u32 len; /* of the payload */
	u16 urg;
	u16 sport, dport;
	u8 flags;
	u32 iss; /* SYN that ended a TIME_WAIT: where we begin, 0: anywhere */
	struct tcp_opts opts;
};

/* In an skb of a receive queue. */
struct tcp_cb {
	u32 seq, end; /* end includes FIN */
	bool fin;
};
static_assert(sizeof(struct tcp_cb) <= sizeof(((struct skb *)0)->cb), "tcp_cb fits");
static inline struct tcp_cb *tcp_cb(struct skb *skb)
{
	return (struct tcp_cb *)skb->cb;
}

/* RTT and RTO: RFC 6298 */
struct tcp_rtt {
	u64 srtt, rttvar, rto, min_rtt, min_stamp; /* srtt 0: no sample yet */
	u64 rto_min;
	u8 backoff; /* doublings of rto in effect */
};

/* RACK-TLP: RFC 8985 */
struct tcp_rack {
	u64 xmit_ns;
	u32 end_seq;
	u64 rtt;
	u32 fack;
	bool reordering_seen, dsack_seen;
	u8 reo_wnd_mult, reo_wnd_persist;
	u32 dsack_round; /* snd_nxt at the latest DSACK counted */
	bool tlp_is_retrans, tlp_out;
	u32 tlp_end_seq;
};

/* Congestion notification: RFC 3168 */
struct tcp_ecn {
	bool asked;    /* our SYN did */
	bool ok;       /* both ends take part */
	bool echo;     /* a router's mark came: acknowledgements say ECE until CWR comes */
	bool cwr;      /* our window was reduced: the next new data say so */
	bool reducing; /* until recover is acknowledged it is not reduced again */
	bool seen;     /* data marked as capable came, TCPI_OPT_ECN_SEEN */
	u32 recover;
};

/* Values of tcpi_ca_state (1 and 2 are Linux's disorder and CWR). */
enum tcp_recovery_state { TCP_CA_OPEN = 0, TCP_CA_RECOVERY = 3, TCP_CA_LOSS = 4 };

enum tcp_timer_kind {
	TCP_TIMER_NONE,
	TCP_TIMER_RTO,
	TCP_TIMER_TLP,
	TCP_TIMER_REO,
	TCP_TIMER_PROBE
};

enum tcp_urg { TCP_URG_NONE, TCP_URG_NOTYET, TCP_URG_VALID, TCP_URG_READ };

struct tcp_listen;

struct tcp_sock {
	struct inet_sock inet; /* first */
	enum tcp_state state;

	/* send: RFC 9293 3.3.1 */
	u32 iss, snd_una, snd_nxt, snd_wnd, snd_up, snd_wl1, snd_wl2;
	u32 snd_max_wnd;
	u32 write_seq; /* behind the last byte the user wrote; behind FIN once it is queued */
	u32 snd_sml;   /* end of the last small segment sent (Minshall) */
	u64 challenge_ns, dup_ack_ns;
	u8 snd_wscale, rcv_wscale;
	u16 mss_opt;  /* what the peer announced, or the default */
	u16 mss_adv;  /* what we announced */
	u16 user_mss; /* TCP_MAXSEG, 0: none */
	u16 snd_mss;  /* data bytes per segment now, options taken off */
	struct tcp_sendq sendq;

	/* receive */
	u32 irs, rcv_nxt, rcv_wnd, rcv_wup; /* rcv_wup: rcv_nxt when rcv_wnd was last sent */
	u32 copied_seq;			    /* next byte for the user */
	u32 window_clamp;
	u16 rcv_mss;		     /* estimate of the peer's segment size, for delayed ACK */
	struct list_head rcvq, oooq; /* struct skb, by sequence number */
	u32 ooo_bytes;		     /* sequence space in oooq */
	struct tcp_range sack[TCP_SACK_MAX]; /* to be reported, most recent first */
	struct tcp_range dsack;
	u8 nr_sack;
	bool has_dsack;
	u64 rcv_ns; /* last segment */
	u64 last_data_ns, last_ack_ns, last_send_ns;
	/* receive buffer autotuning */
	u64 space_ns;
	u32 space_seq, space;
	/* urgent data */
	enum tcp_urg urg_state;
	u32 urg_seq;
	u8 urg_byte;

	/* acknowledging */
	u8 quick_acks;
	bool ack_pending, ack_now, pingpong;

	/* options in use */
	bool ts_ok, sack_ok, wscale_ok;
	u32 ts_recent, ts_offset, last_ack_sent;
	u64 ts_recent_ns;

	/* recovery */
	struct tcp_rtt rtt;
	struct tcp_cong cong;
	struct tcp_rack rack;
	struct tcp_ecn ecn;
	enum tcp_recovery_state ca_state;
	u32 recover; /* snd_nxt when recovery began: RFC 6582, RFC 6675 RecoveryPoint */
	u32 dupacks;
	u32 prr_delivered, prr_out, recover_fs; /* RFC 6937 */
	u32 undo_cwnd, undo_ssthresh, undo_ts;	/* RFC 3522; undo_ts 0: nothing retransmitted */
	bool undo_valid, cwnd_limited;
	u32 delivered, nr_retrans_total;
	u8 nr_retrans; /* consecutive timeouts */
	u8 nr_probes;
	u64 retrans_ns; /* first of those, for TCP_USER_TIMEOUT */
	enum tcp_timer_kind timer_kind;
	struct timer timer, delack_timer, keep_timer;

	/* socket options */
	bool nodelay, cork;
	u8 keep_cnt, syn_cnt, nr_keep_probes;
	u16 keep_idle, keep_intvl; /* seconds */
	u32 user_timeout_ms, notsent_lowat;
	s32 linger2;	 /* seconds in FIN_WAIT2, -1: none */
	u8 defer_accept; /* SYN-ACK retransmissions to wait for data */
	int err_soft;	 /* positive errno a router reported, for when we give up */
	bool orphan;	 /* no file any more: the protocol holds the sock until it ends */
	bool more;	 /* MSG_MORE of the send in progress */
	bool fin_queued, fin_received, orphan_fin_wait2;
	bool connecting; /* connect(2) has not reported the outcome yet */
	u32 fin_seq;

	struct tcp_listen *listen; /* TCP_LISTEN only */
	struct tcp_sock *parent;   /* whose accept queue this is in, NULL if none */
	struct list_head accept_link;
	u64 bytes_acked, bytes_received, bytes_sent, bytes_retrans, segs_in, segs_out;
};

static inline struct tcp_sock *tcp_sk(struct sock *sk)
{
	return (struct tcp_sock *)sk;
}
static inline struct sock *tcp_sock(struct tcp_sock *tp)
{
	return &tp->inet.sk;
}

/* What an acknowledgement did, for recovery. */
struct tcp_ack {
	u64 now;
	u32 ack;
	u32 tsecr;	/* 0: no timestamp */
	u32 acked;	/* sequence space newly acknowledged cumulatively */
	u32 sacked;	/* newly SACKed */
	u32 delivered;	/* both, without what had been SACKed before */
	u64 rtt;	/* sample, 0: none */
	bool duplicate; /* RFC 5681 2 */
	bool dsack;
};

/* An embryonic connection of a listener: SYN received, SYN-ACK sent. */
struct tcp_req {
	struct inet_tuple tuple; /* first; state INET_REQUEST */
	struct tcp_sock *listener;
	struct list_head link; /* listener's */
	struct timer timer;
	u32 irs, iss;
	u32 ts_recent, ts_offset;
	u16 mss;
	u16 wnd; /* of the SYN */
	u8 snd_wscale, nr_sent;
	bool wscale_ok, sack_ok, ts_ok, ecn_ok;
	bool acked;  /* TCP_DEFER_ACCEPT: the handshake is complete, data are awaited */
	u64 sent_ns; /* last SYN-ACK */
};

struct tcp_listen {
	struct list_head reqs;	  /* struct tcp_req */
	struct list_head acceptq; /* struct tcp_sock.accept_link, each with a reference */
	u32 nr_reqs, nr_accept, backlog;
	u64 cookie_ns; /* cookies were sent last, 0: never */
};

struct tcp_tw {
	struct inet_tuple tuple; /* first; state INET_TIMEWAIT */
	struct list_head link;	 /* all of them, by age */
	struct timer timer;
	u32 snd_nxt, rcv_nxt, ts_recent, ts_offset;
	u16 rcv_wnd_scaled;
	u8 substate; /* TCP_FIN_WAIT2 or TCP_TIME_WAIT */
	bool ts_ok;
	u64 ts_recent_ns, entered_ns, last_ack_ns;
	u32 uid;
};

extern struct inet_table tcp_table;
extern const struct sock_ops tcp_ops;

/* ---- tcp.c: states and the life of a connection ---- */
void tcp_set_state(struct tcp_sock *tp, enum tcp_state s);
/* The connection has ended: unhashed, timers off, err (positive, 0: none) reported. */
void tcp_done(struct tcp_sock *tp, int err);
void tcp_reset(struct tcp_sock *tp); /* an acceptable RST came */
void tcp_settle(struct tcp_sock *tp);
void tcp_fin_received(struct tcp_sock *tp);
void tcp_fin_acked(struct tcp_sock *tp);
int tcp_queue_fin(struct tcp_sock *tp);
/* Sending state in which the user may still write. */
static inline bool tcp_can_send(const struct tcp_sock *tp)
{
	return tp->state == TCP_ESTABLISHED || tp->state == TCP_CLOSE_WAIT;
}
static inline bool tcp_synchronized(const struct tcp_sock *tp)
{
	return tp->state != TCP_LISTEN && tp->state != TCP_CLOSE && tp->state != TCP_SYN_SENT;
}
void tcp_write_space(struct tcp_sock *tp);
void tcp_register(void); /* with IP, at start */
void tcp_fini(void);	 /* unit tests; sockets must be gone */

/* ---- tcp_user.c: sendmsg, recvmsg, poll ---- */
ssize_t tcp_sendmsg(struct sock *sk, struct sock_msg *m); /* sleeps */
ssize_t tcp_recvmsg(struct sock *sk, struct sock_msg *m); /* sleeps */
u32 tcp_poll(struct sock *sk, struct poll_table *pt);
long tcp_ioctl(struct sock *sk, u32 cmd, uaddr_t arg);
bool tcp_at_mark(const struct tcp_sock *tp);

/* ---- tcp_sockopt.c ---- */
int tcp_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len);
int tcp_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size);
void tcp_get_info(const struct tcp_sock *tp, struct tcp_info *ti);

/* ---- tcp_listen.c: LISTEN, embryonic connections, accept ---- */
int tcp_listen(struct sock *sk, int backlog);
int tcp_accept(struct sock *sk, u32 msg_flags, struct sock **out); /* sleeps */
void tcp_listen_stop(struct tcp_sock *l);
/* A segment that is for no connection yet. The one it completes, to be given the segment, or NULL.
 */
struct tcp_sock *tcp_listen_rcv(struct tcp_sock *l, struct tcp_segment *seg);
/* A segment for req. The connection if that made one, which the segment is to be given to. */
struct tcp_sock *tcp_req_rcv(struct tcp_req *req, struct tcp_segment *seg);
void tcp_req_error(struct tcp_req *req, const struct ip_error *e);
void tcp_req_free(struct tcp_req *req);
/* Makes the connection of a completed handshake and puts it into the accept queue: NULL if it
 * cannot be now. */
struct tcp_sock *tcp_child_create(struct tcp_sock *l, struct tcp_req *req);

/* ---- tcp_syncookie.c ---- */
u32 tcp_cookie_make(const struct inet_tuple *t, u32 irs, u16 *mss, u64 now);
/* The MSS a cookie we sent stands for, 0: not ours. */
u16 tcp_cookie_check(const struct inet_tuple *t, u32 irs, u32 cookie, u64 now);
u32 tcp_cookie_ts(const struct tcp_req *req, u32 now_ts); /* options into a timestamp */
void tcp_cookie_ts_check(struct tcp_req *req, u32 tsecr);

/* ---- tcp_timewait.c ---- */
void tcp_time_wait(struct tcp_sock *tp, enum tcp_state substate, u64 timeout_ns);
/* A segment for tw. True: it is a SYN that may open a new connection, tw is gone; *iss is where it
 * has to start. */
bool tcp_tw_rcv(struct tcp_tw *tw, struct tcp_segment *seg, u32 *iss);
void tcp_tw_free(struct tcp_tw *tw);
/* For connect: frees the TIME_WAIT with this tuple if its reuse is safe. *iss as above. */
bool tcp_tw_reuse(const struct inet_tuple *t, u32 *iss);
int tcp_tw_for_each(int (*fn)(const struct tcp_tw *tw, void *arg), void *arg);
void tcp_tw_purge(void);			      /* current_net ends */
extern unsigned tcp_nr_tw, tcp_nr_reqs, tcp_nr_socks; /* live ones */

/* ---- tcp_input.c ---- */
void tcp_rcv(struct skb *skb);
void tcp_err(const struct ip_error *e);
u32 tcp_isn(const struct inet_tuple *t);
u32 tcp_ts_offset(const struct inet_tuple *t);

/* ---- tcp_input_ack.c: RFC 9293 3.10.7.4, fifth ---- */
/* False: the segment is to be dropped. */
bool tcp_input_ack(struct tcp_sock *tp, struct tcp_segment *seg);
void tcp_input_window(struct tcp_sock *tp, const struct tcp_segment *seg);
void tcp_ts_update(struct tcp_sock *tp, const struct tcp_segment *seg);

/* ---- tcp_input_data.c: sixth to eighth ---- */
void tcp_input_urg(struct tcp_sock *tp, const struct tcp_segment *seg);
void tcp_input_data(struct tcp_sock *tp, struct tcp_segment *seg); /* takes seg->skb */
void tcp_read_done(struct tcp_sock *tp); /* the user has taken data: window, autotuning */
u32 tcp_window_space(const struct tcp_sock *tp);

/* ---- tcp_sack.c ---- */
void tcp_sack_input(struct tcp_sock *tp, const struct tcp_segment *seg, struct tcp_ack *a);
void tcp_sack_note(struct tcp_sock *tp, u32 start, u32 end); /* out of order: report it first */
void tcp_sack_dup(struct tcp_sock *tp, u32 start, u32 end);  /* RFC 2883 */
void tcp_sack_clean(struct tcp_sock *tp);		     /* rcv_nxt has moved */

/* ---- tcp_recovery.c, tcp_rtt.c ---- */
u32 tcp_pipe(const struct tcp_sock *tp);
void tcp_rack_delivered(struct tcp_sock *tp, const struct tcp_seg *s, const struct tcp_ack *a);
void tcp_rack_dsack(struct tcp_sock *tp);
u64 tcp_rack_detect(struct tcp_sock *tp, u64 now);
u64 tcp_recovery_ack(struct tcp_sock *tp, const struct tcp_ack *a);
u64 tcp_recovery_reo_timeout(struct tcp_sock *tp, u64 now);
void tcp_recovery_timeout(struct tcp_sock *tp);
u64 tcp_tlp_timeout(const struct tcp_sock *tp);
void tcp_rtt_init(struct tcp_rtt *r);
void tcp_rtt_sample(struct tcp_rtt *r, u64 rtt, u64 now);
u64 tcp_rtt_rto(const struct tcp_rtt *r);

/* ---- tcp_ecn.c ---- */
bool tcp_ecn_asked(const struct tcp_segment *seg);			   /* a SYN: agreed? */
u8 tcp_ecn_syn(struct tcp_sock *tp, bool again);			   /* flags of our SYN */
void tcp_ecn_answered(struct tcp_sock *tp, const struct tcp_segment *seg); /* by SYN(-ACK) */
u8 tcp_ecn_new_data(struct tcp_sock *tp);				   /* flags for them */
u8 tcp_ecn_mark(const struct tcp_sock *tp, u8 tos, bool new_data);
void tcp_ecn_reduced(struct tcp_sock *tp); /* the congestion window was, for whatever reason */
void tcp_ecn_ack(struct tcp_sock *tp, const struct tcp_segment *seg); /* before snd_una moves */
void tcp_ecn_data(struct tcp_sock *tp, const struct tcp_segment *seg);

/* ---- tcp_output.c ---- */
void tcp_output(struct tcp_sock *tp);	/* sends what windows and Nagle allow, lost pieces first */
bool tcp_send_one(struct tcp_sock *tp); /* one new segment, congestion window or not (TLP) */
int tcp_transmit(struct tcp_sock *tp, struct tcp_seg *s);
void tcp_send_ack(struct tcp_sock *tp);
void tcp_send_challenge_ack(struct tcp_sock *tp);      /* RFC 5961, rate limited */
void tcp_send_dup_ack(struct tcp_sock *tp, bool data); /* to what is out of the window */
void tcp_send_probe(struct tcp_sock *tp); /* an old sequence number: the peer has to answer */
void tcp_send_rst(struct tcp_sock *tp);
void tcp_sync_mss(struct tcp_sock *tp);
void tcp_mtu_reduced(struct tcp_sock *tp); /* the path takes less: what is in flight goes again */
u32 tcp_mss_clamp(const struct tcp_sock *tp); /* what the route allows, before options */
void tcp_initial_window(struct tcp_sock *tp);
u32 tcp_ts_at(const struct tcp_sock *tp, u64 ns);

/* ---- tcp_reply.c: segments without a socket ---- */
struct tcp_reply {
	struct ip_addr laddr, raddr;
	u16 lport, rport;
	int oif;
	u32 seq, ack;
	u16 window;
	u8 flags, tos;
	u32 mark;
	const struct tcp_opts *opts; /* NULL: none */
};
int tcp_reply_send(const struct tcp_reply *r);
void tcp_reply_rst(const struct tcp_segment *seg); /* to a segment nobody wants */
void tcp_reply_to(struct tcp_reply *r, const struct tcp_segment *seg);

/* ---- tcp_timer.c ---- */
void tcp_timer_rearm(
	struct tcp_sock *tp, u64 reo_ns); /* after anything changed what is in flight */
void tcp_timer_stop(struct tcp_sock *tp);
void tcp_timer_init(struct tcp_sock *tp);
void tcp_delack_arm(struct tcp_sock *tp);
void tcp_keepalive_arm(struct tcp_sock *tp);

/* ---- tcp_list.c ---- */
struct tcp_entry {
	const struct tcp_sock *tp; /* NULL: not a socket (any more, or yet) */
	const struct inet_tuple *tuple;
	enum tcp_state state;
	u32 tx_queue, rx_queue; /* bytes; rx of a listener: connections to accept */
	u8 timer;		/* as /proc/net/tcp numbers them, 0: none */
	u64 when_ns;		/* until it expires */
	u8 retrans;
	u32 uid, mark;
	u64 ino; /* 0: no file */
};
int tcp_for_each(int (*fn)(const struct tcp_entry *e, void *arg), void *arg); /* stops at fn != 0 */

/* ---- counters, for /proc/net/snmp and netstat ---- */
/* clang-format off */
#define TCP_MIB_LIST(X) \
	X(ActiveOpens) X(PassiveOpens) X(AttemptFails) X(EstabResets) X(CurrEstab) X(InSegs) X(OutSegs) \
	X(RetransSegs) X(InErrs) X(OutRsts) X(InCsumErrors) X(SyncookiesSent) \
	X(SyncookiesRecv) X(SyncookiesFailed) X(ListenOverflows) X(ListenDrops) \
	X(TCPTimeouts) X(TCPLossProbes) X(TCPLostRetransmit) X(TCPFastRetrans) \
	X(TCPDSACKRecv) X(TCPDSACKOldSent) X(TCPOFOQueue) X(TCPRcvPruned) \
	X(TCPChallengeACK) X(PAWSEstab) X(TW) X(TWRecycled) X(TCPAbortOnTimeout) \
	X(TCPAbortOnData) X(TCPAbortOnClose) X(TCPAbortOnLinger) X(TCPKeepAlive) \
	X(TCPRcvQDrop)
/* clang-format on */
enum tcp_mib {
#define X(name) TCP_MIB_##name,
	TCP_MIB_LIST(X)
#undef X
		TCP_MIB_COUNT
};
extern u64 tcp_mib[TCP_MIB_COUNT];
extern const char *const tcp_mib_name[TCP_MIB_COUNT];
#define TCP_INC(name) (tcp_mib[TCP_MIB_##name]++)

#endif
