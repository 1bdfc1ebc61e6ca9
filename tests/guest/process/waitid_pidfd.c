/* waitid(P_PIDFD): waits for exactly the process behind the descriptor. */
#include "../test.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int main(void)
{
	siginfo_t si;
	struct gate go;

	gate_init(&go);
	pid_t first = test_fork();
	if (first == 0)
		_exit(1);
	pid_t second = test_fork();
	if (second == 0) {
		gate_wait(&go);
		_exit(2);
	}
	int fd = SYS(syscall(SYS_pidfd_open, second, 0));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	si.si_pid = 0;
	SYS(waitid((idtype_t)P_PIDFD, fd, &si, WEXITED | WNOHANG));
	CHECK_EQ(si.si_pid, 0);
	gate_open(&go);
	SYS(waitid((idtype_t)P_PIDFD, fd, &si, WEXITED));
	CHECK_EQ(si.si_pid, second);
	CHECK_EQ(si.si_status, 2);
	CHECK_ERR(waitid((idtype_t)P_PIDFD, fd, &si, WEXITED), ECHILD);
	CHECK_ERR(waitid((idtype_t)P_PIDFD, 9999, &si, WEXITED), EBADF);
	CHECK_ERR(waitid((idtype_t)P_PIDFD, go.fd[0], &si, WEXITED), EBADF);
	CHECK_EXIT(first, 1);
	return 0;
}
