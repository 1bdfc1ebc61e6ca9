/* waitid fills siginfo: code, status, uid; WNOWAIT leaves the child; WNOHANG zeroes; errors. */
#include "../test.h"

int main(void)
{
	siginfo_t si;
	struct gate go;

	gate_init(&go);
	pid_t pid = test_fork();
	if (pid == 0) {
		gate_wait(&go);
		_exit(300);
	}
	memset(&si, 0x55, sizeof si);
	SYS(waitid(P_PID, pid, &si, WEXITED | WNOHANG));
	CHECK_EQ(si.si_pid, 0);
	CHECK_EQ(si.si_signo, 0);
	gate_open(&go);
	for (int i = 0; i < 3; i++) {
		SYS(waitid(P_PID, pid, &si, WEXITED | (i < 2 ? WNOWAIT : 0)));
		CHECK_EQ(si.si_signo, SIGCHLD);
		CHECK_EQ(si.si_code, CLD_EXITED);
		CHECK_EQ(si.si_pid, pid);
		CHECK_EQ(si.si_uid, getuid());
		CHECK_EQ(si.si_status, 300 & 255);
	}
	CHECK_ERR(waitid(P_PID, pid, &si, WEXITED), ECHILD);

	pid = test_fork();
	if (pid == 0) {
		raise(SIGKILL);
		_exit(1);
	}
	SYS(waitid(P_ALL, 0, &si, WEXITED));
	CHECK_EQ(si.si_code, CLD_KILLED);
	CHECK_EQ(si.si_status, SIGKILL);

	CHECK_ERR(waitid(P_ALL, 0, &si, 0), EINVAL);
	CHECK_ERR(waitid(P_ALL, 0, &si, WNOHANG), EINVAL);
	CHECK_ERR(waitid(P_PID, 0, &si, WEXITED), EINVAL);
	CHECK_ERR(waitid(77, 0, &si, WEXITED), EINVAL);
	CHECK_ERR(waitid(P_ALL, 0, &si, WEXITED), ECHILD);
	return 0;
}
