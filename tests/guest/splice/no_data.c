/* Descriptors that are no stream of data refuse to be spliced, at once, even where read(2) or
 * write(2) would work or wait. splice(2) */
#include "tests/guest/test.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

int main(void)
{
	sigset_t set = sigset_of(SIGUSR1);
	int fds[] = {eventfd(1, 0), epoll_create1(0), signalfd(-1, &set, 0),
		timerfd_create(CLOCK_MONOTONIC, 0), (int)syscall(SYS_pidfd_open, getpid(), 0)};
	int inotify = SYS(inotify_init1(0)), dir = SYS(open("/", O_RDONLY)), p[2];

	SYS(pipe(p));
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		SYS(fds[i]);
		CHECK_ERR(splice(p[0], NULL, fds[i], NULL, 8, 0), EINVAL);
		CHECK_ERR(splice(fds[i], NULL, p[1], NULL, 8, 0), EINVAL);
	}
	CHECK_ERR(splice(inotify, NULL, p[1], NULL, 8, 0), EINVAL);
	CHECK_ERR(splice(p[0], NULL, inotify, NULL, 8, 0), EBADF);
	CHECK_ERR(splice(dir, NULL, p[1], NULL, 8, 0), EINVAL);
	return 0;
}
