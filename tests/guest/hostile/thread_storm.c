/* link: pthread */
/* Processes full of threads that start threads, while one calls exit_group, execs, or is killed. */
#include "../test.h"
#include <pthread.h>

static void *breed(void *arg)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 40; i++)
		if (pthread_create(&t, &attr, breed, (void *)((long)arg - 1)) || (long)arg <= 0)
			break;
	return NULL;
}

static void *leave(void *arg)
{
	for (long i = 0; i < (long)arg; i++)
		sched_yield();
	_exit(50);
}

static void *exec_true(void *arg)
{
	for (long i = 0; i < (long)arg; i++)
		sched_yield();
	execl("/bin/true", "true", (char *)NULL);
	_exit(1);
}

static pid_t storm(void *(*end)(void *), long delay)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		pthread_t t;

		if (end)
			CHECK_EQ(pthread_create(&t, NULL, end, (void *)delay), 0);
		for (int i = 0; i < 4; i++)
			if (pthread_create(&t, NULL, breed, (void *)1))
				break;
		for (;;)
			pause();
	}
	return pid;
}

int main(void)
{
	for (long i = 0; i < 6; i++) {
		CHECK_EXIT(storm(leave, i * 5), 50);
		CHECK_EXIT(storm(exec_true, i * 5), 0);
		pid_t pid = storm(NULL, 0);
		for (int n = 0; n < i * 10; n++)
			sched_yield();
		SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
	return 0;
}
