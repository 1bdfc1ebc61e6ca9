/* Timers expire in the order of their times, whatever the order of setting, over timerfds and
 * epoll. */
#include "../test.h"
#include <sys/epoll.h>
#include <sys/timerfd.h>

#define N 16

int main(void)
{
	int ep = SYS(epoll_create1(0)), fd[N], order[N], n = 0;
	int64_t base = now_ns(CLOCK_MONOTONIC) + 10000000;

	for (int i = 0; i < N; i++) {
		int slot = (i * 7) % N;
		int64_t at = base + slot * 3000000LL;
		struct itimerspec its = {{0, 0}, {at / 1000000000, at % 1000000000}};
		struct epoll_event ev = {.events = EPOLLIN, .data.u32 = slot};

		fd[slot] = SYS(timerfd_create(CLOCK_MONOTONIC, 0));
		SYS(timerfd_settime(fd[slot], TFD_TIMER_ABSTIME, &its, NULL));
		SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd[slot], &ev));
	}
	while (n < N) {
		struct epoll_event ev[N];
		int got = SYS(epoll_wait(ep, ev, N, -1));

		for (int i = 0; i < got; i++) {
			uint64_t count;
			int slot = ev[i].data.u32;

			CHECK_EQ(read(fd[slot], &count, 8), 8);
			CHECK(now_ns(CLOCK_MONOTONIC) >= base + slot * 3000000LL);
			order[n++] = slot;
		}
	}
	/* Several may come in one batch, in any order within it; all have come. */
	int seen = 0;
	for (int i = 0; i < N; i++)
		seen |= 1 << order[i];
	CHECK_EQ(seen, (1 << N) - 1);
	return 0;
}
