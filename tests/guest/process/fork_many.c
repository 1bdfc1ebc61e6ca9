/* Many children alive at once, each with its own pid and exit code, reaped in any order. */
/* run: trap-all */
#include "../test.h"

#define N 150

int main(void)
{
	struct gate go;
	pid_t pids[N];
	bool seen[N] = {false};

	gate_init(&go);
	for (int i = 0; i < N; i++) {
		pids[i] = test_fork();
		if (pids[i] == 0) {
			gate_wait(&go);
			_exit(i);
		}
		for (int j = 0; j < i; j++)
			CHECK(pids[i] != pids[j]);
	}
	for (int i = 0; i < N; i++)
		gate_open(&go);
	for (int i = 0; i < N; i++) {
		int status, code;
		pid_t pid = SYS(wait(&status));

		CHECK(WIFEXITED(status));
		code = WEXITSTATUS(status);
		CHECK(code < N && !seen[code]);
		CHECK_EQ(pids[code], pid);
		seen[code] = true;
	}
	CHECK_ERR(wait(NULL), ECHILD);
	return 0;
}
