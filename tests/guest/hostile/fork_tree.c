/* Trees of processes that die from the middle: 3 levels of 5 children each, killed by group, all
 * reaped by the subreaper. */
#include "../test.h"
#include <sys/prctl.h>

static struct gate ready;

static void grow(int level)
{
	for (int i = 0; i < 5 && level > 0; i++) {
		if (test_fork() == 0) {
			grow(level - 1);
			for (;;)
				pause();
		}
	}
	gate_open(&ready);
}

int main(void)
{
	int total = 1 + 5 + 25 + 125, reaped = 0;

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	gate_init(&ready);
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(setpgid(0, 0));
		grow(3);
		for (;;)
			pause();
	}
	for (int i = 0; i < total; i++)
		gate_wait(&ready);
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	SYS(kill(-pid, SIGKILL));
	int st;
	while (wait(&st) > 0) {
		CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
		reaped++;
	}
	CHECK_EQ(reaped, total - 1);
	return 0;
}
