/* With SIGCHLD ignored or SA_NOCLDWAIT children vanish; wait blocks for all and says ECHILD. */
#include "../test.h"

static volatile sig_atomic_t got;

static void on(int sig)
{
	(void)sig;
	got++;
}

static void run(void)
{
	struct gate go;

	gate_init(&go);
	for (int i = 0; i < 5; i++) {
		if (test_fork() == 0) {
			gate_wait(&go);
			_exit(1);
		}
	}
	for (int i = 0; i < 5; i++)
		gate_open(&go);
	long r;
	do
		r = wait(NULL);
	while (r == -1 && errno == EINTR);
	CHECK_EQ(r, -1);
	CHECK_EQ(errno, ECHILD);
	SYS(close(go.fd[0]));
	SYS(close(go.fd[1]));
}

int main(void)
{
	signal(SIGCHLD, SIG_IGN);
	run();
	on_signal(SIGCHLD, on, SA_NOCLDWAIT);
	run();
	CHECK(got > 0);
	on_signal(SIGCHLD, SIG_DFL, 0);
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(7);
	CHECK_EXIT(pid, 7);
	return 0;
}
