/* timerfd: expiry counts, poll, non-blocking, absolute, disarm, inherited by fork; errors. */
#include "../test.h"
#include <poll.h>
#include <sys/timerfd.h>

int main(void)
{
	int fd = SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	struct itimerspec its = {{0, 0}, {0, 5000000}}, cur;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t n;

	CHECK_ERR(read(fd, &n, 8), EAGAIN);
	int64_t start = now_ns(CLOCK_MONOTONIC);
	SYS(timerfd_settime(fd, 0, &its, NULL));
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 5000000);
	CHECK_ERR(read(fd, &n, 4), EINVAL);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	CHECK_ERR(read(fd, &n, 8), EAGAIN);

	/* Periodic from a time long past: the count is everything since. */
	int64_t past = now_ns(CLOCK_MONOTONIC) - 100000000;
	if (past < 0)
		past = 1;
	its = (struct itimerspec){{0, 1000000}, {past / 1000000000, past % 1000000000}};
	SYS(timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL));
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 100);
	SYS(timerfd_gettime(fd, &cur));
	CHECK_EQ(cur.it_interval.tv_nsec, 1000000);
	CHECK(cur.it_value.tv_nsec <= 1000000);
	memset(&its, 0, sizeof its);
	SYS(timerfd_settime(fd, 0, &its, &cur));
	CHECK_EQ(cur.it_interval.tv_nsec, 1000000);
	CHECK_ERR(read(fd, &n, 8), EAGAIN);

	/* A blocking one, read in a child. */
	int bfd = SYS(timerfd_create(CLOCK_REALTIME, 0));
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(read(bfd, &n, 8) == 8 && n == 1 ? 0 : 1);
	its.it_value.tv_nsec = 2000000;
	SYS(timerfd_settime(bfd, 0, &its, NULL));
	CHECK_EXIT(pid, 0);

	CHECK_ERR(timerfd_create(77, 0), EINVAL);
	CHECK_ERR(timerfd_create(CLOCK_MONOTONIC, 0x12345), EINVAL);
	CHECK_ERR(timerfd_settime(0, 0, &its, NULL), EINVAL);
	CHECK_ERR(timerfd_settime(9999, 0, &its, NULL), EBADF);
	its.it_value.tv_nsec = 1000000000;
	CHECK_ERR(timerfd_settime(fd, 0, &its, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timerfd_settime, fd, 0, 8, NULL), EFAULT);
	CHECK_ERR(write(fd, &n, 8), EINVAL);
	return 0;
}
