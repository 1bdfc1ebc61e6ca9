/* link: pthread */
/* Detached threads end on their own; semaphores hand over between threads. */
#include "../test.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t done;

static void *work(void *arg)
{
	CHECK_EQ(sem_post(&done), 0);
	return arg;
}

int main(void)
{
	CHECK_EQ(sem_init(&done, 0, 0), 0);
	for (int i = 0; i < 50; i++) {
		pthread_t t;

		CHECK_EQ(pthread_create(&t, NULL, work, NULL), 0);
		CHECK_EQ(pthread_detach(t), 0);
	}
	for (int i = 0; i < 50; i++)
		SYS(sem_wait(&done));
	CHECK_ERR(sem_trywait(&done), EAGAIN);
	return 0;
}
