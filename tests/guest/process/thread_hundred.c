/* link: pthread */
/* 100 threads alive at once behind a barrier; then 500 created and joined one after the other. */
/* run: trap-all */
#include "../test.h"
#include <pthread.h>

#define N 100

static pthread_barrier_t barrier;
static int counter;

static void *meet(void *arg)
{
	pthread_barrier_wait(&barrier);
	__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(__atomic_load_n(&counter, __ATOMIC_SEQ_CST), N);
	return arg;
}

static void *quick(void *arg)
{
	__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
	return arg;
}

int main(void)
{
	pthread_t t[N];
	pthread_attr_t attr;
	void *ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, N), 0);
	for (long i = 0; i < N; i++)
		CHECK_EQ(pthread_create(&t[i], &attr, meet, (void *)i), 0);
	for (long i = 0; i < N; i++) {
		CHECK_EQ(pthread_join(t[i], &ret), 0);
		CHECK_EQ((long)ret, i);
	}
	counter = 0;
	for (long i = 0; i < 500; i++) {
		CHECK_EQ(pthread_create(&t[0], &attr, quick, NULL), 0);
		CHECK_EQ(pthread_join(t[0], NULL), 0);
	}
	CHECK_EQ(counter, 500);
	return 0;
}
