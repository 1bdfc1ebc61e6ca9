/* link: pthread */
/* CPU clocks: of process and thread, of another process by pid; sleeping costs nothing. */
#include "../test.h"
#include <pthread.h>

static void *burn(void *arg)
{
	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < 30000000)
		;
	return arg;
}

int main(void)
{
	struct timespec ts;
	clockid_t clock;
	pthread_t t;
	int64_t before, after;

	before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	int64_t own = now_ns(CLOCK_THREAD_CPUTIME_ID);
	CHECK_EQ(pthread_create(&t, NULL, burn, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	after = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	CHECK(after - before >= 30000000);
	CHECK(now_ns(CLOCK_THREAD_CPUTIME_ID) - own < 30000000);

	before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	int64_t wall = now_ns(CLOCK_MONOTONIC);
	ts = (struct timespec){0, 200000000};
	SYS(nanosleep(&ts, NULL));
	CHECK(now_ns(CLOCK_MONOTONIC) - wall >= 200000000);
	CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - before < 150000000);

	struct gate ready;
	gate_init(&ready);
	pid_t pid = test_fork();
	if (pid == 0) {
		while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < 20000000)
			;
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	CHECK_EQ(clock_getcpuclockid(pid, &clock), 0);
	CHECK(now_ns(clock) >= 20000000);
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	return 0;
}
