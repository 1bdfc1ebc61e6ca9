/* Two processes signal each other thousands of times while both work; nothing is lost at the end.
 */
#include "../test.h"

static volatile sig_atomic_t hits;

static void on(int sig)
{
	(void)sig;
	hits++;
}

int main(void)
{
	struct gate up, down;

	gate_init(&up);
	gate_init(&down);
	on_signal(SIGUSR1, on, SA_RESTART);
	on_signal(SIGRTMIN, on, SA_RESTART | SA_NODEFER);
	pid_t parent = getpid(), pid = test_fork();
	pid_t peer = pid ? pid : parent;
	for (int i = 0; i < 2000; i++) {
		if (i % 2)
			SYS(kill(peer, SIGUSR1));
		else
			SYS(kill(peer, SIGRTMIN));
		CHECK(getppid() >= 0);
		if (i % 100 == 0)
			SYS(fcntl(0, F_GETFD));
	}
	/* 1000 realtime signals each way arrive exactly; each side waits for its own. */
	gate_open(pid ? &down : &up);
	gate_wait(pid ? &up : &down);
	CHECK(hits >= 1000);
	if (pid == 0)
		_exit(0);
	CHECK_EXIT(pid, 0);
	return 0;
}
