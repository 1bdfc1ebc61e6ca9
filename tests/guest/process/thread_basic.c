/* link: pthread */
/* pthread create/join: return values, argument, TLS, errno per thread, one pid, distinct tids. */
#include "../test.h"
#include <pthread.h>

static __thread int tls = 5;
static __thread char tls_array[1000];
static pid_t main_tid;

static void *work(void *arg)
{
	long n = (long)arg;

	CHECK_EQ(tls, 5);
	for (size_t i = 0; i < sizeof tls_array; i++)
		CHECK_EQ(tls_array[i], 0);
	tls = n;
	memset(tls_array, (int)n, sizeof tls_array);
	CHECK_EQ(getpid(), main_tid);
	CHECK(gettid() != main_tid);
	CHECK_ERR(close(-1), EBADF);
	CHECK_EQ(tls, n);
	CHECK_EQ(tls_array[999], (char)n);
	return (void *)(n * 2);
}

int main(void)
{
	pthread_t t[8];
	void *ret;

	main_tid = gettid();
	CHECK_EQ(main_tid, getpid());
	errno = 0;
	for (long i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, work, (void *)(i + 100)), 0);
	for (long i = 0; i < 8; i++) {
		CHECK_EQ(pthread_join(t[i], &ret), 0);
		CHECK_EQ((long)ret, (i + 100) * 2);
	}
	CHECK_EQ(errno, 0);
	CHECK_EQ(tls, 5);
	return 0;
}
