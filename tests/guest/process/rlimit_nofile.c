/* RLIMIT_NOFILE bounds every call that makes a descriptor; existing high ones go on working. */
#include "../test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

int main(void)
{
	int high = SYS(fcntl(2, F_DUPFD, 60)), fd[2];

	SYS(setrlimit(RLIMIT_NOFILE, &(struct rlimit){20, 20}));
	for (;;) {
		int f = open("/dev/null", O_RDONLY);

		if (f < 0)
			break;
		CHECK(f < 20);
	}
	CHECK_EQ(errno, EMFILE);
	CHECK_ERR(dup(0), EMFILE);
	CHECK_ERR(pipe(fd), EMFILE);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
	CHECK_ERR(eventfd(0, 0), EMFILE);
	CHECK_ERR(epoll_create1(0), EMFILE);
	CHECK_ERR(fcntl(0, F_DUPFD, 0), EMFILE);
	CHECK_ERR(fcntl(0, F_DUPFD, 20), EINVAL);
	CHECK_ERR(dup2(0, 20), EBADF);
	CHECK_ERR(memfd_create("x", 0), EMFILE);
	SYS(fcntl(high, F_GETFD));
	SYS(close(19));
	CHECK_ERR(pipe(fd), EMFILE);
	CHECK_EQ(dup(0), 19);
	CHECK_EQ(dup2(1, 19), 19);
	SYS(close(high));
	CHECK_ERR(dup2(0, high), EBADF);
	return 0;
}
