/* SIGCHLD's siginfo for exit, kill, stop and continue; SA_NOCLDSTOP leaves out the last two. */
#include "../test.h"

static volatile int count, code, status;
static volatile pid_t from;
static volatile uid_t uid;

static void on(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	count++;
	code = si->si_code;
	status = si->si_status;
	from = si->si_pid;
	uid = si->si_uid;
}

static void expect(sigset_t *old, int want_code, int want_status, pid_t pid)
{
	while (!count)
		sigsuspend(old);
	CHECK_EQ(count, 1);
	CHECK_EQ(code, want_code);
	CHECK_EQ(status, want_status);
	CHECK_EQ(from, pid);
	CHECK_EQ(uid, getuid());
	count = 0;
}

static pid_t child(int exit_code)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		if (exit_code >= 0)
			_exit(exit_code);
		for (;;)
			pause();
	}
	return pid;
}

int main(void)
{
	sigset_t chld = sigset_of(SIGCHLD), old;

	SYS(sigprocmask(SIG_BLOCK, &chld, &old));
	on_siginfo(SIGCHLD, on, 0);
	pid_t pid = child(9);
	expect(&old, CLD_EXITED, 9, pid);
	CHECK_EXIT(pid, 9);

	pid = child(-1);
	SYS(kill(pid, SIGSTOP));
	expect(&old, CLD_STOPPED, SIGSTOP, pid);
	SYS(kill(pid, SIGCONT));
	expect(&old, CLD_CONTINUED, SIGCONT, pid);
	SYS(kill(pid, SIGKILL));
	expect(&old, CLD_KILLED, SIGKILL, pid);
	CHECK_KILLED(pid, SIGKILL);

	on_siginfo(SIGCHLD, on, SA_NOCLDSTOP);
	pid = child(-1);
	SYS(kill(pid, SIGSTOP));
	CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
	SYS(kill(pid, SIGCONT));
	CHECK(WIFCONTINUED(test_wait(pid, WCONTINUED)));
	CHECK_EQ(count, 0);
	sigset_t pending;
	SYS(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGCHLD));
	SYS(kill(pid, SIGTERM));
	expect(&old, CLD_KILLED, SIGTERM, pid);
	CHECK_KILLED(pid, SIGTERM);
	return 0;
}
