/* /proc/PID/pagemap: which pages are there, and which of them are of files. */
#include "proc.h"

#define PAGE 4096
#define PRESENT (1ull << 63)
#define OF_FILE (1ull << 61)

int main(void)
{
	uint64_t w[3], sum = 0;
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = SYS(open("/proc/self/pagemap", O_RDONLY)), file;
	off_t at = (off_t)((uintptr_t)p / PAGE * 8);

	CHECK(p != MAP_FAILED);
	madvise(p, 3 * PAGE, MADV_NOHUGEPAGE);
	p[PAGE] = 1;
	CHECK_EQ(pread(fd, w, sizeof w, at), sizeof w);
	CHECK(!(w[0] & PRESENT) && (w[1] & PRESENT) && !(w[2] & PRESENT));
	CHECK(!(w[1] & OF_FILE));
	SYS(munmap(p + PAGE, PAGE));
	SYS(lseek(fd, at + 8, SEEK_SET));
	CHECK_EQ(read(fd, w, 8), 8);
	CHECK(!(w[0] & PRESENT));

	file = SYS(open("f", O_CREAT | O_RDWR, 0600));
	SYS(ftruncate(file, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(p != MAP_FAILED);
	p[5] = 1;
	CHECK_EQ(pread(fd, w, 8, (off_t)((uintptr_t)p / PAGE * 8)), 8);
	CHECK((w[0] & PRESENT) && (w[0] & OF_FILE));

	CHECK_ERR(pread(fd, w, 7, at), EINVAL);
	CHECK_ERR(pread(fd, w, 8, at + 1), EINVAL);
	CHECK_EQ(pread(fd, w, 8, 1ll << 62), 0);
	/* where the kernel has its own there is nothing to see */
	for (uintptr_t a = 0; a < 0x200000; a += PAGE) {
		CHECK_EQ(pread(fd, w, 8, (off_t)(a / PAGE * 8)), 8);
		sum |= w[0];
	}
	CHECK(!(sum & PRESENT));
	return 0;
}
