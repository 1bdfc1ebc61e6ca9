/* run: root */
/* /proc/sys/kernel/printk: the console's level can be set there, and nonsense cannot. */
#include "proc.h"

static void level_is(const char *want)
{
	char first[16];

	CHECK_EQ(sscanf(read_file("/proc/sys/kernel/printk", NULL), "%15s", first), 1);
	CHECK_STR(first, want);
}

int main(void)
{
	int fd = SYS(open("/proc/sys/kernel/printk", O_RDWR));
	char before[64] = "";
	ssize_t n = read(fd, before, sizeof before - 1);

	CHECK(n > 0);
	CHECK_EQ(pwrite(fd, "3", 1, 0), 1);
	level_is("3");
	CHECK_ERR(pwrite(fd, "x", 1, 0), EINVAL);
	CHECK_EQ(pwrite(fd, before, (size_t)n, 0), n);
	SYS(setuid(65534));
	CHECK_ERR(open("/proc/sys/kernel/printk", O_WRONLY), EACCES);
	return 0;
}
