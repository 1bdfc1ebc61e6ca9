/* /proc/self/mem: reads and writes go to memory, bad addresses are errors, kernel space is closed.
 */
#include "../test.h"

int main(void)
{
	static char text[16] = "before";
	char buf[16] = {0};
	int fd = open("/proc/self/mem", O_RDWR);

	if (fd < 0)
		SKIP("no /proc/self/mem");
	CHECK_EQ(pread(fd, buf, 7, (off_t)(uintptr_t)text), 7);
	CHECK_STR(buf, "before");
	CHECK_EQ(pwrite(fd, "after", 6, (off_t)(uintptr_t)text), 6);
	CHECK_STR(text, "after");
	CHECK_ERR(pread(fd, buf, 1, 8), EIO);
	long r = pread(fd, buf, 1, (off_t)0x7fffffffffffff);
	CHECK(r <= 0);
	r = syscall(SYS_pread64, fd, buf, 1, 0xffff888000000000);
	CHECK(r <= 0);
	r = syscall(SYS_pwrite64, fd, buf, 1, 0xffffffff81000000);
	CHECK(r <= 0);
	return 0;
}
