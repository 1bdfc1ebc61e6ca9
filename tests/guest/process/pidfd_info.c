/* PIDFD_GET_INFO: who a process is, and how it ended once it has been waited for. */
#include "../test.h"
#include <sys/ioctl.h>

struct info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};
#define GET_INFO _IOWR(0xff, 11, struct info)
#define INFO_EXIT 8

int main(void)
{
	struct info i = {.mask = INFO_EXIT};
	struct gate go;
	pid_t pid;
	int fd;

	gate_init(&go);
	pid = test_fork();
	if (pid == 0) {
		gate_wait(&go);
		_exit(9);
	}
	fd = SYS(syscall(SYS_pidfd_open, pid, 0));
	if (ioctl(fd, GET_INFO, &i) < 0 && errno == ENOTTY)
		SKIP("no PIDFD_GET_INFO");
	CHECK_EQ(i.mask & 3, 3);
	CHECK(!(i.mask & INFO_EXIT));
	CHECK_EQ(i.pid, pid);
	CHECK_EQ(i.ppid, getpid());
	CHECK_EQ(i.euid, geteuid());
	CHECK_EQ(i.fsgid, getegid());
	CHECK_ERR(ioctl(fd, GET_INFO, NULL), EINVAL);
	CHECK_ERR(ioctl(fd, GET_INFO, 8), EFAULT);
	CHECK_ERR(ioctl(fd, _IOWR(0xff, 11, int), &i), ENOTTY);
	gate_open(&go);
	CHECK_EXIT(pid, 9);
	i.mask = 0;
	CHECK_ERR(ioctl(fd, GET_INFO, &i), ESRCH);
	i.mask = INFO_EXIT;
	if (ioctl(fd, GET_INFO, &i) == 0) { /* Linux 6.15 */
		CHECK(i.mask & INFO_EXIT);
		CHECK_EQ(i.exit_code, 9 << 8);
	}
	return 0;
}
