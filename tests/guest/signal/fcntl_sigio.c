/* O_ASYNC with F_SETOWN and F_SETSIG: the owner is signalled when data arrives on a pipe. */
#include "../test.h"

int main(void)
{
	int fd[2];
	sigset_t set = sigset_of(SIGRTMIN + 1);
	siginfo_t si;

	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(pipe(fd));
	SYS(fcntl(fd[0], F_SETOWN, getpid()));
	CHECK_EQ(fcntl(fd[0], F_GETOWN), getpid());
	SYS(fcntl(fd[0], F_SETSIG, SIGRTMIN + 1));
	CHECK_EQ(fcntl(fd[0], F_GETSIG), SIGRTMIN + 1);
	SYS(fcntl(fd[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(sigwaitinfo(&set, &si), SIGRTMIN + 1);
	CHECK_EQ(si.si_fd, fd[0]);
	return 0;
}
