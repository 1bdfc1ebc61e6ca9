/* Children flood one process with queued signals; it keeps running handlers (and may run nothing
 * else, as on Linux) until a handler kills the children; then it carries on. */
#include "../test.h"

static volatile int hits;
static pid_t pids[4];

static void on(int sig)
{
	(void)sig;
	if (++hits != 2000)
		return;
	for (int i = 0; i < 4; i++)
		kill(pids[i], SIGKILL);
}

int main(void)
{
	pid_t target = getpid();
	struct gate go;

	gate_init(&go);
	SYS(setrlimit(RLIMIT_SIGPENDING, &(struct rlimit){500, 500}));
	on_signal(SIGRTMIN, on, SA_RESTART);
	on_signal(SIGUSR1, on, SA_RESTART);
	for (int i = 0; i < 4; i++) {
		pids[i] = test_fork();
		if (pids[i] == 0) {
			gate_wait(&go);
			for (;;) {
				sigqueue(target, SIGRTMIN, (union sigval){.sival_int = 1});
				kill(target, SIGUSR1);
			}
		}
	}
	/* Only now: fork does not complete while signals keep coming. One write for all, for the
	 * same reason. */
	CHECK_EQ(write(go.fd[1], "gggg", 4), 4);
	for (int i = 0; i < 4; i++)
		CHECK_KILLED(pids[i], SIGKILL);
	CHECK(hits >= 2000);
	return 0;
}
