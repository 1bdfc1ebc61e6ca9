/* Time-outs of poll, select, ppoll, pselect and epoll_wait: not early, zero is immediate,
 * remaining. */
#include "../test.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

int main(void)
{
	int fd[2], ep = SYS(epoll_create1(0));
	struct epoll_event ev;
	fd_set set;
	int64_t start;

	SYS(pipe(fd));
	struct pollfd p = {.fd = fd[0], .events = POLLIN};
#define NOT_BEFORE(ns, call) \
	do { \
		start = now_ns(CLOCK_MONOTONIC); \
		CHECK_EQ(call, 0); \
		CHECK(now_ns(CLOCK_MONOTONIC) - start >= (ns)); \
	} while (0)
	NOT_BEFORE(10000000, poll(&p, 1, 10));
	NOT_BEFORE(10000000, poll(NULL, 0, 10));
	NOT_BEFORE(10000000, epoll_wait(ep, &ev, 1, 10));
	struct timespec ts = {0, 3000000};
	NOT_BEFORE(3000000, ppoll(&p, 1, &ts, NULL));
	CHECK_EQ(ts.tv_nsec, 3000000);
	FD_ZERO(&set);
	FD_SET(fd[0], &set);
	struct timeval tv = {0, 3000};
	NOT_BEFORE(3000000, select(fd[0] + 1, &set, NULL, NULL, &tv));
	CHECK(tv.tv_sec == 0 && tv.tv_usec == 0);
	CHECK(!FD_ISSET(fd[0], &set));
	NOT_BEFORE(3000000, pselect(0, NULL, NULL, NULL, &ts, NULL));
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	tv = (struct timeval){50, 0};
	FD_SET(fd[0], &set);
	CHECK_EQ(select(fd[0] + 1, &set, NULL, NULL, &tv), 1);
	CHECK(tv.tv_sec >= 48);
	CHECK_EQ(poll(&p, 1, -5), 1);
	tv = (struct timeval){-1, 0};
	CHECK_ERR(select(0, NULL, NULL, NULL, &tv), EINVAL);
	ts.tv_nsec = 1000000000;
	CHECK_ERR(syscall(SYS_ppoll, &p, 1, &ts, NULL, 8), EINVAL);
	return 0;
}
