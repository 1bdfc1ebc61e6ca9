/* Counter and semaphore mode, limits, blocking, poll. */
#include "../test.h"
#include <poll.h>
#include <sys/eventfd.h>

static short polled(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	SYS(poll(&p, 1, 0));
	return p.revents;
}

int main(void)
{
	uint64_t v;
	int e = SYS(eventfd(3, EFD_NONBLOCK)), s = SYS(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
	pid_t pid;

	CHECK_ERR(eventfd(0, 0x4000000), EINVAL);
	CHECK_EQ(polled(e), POLLIN | POLLOUT);
	CHECK_EQ(read(e, &v, 8), 8);
	CHECK_EQ(v, 3);
	CHECK_EQ(polled(e), POLLOUT);
	CHECK_ERR(read(e, &v, 8), EAGAIN);
	CHECK_ERR(read(e, &v, 7), EINVAL);
	CHECK_ERR(write(e, &v, 4), EINVAL);
	v = UINT64_MAX;
	CHECK_ERR(write(e, &v, 8), EINVAL);
	v = UINT64_MAX - 1;
	CHECK_EQ(write(e, &v, 8), 8);
	CHECK_EQ(polled(e), POLLIN);
	v = 1;
	CHECK_ERR(write(e, &v, 8), EAGAIN);
	CHECK_EQ(read(e, &v, 8), 8);
	CHECK_EQ(v, UINT64_MAX - 1);
	CHECK_EQ(read(s, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_EQ(read(s, &v, 8), 8);
	CHECK_ERR(read(s, &v, 8), EAGAIN);

	SYS(fcntl(e, F_SETFL, 0));
	pid = test_fork();
	if (pid == 0) {
		v = 41;
		CHECK_EQ(write(e, &v, 8), 8);
		_exit(0);
	}
	CHECK_EQ(read(e, &v, 8), 8);
	CHECK_EQ(v, 41);
	CHECK_EXIT(pid, 0);
	return 0;
}
