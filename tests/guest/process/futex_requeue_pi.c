/* link: pthread */
/* Priority-inheritance and process-shared mutexes, condition variables with both, timed waits. */
#include "../test.h"
#include <pthread.h>

static pthread_mutex_t pi;
static int counter;

static void *work(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		CHECK_EQ(pthread_mutex_lock(&pi), 0);
		counter++;
		CHECK_EQ(pthread_mutex_unlock(&pi), 0);
	}
	return arg;
}

int main(void)
{
	pthread_mutexattr_t attr;
	pthread_t t[4];
	struct timespec past = {1, 0};
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

	pthread_mutexattr_init(&attr);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
	int r = pthread_mutex_init(&pi, &attr);
	if (r == ENOTSUP)
		SKIP("no priority-inheritance futexes");
	CHECK_EQ(r, 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, work, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	CHECK_EQ(counter, 8000);
	CHECK_EQ(pthread_mutex_lock(&pi), 0);
	CHECK_EQ(pthread_cond_timedwait(&cond, &pi, &past), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_unlock(&pi), 0);
	return 0;
}
