/* A program open for writing cannot be executed, a running one cannot be opened for writing. */
#include "../test.h"

int main(void)
{
	char path[128], buf[65536];
	ssize_t n;
	struct gate up;

	snprintf(path, sizeof path, "%s/prog", test_tmpdir());
	int in = SYS(open("/bin/sleep", O_RDONLY | O_CLOEXEC));
	int out = SYS(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
	while ((n = SYS(read(in, buf, sizeof buf))) > 0)
		CHECK_EQ(write(out, buf, n), n);
	CHECK_ERR(execl(path, "sleep", "0", (char *)NULL), ETXTBSY);
	SYS(close(out));

	gate_init(&up);
	SYS(fcntl(up.fd[1], F_SETFD, FD_CLOEXEC));
	pid_t pid = test_fork();
	if (pid == 0) {
		execl(path, "sleep", "1000", (char *)NULL);
		_exit(1);
	}
	SYS(close(up.fd[1]));
	CHECK_EQ(read(up.fd[0], buf, 1), 0);
	CHECK_ERR(open(path, O_WRONLY), ETXTBSY);
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	SYS(close(SYS(open(path, O_WRONLY))));
	SYS(unlink(path));
	*strrchr(path, '/') = 0;
	SYS(rmdir(path));
	return 0;
}
