/* Orphans go to the nearest subreaper, which can wait for them; the setting is not inherited. */
#include "../test.h"
#include <sys/prctl.h>

int main(void)
{
	int fd[2], value = -1;
	struct gate go;
	pid_t orphan, self = getpid();

	SYS(pipe(fd));
	gate_init(&go);
	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SYS(prctl(PR_GET_CHILD_SUBREAPER, &value));
	CHECK_EQ(value, 1);
	pid_t middle = test_fork();
	if (middle == 0) {
		SYS(prctl(PR_GET_CHILD_SUBREAPER, &value));
		CHECK_EQ(value, 0);
		orphan = test_fork();
		if (orphan == 0) {
			gate_wait(&go);
			_exit(getppid() == self ? 13 : 1);
		}
		CHECK_EQ(write(fd[1], &orphan, sizeof orphan), sizeof orphan);
		_exit(0);
	}
	CHECK_EXIT(middle, 0);
	gate_open(&go);
	CHECK_EQ(read(fd[0], &orphan, sizeof orphan), sizeof orphan);
	CHECK_EXIT(orphan, 13);
	return 0;
}
