/* A full datagram queue: EAGAIN, poll for room at the peer, a blocked sender, EMSGSIZE. */
#include "sock.h"
#include <sys/epoll.h>

int main(void)
{
	struct sockaddr_un un;
	socklen_t len = abstract_addr(&un, "q");
	int r = SYS(socket(AF_UNIX, SOCK_DGRAM, 0)), s = SYS(socket(AF_UNIX, SOCK_DGRAM, 0)), sent;
	int size = 4096, ep = SYS(epoll_create1(0)), n;
	struct epoll_event ev = {.events = EPOLLOUT};
	static char big[1 << 20];
	char buf[16];
	pid_t pid;

	SYS(bind(r, (struct sockaddr *)&un, len));
	SYS(connect(s, (struct sockaddr *)&un, len));
	CHECK_ERR(send(s, big, sizeof big, 0), EMSGSIZE);
	SYS(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
	CHECK_ERR(send(s, big, 16384, 0), EMSGSIZE);
	CHECK_EQ(send(s, big, 4096, 0), 4096);
	CHECK_EQ(recv(r, big, sizeof big, 0), 4096);
	size = 1 << 20;
	SYS(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));

	CHECK_EQ(revents_of(s), POLLOUT);
	for (sent = 0; send(s, &sent, sizeof sent, MSG_DONTWAIT) == sizeof sent; sent++)
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK(sent >= 2);
	CHECK_EQ(revents_of(s), 0);
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev));
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);

	/* a reader makes room: epoll on the sender hears of it */
	pid = test_fork();
	if (pid == 0) {
		for (int i = 0; i < sent; i++) {
			CHECK_EQ(recv(r, &n, sizeof n, 0), sizeof n);
			CHECK_EQ(n, i);
		}
		_exit(0);
	}
	CHECK_EQ(epoll_wait(ep, &ev, 1, 10000), 1);
	CHECK_EXIT(pid, 0);

	/* fill again; a blocked sender goes on when there is room */
	for (sent = 0; send(s, &sent, sizeof sent, MSG_DONTWAIT) == sizeof sent; sent++)
		;
	pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(send(s, "last", 4, 0), 4);
		_exit(0);
	}
	for (int i = 0; i < sent; i++)
		CHECK_EQ(recv(r, &n, sizeof n, 0), sizeof n);
	CHECK_EQ(recv(r, buf, sizeof buf, 0), 4);
	CHECK_EXIT(pid, 0);

	/* and fails when the receiver closes */
	for (sent = 0; send(s, &sent, sizeof sent, MSG_DONTWAIT) == sizeof sent; sent++)
		;
	pid = test_fork();
	if (pid == 0) {
		SYS(close(r));
		CHECK_ERR(send(s, "x", 1, 0), ECONNREFUSED);
		_exit(0);
	}
	SYS(close(r));
	CHECK_EXIT(pid, 0);
	return 0;
}
