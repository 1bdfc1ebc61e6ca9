/* link: pthread */
/* SIGEV_THREAD timers of libc call their function in a thread. */
#include "../test.h"
#include <semaphore.h>

static sem_t called;
static volatile int value;

static void fn(union sigval v)
{
	value = v.sival_int;
	sem_post(&called);
}

int main(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD,
		.sigev_notify_function = fn,
		.sigev_value = {.sival_int = 99}};
	struct itimerspec its = {{0, 1000000}, {0, 1000000}};
	timer_t t;

	sem_init(&called, 0, 0);
	SYS(timer_create(CLOCK_MONOTONIC, &ev, &t));
	SYS(timer_settime(t, 0, &its, NULL));
	for (int i = 0; i < 5; i++)
		while (sem_wait(&called) < 0)
			CHECK_EQ(errno, EINTR);
	CHECK_EQ(value, 99);
	SYS(timer_delete(t));
	return 0;
}
