/* O_DIRECT: one read takes one packet; what does not fit is lost; large writes are cut. */
#include "../test.h"

static char big[70000];

int main(void)
{
	char buf[8192];
	int fd[2], n = 0;

	if (pipe2(fd, O_DIRECT | O_NONBLOCK) < 0)
		SKIP("no packet pipes");
	CHECK_EQ(write(fd[1], "one", 3), 3);
	CHECK_EQ(write(fd[1], "two", 3), 3);
	CHECK_EQ(read(fd[0], buf, sizeof buf), 3);
	CHECK(!memcmp(buf, "one", 3));
	CHECK_EQ(read(fd[0], buf, 1), 1);
	CHECK_ERR(read(fd[0], buf, 1), EAGAIN);
	CHECK_EQ(write(fd[1], big, 10000), 10000);
	CHECK_EQ(read(fd[0], buf, sizeof buf), 4096);
	CHECK_EQ(read(fd[0], buf, sizeof buf), 4096);
	CHECK_EQ(read(fd[0], buf, sizeof buf), 10000 - 8192);
	while (write(fd[1], "p", 1) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 16); /* a slot each */
	CHECK_EQ(read(fd[0], buf, 100), 1);
	SYS(fcntl(fd[1], F_SETFL, O_NONBLOCK)); /* stream mode again */
	CHECK_EQ(write(fd[1], "abc", 3), 3);
	while (n-- > 1)
		CHECK_EQ(read(fd[0], buf, 100), n ? (n == 0 ? 4 : 1) : 4);
	return 0;
}
