/* pidfd_getfd takes a duplicate of another process's descriptor. */
#include "../test.h"

int main(void)
{
	struct gate ready, go;
	char buf[8] = {0};

	gate_init(&ready);
	gate_init(&go);
	pid_t pid = test_fork();
	if (pid == 0) {
		int fd = SYS(memfd_create("taken", 0));

		CHECK_EQ(write(fd, "hello", 5), 5);
		CHECK_EQ(dup2(fd, 100), 100);
		gate_open(&ready);
		gate_wait(&go);
		_exit(0);
	}
	gate_wait(&ready);
	int pidfd = SYS(syscall(SYS_pidfd_open, pid, 0));
	int fd = syscall(SYS_pidfd_getfd, pidfd, 100, 0);
	if (fd < 0 && errno == EPERM)
		SKIP("the host restricts ptrace access");
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(pread(fd, buf, 5, 0), 5);
	CHECK_STR(buf, "hello");
	CHECK_ERR(syscall(SYS_pidfd_getfd, pidfd, 101, 0), EBADF);
	CHECK_ERR(syscall(SYS_pidfd_getfd, pidfd, 100, 1), EINVAL);
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	CHECK_ERR(syscall(SYS_pidfd_getfd, pidfd, 100, 0), ESRCH);
	return 0;
}
