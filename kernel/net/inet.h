/*
 * AF_INET and AF_INET6 sockets: what TCP, UDP, raw and ping sockets have in common, so that a
 * protocol is one struct inet_proto and never asks for the family. ip(7), ipv6(7).
 *
 * An inet_sock is found through its inet_tuple in a table of its protocol: by port while it is only
 * bound or listening, by all four while it is connected. Tuples are embedded, so that a TIME_WAIT
 * can be kept as a tuple without a socket.
 */
#ifndef SKIFF_KERNEL_NET_INET_H
#define SKIFF_KERNEL_NET_INET_H

#include "kernel/net/ip.h"
#include "kernel/net/socket.h"

struct inet_sock;

/* ---- tuples and tables ---- */

enum inet_tuple_state {
	INET_UNHASHED,
	INET_BOUND, /* has a port; found by inet_lookup only in tables of datagram protocols */
	INET_LISTENING,
	INET_CONNECTED, /* hashed by all four */
	INET_TIMEWAIT,	/* as CONNECTED; not inside an inet_sock */
	INET_REQUEST,	/* the same: an embryonic connection of TCP */
};

struct inet_bucket; /* a port and who has it */

struct inet_tuple {
	struct hnode node;	     /* table->connected */
	struct list_head port_link;  /* bucket->tuples */
	struct inet_bucket *bucket;  /* NULL: no port */
	struct ip_addr laddr, raddr; /* any: unset */
	u16 lport, rport;	     /* host order, 0: unset */
	int bound_if;		     /* 0: any */
	struct net_ns *net;	     /* borrowed: the socket's */
	u8 state;		     /* enum inet_tuple_state */
	bool v6only;		     /* :: does not include IPv4 */
	bool v6;		     /* the socket's family is AF_INET6 */
	bool reuse, reuseport;	     /* as they were when the port was taken */
	u32 uid;		     /* for SO_REUSEPORT */
};

struct inet_table {
	struct htab ports;     /* of struct inet_bucket, by port */
	struct htab connected; /* of struct inet_tuple, by 4-tuple */
	unsigned nr;	       /* tuples with a port */
	bool stream;	       /* TCP's rules for reuse; INET_BOUND is not found by lookup */
};

/*
 * Takes port (0: an ephemeral one, net.ipv4.ip_local_port_range) at t->laddr for t, whose reuse
 * flags, bound_if, uid and v6only are set. -EADDRINUSE, -EACCES (a privileged one without
 * CAP_NET_BIND_SERVICE), -ENOMEM. t->lport is set.
 */
int inet_port_take(struct inet_table *tb, struct inet_tuple *t, u16 port);
/* For connect without bind: a port that makes (laddr, lport, raddr, rport) unique, shared with
 * other connected tuples if need be; enters it as CONNECTED. -EADDRNOTAVAIL if all are used. */
int inet_port_take_connected(struct inet_table *tb, struct inet_tuple *t);
/* t has a port; enters all four. -EADDRNOTAVAIL if that 4-tuple exists (a TIME_WAIT among them: the
 * protocol may unhash it first, see inet_lookup_connected). */
int inet_hash_connected(struct inet_table *tb, struct inet_tuple *t);
/* t, which has a port, begins to listen there: -EADDRINUSE if another that does is in the way. */
int inet_port_listen(struct inet_table *tb, struct inet_tuple *t);
/* The tuple of a connection accepted by listener: shares its port, whatever the reuse flags. */
int inet_hash_child(struct inet_table *tb, struct inet_tuple *t, const struct inet_tuple *listener);
/* Leaves all hashes; the port is given back unless keep_port. */
void inet_unhash(struct inet_table *tb, struct inet_tuple *t, bool keep_port);
/* to takes the place of from (same addresses) in all hashes: socket -> TIME_WAIT. */
void inet_tuple_replace(struct inet_table *tb, struct inet_tuple *from, struct inet_tuple *to);

