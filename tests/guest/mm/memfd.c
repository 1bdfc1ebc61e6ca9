/* memfd_create: a file without a name, sized and mapped, sealed against writing and resizing. */
#include "../test.h"

int main(void)
{
	char buf[64], link[64] = {0};
	int fd = SYS(memfd_create("my name", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	struct stat st;

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	SYS(fstat(fd, &st));
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_nlink, 0);
	snprintf(buf, sizeof buf, "/proc/self/fd/%d", fd);
	SYS(readlink(buf, link, sizeof link - 1));
	CHECK_STR(link, "/memfd:my name (deleted)");
	SYS(ftruncate(fd, 8192));
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	strcpy(p + 4096, "text");
	CHECK_EQ(pread(fd, buf, 5, 4096), 5);
	CHECK_STR(buf, "text");

	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	SYS(munmap(p, 8192));
	SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
	CHECK_ERR(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERR(ftruncate(fd, 4096), EPERM);
	CHECK_ERR(ftruncate(fd, 16384), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED &&
		errno == EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);

	int plain = SYS(memfd_create("", 0));
	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERR(memfd_create("x", 0x8000), EINVAL);
	char *longname = malloc(300);
	memset(longname, 'n', 299);
	longname[299] = 0;
	CHECK_ERR(memfd_create(longname, 0), EINVAL);
	CHECK_ERR(syscall(SYS_memfd_create, 8, 0), EFAULT);
	return 0;
}
