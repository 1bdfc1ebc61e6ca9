/* setpgid/getpgid: creating, joining, and EINVAL, EPERM, ESRCH, EACCES after exec. */
#include "../test.h"

int main(void)
{
	struct gate go, ready;
	char c;
	int hold[2];

	gate_init(&go);
	gate_init(&ready);
	SYS(pipe2(hold, O_CLOEXEC));
	CHECK_EQ(getpgid(0), getpgrp());
	CHECK_ERR(getpgid(0x3ffffff0), ESRCH);
	CHECK_ERR(setpgid(0, -1), EINVAL);
	CHECK_ERR(setpgid(getppid() ? getppid() : 0x3ffffff0, 0), ESRCH);
	pid_t a = test_fork();
	if (a == 0) {
		gate_wait(&go);
		_exit(getpgrp() == getpid() ? 0 : 1);
	}
	pid_t b = test_fork();
	if (b == 0) {
		gate_wait(&ready);
		CHECK(getpgrp() != getpid());
		SYS(setsid());
		_exit(0);
	}
	SYS(setpgid(a, a));
	CHECK_EQ(getpgid(a), a);
	SYS(setpgid(b, a));
	CHECK_EQ(getpgid(b), a);
	CHECK_ERR(setpgid(b, 0x3ffffff0), EPERM);
	SYS(setpgid(b, getpgrp()));
	CHECK_EQ(getpgid(b), getpgrp());
	gate_open(&go);
	CHECK_EXIT(a, 0);
	gate_open(&ready);
	CHECK_EXIT(b, 0);

	/* After exec the parent may no longer move the child. */
	pid_t e = test_fork();
	if (e == 0) {
		execl("/bin/sleep", "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	SYS(close(hold[1]));
	CHECK_EQ(read(hold[0], &c, 1), 0);
	CHECK_ERR(setpgid(e, e), EACCES);
	SYS(kill(e, SIGKILL));
	CHECK_KILLED(e, SIGKILL);
	return 0;
}
