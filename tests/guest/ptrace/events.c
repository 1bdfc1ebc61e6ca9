/* Events of fork, vfork, clone, exec and exit: order, message, the new tracee's first stop. */
/* link: pthread */
#include "ptrace.h"
#include <pthread.h>

static void *thread(void *arg)
{
	return arg;
}

static void child(void)
{
	char *argv[] = {"/bin/true", NULL};
	pthread_t t;
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0)
		_exit(4);
	waitpid(pid, NULL, 0);
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	execv(argv[0], argv);
	_exit(98);
}

static pid_t message(pid_t pid)
{
	unsigned long msg;

	PT(PTRACE_GETEVENTMSG, pid, 0, &msg);
	return (pid_t)msg;
}

/* Goes on with pid to its event; the child it names, past its first stop and through its end. */
static pid_t new_child(pid_t pid, int event)
{
	pid_t c;

	CHECK_STOP(pid, EVENT(event));
	c = message(pid);
	CHECK_STOP(c, SIGSTOP);
	CHECK_EQ(tracer_of(c), getpid());
	PT(PTRACE_CONT, c, 0, 0);
	return c;
}

static void end(pid_t pid, int status)
{
	CHECK_STOP(pid, EVENT(PTRACE_EVENT_EXIT));
	CHECK_EQ(message(pid), status);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_EQ(test_wait(pid, __WALL), status);
}

/* The parent is told of its child's end. */
static void sigchld(pid_t pid)
{
	CHECK_STOP(pid, SIGCHLD);
	PT(PTRACE_CONT, pid, 0, SIGCHLD);
}

int main(void)
{
	pid_t pid = traced_child(child), c;

	PT(PTRACE_SETOPTIONS, pid, 0,
		PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEVFORKDONE);
	PT(PTRACE_CONT, pid, 0, 0);

	c = new_child(pid, PTRACE_EVENT_FORK);
	end(c, 3 << 8);
	PT(PTRACE_CONT, pid, 0, 0);
	sigchld(pid);

	c = new_child(pid, PTRACE_EVENT_VFORK);
	PT(PTRACE_CONT, pid, 0, 0);
	end(c, 4 << 8);
	CHECK_STOP(pid, EVENT(PTRACE_EVENT_VFORK_DONE));
	CHECK_EQ(message(pid), c);
	PT(PTRACE_CONT, pid, 0, 0);
	sigchld(pid);

	c = new_child(pid, PTRACE_EVENT_CLONE);
	end(c, 0);
	PT(PTRACE_CONT, pid, 0, 0);

	CHECK_STOP(pid, EVENT(PTRACE_EVENT_EXEC));
	CHECK_EQ(message(pid), pid);
	PT(PTRACE_CONT, pid, 0, 0);
	end(pid, 0);
	return 0;
}
