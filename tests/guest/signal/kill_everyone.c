/* run: guest-only */
/* kill(-1): reaches every process but pid 1 and the caller. */
#include "../test.h"

static volatile sig_atomic_t self;

static void on(int sig)
{
	(void)sig;
	self = 1;
}

int main(void)
{
	pid_t pids[3];
	struct gate ready;

	if (getpid() == 1) {
		/* The program under test must not be pid 1 itself. */
		pid_t pid = test_fork();

		if (pid == 0) {
			execl("/proc/self/exe", "x", (char *)NULL);
			_exit(1);
		}
		CHECK_EXIT(pid, 0);
		return 0;
	}
	gate_init(&ready);
	for (int i = 0; i < 3; i++) {
		pids[i] = test_fork();
		if (pids[i] == 0) {
			if (i == 1)
				SYS(setsid());
			gate_open(&ready);
			for (;;)
				pause();
		}
	}
	for (int i = 0; i < 3; i++)
		gate_wait(&ready);
	on_signal(SIGTERM, on, 0);
	signal(SIGUSR1, SIG_IGN);
	SYS(kill(-1, SIGTERM));
	CHECK_EQ(self, 0);
	for (int i = 0; i < 3; i++)
		CHECK_KILLED(pids[i], SIGTERM);
	return 0;
}
