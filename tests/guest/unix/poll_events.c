/* What poll says in each state; edge-triggered epoll sees every arrival. */
#include "sock.h"
#include <sys/epoll.h>
#include <sys/select.h>

int main(void)
{
	struct sockaddr_un un;
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
	socklen_t len;
	int l, c, a, sv[2], ep = SYS(epoll_create1(0));
	struct timeval zero = {0, 0};
	static char big[65536];
	fd_set r, w;

	c = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	CHECK_EQ(revents_of(c), POLLOUT | POLLHUP);
	a = SYS(socket(AF_UNIX, SOCK_DGRAM, 0));
	CHECK_EQ(revents_of(a), POLLOUT);
	SYS(close(a));
	l = make_listener(SOCK_STREAM, "p", 3, &un, &len);
	CHECK_EQ(revents_of(l) & POLLIN, 0);
	SYS(connect(c, (struct sockaddr *)&un, len));
	CHECK_EQ(revents_of(l) & POLLIN, POLLIN);
	CHECK_EQ(revents_of(c), POLLOUT);
	a = SYS(accept(l, NULL, NULL));
	CHECK_EQ(revents_of(l) & POLLIN, 0);
	CHECK_EQ(write(c, "x", 1), 1);
	CHECK_EQ(revents_of(a), POLLIN | POLLOUT);
	SYS(close(c));
	CHECK_EQ(revents_of(a), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);

	/* full, and room again once enough has been read */
	make_pair(SOCK_STREAM | SOCK_NONBLOCK, sv);
	while (write(sv[0], big, sizeof big) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(revents_of(sv[0]), 0);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(sv[1], &r);
	FD_SET(sv[0], &w);
	CHECK_EQ(select(FD_SETSIZE, &r, &w, NULL, &zero), 1);
	CHECK(FD_ISSET(sv[1], &r) && !FD_ISSET(sv[0], &w));
	while (read(sv[1], big, sizeof big) > 0)
		;
	CHECK_EQ(revents_of(sv[0]), POLLOUT);

	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, sv[1], &ev));
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(write(sv[0], "x", 1), 1);
		CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
		CHECK_EQ(ev.events, EPOLLIN);
		CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	}
	SYS(close(sv[0]));
	CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	CHECK_EQ(ev.events, EPOLLIN | EPOLLHUP);

	/* a poll that sleeps is woken by a writer */
	make_pair(SOCK_STREAM, sv);
	pid_t pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(write(sv[0], "x", 1), 1);
		_exit(0);
	}
	struct pollfd p = {.fd = sv[1], .events = POLLIN};
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EXIT(pid, 0);
	return 0;
}
