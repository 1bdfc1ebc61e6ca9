/* Blocking calls and signals: restarted with SA_RESTART, EINTR without, or with a time limit. */
#include "sock.h"

static int sv[2];

static void write_one(int sig)
{
	CHECK_EQ(write(sv[0], "s", 1), 1);
}

static void nothing(int sig)
{
}

/* Sends SIGUSR1 to its parent until it is told to stop by the pipe's end. */
static pid_t pester(const int *p)
{
	pid_t pid = test_fork(), parent = getppid();
	struct timespec ts = {0, 5000000};
	char c;

	if (pid)
		return pid;
	parent = getppid();
	SYS(close(p[1]));
	SYS(fcntl(p[0], F_SETFL, O_NONBLOCK));
	while (read(p[0], &c, 1) < 0 && errno == EAGAIN) {
		nanosleep(&ts, NULL);
		kill(parent, SIGUSR1);
	}
	_exit(0);
}

int main(void)
{
	struct sockaddr_un un;
	struct timeval tv = {10, 0};
	socklen_t len;
	int p[2], l;
	pid_t pid;
	char c;

	make_pair(SOCK_STREAM, sv);
	l = make_listener(SOCK_STREAM, "sig", 1, &un, &len);
	SYS(pipe(p));
	on_signal(SIGUSR1, write_one, SA_RESTART);
	pid = pester(p);
	CHECK_EQ(read(sv[1], &c, 1), 1); /* goes on after the handler, which wrote */

	on_signal(SIGUSR1, nothing, 0);
	while (recv(sv[1], &c, 1, MSG_DONTWAIT) == 1)
		;
	CHECK_ERR(read(sv[1], &c, 1), EINTR);
	CHECK_ERR(accept(l, NULL, NULL), EINTR);
	on_signal(SIGUSR1, nothing, SA_RESTART);
	SYS(setsockopt(sv[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	CHECK_ERR(read(sv[1], &c, 1), EINTR);
	SYS(close(p[1]));
	CHECK_EXIT(pid, 0);
	return 0;
}
