/* The main stack grows on demand by 4 MiB and more up to the limit, for code and for the kernel. */
#include "../test.h"

static int recurse(volatile int depth)
{
	volatile char block[16384];

	for (size_t i = 0; i < sizeof block; i += 4096)
		block[i] = (char)depth;
	if (depth == 0)
		return 0;
	int r = recurse(depth - 1) + 1;
	CHECK_EQ(block[0], (char)depth);
	return r;
}

int main(void)
{
	struct rlimit rl;
	int fd[2];

	SYS(getrlimit(RLIMIT_STACK, &rl));
	if (rl.rlim_cur < 8 << 20)
		SKIP("stack limit below 8 MiB");
	CHECK_EQ(recurse(300), 300);
	/* The kernel writes to a page of the stack nobody touched. */
	char *sp = (char *)__builtin_frame_address(0) - (5 << 20) - (512 << 10);
	SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "ab", 2), 2);
	ssize_t n = syscall(SYS_read, fd[0], sp, 2);
	CHECK(n == 2 || (n == -1 && errno == EFAULT));
	return 0;
}
