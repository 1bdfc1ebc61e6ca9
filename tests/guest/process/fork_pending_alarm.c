/* Pending signals, alarms and itimers are not inherited over fork. */
#include "../test.h"

int main(void)
{
	block_signal(SIGUSR1);
	SYS(raise(SIGUSR1));
	SYS(alarm(15));
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		sigset_t set;

		SYS(sigpending(&set));
		CHECK(!sigismember(&set, SIGUSR1));
		CHECK_EQ(alarm(TEST_WATCHDOG_S), 0);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	sigset_t set;
	SYS(sigpending(&set));
	CHECK(sigismember(&set, SIGUSR1));
	CHECK(alarm(0) > 0);
	return 0;
}
