/* futex: WAIT mismatch, timeouts, WAKE counts, alignment and address errors, bitsets. */
#include "../test.h"
#include <linux/futex.h>

static long futex(volatile void *p, int op, int val, void *timeout, void *p2, int val3)
{
	return syscall(SYS_futex, p, op, val, timeout, p2, val3);
}

int main(void)
{
	volatile int word = 5;
	int words[2] __attribute__((aligned(8))) = {0};
	struct timespec ts = {0, 2000000}, bad = {0, 2000000000}, past = {0, 1};
	int64_t start;

	CHECK_ERR(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_WAIT_PRIVATE, 4, NULL, NULL, 0), EAGAIN);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	start = now_ns(CLOCK_MONOTONIC);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 5, &ts, NULL, 0), ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 2000000);
	CHECK_ERR(futex(&word, FUTEX_WAIT, 5, &bad, NULL, 0), EINVAL);
	CHECK_ERR(
		futex(&word, FUTEX_WAIT_BITSET, 5, &past, NULL, FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &past, NULL, 1),
		ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((char *)words + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERR(futex((void *)8, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERR(futex(&word, 0x7f, 0, NULL, NULL, 0), ENOSYS);
	return 0;
}
