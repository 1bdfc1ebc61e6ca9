/* prctl: name, dumpable, no_new_privs, keepcaps, timer slack, pdeathsig value; invalid options. */
#include "../test.h"
#include <sys/prctl.h>

int main(void)
{
	char name[17] = {0};
	int v = -1, fd;

	SYS(prctl(PR_SET_NAME, "exactly-fifteen-and-more"));
	SYS(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "exactly-fifteen");
	fd = SYS(open("/proc/self/comm", O_RDWR));
	memset(name, 0, sizeof name);
	CHECK_EQ(read(fd, name, 16), 16);
	CHECK_STR(name, "exactly-fifteen\n");
	CHECK_EQ(write(fd, "short", 5), 5);
	memset(name, 0, sizeof name);
	SYS(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "short");
	CHECK_ERR(prctl(PR_SET_NAME, 8), EFAULT);

	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	SYS(prctl(PR_SET_DUMPABLE, 0));
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	CHECK_ERR(prctl(PR_SET_DUMPABLE, 5), EINVAL);
	SYS(prctl(PR_SET_DUMPABLE, 1));

	SYS(prctl(PR_SET_PDEATHSIG, SIGUSR2));
	SYS(prctl(PR_GET_PDEATHSIG, &v));
	CHECK_EQ(v, SIGUSR2);
	CHECK_ERR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	SYS(prctl(PR_SET_PDEATHSIG, 0));

	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 0);
	SYS(prctl(PR_SET_TIMERSLACK, 12345));
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 12345);
	CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	CHECK_EXIT(pid, 1);
	CHECK_ERR(prctl(0x7654321), EINVAL);
	return 0;
}
