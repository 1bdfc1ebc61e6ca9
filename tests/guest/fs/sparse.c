/* Holes, truncate(2), fallocate(2), SEEK_DATA and SEEK_HOLE. */
#include "tests/guest/test.h"

#define MIB (1 << 20)

static void expect_zeros(int fd, off_t at, size_t n)
{
	static char buf[8192];

	memset(buf, 1, sizeof(buf));
	CHECK_EQ(SYS(pread(fd, buf, n, at)), (long)n);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(buf[i], 0);
}

int main(void)
{
	char buf[16];
	struct stat st;
	int fd = SYS(open("f", O_CREAT | O_RDWR, 0644));

	SYS(pwrite(fd, "end", 3, 8 * MIB));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, 8 * MIB + 3);
	CHECK(st.st_blocks < MIB / 512);
	expect_zeros(fd, 5 * MIB - 100, 8192);
	CHECK_EQ(SYS(lseek(fd, 0, SEEK_HOLE)), 0);
	CHECK_EQ(SYS(lseek(fd, 0, SEEK_DATA)), 8 * MIB);
	CHECK_ERR(lseek(fd, 9 * MIB, SEEK_DATA), ENXIO);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, 0, 17), EINVAL);

	/* what is cut off does not come back */
	SYS(ftruncate(fd, 0));
	SYS(pwrite(fd, "0123456789", 10, 0));
	SYS(ftruncate(fd, 4));
	SYS(ftruncate(fd, 10));
	expect_zeros(fd, 4, 6);
	SYS(truncate("f", 2));
	CHECK_EQ(SYS(pread(fd, buf, 16, 0)), 2);
	CHECK_ERR(truncate("f", -1), EINVAL);
	CHECK_ERR(truncate(".", 0), EISDIR);
	CHECK_ERR(ftruncate(0, 0), EINVAL);

	if (fallocate(fd, 0, 0, 20000) == 0) {
		SYS(fstat(fd, &st));
		CHECK_EQ(st.st_size, 20000);
		CHECK(st.st_blocks >= 39);
		SYS(pwrite(fd, "x", 1, 4096));
		SYS(fallocate(fd, 3, 4096, 4096));
		expect_zeros(fd, 4096, 4096);
		SYS(fallocate(fd, 1, 0, 100000));
		SYS(fstat(fd, &st));
		CHECK_EQ(st.st_size, 20000);
	} else {
		CHECK(errno == EOPNOTSUPP);
	}
	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERR(fallocate(fd, 0, -1, 1), EINVAL);

	/* a mapping and the file are one */
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	SYS(pwrite(fd, "file", 4, 0));
	CHECK(!memcmp(p, "file", 4));
	memcpy(p, "MAPS", 4);
	CHECK_EQ(SYS(pread(fd, buf, 4, 0)), 4);
	CHECK(!memcmp(buf, "MAPS", 4));
	return 0;
}
