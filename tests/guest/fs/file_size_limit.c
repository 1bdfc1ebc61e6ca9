/* RLIMIT_FSIZE: a write up to the limit, then SIGXFSZ and EFBIG. */
#include "tests/guest/test.h"

static volatile sig_atomic_t signals;

static void on_xfsz(int sig)
{
	(void)sig;
	signals++;
}

int main(void)
{
	struct rlimit lim = {10, 10};
	int fd = SYS(open("f", O_CREAT | O_RDWR, 0644));
	char buf[20] = "";

	signal(SIGXFSZ, on_xfsz);
	SYS(setrlimit(RLIMIT_FSIZE, &lim));
	CHECK_EQ(SYS(write(fd, buf, 20)), 10);
	CHECK_EQ(signals, 0);
	CHECK_ERR(write(fd, buf, 1), EFBIG);
	CHECK_EQ(signals, 1);
	CHECK_ERR(ftruncate(fd, 11), EFBIG);
	CHECK_EQ(signals, 2);
	CHECK_EQ(SYS(pwrite(fd, buf, 5, 0)), 5);
	SYS(ftruncate(fd, 3));
	return 0;
}