struct inet_key { /* of a packet that arrived in current_net, from the receiver's view */
	struct ip_addr laddr, raddr;
	u16 lport, rport;
	int iif;
};
/* The connected tuple, or the best listening (bound) one; SO_REUSEPORT groups by hash. NULL. */
struct inet_tuple *inet_lookup(const struct inet_table *tb, const struct inet_key *k);
struct inet_tuple *inet_lookup_connected(const struct inet_table *tb, const struct inet_key *k);
/* Next of all that want a multicast or broadcast datagram; start with NULL. */
struct inet_tuple *inet_lookup_next(
	const struct inet_table *tb, const struct inet_key *k, struct inet_tuple *prev);

/* ---- protocols ---- */

struct inet_proto {
	const char *name; /* "TCP" */
	int type;	  /* SOCK_* */
	int protocol;	  /* IPPROTO_*; 0: any (raw) */
	size_t sock_size; /* of the struct that begins with struct inet_sock */
	const struct sock_ops *ops;
	struct inet_table *table; /* NULL: no ports */
	/* The inet part is ready; ops->destroy undoes it. NULL: nothing to do. */
	int (*init)(struct inet_sock *is);
	/* Called by inet_bind when addr and port have been taken; NULL: fine. */
	int (*bound)(struct inet_sock *is);
	u8 (*state)(const struct inet_sock *is); /* as /proc/net and ss number them (TCP_*) */
};
extern const struct inet_proto tcp_proto; /* kernel/net/tcp.c */
extern const struct inet_proto udp_proto, ping_proto, raw_proto;

enum inet_bit { /* struct inet_sock.bits */
	INET_HDRINCL,
	INET_RECVERR,
	INET_RECVERR6,
	INET_PKTINFO,
	INET_PKTINFO6,
	INET_RECVTTL,
	INET_RECVTTL6,
	INET_RECVTOS,
	INET_RECVTCLASS,
	INET_RECVOPTS,
	INET_RETOPTS,
	INET_RECVORIGDST,
	INET_MC_LOOP,
	INET_MC_LOOP6,
	INET_MC_ALL,
	INET_MC_ALL6,
	INET_FREEBIND,
	INET_TRANSPARENT,
	INET_NODEFRAG,
	INET_CHECKSUM6, /* raw: v6_csum_offset is set */
	INET_AUTOFLOW,
	INET_FLOWSEND,
	INET_BIND_NO_PORT,
	INET_RECVFRAGSIZE,
	INET_BIT_COUNT
};

struct inet_sock {
	struct sock sk; /* first: sock_ops get &is->sk */
	const struct inet_proto *proto;
	struct inet_tuple tuple;
	bool addr_bound; /* laddr was given by bind: disconnect keeps it */
	bool port_bound;
	struct list_head all_link; /* proto's sockets, inet_for_each */
	u32 uid;		   /* of the creator */

	u32 bits;	     /* 1 << enum inet_bit */
	s16 ttl, mc_ttl;     /* IPv4; -1: default */
	s16 hops6, mc_hops6; /* IPv6 */
	u8 tos, tclass6;
	u8 pmtudisc, pmtudisc6; /* IP_PMTUDISC_* */
	int mc_if, mc_if6;
	struct ip_addr mc_addr; /* source for multicasts of IP_MULTICAST_IF, any: none */
	int unicast_if;
	u32 flowlabel;
	u8 *opts; /* IP_OPTIONS (IPv4), owned */
	u8 opts_len;
	s16 v6_csum_offset;
	struct list_head memberships; /* multicast.h */
	u32 nr_memberships;

	struct dst dst;	       /* cached route of a connected socket, with flow */
	struct list_head rxq;  /* datagram protocols: received skbs, charged to sk->rmem */
	struct list_head errq; /* skbs with struct sock_extended_err, for MSG_ERRQUEUE */
	u64 drops;	       /* rxq overflows, SO_RXQ_OVFL */
	u64 tstamp_ns;	       /* of the packet received last (SIOCGSTAMP) */
};

