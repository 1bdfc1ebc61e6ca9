/* link: pthread */
/* Signals pending for the process or for the execing thread survive exec; those of other threads
 * go. */
#include "../test.h"
#include <pthread.h>

static struct gate never;

static void *blocks(void *arg)
{
	gate_wait(&never);
	return arg;
}

int main(int argc, char **argv)
{
	sigset_t set;

	(void)argv;
	if (argc == 2) {
		SYS(sigpending(&set));
		CHECK(sigismember(&set, SIGUSR1) && sigismember(&set, SIGUSR2));
		CHECK(!sigismember(&set, SIGTERM));
		return 9;
	}
	gate_init(&never);
	pid_t pid = test_fork();
	if (pid == 0) {
		pthread_t t;

		block_signal(SIGUSR1);
		block_signal(SIGUSR2);
		block_signal(SIGTERM);
		CHECK_EQ(pthread_create(&t, NULL, blocks, NULL), 0);
		SYS(kill(getpid(), SIGUSR1));
		CHECK_EQ(pthread_kill(pthread_self(), SIGUSR2), 0);
		CHECK_EQ(pthread_kill(t, SIGTERM), 0);
		execl("/proc/self/exe", "x", "y", (char *)NULL);
		_exit(1);
	}
	CHECK_EXIT(pid, 9);
	return 0;
}
