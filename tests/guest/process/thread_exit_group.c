/* link: pthread */
/* exit_group from any thread ends all: those in read, futex, nanosleep, pause, and busy loops. */
#include "../test.h"
#include <pthread.h>

static struct gate never;
static pthread_barrier_t barrier;
static volatile int spin = 1;

static void *work(void *arg)
{
	long kind = (long)arg;
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	pthread_barrier_wait(&barrier);
	switch (kind) {
	case 0:
		gate_wait(&never);
		break;
	case 1:
		pthread_mutex_lock(&m);
		pthread_mutex_lock(&m);
		break;
	case 2:
		sleep(1000);
		break;
	case 3:
		pause();
		break;
	case 4:
		while (spin)
			;
		break;
	default:
		_exit(17);
	}
	FAIL("thread %ld returned", kind);
}

int main(void)
{
	gate_init(&never);
	for (int round = 0; round < 10; round++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			pthread_t t;

			pthread_barrier_init(&barrier, NULL, 6);
			for (long i = 0; i < 6; i++)
				CHECK_EQ(pthread_create(&t, NULL, work, (void *)i), 0);
			pause();
		}
		CHECK_EXIT(pid, 17);
	}
	return 0;
}
