/* A chain of 30 generations; each waits for its child and passes the depth reached up. */
#include "../test.h"

#define DEPTH 30

int main(void)
{
	for (int level = 0; level < DEPTH; level++) {
		pid_t me = getpid(), pid = test_fork();

		if (pid > 0) {
			int status = test_wait(pid, 0);

			CHECK(WIFEXITED(status));
			CHECK_EQ(WEXITSTATUS(status), DEPTH - level - 1);
			if (level == 0)
				return 0;
			_exit(DEPTH - level);
		}
		CHECK_EQ(getppid(), me);
	}
	_exit(0);
}
