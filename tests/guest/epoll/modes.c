/* Level, edge and one-shot; MOD and DEL; order; the errors of epoll_ctl and epoll_wait. */
#include "../test.h"
#include <sys/epoll.h>

static int ep;

static int ctl(int op, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.u64 = 0xabc00000000ull + fd};

	return epoll_ctl(ep, op, fd, &ev);
}

static uint32_t ready(int fd)
{
	struct epoll_event ev[4];
	int n = SYS(epoll_wait(ep, ev, 4, 0));

	for (int i = 0; i < n; i++) {
		if (ev[i].data.u64 == 0xabc00000000ull + fd)
			return ev[i].events;
	}
	return 0;
}

int main(void)
{
	struct epoll_event ev;
	char c;
	int fd[2], file;

	ep = SYS(epoll_create1(EPOLL_CLOEXEC));
	CHECK_ERR(epoll_create(0), EINVAL);
	CHECK_ERR(epoll_create1(1), EINVAL);
	SYS(pipe2(fd, O_NONBLOCK));
	SYS(ctl(EPOLL_CTL_ADD, fd[0], EPOLLIN));
	CHECK_ERR(ctl(EPOLL_CTL_ADD, fd[0], EPOLLIN), EEXIST);
	CHECK_ERR(ctl(EPOLL_CTL_MOD, fd[1], EPOLLIN), ENOENT);
	CHECK_ERR(ctl(EPOLL_CTL_DEL, fd[1], EPOLLIN), ENOENT);
	CHECK_ERR(ctl(EPOLL_CTL_ADD, 999, EPOLLIN), EBADF);
	CHECK_ERR(ctl(EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL);
	CHECK_ERR(ctl(77, fd[0], EPOLLIN), EINVAL);
	file = SYS(open("/proc/self/exe", O_RDONLY));
	CHECK_ERR(ctl(EPOLL_CTL_ADD, file, EPOLLIN), EPERM);
	CHECK_ERR(epoll_wait(ep, &ev, 0, 0), EINVAL);
	CHECK_ERR(epoll_wait(fd[0], &ev, 1, 0), EINVAL);
	CHECK_ERR(epoll_wait(999, &ev, 1, 0), EBADF);

	CHECK_EQ(ready(fd[0]), 0);
	write(fd[1], "ab", 2);
	CHECK_EQ(ready(fd[0]), EPOLLIN);
	CHECK_EQ(ready(fd[0]), EPOLLIN); /* level */
	CHECK_ERR(syscall(SYS_epoll_wait, ep, 8, 1, 0), EFAULT);
	CHECK_EQ(ready(fd[0]), EPOLLIN);
	SYS(ctl(EPOLL_CTL_MOD, fd[0], EPOLLIN | EPOLLET));
	CHECK_EQ(ready(fd[0]), EPOLLIN);
	CHECK_EQ(ready(fd[0]), 0); /* edge */
	read(fd[0], &c, 1);
	CHECK_EQ(ready(fd[0]), 0);
	write(fd[1], "c", 1);
	CHECK_EQ(ready(fd[0]), EPOLLIN);
	SYS(ctl(EPOLL_CTL_MOD, fd[0], EPOLLIN | EPOLLONESHOT));
	CHECK_EQ(ready(fd[0]), EPOLLIN);
	write(fd[1], "d", 1);
	CHECK_EQ(ready(fd[0]), 0);
	SYS(ctl(EPOLL_CTL_MOD, fd[0], EPOLLIN | EPOLLONESHOT));
	CHECK_EQ(ready(fd[0]), EPOLLIN);
	SYS(ctl(EPOLL_CTL_MOD, fd[0], 0));
	CHECK_EQ(ready(fd[0]), 0);
	SYS(ctl(EPOLL_CTL_ADD, fd[1], EPOLLOUT));
	CHECK_EQ(ready(fd[1]), EPOLLOUT);
	close(fd[0]); /* the last reference: unregistered */
	CHECK_EQ(ready(fd[0]), 0);
	CHECK_EQ(ready(fd[1]), EPOLLOUT | EPOLLERR);
	SYS(epoll_ctl(ep, EPOLL_CTL_DEL, fd[1], NULL));
	CHECK_EQ(ready(fd[1]), 0);
	return 0;
}
