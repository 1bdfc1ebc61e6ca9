/* epoll in epoll and in poll; loops and long chains give ELOOP. */
#include "../test.h"
#include <poll.h>
#include <sys/epoll.h>

static int add(int ep, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.fd = fd};

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

int main(void)
{
	int fd[2], inner = SYS(epoll_create1(0)), outer = SYS(epoll_create1(0)), chain[10], i;
	struct epoll_event ev;
	struct pollfd p = {outer, POLLIN, 0};
	pid_t pid;

	SYS(pipe(fd));
	SYS(add(inner, fd[0], EPOLLIN));
	SYS(add(outer, inner, EPOLLIN | EPOLLET));
	CHECK_EQ(epoll_wait(outer, &ev, 1, 0), 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	pid = test_fork();
	if (pid == 0) {
		write(fd[1], "x", 1);
		_exit(0);
	}
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(epoll_wait(outer, &ev, 1, -1), 1);
	CHECK_EQ(ev.data.fd, inner);
	CHECK_EQ(epoll_wait(outer, &ev, 1, 0), 0);
	CHECK_EQ(epoll_wait(inner, &ev, 1, 0), 1);
	CHECK_ERR(add(inner, outer, EPOLLIN), ELOOP);
	CHECK_ERR(add(outer, inner, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
	for (i = 0; i < 10; i++)
		chain[i] = SYS(epoll_create1(0));
	for (i = 1; i < 10; i++) {
		if (add(chain[i], chain[i - 1], EPOLLIN) < 0)
			break;
	}
	CHECK_EQ(errno, ELOOP);
	CHECK(i >= 4 && i <= 6);
	return 0;
}
