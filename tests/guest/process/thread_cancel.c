/* link: pthread */
/* pthread_cancel ends threads blocked in read, pause, sem_wait and a busy asynchronous loop. */
/* run: trap-all */
#include "../test.h"
#include <pthread.h>
#include <semaphore.h>

static struct gate never, ready;
static sem_t sem;
static volatile int spin = 1;

static void *work(void *arg)
{
	long kind = (long)arg;

	if (kind == 3)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	gate_open(&ready);
	if (kind == 0)
		gate_wait(&never);
	else if (kind == 1)
		pause();
	else if (kind == 2)
		sem_wait(&sem);
	while (spin)
		;
	FAIL("thread %ld went on", kind);
}

int main(void)
{
	gate_init(&never);
	gate_init(&ready);
	sem_init(&sem, 0, 0);
	for (long i = 0; i < 4; i++) {
		pthread_t t;
		void *ret;

		CHECK_EQ(pthread_create(&t, NULL, work, (void *)i), 0);
		gate_wait(&ready);
		CHECK_EQ(pthread_cancel(t), 0);
		CHECK_EQ(pthread_join(t, &ret), 0);
		CHECK(ret == PTHREAD_CANCELED);
	}
	return 0;
}
