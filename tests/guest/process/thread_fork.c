/* link: pthread */
/* fork in a threaded process: the child has only the forking thread, which is its leader. */
#include "../test.h"
#include <pthread.h>

static struct gate never;

static void *blocks(void *arg)
{
	gate_wait(&never);
	return arg;
}

static void *forks(void *arg)
{
	pid_t parent = getpid();

	for (int i = 0; i < 10; i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			pthread_t t;
			struct stat st;

			CHECK_EQ(gettid(), getpid());
			CHECK_EQ(getppid(), parent);
			SYS(stat("/proc/self/task", &st));
			CHECK_EQ(st.st_nlink, 3);
			CHECK_EQ(pthread_create(&t, NULL, blocks, NULL), 0);
			gate_open(&never);
			CHECK_EQ(pthread_join(t, NULL), 0);
			_exit(0);
		}
		CHECK_EXIT(pid, 0);
	}
	return arg;
}

int main(void)
{
	pthread_t t[2], f;

	gate_init(&never);
	CHECK_EQ(pthread_create(&f, NULL, forks, NULL), 0);
	CHECK_EQ(pthread_join(f, NULL), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, blocks, NULL), 0);
	gate_open(&never);
	gate_open(&never);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	return 0;
}
