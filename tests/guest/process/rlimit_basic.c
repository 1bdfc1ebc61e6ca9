/* getrlimit/setrlimit/prlimit: every resource reads, soft over hard is EINVAL, lowering is
 * inherited. */
#include "../test.h"

static void lowers(void)
{
	struct rlimit rl = {50, 100}, back;

	SYS(setrlimit(RLIMIT_NOFILE, &rl));
	SYS(getrlimit(RLIMIT_NOFILE, &back));
	CHECK(back.rlim_cur == 50 && back.rlim_max == 100);
	rl.rlim_cur = 101;
	CHECK_ERR(setrlimit(RLIMIT_NOFILE, &rl), EINVAL);
	rl.rlim_cur = 100;
	SYS(setrlimit(RLIMIT_NOFILE, &rl));
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(getrlimit(RLIMIT_NOFILE, &back));
		_exit(back.rlim_cur == 100 && back.rlim_max == 100 ? 0 : 1);
	}
	CHECK_EXIT(pid, 0);
}

static void of_a_child(void)
{
	struct gate go;
	struct rlimit rl = {33, 44}, old;

	gate_init(&go);
	pid_t pid = test_fork();
	if (pid == 0) {
		gate_wait(&go);
		SYS(getrlimit(RLIMIT_NOFILE, &rl));
		_exit(rl.rlim_cur == 33 && rl.rlim_max == 44 ? 0 : 1);
	}
	SYS(prlimit(pid, RLIMIT_NOFILE, &rl, &old));
	CHECK(old.rlim_cur != 33);
	SYS(prlimit(pid, RLIMIT_NOFILE, NULL, &old));
	CHECK(old.rlim_cur == 33 && old.rlim_max == 44);
	gate_open(&go);
	CHECK_EXIT(pid, 0);
}

int main(void)
{
	struct rlimit rl;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		SYS(getrlimit(i, &rl));
		CHECK(rl.rlim_cur <= rl.rlim_max);
		SYS(prlimit(0, i, NULL, &rl));
	}
	CHECK_ERR(getrlimit(RLIM_NLIMITS, &rl), EINVAL);
	CHECK_ERR(setrlimit(-1, &rl), EINVAL);
	CHECK_ERR(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, 8), EFAULT);
	CHECK_ERR(prlimit(0x3ffffff0, RLIMIT_CORE, NULL, &rl), ESRCH);
	CHECK_CHILD(lowers);
	CHECK_CHILD(of_a_child);
	return 0;
}
