/* vfork: the child runs in the parent's memory, the parent waits for _exit or a successful exec. */
/* run: trap-all */
#include "../test.h"

static volatile int shared;

static void exit_releases(void)
{
	pid_t parent = getpid(), pid = vfork();

	if (pid == 0) {
		if (getppid() != parent)
			_exit(2);
		for (int i = 0; i < 1000; i++)
			shared++;
		_exit(42);
	}
	CHECK_EQ(shared, 1000);
	CHECK_EXIT(pid, 42);
}

static void failed_exec_does_not(void)
{
	shared = 0;
	pid_t pid = vfork();
	if (pid == 0) {
		execl("/nonexistent/prog", "prog", (char *)NULL);
		shared = errno;
		_exit(9);
	}
	CHECK_EQ(shared, ENOENT);
	CHECK_EXIT(pid, 9);
}

static void exec_releases(void)
{
	int fd[2];
	char c;

	SYS(pipe2(fd, O_CLOEXEC));
	pid_t pid = vfork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "read x; exit 5", (char *)NULL);
		_exit(1);
	}
	SYS(close(fd[1]));
	CHECK_EQ(read(fd[0], &c, 1), 0);
	SYS(kill(pid, SIGKILL));
	test_wait(pid, 0);
}

static void death_releases(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
		_exit(1);
	}
	CHECK_KILLED(pid, SIGKILL);
}

int main(void)
{
	exit_releases();
	failed_exec_does_not();
	exec_releases();
	death_releases();
	return 0;
}
