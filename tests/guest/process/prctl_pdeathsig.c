/* PR_SET_PDEATHSIG: the child is signalled when its parent dies; fork clears it in the child. */
#include "../test.h"
#include <sys/prctl.h>

int main(void)
{
	int fd[2];
	struct gate ready;
	pid_t grandchild;

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SYS(pipe(fd));
	gate_init(&ready);
	pid_t child = test_fork();
	if (child == 0) {
		grandchild = test_fork();
		if (grandchild == 0) {
			int v = -1;

			SYS(prctl(PR_SET_PDEATHSIG, SIGUSR1));
			pid_t own = test_fork();
			if (own == 0) {
				SYS(prctl(PR_GET_PDEATHSIG, &v));
				_exit(v);
			}
			CHECK_EXIT(own, 0);
			gate_open(&ready);
			for (;;)
				pause();
		}
		gate_wait(&ready);
		CHECK_EQ(write(fd[1], &grandchild, sizeof grandchild), sizeof grandchild);
		_exit(0);
	}
	CHECK_EQ(read(fd[0], &grandchild, sizeof grandchild), sizeof grandchild);
	CHECK_EXIT(child, 0);
	CHECK_KILLED(grandchild, SIGUSR1);
	return 0;
}
