/* Who may trace whom: user ids, capabilities, PR_SET_DUMPABLE, set-user-ID programs. */
/* run: root */
#include "ptrace.h"
#include <sys/prctl.h>

static struct gate ready, go;

static pid_t victim(uid_t uid, bool dumpable)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		SYS(setgid(uid));
		SYS(setuid(uid));
		SYS(prctl(PR_SET_DUMPABLE, dumpable));
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	return pid;
}

static void end(pid_t pid)
{
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

/* As user 1000: what attaching to pid gives. */
static void try(pid_t pid, int want)
{
	pid_t me = test_fork();
	long ret;

	if (me == 0) {
		SYS(setgid(1000));
		SYS(setuid(1000));
		SYS(prctl(PR_SET_DUMPABLE, 1));
		errno = 0;
		ret = syscall(SYS_ptrace, PTRACE_SEIZE, pid, 0, 0);
		_exit(ret == 0 ? 0 : errno);
	}
	CHECK_EXIT(me, want);
}

int main(void)
{
	pid_t same, other, hidden, root;

	gate_init(&ready);
	gate_init(&go);
	same = victim(1000, true);
	other = victim(1001, true);
	hidden = victim(1000, false);
	root = victim(0, true);
	try(same, 0);
	try(other, EPERM);
	try(hidden, EPERM);
	try(root, EPERM);
	PT(PTRACE_SEIZE, hidden, 0, 0);
	PT(PTRACE_SEIZE, other, 0, 0);
	end(same);
	end(other);
	end(hidden);
	end(root);
	return 0;
}
