/* The exit signal of clone decides what the parent gets and whether wait needs __WCLONE/__WALL. */
#include "../test.h"

static volatile sig_atomic_t got_usr1, got_chld;

static void on(int sig)
{
	if (sig == SIGUSR1)
		got_usr1++;
	else
		got_chld++;
}

static pid_t raw_clone(unsigned long flags)
{
	pid_t pid = SYS(syscall(SYS_clone, flags, 0, 0, 0, 0));

	if (pid == 0)
		syscall(SYS_exit, 6);
	return pid;
}

int main(void)
{
	int status;

	on_signal(SIGUSR1, on, 0);
	on_signal(SIGCHLD, on, 0);

	pid_t pid = raw_clone(SIGUSR1);
	CHECK_ERR(waitpid(pid, &status, 0), ECHILD);
	CHECK_EQ(test_wait(pid, __WCLONE), 6 << 8);
	CHECK_EQ(got_usr1, 1);
	CHECK_EQ(got_chld, 0);

	pid = raw_clone(0);
	CHECK_EQ(test_wait(pid, __WALL), 6 << 8);
	CHECK_EQ(got_usr1, 1);
	CHECK_EQ(got_chld, 0);

	pid = raw_clone(SIGCHLD);
	CHECK_EQ(test_wait(pid, 0), 6 << 8);
	CHECK_EQ(got_chld, 1);
	return 0;
}
