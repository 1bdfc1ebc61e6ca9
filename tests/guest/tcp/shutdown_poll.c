/* Closing: half close, poll's and epoll's events, EPIPE and SIGPIPE, resets, linger. */
#include "inet.h"

#include <sys/epoll.h>

static volatile sig_atomic_t nr_pipe;

static void on_pipe(int sig)
{
	nr_pipe++;
}

static void half_close(void)
{
	char buf[100];
	int fd[2];

	tcp_pair(AF_INET, fd);
	CHECK_EQ(events_of(fd[0], POLLIN | POLLOUT | POLLRDHUP, 0), POLLOUT);
	SYS(shutdown(fd[0], SHUT_WR));
	CHECK_EQ(events_of(fd[1], POLLIN | POLLRDHUP, 5000), POLLIN | POLLRDHUP);
	CHECK_EQ(read(fd[1], buf, sizeof buf), 0);
	CHECK_ERR(write(fd[0], "x", 1), EPIPE);
	CHECK_EQ(nr_pipe, 1);
	CHECK_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(nr_pipe, 1);
	CHECK_EQ(write(fd[1], "hello", 5), 5);
	CHECK_EQ(recv(fd[0], buf, sizeof buf, 0), 5);
	SYS(shutdown(fd[1], SHUT_WR));
	CHECK_EQ(read(fd[0], buf, sizeof buf), 0);
	CHECK(events_of(fd[0], POLLIN | POLLOUT | POLLRDHUP, 0) & POLLHUP);
	SYS(close(fd[0]));
	SYS(close(fd[1]));
}

static void reset(void)
{
	char buf[100];
	int fd[2];

	/* unread data: close resets */
	tcp_pair(AF_INET, fd);
	CHECK_EQ(write(fd[0], "unread", 6), 6);
	CHECK_EQ(events_of(fd[1], POLLIN, 5000), POLLIN);
	SYS(close(fd[1]));
	CHECK(events_of(fd[0], POLLIN, 5000) & POLLERR);
	CHECK_ERR(read(fd[0], buf, sizeof buf), ECONNRESET);
	CHECK_EQ(read(fd[0], buf, sizeof buf), 0);
	CHECK_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	SYS(close(fd[0]));

	/* linger 0 too */
	tcp_pair(AF_INET6, fd);
	SYS(setsockopt(
		fd[0], SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger)));
	SYS(close(fd[0]));
	CHECK(events_of(fd[1], POLLIN, 5000) & POLLHUP);
	CHECK_EQ(int_option(fd[1], SOL_SOCKET, SO_ERROR), ECONNRESET);
	SYS(close(fd[1]));

	/* data before the reset are lost to nobody who reads before it, and closing twice is a FIN
	 */
	tcp_pair(AF_INET, fd);
	SYS(close(fd[1]));
	CHECK_EQ(read(fd[0], buf, sizeof buf), 0);
	CHECK_EQ(send(fd[0], "x", 1, MSG_NOSIGNAL), 1); /* answered with a reset */
	CHECK(events_of(fd[0], POLLIN, 5000) & POLLHUP);
	SYS(close(fd[0]));
}

static void linger_waits(void)
{
	char *buf = calloc(1, 1 << 20), c;
	size_t n = 0;
	ssize_t got;
	int fd[2];
	pid_t pid;

	tcp_pair(AF_INET, fd);
	SYS(setsockopt(
		fd[0], SOL_SOCKET, SO_LINGER, &(struct linger){1, 10}, sizeof(struct linger)));
	pid = SYS(fork());
	if (pid == 0) {
		close(fd[1]);
		if (write(fd[0], buf, 300000) != 300000)
			_exit(1);
		_exit(close(fd[0]) ? 2 : 0);
	}
	SYS(close(fd[0]));
	while ((got = read(fd[1], buf, 1 << 20)) > 0)
		n += (size_t)got;
	CHECK_EQ(n, 300000);
	SYS(close(fd[1]));
	CHECK_EQ(waitpid(pid, &(int){0}, 0), pid);
	(void)c;
	free(buf);
}

static void edge_triggered(void)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
	char buf[10];
	int fd[2], ep = SYS(epoll_create1(0));

	tcp_pair(AF_INET, fd);
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd[1], &ev));
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	CHECK_EQ(write(fd[0], "abc", 3), 3);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	CHECK_EQ(ev.events, EPOLLIN);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	CHECK_EQ(write(fd[0], "def", 3), 3);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	CHECK_EQ(read(fd[1], buf, 10), 6);
	SYS(close(fd[0]));
	CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	CHECK_EQ(ev.events, EPOLLIN | EPOLLRDHUP);
	SYS(close(fd[1]));
	SYS(close(ep));
}

static void timeouts(void)
{
	struct timeval tv = {0, 20000};
	char buf[10];
	int fd[2];

	tcp_pair(AF_INET, fd);
	SYS(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	CHECK_ERR(read(fd[0], buf, 1), EAGAIN);
	SYS(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv));
	{
		static char big[1 << 20];
		ssize_t n, sum = 0;

		while ((n = write(fd[0], big, sizeof big)) > 0)
			sum += n;
		CHECK_EQ(errno, EAGAIN);
		CHECK(sum > 0);
		CHECK_EQ(events_of(fd[0], POLLOUT, 0), 0);
		CHECK_EQ(int_option(fd[0], SOL_SOCKET, SO_ERROR), 0);
		for (; sum > 0; sum -= n)
			n = SYS(read(fd[1], big, sizeof big));
		CHECK_EQ(events_of(fd[0], POLLOUT, 5000), POLLOUT);
	}
	SYS(close(fd[0]));
	SYS(close(fd[1]));
}

int main(void)
{
	signal(SIGPIPE, on_pipe);
	half_close();
	reset();
	linger_waits();
	edge_triggered();
	timeouts();
	return 0;
}
