/* epoll_wait gives all that is ready, as far as there is room for it. */
#include "../test.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#define FILES 300

static struct epoll_event got[FILES + 1];

int main(void)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int ep = SYS(epoll_create1(EPOLL_CLOEXEC)), seen[FILES] = {0};

	for (int i = 0; i < FILES; i++) {
		int fd = SYS(eventfd(1, EFD_CLOEXEC));

		ev.data.u32 = i;
		SYS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	}
	CHECK_EQ(epoll_wait(ep, got, FILES + 1, 0), FILES);
	for (int i = 0; i < FILES; i++)
		seen[got[i].data.u32]++;
	for (int i = 0; i < FILES; i++)
		CHECK_EQ(seen[i], 1);
	CHECK_EQ(epoll_wait(ep, got, 100, 0), 100);
	CHECK_ERR(syscall(SYS_epoll_wait, ep, (void *)8, FILES, 0), EFAULT);
	CHECK_EQ(epoll_wait(ep, got, FILES, 0), FILES);
	return 0;
}
