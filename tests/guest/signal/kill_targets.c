/* kill: a process, a group, 0, a zombie, nobody; raise to oneself is delivered before return. */
#include "../test.h"

static volatile sig_atomic_t got;

static void on(int sig)
{
	(void)sig;
	got++;
}

static pid_t sleeper(pid_t pgid)
{
	struct gate ready;

	gate_init(&ready);
	pid_t pid = test_fork();
	if (pid == 0) {
		signal(SIGUSR1, SIG_DFL);
		if (pgid >= 0)
			SYS(setpgid(0, pgid));
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	SYS(close(ready.fd[0]));
	SYS(close(ready.fd[1]));
	return pid;
}

static void group_zero(void)
{
	SYS(setpgid(0, 0));
	on_signal(SIGUSR1, on, 0);
	pid_t a = sleeper(-1), b = sleeper(0);
	SYS(kill(0, SIGUSR1));
	CHECK_EQ(got, 1);
	CHECK_KILLED(a, SIGUSR1);
	CHECK_EQ(waitpid(b, NULL, WNOHANG), 0);
	SYS(kill(-b, SIGTERM));
	CHECK_KILLED(b, SIGTERM);
	CHECK_ERR(kill(-b, 0), ESRCH);
}

int main(void)
{
	siginfo_t si;
	pid_t lead = sleeper(0), member = sleeper(lead);

	SYS(kill(-lead, SIGTERM));
	CHECK_KILLED(lead, SIGTERM);
	CHECK_KILLED(member, SIGTERM);
	CHECK_CHILD(group_zero);

	pid_t pid = test_fork();
	if (pid == 0)
		_exit(0);
	SYS(waitid(P_PID, pid, &si, WEXITED | WNOWAIT));
	SYS(kill(pid, 0));
	SYS(kill(pid, SIGKILL));
	CHECK_EXIT(pid, 0);
	CHECK_ERR(kill(pid, 0), ESRCH);
	CHECK_ERR(kill(0x3ffffff0, SIGTERM), ESRCH);
	CHECK_ERR(kill(INT_MIN, SIGTERM), ESRCH);
	return 0;
}
