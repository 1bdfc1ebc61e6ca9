/* clone refuses nonsensical flag combinations with EINVAL and creates nothing. */
#include "../test.h"

static long raw_clone(unsigned long flags)
{
	static char stack[16384] __attribute__((aligned(16)));
	long r = syscall(SYS_clone, flags, stack + sizeof stack, 0, 0, 0);

	if (r == 0)
		syscall(SYS_exit, 1);
	return r;
}

int main(void)
{
	CHECK_ERR(raw_clone(CLONE_THREAD | SIGCHLD), EINVAL);
	CHECK_ERR(raw_clone(CLONE_THREAD | CLONE_VM), EINVAL);
	CHECK_ERR(raw_clone(CLONE_SIGHAND | SIGCHLD), EINVAL);
	CHECK_ERR(raw_clone(CLONE_FS | CLONE_NEWNS | SIGCHLD), EINVAL);
	CHECK_ERR(raw_clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD), EINVAL);
	CHECK_ERR(waitpid(-1, NULL, __WALL), ECHILD);
	return 0;
}
