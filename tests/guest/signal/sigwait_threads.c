/* link: pthread */
/* Several threads in sigwaitinfo for one signal: each queued signal wakes exactly one. */
#include "../test.h"
#include <pthread.h>

static int taken[64];

static void *work(void *arg)
{
	sigset_t set = sigset_of(SIGRTMIN);
	siginfo_t si;

	for (;;) {
		/* A thread woken for a signal another one took first may see EINTR. */
		while (sigwaitinfo(&set, &si) < 0)
			CHECK_EQ(errno, EINTR);
		CHECK_EQ(si.si_signo, SIGRTMIN);
		if (si.si_value.sival_int < 0)
			return arg;
		__atomic_fetch_add(&taken[si.si_value.sival_int], 1, __ATOMIC_SEQ_CST);
	}
}

int main(void)
{
	pthread_t t[4];

	block_signal(SIGRTMIN);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, work, NULL), 0);
	for (int i = 0; i < 64; i++)
		SYS(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
	for (int i = 0; i < 4; i++)
		SYS(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = -1}));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(taken[i], 1);
	return 0;
}
