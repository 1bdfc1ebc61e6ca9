/* clone with random flags and bad stacks, in a child: an error, or a new process that dies alone.
 */
#include "../test.h"
#include <sys/prctl.h>

static unsigned long seed = 99;

static unsigned long next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void storm(void)
{
	unsigned long stacks[] = {0, 8, 0xffff888000000000, 0x8000000000000000, 4096};
	pid_t self = getpid();

	for (int i = 0; i < 150; i++) {
		unsigned long flags = next() & 0xffffffff;

		/* Not new namespaces (the host's root could make them), not a borrowed parent, not
		 * vfork. */
		flags &= ~(CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
			   CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PTRACE |
			   CLONE_PARENT | CLONE_VFORK | CLONE_VM | CLONE_SETTLS);
		flags = (flags & ~0xfful) | (i % 3 ? SIGCHLD : 0);
		long r = syscall(SYS_clone, flags, stacks[i % 5], 8, 8, 0);
		if (r == 0)
			syscall(SYS_exit_group, 0);
		CHECK_EQ(getpid(), self);
		while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
			;
	}
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	_exit(0);
}

static void thread_without_stack(void)
{
	/* A thread on an unusable stack faults at its first push and takes the process along. */
	syscall(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, 0xffff888000000000, 0, 0, 0);
	pause();
}

int main(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	CHECK_CHILD(storm);
	int st = test_in_child(thread_without_stack);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
	return 0;
}
