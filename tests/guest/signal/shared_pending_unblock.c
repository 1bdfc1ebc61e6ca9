/* link: pthread */
/* A process signal pending because all threads block it is taken by whichever unblocks first;
 * thread signals stay with their thread. */
#include "../test.h"
#include <pthread.h>

static volatile pid_t taken;

static void on(int sig)
{
	(void)sig;
	taken = gettid();
}

static void *unblocks(void *arg)
{
	sigset_t set;

	SYS(sigpending(&set));
	CHECK(sigismember(&set, SIGUSR1));
	CHECK(!sigismember(&set, SIGUSR2));
	unblock_signal(SIGUSR2);
	CHECK_EQ(taken, 0);
	unblock_signal(SIGUSR1);
	CHECK_EQ(taken, gettid());
	return arg;
}

int main(void)
{
	pthread_t t;
	sigset_t set;

	on_signal(SIGUSR1, on, 0);
	on_signal(SIGUSR2, on, 0);
	block_signal(SIGUSR1);
	block_signal(SIGUSR2);
	SYS(kill(getpid(), SIGUSR1));
	CHECK_EQ(pthread_kill(pthread_self(), SIGUSR2), 0);
	CHECK_EQ(pthread_create(&t, NULL, unblocks, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	SYS(sigpending(&set));
	CHECK(!sigismember(&set, SIGUSR1) && sigismember(&set, SIGUSR2));
	taken = 0;
	unblock_signal(SIGUSR2);
	CHECK_EQ(taken, getpid());
	return 0;
}
