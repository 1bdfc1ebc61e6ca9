/* mmap's error codes: EBADF, EACCES, EINVAL, ENODEV, ENOMEM, EOVERFLOW, EPERM on a low address. */
#include "../test.h"

static void *map(size_t len, int prot, int flags, int fd, off_t off)
{
	return (void *)syscall(SYS_mmap, NULL, len, prot, flags, fd, off);
}

#define FAILS(call, err) \
	do { \
		errno = 0; \
		CHECK((call) == MAP_FAILED); \
		CHECK_EQ(errno, err); \
	} while (0)

int main(void)
{
	char path[] = "/tmp/gtest-mmap-XXXXXX";
	int rw = SYS(mkstemp(path)), ro = SYS(open(path, O_RDONLY)), wo = SYS(open(path, O_WRONLY));
	int dir = SYS(open("/", O_RDONLY)), p[2];

	SYS(unlink(path));
	SYS(ftruncate(rw, 8192));
	SYS(pipe(p));
	FAILS(map(4096, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
	FAILS(map(4096, PROT_READ, MAP_SHARED, 9999, 0), EBADF);
	FAILS(map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0), EACCES);
	FAILS(map(4096, PROT_READ, MAP_PRIVATE, wo, 0), EACCES);
	FAILS(map(4096, PROT_WRITE, MAP_SHARED, wo, 0), EACCES);
	FAILS(map(0, PROT_READ, MAP_PRIVATE, ro, 0), EINVAL);
	FAILS(map(4096, PROT_READ, MAP_PRIVATE, ro, 100), EINVAL);
	FAILS(map(4096, PROT_READ, 0, ro, 0), EINVAL);
	FAILS(map(4096, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
	FAILS(map(4096, PROT_READ, MAP_PRIVATE, dir, 0), ENODEV);
	FAILS(map(4096, PROT_READ, MAP_PRIVATE, p[0], 0), ENODEV);
	FAILS(map(SIZE_MAX - 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	FAILS(map(1ul << 48, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	FAILS(map(1ul << 62, PROT_READ, MAP_PRIVATE, ro, 0), ENOMEM);
	FAILS(map(8192, PROT_READ, MAP_PRIVATE, ro, 0x7ffffffffffff000), EOVERFLOW);
	FAILS((void *)syscall(SYS_mmap, 0x1234001, 4096, PROT_READ,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		EINVAL);
	CHECK(map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0) != MAP_FAILED);
	CHECK(map(4096, PROT_READ, MAP_SHARED, ro, 0) != MAP_FAILED);
	CHECK(map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, rw, 4096) != MAP_FAILED);
	FAILS(map(4096, PROT_READ, MAP_SHARED_VALIDATE | 0x200000, ro, 0), EOPNOTSUPP);
	return 0;
}
