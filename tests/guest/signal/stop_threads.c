/* link: pthread */
/* A stop stops every thread of the process, a continue resumes every one. */
#include "../test.h"
#include <pthread.h>

static volatile long *counters;

static void *spin(void *arg)
{
	for (;;)
		++counters[(long)arg];
	return NULL;
}

int main(void)
{
	counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counters != MAP_FAILED);
	pid_t pid = test_fork();
	if (pid == 0) {
		pthread_t t;

		for (long i = 1; i < 4; i++)
			CHECK_EQ(pthread_create(&t, NULL, spin, (void *)i), 0);
		spin(0);
	}
	for (int round = 0; round < 5; round++) {
		long before[4], now[4];

		for (int i = 0; i < 4; i++) {
			before[i] = counters[i];
			while (counters[i] == before[i])
				sched_yield();
		}
		SYS(kill(pid, SIGSTOP));
		CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
		for (int i = 0; i < 4; i++)
			now[i] = counters[i];
		for (int j = 0; j < 100; j++)
			sched_yield();
		for (int i = 0; i < 4; i++)
			CHECK_EQ(counters[i], now[i]);
		SYS(kill(pid, SIGCONT));
	}
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	return 0;
}
