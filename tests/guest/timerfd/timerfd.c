/* One-shot, periodic with overrun, absolute on both clocks, re-arming, disarming, errors. */
#include "../test.h"
#include <poll.h>
#include <sys/timerfd.h>

#define MS 1000000

int main(void)
{
	struct itimerspec t = {{0, 0}, {0, 10 * MS}}, cur;
	struct pollfd p;
	int64_t t0;
	uint64_t n;
	int fd = SYS(timerfd_create(CLOCK_MONOTONIC, 0)), rt;

	CHECK_ERR(timerfd_create(99, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	SYS(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_value.tv_sec + cur.it_value.tv_nsec, 0);
	t0 = now_ns(CLOCK_MONOTONIC);
	SYS(timerfd_settime(fd, 0, &t, &cur));
	p = (struct pollfd){fd, POLLIN, 0};
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK(now_ns(CLOCK_MONOTONIC) - t0 >= 10 * MS);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	CHECK_EQ(poll(&p, 1, 0), 0);
	SYS(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_value.tv_sec + cur.it_value.tv_nsec, 0);

	t = (struct itimerspec){{0, 2 * MS}, {0, 1 * MS}};
	t0 = now_ns(CLOCK_MONOTONIC);
	SYS(timerfd_settime(fd, 0, &t, NULL));
	while (now_ns(CLOCK_MONOTONIC) - t0 < 11 * MS)
		poll(NULL, 0, 1);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 6);
	SYS(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_interval.tv_nsec, 2 * MS);
	CHECK(cur.it_value.tv_nsec > 0 && cur.it_value.tv_nsec <= 2 * MS);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 1);
	t = (struct itimerspec){};
	SYS(timerfd_settime(fd, 0, &t, &cur));
	CHECK_EQ(cur.it_interval.tv_nsec, 2 * MS);
	SYS(fcntl(fd, F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	CHECK_ERR(read(fd, &n, 7), EINVAL);

	rt = SYS(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
	SYS(clock_gettime(CLOCK_REALTIME, &t.it_value));
	t.it_value.tv_sec -= 5;
	t.it_interval.tv_sec = 2;
	SYS(timerfd_settime(rt, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, NULL));
	p.fd = rt;
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(read(rt, &n, 8), 8);
	CHECK_EQ(n, 3); /* 0, 2 and 4 seconds after the start */
	SYS(timerfd_gettime(rt, &cur));
	CHECK(cur.it_value.tv_sec <= 1);
	CHECK_ERR(timerfd_settime(rt, 0x80, &t, NULL), EINVAL);
	t.it_value.tv_nsec = 1000 * MS;
	CHECK_ERR(timerfd_settime(rt, 0, &t, NULL), EINVAL);
	CHECK_ERR(timerfd_settime(0, 0, &(struct itimerspec){}, NULL), EINVAL);
	CHECK_ERR(timerfd_settime(999, 0, &(struct itimerspec){}, NULL), EBADF);
	return 0;
}
