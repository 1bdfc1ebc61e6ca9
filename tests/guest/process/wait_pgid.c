/* waitpid(0), waitpid(-pgid) and P_PGID choose children by process group. */
#include "../test.h"

int main(void)
{
	siginfo_t si;
	pid_t own = test_fork();
	if (own == 0)
		_exit(1);
	pid_t other = test_fork();
	if (other == 0) {
		setpgid(0, 0);
		_exit(2);
	}
	setpgid(other, other);
	CHECK_EQ(waitpid(-other, NULL, 0), other);
	CHECK_ERR(waitpid(-other, NULL, 0), ECHILD);
	CHECK_EQ(waitpid(0, NULL, 0), own);
	CHECK_ERR(waitpid(0, NULL, 0), ECHILD);

	other = test_fork();
	if (other == 0) {
		setpgid(0, 0);
		_exit(3);
	}
	setpgid(other, other);
	CHECK_ERR(waitid(P_PGID, getpgrp(), &si, WEXITED), ECHILD);
	SYS(waitid(P_PGID, other, &si, WEXITED));
	CHECK_EQ(si.si_pid, other);
	CHECK_EQ(si.si_status, 3);
	CHECK_ERR(waitid(P_PGID, -1, &si, WEXITED), EINVAL);
	return 0;
}
