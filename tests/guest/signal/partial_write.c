/* A signal during a long pipe write gives a short count, not EINTR, once bytes are in the pipe. */
#include "../test.h"

static void on(int sig)
{
	(void)sig;
}

int main(void)
{
	int fd[2];
	size_t len = 1 << 20;
	char *buf = calloc(1, len);
	struct itimerval it = {{0, 2000}, {0, 2000}};

	SYS(pipe(fd));
	on_signal(SIGALRM, on, SA_RESTART);
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	ssize_t n = SYS(write(fd[1], buf, len));
	CHECK(n >= 4096 && (size_t)n < len);
	SYS(close(fd[1]));
	ssize_t total = 0, r;
	while ((r = SYS(read(fd[0], buf, len))) > 0)
		total += r;
	CHECK_EQ(total, n);
	return 0;
}
