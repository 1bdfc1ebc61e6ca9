/* CLONE_PARENT makes the new process a sibling of its creator. */
#include "../test.h"

int main(void)
{
	int fd[2];
	pid_t sibling, self = getpid();

	SYS(pipe(fd));
	pid_t creator = test_fork();
	if (creator == 0) {
		pid_t pid = SYS(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));

		if (pid == 0)
			_exit(syscall(SYS_getppid) == self ? 11 : 1);
		CHECK_EQ(write(fd[1], &pid, sizeof pid), sizeof pid);
		CHECK_ERR(waitpid(pid, NULL, 0), ECHILD);
		_exit(0);
	}
	CHECK_EXIT(creator, 0);
	CHECK_EQ(read(fd[0], &sibling, sizeof sibling), sizeof sibling);
	CHECK_EXIT(sibling, 11);
	return 0;
}
