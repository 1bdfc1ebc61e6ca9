/* link: pthread */
/* Any thread may wait for a child of another; __WNOTHREAD restricts to one's own. */
#include "../test.h"
#include <pthread.h>

#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

static pid_t child;

static void *make(void *arg)
{
	child = test_fork();
	if (child == 0)
		_exit(21);
	return arg;
}

static void *reap(void *arg)
{
	CHECK_ERR(waitpid(child, NULL, __WNOTHREAD), ECHILD);
	CHECK_EXIT(child, 21);
	return arg;
}

static void run(void *(*fn)(void *))
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, fn, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

int main(void)
{
	/* The maker is gone: its child belongs to the process. */
	run(make);
	CHECK_EXIT(child, 21);
	/* The other way round. */
	make(NULL);
	run(reap);
	CHECK_ERR(wait(NULL), ECHILD);
	return 0;
}
