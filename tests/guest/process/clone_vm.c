/* CLONE_VM without CLONE_THREAD: one memory, two processes; own pid, own mask, own handlers. */
#include "../test.h"

static char stack[65536] __attribute__((aligned(16)));
static volatile int value;
static volatile pid_t child_pid;

static int child(void *arg)
{
	sigset_t set;

	(void)arg;
	child_pid = syscall(SYS_getpid);
	value = 1234;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR1, SIG_IGN);
	return 3;
}

int main(void)
{
	struct sigaction sa;
	sigset_t set;
	pid_t pid = SYS(clone(child, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL));

	CHECK_EXIT(pid, 3);
	CHECK_EQ(value, 1234);
	CHECK_EQ(child_pid, pid);
	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(!sigismember(&set, SIGUSR2));
	SYS(sigaction(SIGUSR1, NULL, &sa));
	CHECK(sa.sa_handler == SIG_DFL);

	pid = SYS(clone(child, stack + sizeof stack, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL));
	CHECK_EXIT(pid, 3);
	SYS(sigaction(SIGUSR1, NULL, &sa));
	CHECK(sa.sa_handler == SIG_IGN);
	SYS(sigprocmask(SIG_BLOCK, NULL, &set));
	CHECK(!sigismember(&set, SIGUSR2));
	return 0;
}
