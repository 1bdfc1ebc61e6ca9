/* CLONE_FILES shares the descriptor table, without it the table is copied; unshare(CLONE_FILES). */
#include "../test.h"

static char stack[65536] __attribute__((aligned(16)));
static int target;

static int close_target(void *arg)
{
	(void)arg;
	close(target);
	return 0;
}

static int unshare_then_close(void *arg)
{
	(void)arg;
	if (unshare(CLONE_FILES))
		return 1;
	close(target);
	return 0;
}

static void run(int (*fn)(void *), int flags, bool open_after)
{
	target = SYS(dup(2));
	pid_t pid = SYS(clone(fn, stack + sizeof stack, flags | SIGCHLD, NULL));
	CHECK_EXIT(pid, 0);
	if (open_after)
		SYS(close(target));
	else
		CHECK_ERR(fcntl(target, F_GETFD), EBADF);
}

int main(void)
{
	run(close_target, CLONE_FILES, false);
	run(close_target, 0, true);
	run(unshare_then_close, CLONE_FILES, true);
	run(close_target, CLONE_FILES | CLONE_VM, false);
	run(close_target, CLONE_VM, true);
	return 0;
}
