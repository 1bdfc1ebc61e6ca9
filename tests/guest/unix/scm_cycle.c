/* Sockets that only their own queues refer to are freed: a pipe end inside gives end of file. */
#include "sock.h"

/* Waits for the end of the pipe; every close below may be what sets off a collection. */
static void expect_eof(int fd)
{
	char c;

	CHECK_EQ(read(fd, &c, 1), 0);
	SYS(close(fd));
}

/* Linux looks for garbage when some socket is closed. */
static void nudge(void)
{
	int sv[2];

	make_pair(SOCK_STREAM, sv);
	SYS(close(sv[0]));
	SYS(close(sv[1]));
}

int main(void)
{
	struct sockaddr_un un;
	socklen_t len;
	int sv[2], tv[2], p[2], fds[4], nr, l, c;
	char buf[8];

	/* a socket in its own queue, with a pipe's end */
	make_pair(SOCK_DGRAM, sv);
	SYS(pipe(p));
	CHECK_EQ(send_fds(sv[0], "x", 1, (int[]){sv[1], p[1]}, 2), 1);
	SYS(close(p[1]));
	SYS(close(sv[1]));
	SYS(close(sv[0]));
	nudge();
	expect_eof(p[0]);

	/* two sockets, each in the queue of the other */
	make_pair(SOCK_STREAM, sv);
	SYS(pipe(p));
	CHECK_EQ(send_fds(sv[0], "x", 1, (int[]){sv[0], p[1]}, 2), 1);
	CHECK_EQ(send_fds(sv[1], "x", 1, &sv[1], 1), 1);
	SYS(close(p[1]));
	SYS(close(sv[0]));
	SYS(close(sv[1]));
	nudge();
	expect_eof(p[0]);

	/* a listener in the queue of a connection that waits at it */
	l = make_listener(SOCK_STREAM, "l", 5, &un, &len);
	c = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	SYS(connect(c, (struct sockaddr *)&un, len));
	SYS(pipe(p));
	CHECK_EQ(send_fds(c, "x", 1, (int[]){l, p[1]}, 2), 1);
	SYS(close(p[1]));
	SYS(close(l));
	SYS(close(c));
	nudge();
	expect_eof(p[0]);

	/* not garbage: a live socket's queue leads there */
	make_pair(SOCK_STREAM, sv);
	make_pair(SOCK_STREAM, tv);
	SYS(pipe(p));
	CHECK_EQ(send_fds(sv[0], "x", 1, (int[]){sv[0], p[1]}, 2), 1);
	CHECK_EQ(send_fds(tv[0], "y", 1, (int[]){sv[1]}, 1), 1);
	SYS(close(p[1]));
	SYS(close(sv[0]));
	SYS(close(sv[1]));
	nudge();
	CHECK_EQ(recv_fds(tv[1], buf, 8, fds, 4, &nr, 0, NULL), 1);
	CHECK_EQ(nr, 1);
	c = fds[0];
	CHECK_EQ(recv_fds(c, buf, 8, fds, 4, &nr, 0, NULL), 1);
	CHECK_EQ(nr, 2);
	CHECK_EQ(write(fds[1], "alive", 5), 5);
	CHECK_EQ(read(p[0], buf, 8), 5);
	SYS(close(fds[1]));
	SYS(close(p[0]));

	/* a chain of sockets inside sockets, freed from its head without deep recursion */
	SYS(pipe(p));
	c = p[1];
	for (int i = 0; i < 2000; i++) {
		make_pair(SOCK_DGRAM, sv);
		if (send_fds(sv[0], "x", 1, &c, 1) != 1)
			FAIL("link %d: errno %d", i, errno);
		SYS(close(sv[0]));
		SYS(close(c));
		c = sv[1];
	}
	SYS(close(c));
	expect_eof(p[0]);
	return 0;
}
