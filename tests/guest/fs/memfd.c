/* memfd_create(2) and seals. */
#include "tests/guest/test.h"

int main(void)
{
	char link[64], text[64] = "";
	struct stat st;
	char *p;
	int fd = SYS(memfd_create("thing", MFD_ALLOW_SEALING | MFD_CLOEXEC));

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	SYS(readlink(link, text, sizeof(text) - 1));
	CHECK_STR(text, "/memfd:thing (deleted)");
	SYS(fstat(fd, &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(SYS(fcntl(fd, F_GETFD)), FD_CLOEXEC);
	SYS(ftruncate(fd, 3 << 20));
	p = mmap(NULL, 3 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[2 << 20] = 'x';
	CHECK_EQ(SYS(pread(fd, text, 1, 2 << 20)), 1);
	CHECK_EQ(text[0], 'x');
	SYS(munmap(p, 3 << 20));

	SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	CHECK_ERR(ftruncate(fd, 1 << 20), EPERM);
	CHECK_ERR(ftruncate(fd, 4 << 20), EPERM);
	CHECK_ERR(pwrite(fd, "xx", 2, 3 << 20), EPERM);
	CHECK_EQ(SYS(pwrite(fd, "xx", 2, 0)), 2);
	SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	CHECK_ERR(pwrite(fd, "xx", 2, 0), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && p[0] == 'x');
	SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, 0), EPERM);
	CHECK_EQ(SYS(fcntl(fd, F_GET_SEALS)),
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);

	fd = SYS(memfd_create("", 0));
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_ERR(memfd_create("x", 0x100), EINVAL);
	CHECK_ERR(memfd_create((char *)1, 0), EFAULT);
	return 0;
}
