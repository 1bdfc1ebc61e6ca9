/* A system call given memory beyond the end of a mapped file says EFAULT; the process lives. */
#include "../test.h"

int main(void)
{
	int fd = SYS(memfd_create("f", 0)), out[2];

	SYS(ftruncate(fd, 4096));
	SYS(pipe(out));
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERR(write(out[1], p + 4096, 10), EFAULT);
	CHECK_EQ(write(out[1], "abc", 3), 3);
	CHECK_ERR(read(out[0], p + 4096, 10), EFAULT);
	return 0;
}
