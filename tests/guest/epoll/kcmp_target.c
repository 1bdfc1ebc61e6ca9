/* kcmp(KCMP_EPOLL_TFD): whether a descriptor is the file that an epoll instance watches. */
#include "../test.h"
#include <sys/epoll.h>

#define KCMP_EPOLL_TFD 7

static long compare(int fd, int efd, unsigned tfd, unsigned toff)
{
	struct {
		uint32_t efd, tfd, toff;
	} slot = {efd, tfd, toff};

	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_EPOLL_TFD, fd, &slot);
}

int main(void)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int a[2], b[2], ep = SYS(epoll_create1(0)), other;

	SYS(pipe(a));
	SYS(pipe(b));
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, a[0], &ev));
	if (compare(a[0], ep, a[0], 0) < 0 && errno == ENOSYS)
		SKIP("no kcmp");
	CHECK_EQ(compare(a[0], ep, a[0], 0), 0);
	CHECK(compare(b[0], ep, a[0], 0) > 0);
	CHECK_ERR(compare(a[0], ep, b[0], 0), ENOENT);
	CHECK_ERR(compare(a[0], ep, a[0], 1), ENOENT);
	CHECK_ERR(compare(a[0], a[1], a[0], 0), EINVAL);
	CHECK_ERR(compare(a[0], 999, a[0], 0), EBADF);
	CHECK_ERR(compare(999, ep, a[0], 0), EBADF);
	CHECK_ERR(syscall(SYS_kcmp, getpid(), getpid(), KCMP_EPOLL_TFD, a[0], 8), EFAULT);

	/* The number names another file by now: the second one registered under it is at toff 1. */
	other = SYS(dup(a[0]));
	SYS(dup2(b[0], a[0]));
	SYS(epoll_ctl(ep, EPOLL_CTL_ADD, a[0], &ev));
	CHECK(!compare(other, ep, a[0], 0) != !compare(other, ep, a[0], 1));
	CHECK(!compare(b[0], ep, a[0], 0) != !compare(b[0], ep, a[0], 1));
	return 0;
}
