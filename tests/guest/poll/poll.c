/* poll: readiness, POLLNVAL, negative descriptors, timeouts, limits, being woken. */
#include "../test.h"
#include <poll.h>

int main(void)
{
	struct pollfd p[3];
	struct rlimit rl;
	int fd[2], file;
	int64_t t0;
	pid_t pid;

	SYS(pipe(fd));
	p[0] = (struct pollfd){fd[0], POLLIN, 0x55};
	p[1] = (struct pollfd){-1, POLLIN, 0x55};
	p[2] = (struct pollfd){999, POLLIN, 0x55};
	CHECK_EQ(poll(p, 3, -1), 1);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, 0);
	CHECK_EQ(p[2].revents, POLLNVAL);
	p[1] = (struct pollfd){fd[1], POLLIN | POLLOUT, 0};
	CHECK_EQ(poll(p, 2, -1), 1);
	CHECK_EQ(p[1].revents, POLLOUT);
	t0 = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(poll(p, 1, 30), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - t0 >= 30000000);
	CHECK_EQ(poll(NULL, 0, 1), 0);
	file = SYS(open("/proc/self/exe", O_RDONLY));
	p[1] = (struct pollfd){file, POLLIN | POLLOUT, 0};
	CHECK_EQ(poll(p, 2, -1), 1);
	CHECK_EQ(p[1].revents, POLLIN | POLLOUT);
	pid = test_fork();
	if (pid == 0) {
		write(fd[1], "x", 1);
		_exit(0);
	}
	CHECK_EQ(poll(p, 1, -1), 1);
	CHECK_EQ(p[0].revents, POLLIN);
	CHECK_EXIT(pid, 0);
	close(fd[1]);
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN | POLLHUP);
	p[0].events = 0;
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLHUP);
	CHECK_ERR(syscall(SYS_poll, 8, 1, 0), EFAULT);
	SYS(getrlimit(RLIMIT_NOFILE, &rl));
	rl.rlim_cur = 20;
	SYS(setrlimit(RLIMIT_NOFILE, &rl));
	CHECK_ERR(syscall(SYS_poll, p, 21, 0), EINVAL);
	return 0;
}
