/* run: fast-path */
/*
 * A reader woken by a writer that goes on making calls, and never sleeps, is not kept waiting: it
 * reads each message while the writer looks for its acknowledgement in shared memory only.
 */
#include "../test.h"

#include <sys/mman.h>

#define ROUNDS 300

int main(void)
{
	volatile int *seen =
		mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd[2], n;
	pid_t pid;

	if (seen == MAP_FAILED)
		FAIL("mmap");
	SYS(pipe(fd));
	pid = test_fork();
	if (!pid) {
		close(fd[1]);
		while (read(fd[0], &n, sizeof(n)) == sizeof(n))
			*seen = n;
		_exit(0);
	}
	close(fd[0]);
	for (n = 1; n <= ROUNDS; n++) {
		CHECK_EQ(write(fd[1], &n, sizeof(n)), sizeof(n));
		while (*seen != n)
			getppid();
	}
	close(fd[1]);
	CHECK_EQ(test_wait(pid, 0), 0);
	return 0;
}
