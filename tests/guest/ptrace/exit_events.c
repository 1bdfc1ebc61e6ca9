/* link: pthread */
/*
 * PTRACE_O_TRACEEXIT: whatever ends a process, each of its threads stops before its end, can be
 * looked at there, and tells the process's status.
 */
#include "../test.h"

#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#define THREADS 3

enum end { BY_EXIT_GROUP, BY_OWN_SIGKILL, BY_FAULT, BY_EXEC, BY_SIGKILL };

static void *thread(void *arg)
{
	enum end end = (enum end)(long)arg;

	if (end == BY_EXIT_GROUP)
		syscall(SYS_exit_group, 3);
	else if (end == BY_OWN_SIGKILL)
		kill(getpid(), SIGKILL);
	else if (end == BY_FAULT)
		raise(SIGSEGV);
	else if (end == BY_EXEC)
		execl("/bin/true", "true", NULL);
	for (;;)
		pause();
	return arg;
}

static void tracee(enum end end)
{
	pthread_t t;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	for (int i = 0; i < THREADS; i++)
		pthread_create(
			&t, NULL, thread, (void *)(long)(i < THREADS - 1 ? BY_SIGKILL : end));
	for (;;)
		pause();
}

static void look_at(pid_t tid, int status, unsigned long expected)
{
	struct user_regs_struct regs;
	unsigned long message = 0;

	CHECK_EQ(status >> 8, SIGTRAP | PTRACE_EVENT_EXIT << 8);
	SYS(ptrace(PTRACE_GETEVENTMSG, tid, NULL, &message));
	CHECK_EQ(message, expected);
	SYS(ptrace(PTRACE_GETREGS, tid, NULL, &regs));
	errno = 0;
	ptrace(PTRACE_PEEKDATA, tid, (void *)regs.rsp, NULL);
	CHECK_EQ(errno, 0);
}

static void ends(enum end end, int expected)
{
	int status, events = 0, clones = 0, ended = 0, fault;
	pid_t pid = test_fork(), tid;

	if (!pid)
		tracee(end);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	SYS(ptrace(PTRACE_SETOPTIONS, pid, NULL,
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
	SYS(ptrace(PTRACE_CONT, pid, NULL, NULL));
	while (ended < THREADS + (end != BY_EXEC)) { /* after an exec one is gone unseen */
		tid = waitpid(-1, &status, __WALL);
		CHECK_EQ(tid > 0, 1);
		if (!WIFSTOPPED(status)) {
			CHECK_EQ(status, expected);
			ended++;
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_CLONE) {
			clones++;
		} else if (status >> 16 == PTRACE_EVENT_EXIT) {
			look_at(tid, status, (unsigned long)expected);
			events++;
		}
		fault = end == BY_FAULT && status >> 8 == SIGSEGV;
		if (ptrace(PTRACE_CONT, tid, NULL, fault ? SIGSEGV : 0) < 0)
			CHECK_EQ(errno, ESRCH); /* killed in a stop */
		if (end == BY_SIGKILL && clones == THREADS) {
			SYS(kill(pid, SIGKILL));
			clones = 0;
		}
	}
	CHECK_EQ(events, THREADS + 1);
}

int main(void)
{
	ends(BY_EXIT_GROUP, 3 << 8);
	ends(BY_OWN_SIGKILL, SIGKILL);
	ends(BY_FAULT, SIGSEGV);
	ends(BY_EXEC, 0);
	ends(BY_SIGKILL, SIGKILL);
	return 0;
}
