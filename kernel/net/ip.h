/*
 * The IP layer, both versions: input with demultiplexing to protocols, output with headers,
 * fragmentation and the link below. RFC 791, 1122, 8200.
 */
#ifndef SKIFF_KERNEL_NET_IP_H
#define SKIFF_KERNEL_NET_IP_H

#include "kernel/net/route.h"
#include "kernel/net/skb.h"

#define IP6_MTU_MIN 1280u
#define IP4_MTU_MIN 68u

/* An ICMP error about a packet of ours, for the protocol that sent it. */
struct ip_error {
	struct ip_addr saddr, daddr; /* of the packet that failed: ours, the peer's */
	struct ip_addr offender;     /* who says so */
	int iif;
	u8 origin;	  /* SO_EE_ORIGIN_* */
	u8 type, code;	  /* of the ICMP message */
	int err;	  /* positive errno it stands for */
	bool fatal;	  /* hard error (RFC 1122, 4.2.3.9) */
	u32 mtu;	  /* err == EMSGSIZE: the next hop's (clamped to the protocol's minimum) */
	u32 info;	  /* ee_info */
	const u8 *trans;  /* the failed packet's transport header ... */
	u32 trans_len;	  /* ... as far as it was returned, at least 8 bytes for v4 */
	const u8 *packet; /* the failed packet from its network header */
	u32 packet_len;
};

struct ip_protocol {
	u8 proto;
	/* Consumes skb: data at the transport header, trans_off, net_off and skb->ip set, length
	 * trimmed to the packet's. Fragments have been put together. Checksum not looked at. */
	void (*rcv)(struct skb *skb);
	void (*err)(const struct ip_error *e); /* NULL: not interested */
};
void ip_protocol_register(const struct ip_protocol *p);
const struct ip_protocol *ip_protocol_find(u8 proto);

/*
 * Sends a transport segment: data at the transport header, SKB_HEADROOM in front of the payload
 * suffices for all headers. The family is fl->daddr's. saddr, tos, ttl, proto from fl; the route
 * from dst (valid, from route_output on this fl). A gso skb travels whole; any other longer than
 * dst->mtu is fragmented, unless FLOW_NOFRAG or IPv4 FLOW_DF with gso_size == 0: -EMSGSIZE.
 * Consumes skb. 0 or -errno. Local destinations are queued: input never runs inside output.
 */
int ip_output(struct skb *skb, const struct flow *fl, const struct dst *dst);
/* A whole packet, header included (IP_HDRINCL, forwarded by raw sockets): no fragmentation. */
int ip_output_raw(struct skb *skb, const struct flow *fl, const struct dst *dst);
/* Largest transport segment (header and payload) that travels unfragmented. */
u32 ip_max_segment(const struct flow *fl, const struct dst *dst);

void ip4_rcv(struct skb *skb); /* data at the network header; consumes */
void ip6_rcv(struct skb *skb);

/* ---- ICMP errors we send ---- */
/* skb: the offending packet as received (net_off, skb->ip set); borrowed. Rate limited, never about
 * errors, multicasts, fragments but the first (RFC 1122 3.2.2, RFC 4443 2.4). v4 and v6 by skb. */
enum icmp_reason {
	ICMP_REASON_PORT_UNREACH,
	ICMP_REASON_PROTO_UNREACH,
	ICMP_REASON_HOST_UNREACH,
	ICMP_REASON_ADMIN,
	ICMP_REASON_REASM_TIMEOUT,
	ICMP_REASON_PARAM, /* arg: offset of the bad byte from the network header */
	ICMP_REASON_COUNT
};
void icmp_send(const struct skb *skb, enum icmp_reason reason, u32 arg);

/* ---- inside the IP layer ---- */
/* Takes a fragment (data at its payload, off bytes into the datagram); hdr_len bytes of network
 * headers in front of the payload belong to the first. The whole datagram when it is complete: data
 * at the payload, net_off at the headers, which the caller has to put right. NULL: not yet. */
struct skb *ip_frag_rcv(struct skb *skb, u32 id, u32 off, bool more);
void ip_frag_purge(void); /* current_net ends */
void ip_frag_fini(void);
void ip_frag_usage(bool v4, u32 *nr, u32 *mem); /* datagrams being put together, bytes */
/* skb->ip, net_off, trans_off are set, data at the transport header: to raw sockets and protocol.
 */
void ip_deliver(struct skb *skb);
bool raw_deliver(const struct skb *skb); /* did a raw socket take a copy? */
void raw_error(const struct ip_error *e);
void ip_deliver_error(const struct ip_error *e);
int ip4_output(struct skb *skb, const struct flow *fl, const struct dst *dst);
int ip6_output(struct skb *skb, const struct flow *fl, const struct dst *dst);
/* The packet (data at the network header) leaves by dst; also looped back where it has to be. */
int ip_finish_output(struct skb *skb, const struct flow *fl, const struct dst *dst);
void ping_rcv(struct skb *skb); /* an echo reply, either version; consumes */
void ping_error(const struct ip_error *e);
void icmp4_error_send(const struct skb *skb, enum icmp_reason reason, u32 arg);
void icmp6_error_send(const struct skb *skb, enum icmp_reason reason, u32 arg);
bool icmp_rate_ok(void);
void icmp_init(void);
void icmp6_init(void);
/* An ICMPv6 message (header and body in skb, checksum not yet) from saddr; consumes. */
int icmp6_send(struct skb *skb, struct flow *fl);
/* The headers behind an IPv6 header: offset of the upper layer from the network header and its
 * number, or -EINVAL; *frag_off gets the fragment header's offset, 0 if none. */
int ip6_skip_headers(const u8 *net, u32 len, u8 *proto, u32 *frag_off);

/* ---- counters of RFC 4293 & co, for /proc/net/snmp{,6} and netstat ---- */
enum mib {
#define MIB(name) MIB_##name,
#include "kernel/net/mib_table.h"
#undef MIB
	MIB_COUNT
};
extern u64 mib_count[MIB_COUNT];
extern const char *const mib_name[MIB_COUNT];
#define MIB_INC(name) (mib_count[MIB_##name]++)
#define MIB_ADD(name, n) (mib_count[MIB_##name] += (n))
#define MIB_INC_AF(is_v4, name4, name6) (mib_count[(is_v4) ? MIB_##name4 : MIB_##name6]++)
#define MIB_ADD_AF(is_v4, name4, name6, n) (mib_count[(is_v4) ? MIB_##name4 : MIB_##name6] += (n))
/* The value of "Ip" "InReceives"; 0 for what this kernel never does or counts. */
u64 mib_value(const char *prefix, const char *name, size_t name_len);

struct icmp_types { /* ICMP messages by type */
	u64 in[256], out[256];
};
extern struct icmp_types mib_icmp4, mib_icmp6;

/* A packet of len bytes, header included, has come in (skb->ip is set) or goes out by dst. */
void mib_ip_in(const struct skb *skb, u32 len);
void mib_ip_out(bool v4, u32 len, const struct dst *dst);

#endif
