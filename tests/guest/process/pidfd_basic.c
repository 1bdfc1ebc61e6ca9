/* pidfd_open, pidfd_send_signal, poll readiness at exit, CLONE_PIDFD, errors. */
#include "../test.h"
#include <poll.h>

static int child_fd(pid_t *pid)
{
	int fd = -1;

	*pid = SYS(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0));
	if (*pid == 0) {
		alarm(TEST_WATCHDOG_S);
		for (;;)
			pause();
	}
	return fd;
}

int main(void)
{
	pid_t pid;
	int fd = child_fd(&pid);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(poll(&p, 1, 0), 0);
	SYS(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0x100), EINVAL);
	SYS(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents & POLLIN, POLLIN);
	CHECK_KILLED(pid, SIGTERM);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	CHECK_ERR(read(fd, &pid, 1), EINVAL);
	SYS(close(fd));

	CHECK_ERR(syscall(SYS_pidfd_open, pid, 0), ESRCH);
	CHECK_ERR(syscall(SYS_pidfd_open, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_open, -1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pidfd_open, getpid(), 0x10), EINVAL);
	fd = SYS(syscall(SYS_pidfd_open, getpid(), 0));
	p.fd = fd;
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_ERR(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0), EBADF);
	return 0;
}
