/* link: pthread */
/* A signal to the process goes to a thread that does not block it, even a sleeping or spinning one.
 */
#include "../test.h"
#include <pthread.h>

static volatile pid_t taken;
static struct gate ready, never;

static void on(int sig)
{
	(void)sig;
	taken = gettid();
}

static void *open_thread(void *arg)
{
	long kind = (long)arg;
	struct timespec ts = {1000, 0};
	char c;

	unblock_signal(SIGUSR1);
	taken = 0;
	gate_open(&ready);
	switch (kind) {
	case 0:
		while (!taken)
			;
		break;
	case 1:
		CHECK_ERR(read(never.fd[0], &c, 1), EINTR);
		break;
	case 2:
		CHECK_ERR(nanosleep(&ts, NULL), EINTR);
		break;
	}
	CHECK_EQ(taken, gettid());
	return NULL;
}

int main(void)
{
	gate_init(&ready);
	gate_init(&never);
	on_signal(SIGUSR1, on, 0);
	block_signal(SIGUSR1);
	for (long kind = 0; kind < 3; kind++) {
		pthread_t t;

		CHECK_EQ(pthread_create(&t, NULL, open_thread, (void *)kind), 0);
		gate_wait(&ready);
		/* A handler that ran before the sleep began leaves it asleep: send until it is
		 * through. */
		while (pthread_tryjoin_np(t, NULL) == EBUSY) {
			SYS(kill(getpid(), SIGUSR1));
			sched_yield();
		}
	}
	return 0;
}
