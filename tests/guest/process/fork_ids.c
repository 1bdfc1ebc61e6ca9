/* A child has a new pid, its parent's pid as ppid, and inherits group, session, cwd, umask, mask.
 */
#include "../test.h"

int main(void)
{
	pid_t parent = getpid(), pgid = getpgrp(), sid = getsid(0);
	char cwd[PATH_MAX], child_cwd[PATH_MAX];

	SYS(chdir("/usr"));
	umask(037);
	block_signal(SIGUSR2);
	CHECK(getcwd(cwd, sizeof cwd));
	pid_t pid = test_fork();
	if (pid == 0) {
		sigset_t set;

		CHECK(getpid() != parent);
		CHECK_EQ(getppid(), parent);
		CHECK_EQ(getpgrp(), pgid);
		CHECK_EQ(getsid(0), sid);
		CHECK_EQ(syscall(SYS_gettid), getpid());
		CHECK(getcwd(child_cwd, sizeof child_cwd));
		CHECK_STR(child_cwd, cwd);
		CHECK_EQ(umask(0), 037);
		SYS(sigprocmask(SIG_BLOCK, NULL, &set));
		CHECK(sigismember(&set, SIGUSR2));
		_exit(0);
	}
	CHECK(pid > 0 && pid != parent);
	CHECK_EXIT(pid, 0);
	return 0;
}
