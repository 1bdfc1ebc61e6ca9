/* RLIMIT_FSIZE: writes are cut at the limit, at it they raise SIGXFSZ and fail with EFBIG. */
#include "../test.h"

static volatile sig_atomic_t got;

static void on(int sig)
{
	got = sig;
}

static void dies(void)
{
	char path[] = "/tmp/gtest-fsize-XXXXXX", buf[200];
	int fd = SYS(mkstemp(path));

	SYS(unlink(path));
	memset(buf, 1, sizeof buf);
	CHECK_EQ(write(fd, buf, 100), 100);
	signal(SIGXFSZ, SIG_DFL);
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	(void)!write(fd, buf, 1);
}

int main(void)
{
	char path[] = "/tmp/gtest-fsize-XXXXXX", buf[200];
	int fd = SYS(mkstemp(path)), p[2];

	SYS(unlink(path));
	memset(buf, 1, sizeof buf);
	SYS(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, 100}));
	on_signal(SIGXFSZ, on, 0);
	CHECK_EQ(write(fd, buf, 60), 60);
	CHECK_EQ(write(fd, buf, 200), 40);
	CHECK_EQ(got, 0);
	CHECK_ERR(write(fd, buf, 1), EFBIG);
	CHECK_EQ(got, SIGXFSZ);
	got = 0;
	CHECK_ERR(ftruncate(fd, 101), EFBIG);
	CHECK_EQ(got, SIGXFSZ);
	SYS(ftruncate(fd, 50));
	CHECK_EQ(pwrite(fd, buf, 10, 0), 10);
	CHECK_ERR(pwrite(fd, buf, 10, 100), EFBIG);
	SYS(pipe(p));
	CHECK_EQ(write(p[1], buf, 200), 200);
	CHECK_CHILD_KILLED(dies, SIGXFSZ);
	return 0;
}
