/* exec unshares a CLONE_FILES table before closing: the other holder keeps its descriptors. */
#include "../test.h"

static char stack[65536] __attribute__((aligned(16)));

static int do_exec(void *arg)
{
	(void)arg;
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

int main(void)
{
	int fd = SYS(fcntl(2, F_DUPFD_CLOEXEC, 50));

	CHECK_EXIT(SYS(clone(do_exec, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL)), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return 0;
}
