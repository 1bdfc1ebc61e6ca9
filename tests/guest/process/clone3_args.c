/* clone3: size rules, exit signal, tids, a stack given by base and size, and its errors. */
#include "../test.h"
#include <linux/sched.h>

static long clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

static void forks(void)
{
	pid_t ptid = 0;
	struct clone_args a = {.exit_signal = SIGCHLD,
		.flags = CLONE_PARENT_SETTID,
		.parent_tid = (uintptr_t)&ptid};
	pid_t pid = SYS(clone3(&a, sizeof a));

	if (pid == 0)
		_exit(4);
	CHECK_EQ(ptid, pid);
	CHECK_EXIT(pid, 4);
}

static void errors(void)
{
	struct clone_args a = {.exit_signal = SIGCHLD};
	struct {
		struct clone_args a;
		uint64_t more;
	} big = {.a = {.exit_signal = SIGCHLD}, .more = 1};

	CHECK_ERR(clone3(&a, 8), EINVAL);
	CHECK_ERR(clone3(&a, 1 << 20), E2BIG);
	CHECK_ERR(clone3(&big.a, sizeof big), E2BIG);
	CHECK_ERR(clone3(NULL, sizeof a), EFAULT);
	a.exit_signal = 1000;
	CHECK_ERR(clone3(&a, sizeof a), EINVAL);
	a = (struct clone_args){.exit_signal = SIGCHLD, .stack = 4096};
	CHECK_ERR(clone3(&a, sizeof a), EINVAL);
	a = (struct clone_args){.exit_signal = SIGCHLD, .stack_size = 4096};
	CHECK_ERR(clone3(&a, sizeof a), EINVAL);
	a = (struct clone_args){.exit_signal = SIGCHLD, .flags = CLONE_THREAD};
	CHECK_ERR(clone3(&a, sizeof a), EINVAL);
	a = (struct clone_args){.flags = CLONE_DETACHED};
	CHECK_ERR(clone3(&a, sizeof a), EINVAL);
	big.more = 0;
	pid_t pid = SYS(clone3(&big.a, sizeof big));
	if (pid == 0)
		_exit(8);
	CHECK_EXIT(pid, 8);
	CHECK_ERR(wait(NULL), ECHILD);
}

int main(void)
{
	forks();
	errors();
	return 0;
}
