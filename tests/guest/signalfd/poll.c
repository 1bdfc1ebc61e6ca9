/* signalfd with poll and epoll: readiness follows the reader's pending signals; changing the mask.
 */
#include "../test.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

int main(void)
{
	sigset_t set = sigset_of(SIGUSR1), two = sigset_of(SIGUSR2);
	struct signalfd_siginfo si[4];
	struct epoll_event ev = {.events = EPOLLIN};
	struct pollfd p;
	int fd, ep;
	pid_t pid;

	block_signal(SIGUSR1);
	block_signal(SIGUSR2);
	block_signal(SIGCHLD);
	fd = SYS(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	p = (struct pollfd){fd, POLLIN, 0};
	CHECK_EQ(poll(&p, 1, 0), 0);
	raise(SIGUSR2);
	CHECK_EQ(poll(&p, 1, 0), 0);
	raise(SIGUSR1);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(read(fd, si, sizeof si), sizeof si[0]);
	CHECK_EQ(si[0].ssi_signo, SIGUSR1);
	CHECK_EQ(si[0].ssi_pid, getpid());
	CHECK_EQ(signalfd(fd, &two, 0), fd);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(read(fd, si, sizeof si), sizeof si[0]);
	CHECK_EQ(si[0].ssi_signo, SIGUSR2);
	CHECK_ERR(read(fd, si, sizeof si), EAGAIN);
	CHECK_ERR(read(fd, si, 100), EINVAL);
	CHECK_ERR(signalfd(0, &two, 0), EINVAL);

	sigaddset(&set, SIGCHLD);
	signalfd(fd, &set, 0);
	ep = SYS(epoll_create1(0));
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	pid = test_fork();
	if (pid == 0)
		_exit(9);
	CHECK_EQ(epoll_wait(ep, &ev, 1, -1), 1);
	CHECK_EQ(read(fd, si, sizeof si), sizeof si[0]);
	CHECK_EQ(si[0].ssi_signo, SIGCHLD);
	CHECK_EQ((int)si[0].ssi_pid, pid);
	CHECK_EQ(si[0].ssi_status, 9);
	CHECK_EXIT(pid, 9);

	/* a child polls what its parent registered, then the child goes away */
	pid = test_fork();
	if (pid == 0) {
		ev.events = EPOLLIN;
		fd = SYS(dup(fd));
		SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(epoll_wait(ep, &ev, 1, -1), 1);
	return 0;
}
