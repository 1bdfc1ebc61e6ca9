/* signalfd: records, several per read, poll, changing the mask, EAGAIN, sizes, blocking wake-up. */
#include "../test.h"
#include <poll.h>
#include <sys/signalfd.h>

int main(void)
{
	sigset_t set;
	struct signalfd_siginfo si[4];

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	int fd = SYS(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	struct pollfd p = {.fd = fd, .events = POLLIN};
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERR(read(fd, si, sizeof si), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	SYS(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 77}));
	SYS(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 78}));
	SYS(raise(SIGUSR1));
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_ERR(read(fd, si, sizeof si[0] - 1), EINVAL);
	CHECK_EQ(read(fd, si, sizeof si), 3 * sizeof si[0]);
	CHECK_EQ(si[0].ssi_signo, SIGUSR1);
	CHECK_EQ(si[0].ssi_pid, getpid());
	CHECK_EQ(si[1].ssi_signo, SIGRTMIN);
	CHECK_EQ(si[1].ssi_int, 77);
	CHECK_EQ(si[1].ssi_code, SI_QUEUE);
	CHECK_EQ(si[2].ssi_int, 78);
	CHECK_ERR(read(fd, si, sizeof si), EAGAIN);
	CHECK_ERR(write(fd, si, 1), EINVAL);

	sigset_t only = sigset_of(SIGUSR2);
	CHECK_EQ(signalfd(fd, &only, 0), fd);
	SYS(raise(SIGUSR1));
	CHECK_ERR(read(fd, si, sizeof si), EAGAIN);
	CHECK_ERR(signalfd(0x7fff, &only, 0), EBADF);
	CHECK_ERR(signalfd(-1, &only, 0x12345), EINVAL);

	block_signal(SIGUSR2);
	int bfd = SYS(signalfd(-1, &only, 0));
	pid_t parent = getpid(), pid = test_fork();
	if (pid == 0) {
		SYS(kill(parent, SIGUSR2));
		_exit(0);
	}
	CHECK_EQ(read(bfd, si, sizeof si), sizeof si[0]);
	CHECK_EQ(si[0].ssi_pid, pid);
	CHECK_EXIT(pid, 0);
	return 0;
}
