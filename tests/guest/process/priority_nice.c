/* nice, getpriority, setpriority for process, group and user; bounds; inheritance. */
#include "../test.h"

static void run(void)
{
	SYS(setpgid(0, 0));
	SYS(setpriority(PRIO_PROCESS, 0, 4));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 4);
	errno = 0;
	CHECK_EQ(nice(3), 7);
	CHECK_EQ(getpriority(PRIO_PROCESS, getpid()), 7);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(getpriority(PRIO_PROCESS, 0));
	CHECK_EXIT(pid, 7);
	SYS(setpriority(PRIO_PGRP, 0, 9));
	CHECK_EQ(getpriority(PRIO_PGRP, getpgrp()), 9);
	SYS(setpriority(PRIO_PROCESS, 0, 1000));
	CHECK_EQ(getpriority(PRIO_PROCESS, 0), 19);
	CHECK_EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 1);
	CHECK_ERR(getpriority(3, 0), EINVAL);
	CHECK_ERR(setpriority(-1, 0, 0), EINVAL);
	CHECK_ERR(getpriority(PRIO_PROCESS, 0x3ffffff0), ESRCH);
	CHECK_ERR(setpriority(PRIO_PGRP, 0x3ffffff0, 0), ESRCH);
}

int main(void)
{
	CHECK_CHILD(run);
	return 0;
}
