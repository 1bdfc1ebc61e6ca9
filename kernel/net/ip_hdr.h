/* Wire formats: Ethernet, ARP, IPv4, IPv6, ICMP, UDP, TCP. Multi-byte fields in network order. */
#ifndef SKIFF_KERNEL_NET_IP_HDR_H
#define SKIFF_KERNEL_NET_IP_HDR_H

#include "kernel/net/ipaddr.h"

#define WIRE __attribute__((packed))

struct eth_hdr {
	u8 dst[6], src[6];
	be16 type;
} WIRE;
static_assert(sizeof(struct eth_hdr) == 14, "Ethernet header");

struct arp_pkt { /* Ethernet and IPv4 */
	be16 htype, ptype;
	u8 hlen, plen;
	be16 op;
	u8 sha[6];
	be32 spa;
	u8 tha[6];
	be32 tpa;
} WIRE;
static_assert(sizeof(struct arp_pkt) == 28, "ARP packet");

struct ip4_hdr {
	u8 ver_ihl, tos;
	be16 len, id, frag;
	u8 ttl, proto;
	be16 csum;
	be32 src, dst;
} WIRE;
static_assert(sizeof(struct ip4_hdr) == 20, "IPv4 header");
#define IP4_DF 0x4000u
#define IP4_MF 0x2000u
#define IP4_OFFSET 0x1fffu

struct ip6_hdr {
	be32 flow; /* version, class, label */
	be16 len;
	u8 next, hops;
	u8 src[16], dst[16];
} WIRE;
static_assert(sizeof(struct ip6_hdr) == 40, "IPv6 header");

struct ip6_frag_hdr {
	u8 next, reserved;
	be16 frag; /* offset (multiple of 8) | M */
	be32 id;
} WIRE;
static_assert(sizeof(struct ip6_frag_hdr) == 8, "IPv6 fragment header");

struct icmp_hdr { /* v4 and v6 */
	u8 type, code;
	be16 csum;
	union {
		struct {
			be16 id, seq;
		} echo;
		be32 info;
	};
} WIRE;
static_assert(sizeof(struct icmp_hdr) == 8, "ICMP header");

struct udp_hdr {
	be16 src, dst, len, csum;
} WIRE;
static_assert(sizeof(struct udp_hdr) == 8, "UDP header");

#endif
