/* Children flood one process with queued signals until EAGAIN; it stays responsive and dies
 * cleanly. */
#include "../test.h"

static volatile int hits;

static void on(int sig)
{
	(void)sig;
	hits++;
}

int main(void)
{
	pid_t target = getpid(), pids[4];

	struct gate go;

	gate_init(&go);
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
	/* Only now: fork does not complete while signals keep coming. */
	for (int i = 0; i < 4; i++)
		gate_open(&go);
	while (hits < 2000)
		CHECK(getppid() >= 0);
	for (int i = 0; i < 4; i++)
		SYS(kill(pids[i], SIGKILL));
	for (int i = 0; i < 4; i++)
		CHECK_KILLED(pids[i], SIGKILL);
	return 0;
}
