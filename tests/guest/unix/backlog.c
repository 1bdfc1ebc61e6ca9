/* The backlog: a full queue refuses a non-blocking connect for now and holds a blocking one. */
#include "sock.h"

int main(void)
{
	struct sockaddr_un un;
	socklen_t len;
	struct timeval tv = {0, 20000};
	int l = make_listener(SOCK_STREAM, "b", 1, &un, &len), c[3], a, fd;
	pid_t pid;
	char ch;

	for (int i = 0; i < 2; i++) { /* backlog 1 admits two */
		c[i] = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		SYS(connect(c[i], (struct sockaddr *)&un, len));
		CHECK_EQ(write(c[i], "01" + i, 1), 1); /* before it is accepted */
	}
	fd = SYS(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), EAGAIN);
	SYS(close(fd));
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	SYS(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv));
	CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), EAGAIN);
	SYS(close(fd));

	pid = test_fork();
	if (pid == 0) {
		fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		SYS(connect(fd, (struct sockaddr *)&un, len));
		CHECK_EQ(write(fd, "2", 1), 1);
		CHECK_EQ(read(fd, &ch, 1), 0);
		_exit(0);
	}
	for (int i = 0; i < 3; i++) { /* in order of arrival */
		a = SYS(accept(l, NULL, NULL));
		CHECK_EQ(read(a, &ch, 1), 1);
		CHECK_EQ(ch, '0' + i);
		SYS(close(a));
	}
	CHECK_EXIT(pid, 0);
	SYS(fcntl(l, F_SETFL, O_NONBLOCK));
	CHECK_ERR(accept(l, NULL, NULL), EAGAIN);

	/* closing the listener resets who waits in its queue and refuses who waits for room */
	for (int i = 0; i < 2; i++) {
		c[i] = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		SYS(connect(c[i], (struct sockaddr *)&un, len));
	}
	pid = test_fork();
	if (pid == 0) {
		SYS(close(l));
		fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		CHECK_ERR(connect(fd, (struct sockaddr *)&un, len), ECONNREFUSED);
		_exit(0);
	}
	SYS(close(l));
	CHECK_EXIT(pid, 0);
	CHECK_ERR(read(c[0], &ch, 1), ECONNRESET);
	CHECK_EQ(read(c[0], &ch, 1), 0);
	CHECK_ERR(send(c[1], &ch, 1, MSG_NOSIGNAL),
		EPIPE); /* the end of the connection comes first */
	CHECK_ERR(read(c[1], &ch, 1), ECONNRESET);
	return 0;
}
