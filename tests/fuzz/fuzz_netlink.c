/*
 * libFuzzer target: netlink requests and configuration ioctls from a privileged program. The input
 * is a list of calls, each behind three bytes: kind and length (low 10 bits). Kinds: a request to
 * NETLINK_ROUTE or NETLINK_SOCK_DIAG, whose length and NLM_F_REQUEST are put right, the same left
 * as it is, an ioctl on an IPv4 or IPv6 socket. Built and run by `make fuzz`.
 */
#include "kernel/net/link.h"
#include "kernel/net/net.h"
#include "kernel/net/skb.h"
#include "tests/unit/fakewire.h"

#include <linux/netlink.h>
#include <sys/syscall.h>

enum { ROUTE, DIAG, ROUTE_RAW, DIAG_RAW, IOCTL4, IOCTL6, KIND_COUNT };
#define LEN_MASK 0x3ffu

static long fds[4]; /* route, diag, IPv4, IPv6 */

static void open_sockets(void)
{
	static const int args[4][3] = {{AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
		{AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG}, {AF_INET, SOCK_DGRAM, 0},
		{AF_INET6, SOCK_STREAM, 0}};
	u32 groups = ~0u;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = CALL(
			socket, (u64)args[i][0], (u64)args[i][1] | SOCK_NONBLOCK, (u64)args[i][2]);
		if (fds[i] < 0)
			abort();
	}
	memset(FAKE_PTR(0), 0, 12);
	*(u16 *)FAKE_PTR(0) = AF_NETLINK;
	memcpy((u8 *)FAKE_PTR(0) + 8, &groups, sizeof(groups));
	CALL(bind, (u64)fds[0], FAKE_BUF(0), 12);
}

static void send_request(long fd, size_t len, bool repair)
{
	struct nlmsghdr *h = FAKE_PTR(0);

	if (repair && len >= sizeof(*h)) {
		h->nlmsg_len = (u32)len;
		h->nlmsg_flags |= NLM_F_REQUEST;
		h->nlmsg_type =
			(u16)(fd == fds[0] ? 16 + h->nlmsg_type % 24 : 18 + h->nlmsg_type % 4);
	}
	CALL(sendto, (u64)fd, FAKE_BUF(0), len, 0, 0, 0);
	while (CALL(recvfrom, (u64)fd, FAKE_BUF(2), 4096, 0, 0, 0) > 0)
		;
}

static void one(unsigned kind, size_t len)
{
	switch (kind) {
	case ROUTE:
	case DIAG:
		send_request(fds[kind], len, true);
		break;
	case ROUTE_RAW:
	case DIAG_RAW:
		send_request(fds[kind - ROUTE_RAW], len, false);
		break;
	default: /* the ioctl's number is in the first byte, its argument behind */
		CALL(ioctl, (u64)fds[kind - IOCTL4 + 2], 0x8900u | *(u8 *)FAKE_PTR(0),
			FAKE_BUF(0) + 1);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char args[] = "ip=10.0.0.2/24,gw=10.0.0.1,ip=fd00::2/64";
	struct link_options o = {.spec = "fake"};
	struct task *task = fake_task_create();

	if (net_init() < 0 || link_options_parse(args, &o) < 0 || link_create(&o) < 0)
		abort();
	open_sockets();
	while (size >= 3) {
		size_t len = MIN((size_t)((data[1] << 8 | data[2]) & LEN_MASK), size - 3);

		memset(FAKE_PTR(0), 0, LEN_MASK + 1);
		memcpy(FAKE_PTR(0), data + 3, len);
		one(data[0] % KIND_COUNT, len);
		data += 3 + len;
		size -= 3 + len;
	}
	fake_task_destroy(task);
	net_fini();
	fake_fini();
	if (skb_stats.live || skb_stats.live_bytes)
		abort();
	return 0;
}
