/* PTRACE_ATTACH to a running, a sleeping and a stopped process; detach lets it go on as it was. */
#include "ptrace.h"

static struct gate gate;

static pid_t spin(void)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		gate_open(&gate);
		for (volatile int i = 0;; i++)
			;
	}
	gate_wait(&gate);
	return pid;
}

static pid_t sleeper(void)
{
	pid_t pid = test_fork();
	char c;
	int fd[2];

	if (pid == 0) {
		SYS(pipe(fd));
		gate_open(&gate);
		_exit(read(fd[0], &c, 1) < 0 ? 1 : 2);
	}
	gate_wait(&gate);
	return pid;
}

static void attach_detach(pid_t pid)
{
	for (int i = 0; i < 5; i++) {
		PT(PTRACE_ATTACH, pid, 0, 0);
		PT_ERR(PTRACE_ATTACH, pid, 0, 0, EPERM);
		CHECK_STOP(pid, SIGSTOP);
		CHECK(regs_of(pid).rip);
		CHECK_EQ(tracer_of(pid), getpid());
		PT(PTRACE_DETACH, pid, 0, 0);
		CHECK_EQ(tracer_of(pid), 0);
		PT_ERR(PTRACE_PEEKDATA, pid, &gate, &gate, ESRCH);
	}
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
}

static void stopped(pid_t pid)
{
	SYS(kill(pid, SIGSTOP));
	CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
	PT(PTRACE_ATTACH, pid, 0, 0);
	CHECK(regs_of(pid).rip); /* at once */
	CHECK_STOP(pid, SIGSTOP);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGSTOP); /* the one the attach sent */
	PT(PTRACE_DETACH, pid, 0, SIGSTOP);
	SYS(kill(pid, SIGCONT));
	CHECK(WIFCONTINUED(test_wait(pid, WCONTINUED)));
}

int main(void)
{
	pid_t pid;

	gate_init(&gate);
	pid = spin();
	attach_detach(pid);
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);

	pid = sleeper();
	attach_detach(pid);
	stopped(pid);
	PT(PTRACE_ATTACH, pid, 0, 0);
	CHECK_STOP(pid, SIGSTOP);
	PT(PTRACE_DETACH, pid, 0, SIGTERM);
	CHECK_KILLED(pid, SIGTERM);
	return 0;
}
