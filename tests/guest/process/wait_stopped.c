/* WUNTRACED and WCONTINUED report each stop and each continue once; so do the waitid flags. */
#include "../test.h"

int main(void)
{
	siginfo_t si;
	struct gate ready;

	gate_init(&ready);
	pid_t pid = test_fork();
	if (pid == 0) {
		/* A group of its own whose parent is in the session: not orphaned. */
		SYS(setpgid(0, 0));
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	for (int i = 0; i < 5; i++) {
		int sigs[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGSTOP};
		int status;

		SYS(kill(pid, sigs[i]));
		status = test_wait(pid, WUNTRACED);
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(WSTOPSIG(status), sigs[i]);
		CHECK_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
		SYS(kill(pid, SIGCONT));
		status = test_wait(pid, WCONTINUED);
		CHECK(WIFCONTINUED(status));
		CHECK_EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	}
	SYS(kill(pid, SIGSTOP));
	SYS(waitid(P_PID, pid, &si, WSTOPPED | WNOWAIT));
	CHECK_EQ(si.si_code, CLD_STOPPED);
	CHECK_EQ(si.si_status, SIGSTOP);
	SYS(waitid(P_PID, pid, &si, WSTOPPED));
	SYS(kill(pid, SIGCONT));
	SYS(waitid(P_PID, pid, &si, WCONTINUED));
	CHECK_EQ(si.si_code, CLD_CONTINUED);
	CHECK_EQ(si.si_status, SIGCONT);
	SYS(kill(pid, SIGSTOP));
	CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	return 0;
}
