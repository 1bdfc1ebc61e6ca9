/* clock_gettime: every clock reads, monotonic ones never go back, relations hold; errors. */
#include "../test.h"

int main(void)
{
	clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
		CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
		CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI};
	struct timespec ts, raw;
	struct timeval tv;

	for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
		SYS(clock_gettime(clocks[i], &ts));
		CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
		SYS(syscall(SYS_clock_gettime, clocks[i], &raw));
		int64_t d = (raw.tv_sec - ts.tv_sec) * 1000000000LL + raw.tv_nsec - ts.tv_nsec;
		CHECK(d >= 0 && d < 2000000000);
		SYS(clock_getres(clocks[i], &ts));
		CHECK(ts.tv_sec == 0 && ts.tv_nsec > 0 && ts.tv_nsec <= 100000000);
	}
	int64_t last = now_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < 100000; i++) {
		int64_t n = now_ns(CLOCK_MONOTONIC);

		CHECK(n >= last);
		last = n;
	}
	SYS(clock_gettime(CLOCK_REALTIME, &ts));
	SYS(gettimeofday(&tv, NULL));
	CHECK(tv.tv_sec - ts.tv_sec <= 2 && tv.tv_sec >= ts.tv_sec);
	time_t t = time(NULL), u = 0;
	CHECK(t >= ts.tv_sec - 1 && t <= ts.tv_sec + 2); /* the coarse clock lags a tick */
	CHECK_EQ(syscall(SYS_time, &u), u);
	CHECK(u >= t);
	CHECK(t > 1600000000);
	CHECK(now_ns(CLOCK_BOOTTIME) >= now_ns(CLOCK_MONOTONIC) - 1000000000);
	CHECK_ERR(clock_gettime(77, &ts), EINVAL);
	CHECK_ERR(clock_getres(77, &ts), EINVAL);
	CHECK_ERR(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8), EFAULT);
	SYS(syscall(SYS_clock_getres, CLOCK_MONOTONIC, NULL));
	CHECK_ERR(syscall(SYS_gettimeofday, 8, NULL), EFAULT);
	return 0;
}
