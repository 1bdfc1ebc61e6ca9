/* System calls respect page protections as the processor does: EFAULT for read-only and none. */
#include "../test.h"

int main(void)
{
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd[2];
	struct timespec *ts;

	CHECK(p != MAP_FAILED);
	SYS(pipe(fd));
	SYS(mprotect(p + 4096, 4096, PROT_READ));
	SYS(mprotect(p + 8192, 4096, PROT_NONE));
	CHECK_EQ(write(fd[1], p + 4096, 5), 5);
	CHECK_ERR(read(fd[0], p + 4096, 5), EFAULT);
	CHECK_ERR(write(fd[1], p + 8192, 5), EFAULT);
	ts = (void *)(p + 4096);
	CHECK_ERR(syscall(SYS_clock_getres, CLOCK_MONOTONIC, ts), EFAULT);
	CHECK_ERR(pipe((int *)(p + 4096)), EFAULT);
	CHECK_ERR(pipe((int *)(p + 4092)), EFAULT);
	CHECK_ERR(stat("/", (struct stat *)(p + 4096)), EFAULT);
	/* A read that reaches a bad page gives what fitted or EFAULT, and never more than there is.
	 */
	CHECK_EQ(write(fd[1], "0123456789", 10), 10);
	ssize_t n = read(fd[0], p + 4091, 10);
	CHECK(n == 5 || (n == -1 && errno == EFAULT));
	/* The string may end right before an unreadable page. */
	memcpy(p + 4096 - 2, "/", 2);
	SYS(mprotect(p + 4096, 4096, PROT_NONE));
	struct stat st;
	SYS(stat(p + 4094, &st));
	p[4095] = 'x';
	CHECK_ERR(stat(p + 4094, &st), EFAULT);
	return 0;
}
