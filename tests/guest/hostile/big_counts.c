/* Counts that would need huge kernel memory are refused or served piecemeal, never fatal. */
#include "../test.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/xattr.h>

int main(void)
{
	static char big[1 << 20];
	struct pollfd p = {.fd = -1};
	int ep = SYS(epoll_create1(0));
	struct epoll_event ev;
	struct rlimit rl;

	SYS(getrlimit(RLIMIT_NOFILE, &rl));
	if (rl.rlim_cur < 0xffffffff)
		CHECK_ERR(syscall(SYS_poll, &p, 0xffffffff, 0), EINVAL);
	CHECK_ERR(syscall(SYS_select, -1, 0, 0, 0, 0), EINVAL);
	long r = syscall(SYS_select, INT_MAX, NULL, NULL, NULL, &(struct timeval){0, 0});
	CHECK(r == 0 || errno == EINVAL);
	CHECK_ERR(syscall(SYS_epoll_wait, ep, &ev, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_wait, ep, &ev, -1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_epoll_wait, ep, &ev, INT_MAX, 0), EINVAL);
	CHECK_ERR(epoll_create(0), EINVAL);
	CHECK_ERR(setxattr("/tmp", "user.x", big, 1 << 20, 0), E2BIG);
	memset(big, 'a', sizeof big - 1);
	CHECK_ERR(open(big, O_RDONLY), ENAMETOOLONG);
	CHECK_ERR(chdir(big), ENAMETOOLONG);
	CHECK_ERR(symlink(big, "/tmp/gtest-x"), ENAMETOOLONG);
	CHECK_ERR(syscall(SYS_sethostname, big, 65), getuid() ? EPERM : EINVAL);
	CHECK_ERR(syscall(SYS_sethostname, big, -1), getuid() ? EPERM : EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 0, big, NULL, 1 << 20), EINVAL);
	CHECK_ERR(syscall(SYS_getgroups, -1, big), EINVAL);
	CHECK_ERR(syscall(SYS_clone3, big, 1ul << 40), E2BIG);
	CHECK_EQ(syscall(SYS_getrandom, big, 1 << 20, 0), 1 << 20);
	CHECK_ERR(syscall(SYS_getcwd, big, 0), ERANGE);
	CHECK_ERR(syscall(SYS_readlink, "/proc/self/exe", big, 0), EINVAL);
	CHECK_ERR(syscall(SYS_readlink, "/proc/self/exe", big, -1), EINVAL);
	CHECK_ERR(syscall(SYS_getdents64, SYS(open("/", O_RDONLY)), big, 3), EINVAL);
	return 0;
}
