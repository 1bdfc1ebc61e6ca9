/* link: pthread */
/* When the thread that forked ends, its children stay with the process: getppid does not change. */
#include "../test.h"
#include <pthread.h>

static struct gate go;
static pid_t child;

static void *forks(void *arg)
{
	pid_t parent = getpid();

	child = test_fork();
	if (child == 0) {
		gate_wait(&go);
		_exit(getppid() == parent ? 0 : 1);
	}
	return arg;
}

int main(void)
{
	pthread_t t;

	gate_init(&go);
	CHECK_EQ(pthread_create(&t, NULL, forks, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	gate_open(&go);
	CHECK_EXIT(child, 0);
	return 0;
}
