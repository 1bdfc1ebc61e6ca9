/* select and pselect: the three sets, EBADF, time left, wide sets. */
#include "../test.h"
#include <sys/select.h>

int main(void)
{
	struct timeval tv = {0, 20000};
	fd_set in, out, ex;
	int fd[2], high;

	SYS(pipe(fd));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&ex);
	FD_SET(fd[0], &in);
	FD_SET(fd[1], &out);
	FD_SET(fd[1], &ex);
	CHECK_EQ(select(fd[1] + 1, &in, &out, &ex, NULL), 1);
	CHECK(!FD_ISSET(fd[0], &in));
	CHECK(FD_ISSET(fd[1], &out));
	CHECK(!FD_ISSET(fd[1], &ex));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	high = SYS(fcntl(fd[0], F_DUPFD, 900));
	FD_ZERO(&in);
	FD_SET(high, &in);
	FD_SET(fd[0], &in);
	tv.tv_sec = 50;
	CHECK_EQ(select(high + 1, &in, &out, NULL, &tv), 3);
	CHECK(FD_ISSET(high, &in) && FD_ISSET(fd[0], &in));
	CHECK(tv.tv_sec >= 48);
	FD_ZERO(&in);
	FD_SET(999, &in);
	CHECK_ERR(select(1000, &in, NULL, NULL, &tv), EBADF);
	CHECK_ERR(select(-1, NULL, NULL, NULL, &tv), EINVAL);
	tv = (struct timeval){0, -1};
	CHECK_ERR(select(0, NULL, NULL, NULL, &tv), EINVAL);
	tv = (struct timeval){0, 10000};
	FD_ZERO(&in);
	read(fd[0], &(char){0}, 1);
	FD_SET(fd[0], &in);
	CHECK_EQ(select(fd[0] + 1, &in, NULL, NULL, &tv), 0);
	CHECK(!FD_ISSET(fd[0], &in));
	CHECK_EQ(tv.tv_sec, 0);
	CHECK_EQ(tv.tv_usec, 0);
	close(fd[1]);
	FD_SET(fd[0], &in);
	CHECK_EQ(select(fd[0] + 1, &in, NULL, NULL, NULL), 1);
	return 0;
}
