/* O_CLOEXEC descriptors close on a successful exec only; the others stay with their offsets. */
#include "../test.h"

int main(int argc, char **argv)
{
	char buf[16] = {0};

	if (argc == 4) {
		int keep = atoi(argv[2]), gone = atoi(argv[3]);

		CHECK_ERR(fcntl(gone, F_GETFD), EBADF);
		CHECK_EQ(fcntl(keep, F_GETFD), 0);
		CHECK_EQ(read(keep, buf, 3), 3);
		CHECK_STR(buf, "def");
		return 0;
	}
	int keep = SYS(memfd_create("keep", 0)), gone = SYS(dup(keep));

	SYS(fcntl(gone, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(write(keep, "abcdef", 6), 6);
	SYS(lseek(keep, 3, SEEK_SET));
	CHECK_ERR(execl("/nonexistent", "x", (char *)NULL), ENOENT);
	SYS(fcntl(gone, F_GETFD));
	pid_t pid = test_fork();
	if (pid == 0) {
		char k[16], g[16];

		snprintf(k, sizeof k, "%d", keep);
		snprintf(g, sizeof g, "%d", gone);
		execl("/proc/self/exe", "x", "execed", k, g, (char *)NULL);
		FAIL("exec (errno %d)", errno);
	}
	CHECK_EXIT(pid, 0);
	SYS(fcntl(gone, F_GETFD));
	return 0;
}
