/* Writing without readers: SIGPIPE then EPIPE; MSG_NOSIGNAL; default kills. */
#include "../test.h"
#include <sys/socket.h>

static volatile sig_atomic_t got;

static void on(int sig)
{
	got = sig;
}

static void dies(void)
{
	int fd[2];

	SYS(pipe(fd));
	SYS(close(fd[0]));
	(void)!write(fd[1], "x", 1);
}

int main(void)
{
	int fd[2], sv[2];

	CHECK_CHILD_KILLED(dies, SIGPIPE);
	SYS(pipe(fd));
	SYS(close(fd[0]));
	on_signal(SIGPIPE, on, 0);
	CHECK_ERR(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(got, SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(write(fd[1], "x", 1), EPIPE);
	on_signal(SIGPIPE, on, 0);
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	SYS(close(sv[0]));
	got = 0;
	CHECK_ERR(send(sv[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(got, 0);
	CHECK_ERR(send(sv[1], "x", 1, 0), EPIPE);
	CHECK_EQ(got, SIGPIPE);
	return 0;
}
