/* A signal for a parent suspended in vfork is handled once the child has left; SIGKILL to the
 * parent works at once; the child's handlers do not touch the parent's. */
#include "../test.h"
#include <sys/prctl.h>

static volatile sig_atomic_t got;
static volatile int order;

static void on(int sig)
{
	got = sig;
	order = order * 10 + 2;
}

int main(void)
{
	on_signal(SIGUSR1, on, 0);
	pid_t parent = getpid(), pid = vfork();
	if (pid == 0) {
		syscall(SYS_kill, parent, SIGUSR1);
		order = order * 10 + 1;
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(got, SIGUSR1);
	CHECK_EQ(order, 12);

	struct gate up;
	gate_init(&up);
	pid_t middle = test_fork();
	if (middle == 0) {
		pid = vfork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)!write(up.fd[1], "x", 1);
			for (;;)
				syscall(SYS_pause);
		}
		_exit(1);
	}
	gate_wait(&up);
	SYS(kill(middle, SIGKILL));
	CHECK_KILLED(middle, SIGKILL);
	return 0;
}
