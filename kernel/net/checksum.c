/* The Internet checksum, RFC 1071: sums eight bytes at a time with end-around carry. */
#include "kernel/net/checksum.h"

u32 csum_add_bytes(u32 start, const void *p, size_t len)
{
	const u8 *b = p;
	u64 sum = start, a = 0, c = 0, v[4];

	while (len >= 32) { /* two independent chains of 32-bit halves cannot overflow in 64 bits */
		memcpy(v, b, 32);
		a += (v[0] & 0xffffffff) + (v[1] & 0xffffffff) + (v[2] & 0xffffffff) +
		     (v[3] & 0xffffffff);
		c += (v[0] >> 32) + (v[1] >> 32) + (v[2] >> 32) + (v[3] >> 32);
		b += 32;
		len -= 32;
	}
	sum += (a & 0xffffffff) + (a >> 32) + (c & 0xffffffff) + (c >> 32);
	while (len >= 2) {
		u16 w;

		memcpy(&w, b, 2);
		sum += w;
		b += 2;
		len -= 2;
	}
	if (len)
		sum += *b; /* as if a zero byte followed */
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (u32)sum;
}

u32 csum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, u32 len, u8 proto)
{
	u32 tail[2] = {be32_of(len), be32_of(proto)};
	bool v4 = ip_addr_is_v4(src) && ip_addr_is_v4(dst);
	size_t off = v4 ? 12 : 0;
	u32 sum = csum_add_bytes(0, src->b + off, 16 - off);

	sum = csum_add_bytes(sum, dst->b + off, 16 - off);
	return csum_add_bytes(sum, tail, sizeof(tail)); /* both layouts sum to the same */
}
