/*
 * libFuzzer target: packets of every kind into a machine with open sockets. The input is a list of
 * frames, each behind two bytes: its length (low 11 bits) and two flags. Flag 0x8000 repairs the
 * IPv4 header and checksums so that the fuzzer gets past them; 0x4000 lets ten seconds pass.
 * Built and run by `make fuzz`.
 */
#include "kernel/net/checksum.h"
#include "kernel/net/inet.h"
#include "kernel/net/ip_hdr.h"
#include "kernel/net/link.h"
#include "kernel/net/net.h"
#include "tests/unit/fakewire.h"

#include <sys/syscall.h>

#define LEN_MASK 0x7ffu
#define REPAIR 0x8000u
#define PAUSE 0x4000u

static const u8 my_mac[6] = FAKE_MAC;

static void open_sockets(void)
{
	static const struct {
		int family, type, protocol;
	} kinds[] = {{AF_INET6, SOCK_DGRAM, 0}, {AF_INET, SOCK_RAW, IPPROTO_ICMP},
		{AF_INET6, SOCK_RAW, IPPROTO_ICMPV6}, {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}};
	int on = 1;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = be16_of(7)};
		long fd = CALL(socket, (u64)kinds[i].family, (u64)kinds[i].type | SOCK_NONBLOCK,
			(u64)kinds[i].protocol);

		if (fd < 0)
			abort();
		memcpy(FAKE_PTR(1), &on, sizeof(on));
		CALL(setsockopt, (u64)fd, IPPROTO_IP, IP_RECVERR, FAKE_BUF(1), sizeof(on));
		if (kinds[i].family == AF_INET6 && kinds[i].type == SOCK_DGRAM) {
			memcpy(FAKE_PTR(0), &a, sizeof(a));
			CALL(bind, (u64)fd, FAKE_BUF(0), sizeof(a));
		}
	}
}

static void fix_transport(
	u8 *t, size_t len, u8 proto, const struct ip_addr *src, const struct ip_addr *dst)
{
	size_t off = proto == IPPROTO_UDP ? 6 : proto == IPPROTO_TCP ? 16 : 2;
	u32 sum = proto == IPPROTO_ICMP || proto == IPPROTO_IGMP
			  ? 0
			  : csum_pseudo(src, dst, (u32)len, proto);
	u16 v = 0;

	if (off + 2 > len)
		return;
	memcpy(t + off, &v, 2);
	v = csum_fold(csum_add_bytes(sum, t, len));
	memcpy(t + off, &v, 2);
}

static void repair(u8 *f, size_t len)
{
	struct ip_addr src, dst;

	if (len < 14 + 40)
		return;
	memcpy(f, my_mac, 6);
	f[12] = f[14] >> 4 == 6 ? 0x86 : 0x08;
	f[13] = f[14] >> 4 == 6 ? 0xdd : 0x00;
	if (f[14] >> 4 == 6) {
		f[18] = (u8)((len - 54) >> 8);
		f[19] = (u8)(len - 54);
		memset(f + 38, 0, 16);
		f[38] = 0xff;
		f[39] = 2;
		f[53] = 1;
		src = ip_addr_v6(f + 22);
		dst = ip_addr_v6(f + 38);
		fix_transport(f + 54, len - 54, f[20], &src, &dst);
	} else {
		struct ip4_hdr *h = (void *)(f + 14);

		h->ver_ihl = 0x45;
		h->len = be16_of(len - 14);
		h->dst = be32_of(0x0a000002);
		src = ip_addr_v4(h->src);
		dst = ip_addr_v4(h->dst);
		fix_transport(f + 34, len - 34, h->proto, &src, &dst);
		h->csum = 0;
		h->csum = csum_fold(csum_add_bytes(0, h, 20));
	}
}

static void drain(void)
{
	static u8 out[70000];

	while (fake_wire_out(out, sizeof(out)) >= 0)
		;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char args[] = "ip=10.0.0.2/24,gw=10.0.0.1,ip=fd00::2/64";
	struct link_options o = {.spec = "fake"};
	struct task *task = fake_task_create();
	u8 frame[LEN_MASK + 1];

	if (net_init() < 0 || link_options_parse(args, &o) < 0 || link_create(&o) < 0)
		abort();
	open_sockets();
	while (size >= 2) {
		u32 word = (u32)data[0] << 8 | data[1];
		size_t len = MIN((size_t)(word & LEN_MASK), size - 2);

		memcpy(frame, data + 2, len);
		data += 2 + len;
		size -= 2 + len;
		if (word & REPAIR)
			repair(frame, len);
		if (word & PAUSE)
			fake_advance(10 * NSEC_PER_SEC);
		fake_wire_in(frame, len);
		drain();
	}
	fake_task_destroy(task);
	net_fini();
	fake_fini();
	if (skb_stats.live || skb_stats.live_bytes)
		abort();
	return 0;
}
