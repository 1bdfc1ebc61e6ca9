/* run: guest-only */
/* Without a subreaper an orphan's parent becomes pid 1. */
#include "../test.h"

int main(void)
{
	int fd[2], pdead[2];
	char c = 1;

	SYS(pipe(fd));
	SYS(pipe(pdead));
	pid_t middle = test_fork();
	if (middle == 0) {
		if (test_fork() == 0) {
			CHECK_EQ(read(pdead[0], &c, 1), 1);
			c = getppid() == 1 ? 'y' : 'n';
			CHECK_EQ(write(fd[1], &c, 1), 1);
			_exit(0);
		}
		_exit(0);
	}
	CHECK_EXIT(middle, 0);
	CHECK_EQ(write(pdead[1], "x", 1), 1);
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
	return 0;
}
