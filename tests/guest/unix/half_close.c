/* shutdown in each direction, EPIPE and SIGPIPE, and a reset by unread data. */
#include "sock.h"

static volatile int pipes;

static void count(int sig)
{
	pipes++;
}

int main(void)
{
	int sv[2], err;
	socklen_t len = sizeof err;
	char buf[8];

	on_signal(SIGPIPE, count, 0);
	make_pair(SOCK_STREAM, sv);
	SYS(shutdown(sv[0], SHUT_WR));
	CHECK_EQ(read(sv[1], buf, 1), 0);
	CHECK_EQ(revents_of(sv[1]), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(write(sv[1], "back", 4), 4); /* the other direction lives on */
	CHECK_EQ(read(sv[0], buf, 8), 4);
	CHECK_ERR(write(sv[0], "x", 1), EPIPE);
	CHECK_EQ(pipes, 1);
	CHECK_ERR(send(sv[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(pipes, 1);
	SYS(shutdown(sv[0], SHUT_RD));
	CHECK_EQ(revents_of(sv[0]) & POLLHUP, POLLHUP);
	CHECK_ERR(write(sv[1], "x", 1), EPIPE);
	CHECK_EQ(pipes, 2);
	SYS(close(sv[0]));
	SYS(close(sv[1]));

	/* bytes sent before the receiver's SHUT_RD can still be read */
	make_pair(SOCK_STREAM, sv);
	CHECK_EQ(write(sv[0], "abc", 3), 3);
	SYS(shutdown(sv[1], SHUT_RD));
	CHECK_EQ(read(sv[1], buf, 8), 3);
	CHECK_EQ(read(sv[1], buf, 8), 0);
	CHECK_ERR(send(sv[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	SYS(close(sv[0]));
	SYS(close(sv[1]));

	/* close with data unread: the peer hears of it once */
	make_pair(SOCK_STREAM, sv);
	CHECK_EQ(write(sv[0], "abc", 3), 3);
	SYS(close(sv[1]));
	CHECK_EQ(revents_of(sv[0]), POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	CHECK_ERR(read(sv[0], buf, 1), ECONNRESET);
	CHECK_EQ(read(sv[0], buf, 1), 0);
	CHECK_ERR(send(sv[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	SYS(close(sv[0]));

	make_pair(SOCK_STREAM, sv);
	CHECK_EQ(write(sv[0], "abc", 3), 3);
	SYS(close(sv[1]));
	SYS(getsockopt(sv[0], SOL_SOCKET, SO_ERROR, &err, &len));
	CHECK_EQ(err, ECONNRESET);
	SYS(getsockopt(sv[0], SOL_SOCKET, SO_ERROR, &err, &len));
	CHECK_EQ(err, 0);
	SYS(close(sv[0]));

	/* a blocked reader is woken by shutdown of its own end and by the peer's close */
	make_pair(SOCK_STREAM, sv);
	for (int how = 0; how < 2; how++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			if (how)
				SYS(close(sv[1]));
			_exit(read(sv[0], buf, 1) == 0 ? 0 : 1);
		}
		if (how == 0)
			SYS(shutdown(sv[0], SHUT_RD));
		else
			SYS(close(sv[1]));
		CHECK_EXIT(pid, 0);
		if (how == 0) {
			SYS(close(sv[0]));
			SYS(close(sv[1]));
			make_pair(SOCK_STREAM, sv);
		}
	}
	/* the default action of SIGPIPE */
	make_pair(SOCK_STREAM, sv);
	SYS(close(sv[1]));
	pid_t pid = test_fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		(void)!write(sv[0], "x", 1);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGPIPE);
	return 0;
}
