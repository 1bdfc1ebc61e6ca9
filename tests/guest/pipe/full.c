/* Capacity, PIPE_BUF atomicity when nearly full, partial writes, blocked writers, sizes. */
#include "../test.h"
#include <poll.h>
#include <sys/ioctl.h>

static char big[1 << 20];

static short polled(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	SYS(poll(&p, 1, 0));
	return p.revents;
}

static size_t fill(int fd, size_t step)
{
	size_t total = 0;
	ssize_t n;

	while ((n = write(fd, big, step)) > 0)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	return total;
}

static void blocked_writer(void)
{
	int fd[2], n = 0;
	size_t total = 0;
	pid_t pid;

	SYS(pipe(fd));
	pid = test_fork();
	if (pid == 0) {
		close(fd[0]);
		CHECK_EQ(write(fd[1], big, sizeof big), sizeof big);
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], big, 10000)) > 0)
		total += n;
	CHECK_EQ(total, sizeof big);
	CHECK_EXIT(pid, 0);
}

int main(void)
{
	int fd[2], n;

	SYS(pipe2(fd, O_NONBLOCK));
	CHECK_EQ(fcntl(fd[0], F_GETPIPE_SZ), 65536);
	CHECK_EQ(fill(fd[1], 4096), 65536);
	CHECK_EQ(polled(fd[1], POLLOUT), 0);
	SYS(ioctl(fd[0], FIONREAD, &n));
	CHECK_EQ(n, 65536);
	CHECK_EQ(read(fd[0], big, 4096), 4096);
	CHECK_EQ(polled(fd[1], POLLOUT), POLLOUT);
	CHECK_EQ(write(fd[1], big, 65536), 4096);
	CHECK_EQ(read(fd[0], big, sizeof big), 65536);
	CHECK_EQ(write(fd[1], big, 65536 - 4096), 65536 - 4096);
	CHECK_EQ(write(fd[1], big, 2000), 2000);
	CHECK_ERR(write(fd[1], big, 4096), EAGAIN); /* all or nothing */
	CHECK_EQ(read(fd[0], big, sizeof big), 65536 - 2096);

	CHECK_EQ(fcntl(fd[1], F_SETPIPE_SZ, 5000), 8192);
	CHECK_EQ(fill(fd[1], 4096), 8192);
	CHECK_ERR(fcntl(fd[1], F_SETPIPE_SZ, 4096), EBUSY);
	CHECK_EQ(fcntl(fd[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	CHECK_EQ(fill(fd[1], 4096), (1 << 20) - 8192);
	CHECK_EQ(read(fd[0], big, sizeof big), sizeof big);
	CHECK_ERR(fcntl(0x7fff, F_GETPIPE_SZ), EBADF);
	n = SYS(open("/dev/null", O_RDWR));
	CHECK_ERR(fcntl(n, F_GETPIPE_SZ), EBADF);
	blocked_writer();
	return 0;
}
