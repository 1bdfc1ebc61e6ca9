/* Memory just above 1 MiB is a program's to use: valgrind puts position-independent ones there. */
#include "../test.h"

int main(void)
{
	int fd = SYS(open("/proc/self/exe", O_RDONLY));
	char *p = mmap((void *)0x108000, 8192, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(p == (char *)0x108000);
	p[0] = p[8191] = 1;
	CHECK(mmap(p, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == p);
	CHECK(!memcmp(p, "\177ELF", 4) && p[8191] == 1);
	SYS(munmap(p, 8192));
	return 0;
}
