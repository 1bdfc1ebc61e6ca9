/*
 * The Internet checksum (RFC 1071). Sums are in memory order, so that the folded value is stored
 * as it is. A sum over pieces is right if each but the last has even length.
 */
#ifndef SKIFF_KERNEL_NET_CHECKSUM_H
#define SKIFF_KERNEL_NET_CHECKSUM_H

#include "kernel/net/ipaddr.h"

u32 csum_add_bytes(u32 sum, const void *p, size_t len); /* unfolded one's complement sum */
static inline u32 csum_add(u32 a, u32 b)
{
	a += b;
	return a + (a < b);
}
static inline u16 csum_fold_raw(u32 sum) /* 16 bits, not complemented */
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}
static inline u16 csum_fold(u32 sum) /* what goes into the header */
{
	return (u16)~csum_fold_raw(sum);
}
/* Sum of the pseudo header of UDP, TCP, ICMPv6 (RFC 768, 9293, 8200) of the addresses' family. */
u32 csum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, u32 len, u8 proto);

#endif
