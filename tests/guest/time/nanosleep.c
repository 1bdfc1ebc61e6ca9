/* nanosleep and clock_nanosleep: at least as long as asked, absolute and past times, errors. */
#include "../test.h"

int main(void)
{
	struct timespec ts = {0, 20000000}, bad = {0, 1000000000}, neg = {-1, 0};
	int64_t start = now_ns(CLOCK_MONOTONIC);

	SYS(nanosleep(&ts, NULL));
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 20000000);
	CHECK_ERR(nanosleep(&bad, NULL), EINVAL);
	CHECK_ERR(nanosleep(&neg, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_nanosleep, 8, NULL), EFAULT);

	clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
	for (int i = 0; i < 3; i++) {
		int64_t until = now_ns(clocks[i]) + 10000000;

		ts = (struct timespec){until / 1000000000, until % 1000000000};
		CHECK_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &ts, NULL), 0);
		CHECK(now_ns(clocks[i]) >= until);
		ts = (struct timespec){1, 0};
		CHECK_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &ts, NULL), 0);
		start = now_ns(CLOCK_MONOTONIC);
		ts = (struct timespec){0, 5000000};
		CHECK_EQ(clock_nanosleep(clocks[i], 0, &ts, NULL), 0);
		CHECK(now_ns(CLOCK_MONOTONIC) - start >= 5000000);
	}
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(77, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL), EINVAL);
	SYS(usleep(1000));
	CHECK_EQ(sleep(0), 0);
	return 0;
}
