/* Children killed as soon as fork has returned, maybe before they have run at all: they are waited
 * for, with and without their usage, and the sum of it is told. */
#include "tests/guest/test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>

int main(void)
{
	struct rusage ru;
	struct tms t;

	for (int i = 0; i < 400; i++) {
		pid_t pid = fork();
		int status;

		CHECK(pid >= 0);
		if (!pid)
			pause();
		if (i % 2) {
			CHECK(kill(pid, SIGSTOP) == 0);
			CHECK(kill(pid, SIGCONT) == 0);
		}
		CHECK(kill(pid, SIGKILL) == 0);
		CHECK(wait4(pid, &status, 0, i % 3 ? NULL : &ru) == pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		if (i % 50 == 49) {
			CHECK(getrusage(RUSAGE_CHILDREN, &ru) == 0);
			CHECK(times(&t) != (clock_t)-1);
		}
	}
	return 0;
}
