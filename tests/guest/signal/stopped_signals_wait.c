/* A stopped process takes no signal but SIGKILL until it is continued; a fatal one then ends it. */
#include "../test.h"

int main(void)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	SYS(kill(pid, SIGSTOP));
	CHECK(WIFSTOPPED(test_wait(pid, WUNTRACED)));
	SYS(kill(pid, SIGTERM));
	for (int i = 0; i < 50; i++)
		CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	SYS(kill(pid, SIGCONT));
	CHECK_KILLED(pid, SIGTERM);
	return 0;
}
