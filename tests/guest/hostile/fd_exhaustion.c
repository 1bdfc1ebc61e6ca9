/* Descriptors up to the limit, then EMFILE everywhere; other processes do not notice; all come
 * back. */
#include "../test.h"

static struct gate full, go;

static void hog(void)
{
	int n = 0;
	struct rlimit rl;

	SYS(getrlimit(RLIMIT_NOFILE, &rl));
	if (rl.rlim_cur > 20000)
		SYS(setrlimit(RLIMIT_NOFILE, &(struct rlimit){20000, rl.rlim_max}));
	while (dup(0) >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n >= 100);
	gate_open(&full);
	gate_wait(&go);
	CHECK_ERR(open("/", O_RDONLY), EMFILE);
	/* exec and fork still work. */
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(dup(0) < 0 && errno == EMFILE ? 0 : 1);
	CHECK_EXIT(pid, 0);
	SYS(close(100));
	CHECK_EQ(dup(0), 100);
	closefrom(10);
	SYS(dup(0));
}

int main(void)
{
	gate_init(&full);
	gate_init(&go);
	pid_t pid = test_fork();
	if (pid == 0) {
		hog();
		_exit(0);
	}
	gate_wait(&full);
	for (int i = 0; i < 100; i++)
		SYS(close(SYS(open("/", O_RDONLY))));
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	CHECK_ERR(dup2(0, 1 << 30), EBADF);
	CHECK_ERR(dup2(0, -1), EBADF);
	CHECK_ERR(dup3(0, 0, 0), EINVAL);
	CHECK_ERR(dup3(0, 5, 0x1234), EINVAL);
	CHECK_ERR(close(-1), EBADF);
	CHECK_ERR(close(INT_MAX), EBADF);
	return 0;
}
