/* epoll inside epoll: cycles and deep nests are refused (ELOOP, EINVAL), closing in any order is
 * safe. */
#include "../test.h"
#include <sys/epoll.h>

int main(void)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int e[12], p[2];

	for (int i = 0; i < 12; i++)
		e[i] = SYS(epoll_create1(0));
	SYS(pipe(p));
	CHECK_ERR(epoll_ctl(e[0], EPOLL_CTL_ADD, e[0], &ev), EINVAL);
	SYS(epoll_ctl(e[0], EPOLL_CTL_ADD, e[1], &ev));
	CHECK_ERR(epoll_ctl(e[1], EPOLL_CTL_ADD, e[0], &ev), ELOOP);
	SYS(epoll_ctl(e[1], EPOLL_CTL_ADD, e[2], &ev));
	CHECK_ERR(epoll_ctl(e[2], EPOLL_CTL_ADD, e[0], &ev), ELOOP);
	int depth = 2;
	while (depth < 11 && epoll_ctl(e[depth], EPOLL_CTL_ADD, e[depth + 1], &ev) == 0)
		depth++;
	CHECK(depth < 11 && (errno == ELOOP || errno == EINVAL));
	SYS(epoll_ctl(e[2], EPOLL_CTL_ADD, p[0], &ev));
	CHECK_EQ(epoll_wait(e[0], &ev, 1, 0), 0);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(e[0], &ev, 1, -1), 1);
	SYS(close(e[1]));
	CHECK_EQ(epoll_wait(e[0], &ev, 1, 0), 0);
	SYS(close(p[0]));
	CHECK_EQ(epoll_wait(e[2], &ev, 1, 0), 0);
	return 0;
}
