/* PTRACE_SEIZE: no stop by itself; INTERRUPT; group stops are told apart, LISTEN waits in one until
 * SIGCONT. */
#include "ptrace.h"

#define STOP_EVENT(sig) ((sig) | PTRACE_EVENT_STOP << 8)

int main(void)
{
	pid_t pid = test_fork();
	siginfo_t info;

	if (pid == 0)
		for (;;)
			pause();
	PT_ERR(PTRACE_SEIZE, pid, 1, 0, EIO);
	PT_ERR(PTRACE_SEIZE, pid, 0, 1 << 15, EIO);
	PT(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG | __WALL), 0);
	PT_ERR(PTRACE_CONT, pid, 0, 0, ESRCH);
	PT(PTRACE_INTERRUPT, pid, 0, 0);
	CHECK_STOP(pid, STOP_EVENT(SIGTRAP));
	PT(PTRACE_GETSIGINFO, pid, 0, &info);
	CHECK_EQ(info.si_code, STOP_EVENT(SIGTRAP));
	PT(PTRACE_CONT, pid, 0, 0);

	SYS(kill(pid, SIGSTOP));
	CHECK_STOP(pid, SIGSTOP);
	PT_ERR(PTRACE_LISTEN, pid, 0, 0, EIO);
	PT(PTRACE_CONT, pid, 0, SIGSTOP);
	CHECK_STOP(pid, STOP_EVENT(SIGSTOP));
	PT(PTRACE_LISTEN, pid, 0, 0);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG | __WALL), 0);
	PT_ERR(PTRACE_CONT, pid, 0, 0, ESRCH);
	SYS(kill(pid, SIGCONT));
	CHECK_STOP(pid, STOP_EVENT(SIGTRAP));
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGCONT);
	PT(PTRACE_CONT, pid, 0, SIGCONT);

	PT(PTRACE_INTERRUPT, pid, 0, 0);
	CHECK_STOP(pid, STOP_EVENT(SIGTRAP));
	PT(PTRACE_DETACH, pid, 0, 0);
	SYS(kill(pid, SIGTERM));
	CHECK_KILLED(pid, SIGTERM);
	return 0;
}
