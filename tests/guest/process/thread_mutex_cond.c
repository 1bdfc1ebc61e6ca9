/* link: pthread */
/* Mutex and condition variables: producers and consumers lose and double nothing. */
/* run: trap-all */
#include "../test.h"
#include <pthread.h>

#define ITEMS 4000
#define SLOTS 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER, not_empty = PTHREAD_COND_INITIALIZER;
static int queue[SLOTS], count, produced, consumed;
static char seen[ITEMS];

static void *producer(void *arg)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		while (count == SLOTS)
			pthread_cond_wait(&not_full, &lock);
		if (produced == ITEMS)
			break;
		queue[count++] = produced++;
		pthread_cond_signal(&not_empty);
		pthread_mutex_unlock(&lock);
	}
	pthread_cond_broadcast(&not_full);
	pthread_mutex_unlock(&lock);
	return arg;
}

static void *consumer(void *arg)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		while (count == 0 && consumed < ITEMS)
			pthread_cond_wait(&not_empty, &lock);
		if (consumed == ITEMS)
			break;
		seen[queue[--count]]++;
		consumed++;
		pthread_cond_signal(&not_full);
		pthread_mutex_unlock(&lock);
	}
	pthread_cond_broadcast(&not_empty);
	pthread_cond_broadcast(&not_full);
	pthread_mutex_unlock(&lock);
	return arg;
}

int main(void)
{
	pthread_t t[6];

	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, i < 3 ? producer : consumer, NULL), 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	for (int i = 0; i < ITEMS; i++)
		CHECK_EQ(seen[i], 1);
	return 0;
}
