/* link: pthread */
/* Several threads exec, fork and exit at the same moment: exactly one program or exit code wins. */
#include "../test.h"
#include <pthread.h>

static pthread_barrier_t barrier;

static void *race(void *arg)
{
	long kind = (long)arg;

	pthread_barrier_wait(&barrier);
	switch (kind % 3) {
	case 0:
		execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
		break;
	case 1:
		_exit(6);
	case 2:
		for (int i = 0; i < 5; i++) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(0);
			waitpid(pid, NULL, 0);
		}
		pause();
	}
	return NULL;
}

int main(void)
{
	for (int round = 0; round < 20; round++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			pthread_t t;

			pthread_barrier_init(&barrier, NULL, 6);
			for (long i = 0; i < 6; i++)
				CHECK_EQ(pthread_create(&t, NULL, race, (void *)(i + round)), 0);
			pause();
		}
		int st = test_wait(pid, 0);
		CHECK(WIFEXITED(st) && (WEXITSTATUS(st) == 5 || WEXITSTATUS(st) == 6));
	}
	return 0;
}
