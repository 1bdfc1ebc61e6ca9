/* Signals reach a loop that never makes a system call: handler, then default death. */
#include "../test.h"

static volatile int *shared;

static void on(int sig)
{
	(void)sig;
	++*shared;
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	on_signal(SIGUSR1, on, 0);
	pid_t pid = test_fork();
	if (pid == 0)
		for (;;)
			;
	for (int i = 0; i < 200; i++) {
		SYS(kill(pid, SIGUSR1));
		while (*shared == i)
			sched_yield();
		CHECK_EQ(*shared, i + 1);
	}
	SYS(kill(pid, SIGTERM));
	CHECK_KILLED(pid, SIGTERM);
	return 0;
}
