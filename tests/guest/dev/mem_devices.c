/* null, zero, full, random and urandom: reads, writes, mappings, numbers. */
#include "../test.h"

#include <sys/sysmacros.h>

static int open_device(const char *name, unsigned minor_number)
{
	int fd = SYS(open(name, O_RDWR));
	struct stat st;

	SYS(fstat(fd, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev, makedev(1, minor_number));
	CHECK_EQ(st.st_mode & 0666, 0666);
	return fd;
}

static bool all_zero(const char *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

int main(void)
{
	static char buf[300000], other[sizeof buf];
	char *p, *q;
	pid_t child;
	int fd;

	fd = open_device("/dev/null", 3);
	CHECK_EQ(write(fd, buf, sizeof buf), sizeof buf);
	CHECK_EQ(read(fd, buf, sizeof buf), 0);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
	SYS(close(fd));

	fd = open_device("/dev/zero", 5);
	memset(buf, 1, sizeof buf);
	CHECK_EQ(read(fd, buf, sizeof buf), sizeof buf);
	CHECK(all_zero(buf, sizeof buf));
	CHECK_EQ(write(fd, buf, 10), 10);
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(all_zero(p, 65536));
	p[5000] = 1;
	q = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(q != MAP_FAILED && all_zero(q, 65536));
	child = test_fork();
	if (child == 0) {
		q[1] = p[1] = 7;
		_exit(0);
	}
	CHECK_EXIT(child, 0);
	CHECK_EQ(q[1], 7); /* shared with the child */
	CHECK_EQ(p[1], 0);
	SYS(close(fd));

	fd = open_device("/dev/full", 7);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
	memset(buf, 1, 100);
	CHECK_EQ(read(fd, buf, 100), 100);
	CHECK(all_zero(buf, 100));
	SYS(close(fd));

	fd = open_device("/dev/urandom", 9);
	CHECK_EQ(read(fd, buf, sizeof buf), sizeof buf);
	CHECK_EQ(read(fd, other, sizeof buf), sizeof buf);
	CHECK(memcmp(buf, other, sizeof buf));
	CHECK(!all_zero(buf + sizeof buf - 64, 64));
	CHECK_EQ(write(fd, buf, 10), 10);
	SYS(close(fd));
	fd = open_device("/dev/random", 8);
	CHECK_EQ(read(fd, buf, 64), 64);
	SYS(close(fd));
	return 0;
}
