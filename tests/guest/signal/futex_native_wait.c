/* link: pthread */
/* Handlers run in threads asleep in a futex or in nanosleep; a mutex waiter carries on, a joined
 * thread is still joined. */
/* run: trap-all */
#include "../test.h"
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int runs[4];
static __thread int me;
static struct gate ready;

static void on(int sig)
{
	(void)sig;
	__atomic_fetch_add(&runs[me], 1, __ATOMIC_SEQ_CST);
}

static void *waiter(void *arg)
{
	me = (int)(long)arg;
	gate_open(&ready);
	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	return NULL;
}

int main(void)
{
	pthread_t t[3];

	gate_init(&ready);
	for (int flags = 0; flags < 2; flags++) {
		on_signal(SIGUSR1, on, flags ? SA_RESTART : 0);
		CHECK_EQ(pthread_mutex_lock(&lock), 0);
		for (long i = 0; i < 3; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, waiter, (void *)(i + 1)), 0);
		for (int i = 0; i < 3; i++)
			gate_wait(&ready);
		for (int n = 0; n < 20; n++) {
			for (int i = 0; i < 3; i++) {
				int before = runs[i + 1];

				CHECK_EQ(pthread_kill(t[i], SIGUSR1), 0);
				while (runs[i + 1] == before)
					sched_yield();
			}
		}
		CHECK_EQ(pthread_mutex_unlock(&lock), 0);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
	}
	return 0;
}
