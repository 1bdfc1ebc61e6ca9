/* Programs started with 0, 1 and 2 closed run, and get those numbers for what they open. */
#include "../test.h"

int main(int argc, char **argv)
{
	(void)argv;
	if (argc == 2)
		_exit(open("/dev/null", O_RDWR) == 0 && open("/dev/null", O_RDWR) == 1 ? 44 : 1);
	pid_t pid = test_fork();
	if (pid == 0) {
		close(0), close(1), close(2);
		execl("/proc/self/exe", "x", "y", (char *)NULL);
		_exit(2);
	}
	CHECK_EXIT(pid, 44);
	return 0;
}
