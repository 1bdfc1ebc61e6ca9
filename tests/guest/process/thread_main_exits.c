/* link: pthread */
/* The leader may leave before its threads: the process lives on, its pid stays, the status is the
 * last exit's. */
/* run: trap-all */
#include "../test.h"
#include <pthread.h>

static pthread_t leader;

static void *outlives(void *arg)
{
	struct gate *done = arg;

	CHECK_EQ(pthread_join(leader, NULL), 0);
	SYS(kill(getpid(), 0));
	CHECK_EQ(getpgid(getpid()), getpgrp());
	CHECK(gettid() != getpid());
	gate_open(done);
	exit(23);
}

static void *returns(void *arg)
{
	CHECK_EQ(pthread_join(leader, NULL), 0);
	return arg;
}

int main(void)
{
	struct gate done;

	gate_init(&done);
	pid_t pid = test_fork();
	if (pid == 0) {
		pthread_t t;

		leader = pthread_self();
		CHECK_EQ(pthread_create(&t, NULL, outlives, &done), 0);
		pthread_exit(NULL);
	}
	gate_wait(&done);
	CHECK_EXIT(pid, 23);

	/* All threads leave through pthread_exit: status 0. */
	pid = test_fork();
	if (pid == 0) {
		pthread_t t;

		leader = pthread_self();
		CHECK_EQ(pthread_create(&t, NULL, returns, NULL), 0);
		pthread_exit(NULL);
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
