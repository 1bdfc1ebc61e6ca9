/* wait4: WNOHANG, ECHILD, EINVAL, foreign pids, NULL status; a reaped child cannot be reaped twice.
 */
#include "../test.h"

int main(void)
{
	struct gate go;
	int status = 0x5555;

	gate_init(&go);
	CHECK_ERR(waitpid(-1, &status, 0), ECHILD);
	CHECK_ERR(waitpid(-1, &status, WNOHANG), ECHILD);
	CHECK_ERR(waitpid(getpid(), &status, 0), ECHILD);
	CHECK_ERR(waitpid(getppid(), &status, 0), ECHILD);
	CHECK_ERR(waitpid(0x3ffffff0, &status, 0), ECHILD);
	CHECK_ERR(waitpid(INT_MIN, &status, 0), ESRCH);
	pid_t pid = test_fork();
	if (pid == 0) {
		gate_wait(&go);
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
	CHECK_EQ(status, 0x5555);
	CHECK_ERR(waitpid(pid, &status, 0x100), EINVAL);
	CHECK_ERR(waitpid(pid, &status, WEXITED), EINVAL);
	gate_open(&go);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
	return 0;
}
