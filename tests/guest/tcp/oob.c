/* Urgent data: MSG_OOB, the mark, SIGURG, POLLPRI, SO_OOBINLINE. */
#include "inet.h"

static volatile sig_atomic_t nr_urg;

static void on_urg(int sig)
{
	nr_urg++;
}

static void out_of_band(void)
{
	char buf[20];
	int fd[2], mark;

	tcp_pair(AF_INET, fd);
	SYS(fcntl(fd[1], F_SETOWN, getpid()));
	CHECK_ERR(recv(fd[1], buf, 1, MSG_OOB), EINVAL);
	CHECK_EQ(send(fd[0], "abcX", 4, MSG_OOB), 4);
	CHECK_EQ(send(fd[0], "def", 3, 0), 3);
	CHECK_EQ(events_of(fd[1], POLLPRI, 5000), POLLPRI);
	CHECK_EQ(nr_urg, 1);
	SYS(ioctl(fd[1], SIOCATMARK, &mark));
	CHECK_EQ(mark, 0);
	CHECK_EQ(recv(fd[1], buf, sizeof buf, 0), 3);
	SYS(ioctl(fd[1], SIOCATMARK, &mark));
	CHECK_EQ(mark, 1);
	CHECK_EQ(recv(fd[1], buf, sizeof buf, MSG_OOB), 1);
	CHECK_EQ(buf[0], 'X');
	CHECK_ERR(recv(fd[1], buf, 1, MSG_OOB), EINVAL);
	CHECK_EQ(recv(fd[1], buf, sizeof buf, MSG_WAITALL | MSG_DONTWAIT), 3);
	CHECK(!memcmp(buf, "def", 3));
	SYS(close(fd[0]));
	SYS(close(fd[1]));
}

static void in_line(void)
{
	char buf[20];
	int fd[2];

	tcp_pair(AF_INET, fd);
	set_option(fd[1], SOL_SOCKET, SO_OOBINLINE, 1);
	CHECK_EQ(send(fd[0], "abX", 3, MSG_OOB), 3);
	CHECK_EQ(events_of(fd[1], POLLPRI, 5000), POLLPRI);
	CHECK_EQ(recv(fd[1], buf, sizeof buf, 0), 2);
	CHECK_EQ(sockatmark(fd[1]), 1);
	CHECK_EQ(recv(fd[1], buf, sizeof buf, 0), 1);
	CHECK_EQ(buf[0], 'X');
	CHECK_EQ(sockatmark(fd[1]), 0);
	SYS(close(fd[0]));
	SYS(close(fd[1]));
}

int main(void)
{
	signal(SIGURG, on_urg);
	out_of_band();
	in_line();
	return 0;
}
