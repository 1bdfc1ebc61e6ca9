/* A tracer that ends lets its tracees go, or kills them with PTRACE_O_EXITKILL; SIGKILL ends a
 * stopped tracee; a process cannot trace itself. */
#include "ptrace.h"

static struct gate ready;

static pid_t victim(void)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	return pid;
}

static void tracer_ends(long options, bool stopped, int how)
{
	pid_t pid = victim(), tracer = test_fork();

	if (tracer == 0) {
		PT(PTRACE_SEIZE, pid, 0, options);
		if (stopped) {
			PT(PTRACE_INTERRUPT, pid, 0, 0);
			CHECK_STOP(pid, EVENT(PTRACE_EVENT_STOP));
		}
		if (how == SIGKILL)
			raise(SIGKILL);
		_exit(0);
	}
	test_wait(tracer, 0);
	if (!(options & PTRACE_O_EXITKILL)) {
		CHECK_EQ(tracer_of(pid), 0);
		SYS(kill(pid, SIGTERM));
	}
	CHECK_KILLED(pid, options & PTRACE_O_EXITKILL ? SIGKILL : SIGTERM);
}

static void killed_in_stop(void)
{
	pid_t pid = victim();
	long word;

	PT(PTRACE_ATTACH, pid, 0, 0);
	CHECK_STOP(pid, SIGSTOP);
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	PT_ERR(PTRACE_PEEKDATA, pid, &word, &word, ESRCH);
	pid = victim();
	PT(PTRACE_ATTACH, pid, 0, 0);
	CHECK_STOP(pid, SIGSTOP);
	PT(PTRACE_KILL, pid, 0, 0);
	CHECK_KILLED(pid, SIGKILL);
}

static void itself(void)
{
	PT_ERR(PTRACE_ATTACH, getpid(), 0, 0, EPERM);
	PT_ERR(PTRACE_SEIZE, getpid(), 0, 0, EPERM);
	PT_ERR(PTRACE_ATTACH, -1, 0, 0, ESRCH);
	PT_ERR(PTRACE_CONT, getppid(), 0, 0, ESRCH);
	PT(PTRACE_TRACEME, 0, 0, 0);
	PT_ERR(PTRACE_TRACEME, 0, 0, 0, EPERM);
}

/* Each traces the next, round to the first, in one circle; then all are killed. */
static void circle(void)
{
	pid_t a = victim(), b = victim();

	PT(PTRACE_SEIZE, a, 0, 0);
	PT(PTRACE_SEIZE, b, 0, 0);
	for (int i = 0; i < 2; i++) {
		PT(PTRACE_INTERRUPT, i ? a : b, 0, 0);
		CHECK_STOP(i ? a : b, EVENT(PTRACE_EVENT_STOP));
	}
	SYS(kill(a, SIGKILL));
	SYS(kill(b, SIGKILL));
	CHECK_KILLED(b, SIGKILL);
	CHECK_KILLED(a, SIGKILL);
}

int main(void)
{
	gate_init(&ready);
	tracer_ends(0, false, 0);
	tracer_ends(0, true, 0);
	tracer_ends(0, true, SIGKILL);
	tracer_ends(PTRACE_O_EXITKILL, false, 0);
	tracer_ends(PTRACE_O_EXITKILL, true, SIGKILL);
	killed_in_stop();
	CHECK_CHILD(itself);
	circle();
	return 0;
}
