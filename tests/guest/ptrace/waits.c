/* wait4 and waitid on tracees: WNOWAIT, CLD_TRAPPED, SIGCHLD; a process traced by somebody else is
 * the tracer's to wait for first, then its parent's. */
#include "ptrace.h"

static volatile sig_atomic_t nr_sigchld, last_code, last_status;

static void on_chld(int sig, siginfo_t *info, void *uc)
{
	nr_sigchld++;
	last_code = info->si_code;
	last_status = info->si_status;
}

static void child(void)
{
	raise(SIGUSR1);
	_exit(5);
}

static void own_child(void)
{
	pid_t pid = traced_child(child);
	siginfo_t info;
	int st;

	on_siginfo(SIGCHLD, on_chld, SA_RESTART);
	PT(PTRACE_CONT, pid, 0, 0);
	SYS(waitid(P_PID, pid, &info, WEXITED | WSTOPPED | WNOWAIT));
	CHECK_EQ(info.si_code, CLD_TRAPPED);
	CHECK_EQ(info.si_status, SIGUSR1);
	CHECK(nr_sigchld && last_code == CLD_TRAPPED && last_status == SIGUSR1);
	CHECK_EQ(SYS(waitpid(pid, &st, WNOHANG)), pid);
	CHECK_EQ(st, SIGUSR1 << 8 | 0x7f);
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	PT(PTRACE_CONT, pid, 0, 0);
	SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	CHECK(info.si_code == CLD_EXITED && info.si_status == 5);
	CHECK_EXIT(pid, 5);
	signal(SIGCHLD, SIG_DFL);
}

/* A tracer that is not the parent. */
static void grandchild(void)
{
	struct gate ready, traced, done;
	pid_t pid, tracer;
	int st;

	gate_init(&ready);
	gate_init(&traced);
	gate_init(&done);
	pid = test_fork();
	if (pid == 0) {
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	tracer = test_fork();
	if (tracer == 0) {
		PT(PTRACE_SEIZE, pid, 0, 0);
		gate_open(&traced);
		CHECK_STOP(pid, SIGUSR1);
		PT(PTRACE_CONT, pid, 0, SIGUSR1);
		gate_wait(&done); /* it is dead, and the parent has looked */
		CHECK_KILLED(pid, SIGUSR1);
		CHECK_ERR(waitpid(pid, NULL, __WALL), ECHILD);
		_exit(0);
	}
	gate_wait(&traced);
	SYS(kill(pid, SIGUSR1));
	CHECK_EQ(waitpid(pid, &st, WNOHANG), 0);
	gate_open(&done);
	CHECK_KILLED(pid, SIGUSR1);
	CHECK_EXIT(tracer, 0);
}

int main(void)
{
	own_child();
	grandchild();
	return 0;
}
