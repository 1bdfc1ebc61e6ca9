/* setsid: new session and group, EPERM for a group leader, no controlling terminal; getsid errors.
 */
#include "../test.h"

static void leads(void)
{
	SYS(setpgid(0, 0));
	CHECK_ERR(setsid(), EPERM);
	pid_t pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setsid(), EPERM);
		CHECK_ERR(setpgid(0, 0), EPERM);
		CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
		pid_t child = test_fork();
		if (child == 0) {
			CHECK_EQ(getsid(0), getppid());
			SYS(setpgid(0, 0));
			CHECK_EQ(getsid(0), getppid());
			CHECK_ERR(setpgid(0, 1), EPERM);
			_exit(0);
		}
		CHECK_EXIT(child, 0);
		_exit(0);
	}
	int status = test_wait(pid, 0);
	CHECK_EQ(status, 0);
}

static void other_session(void)
{
	struct gate up, down;

	gate_init(&up);
	gate_init(&down);
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(setsid());
		gate_open(&up);
		gate_wait(&down);
		_exit(0);
	}
	gate_wait(&up);
	CHECK_EQ(getsid(pid), pid);
	CHECK_ERR(setpgid(pid, 0), EPERM);
	CHECK_ERR(setpgid(0, pid), EPERM);
	gate_open(&down);
	CHECK_EXIT(pid, 0);
}

int main(void)
{
	CHECK_ERR(getsid(0x3ffffff0), ESRCH);
	CHECK_CHILD(leads);
	CHECK_CHILD(other_session);
	return 0;
}
