/* adjtimex: reading is for all, steering for the privileged, nonsense is refused first. */
#include "../test.h"

#include <sys/timex.h>

static void unprivileged(void)
{
	struct timex tx = {.modes = ADJ_TICK, .tick = 10000};

	SYS(setgid(65534));
	SYS(setuid(65534));
	CHECK_ERR(adjtimex(&tx), EPERM);
	tx.modes = 0;
	CHECK(adjtimex(&tx) >= 0);
}

int main(void)
{
	struct timex tx = {0};
	int64_t now = now_ns(CLOCK_REALTIME) / 1000000000;

	CHECK(adjtimex(&tx) >= 0);
	CHECK(tx.time.tv_sec >= now && tx.time.tv_sec <= now + 10);
	CHECK(tx.tick >= 9000 && tx.tick <= 11000);
	CHECK_EQ(tx.precision, 1);
	tx.modes = 0x8000; /* without ADJ_OFFSET_SINGLESHOT it means nothing */
	CHECK_ERR(syscall(SYS_adjtimex, &tx), EINVAL);
	CHECK_ERR(syscall(SYS_adjtimex, (void *)8), EFAULT);
	tx.modes = 0;
	CHECK(clock_adjtime(CLOCK_REALTIME, &tx) >= 0);
	CHECK_ERR(clock_adjtime(CLOCK_MONOTONIC, &tx), EOPNOTSUPP);
	if (getuid() == 0) {
		tx.modes = ADJ_TICK;
		tx.tick = 20000;
		CHECK_ERR(adjtimex(&tx), EINVAL);
		CHECK_CHILD(unprivileged);
	}
	return 0;
}