static inline struct inet_sock *inet_sk(struct sock *sk)
{
	return (struct inet_sock *)sk;
}
static inline bool inet_bit(const struct inet_sock *is, enum inet_bit b)
{
	return is->bits >> b & 1;
}

/* A new, unbound sock of proto, refs 1. */
int inet_sock_create(int family, const struct inet_proto *proto, int protocol, struct sock **out);
/* A connection accepted by parent: options copied, unbound, no file. The caller hashes it. */
int inet_sock_child(const struct inet_sock *parent, struct inet_sock **out);
/* For ops->release: unhashes, leaves groups, empties the queues. */
void inet_release(struct inet_sock *is);
/* For ops->destroy: frees what inet_sock holds, then the sock itself. */
void inet_destroy(struct inet_sock *is);
int inet_for_each(const struct inet_proto *proto, int (*fn)(struct inet_sock *is, void *arg),
	void *arg); /* stops at the first fn != 0 and returns it */

/* ---- ready-made sock_ops ---- */
int inet_bind(struct sock *sk, const struct sock_addr *a);
int inet_getname(struct sock *sk, struct sock_addr *out, bool peer); /* -ENOTCONN */
int inet_setsockopt(struct sock *sk, int level, int name, uaddr_t val, u32 len);
int inet_getsockopt(struct sock *sk, int level, int name, void *buf, u32 size);
long inet_ioctl(struct sock *sk, u32 cmd, uaddr_t arg); /* SIOC* of interfaces and routes */

/* Checks and converts the address of connect or sendto for is: family (AF_UNSPEC is not handled
 * here), v4-mapped rules, scope. */
int inet_addr_arg(
	struct inet_sock *is, const struct sock_addr *a, struct ip_addr *addr, u16 *port, int *oif);
/* The flow of packets of is to daddr, from its options; oif as from inet_addr_arg. */
void inet_flow(struct inet_sock *is, const struct ip_addr *daddr, int oif, struct flow *fl);
/*
 * The destination half of connect for every protocol: routes to daddr, fixes laddr (if any) and
 * raddr/rport in the tuple and fills is->dst. Does not hash.
 */
int inet_set_peer(struct inet_sock *is, const struct ip_addr *daddr, u16 port, int oif);
void inet_clear_peer(struct inet_sock *is); /* AF_UNSPEC */
/* is->dst made valid again for a connected sock. */
int inet_route(struct inet_sock *is, struct flow *fl);

/* ---- errors ---- */
/* An ICMP error for is: queued if IP_RECVERR, sk->err set if the rules say so (hard or RECVERR),
 * pollers woken. */
void inet_error(struct inet_sock *is, const struct ip_error *e, u16 dport, const u8 *payload,
	u32 payload_len);
/* A local one (EMSGSIZE, with the MTU as info). */
void inet_local_error(
	struct inet_sock *is, int err, const struct ip_addr *daddr, u16 dport, u32 info);
ssize_t inet_recv_errqueue(struct inet_sock *is, struct sock_msg *m); /* MSG_ERRQUEUE */

/* ---- receiving ---- */
/* Queues a datagram (data at its payload) if rcvbuf allows, and wakes; else counts a drop. Consumes
 * skb. 0 or -ENOBUFS. */
int inet_queue_rcv(struct inet_sock *is, struct skb *skb);
/* Sleeps for the next of rxq: *out stays queued if peek. 0 or -errno. */
int inet_wait_rcv(struct inet_sock *is, struct sock_msg *m, struct skb **out);
/* Control messages the options ask for: IP_PKTINFO, TTL, TOS, timestamps ... */
int inet_put_cmsgs(struct inet_sock *is, struct sock_msg *m, const struct skb *skb);
u32 inet_dgram_poll(struct sock *sk, struct poll_table *pt);

int net_init_protocols(void);

#endif
