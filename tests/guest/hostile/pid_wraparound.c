/* A few thousand short-lived processes: pids stay unique among the living and are used again at
 * most after they are reaped; nothing leaks so that the last is as good as the first. */
#include "../test.h"

int main(void)
{
	struct gate hold;

	gate_init(&hold);
	pid_t longlived = test_fork();
	if (longlived == 0) {
		gate_wait(&hold);
		_exit(0);
	}
	for (int i = 0; i < 2500; i++) {
		pid_t pid = vfork();

		if (pid == 0)
			_exit(i & 127);
		CHECK(pid > 0);
		CHECK(pid != longlived && pid != getpid());
		CHECK_EXIT(pid, i & 127);
	}
	gate_open(&hold);
	CHECK_EXIT(longlived, 0);
	return 0;
}
