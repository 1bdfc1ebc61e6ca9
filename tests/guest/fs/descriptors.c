/* Descriptors: lowest number, dup, shared offsets, limits, close_range, vectors, positions. */
#include "tests/guest/test.h"
#include <sys/uio.h>

int main(void)
{
	struct rlimit lim;
	struct iovec iov[3];
	char a[4], b[4], buf[16];
	int fd = SYS(open("f", O_CREAT | O_RDWR, 0644)), p[2], n;

	CHECK_EQ(SYS(dup(fd)), fd + 1);
	SYS(write(fd, "abcdef", 6));
	SYS(lseek(fd + 1, 2, SEEK_SET));
	CHECK_EQ(SYS(read(fd, buf, 2)), 2);
	CHECK(!memcmp(buf, "cd", 2));
	SYS(close(fd + 1));
	CHECK_ERR(close(fd + 1), EBADF);
	CHECK_EQ(SYS(fcntl(fd, F_DUPFD_CLOEXEC, 50)), 50);
	CHECK_EQ(SYS(fcntl(50, F_GETFD)), FD_CLOEXEC);
	CHECK_EQ(SYS(dup2(50, 50)), 50);
	CHECK_EQ(SYS(fcntl(50, F_GETFD)), FD_CLOEXEC);
	CHECK_ERR(dup2(77, 78), EBADF);
	CHECK_ERR(dup3(fd, fd, 0), EINVAL);

	/* gather and scatter, with and without a position */
	iov[0] = (struct iovec){"12", 2};
	iov[1] = (struct iovec){NULL, 0};
	iov[2] = (struct iovec){"345", 3};
	CHECK_EQ(SYS(pwritev(fd, iov, 3, 1)), 5);
	iov[0] = (struct iovec){a, 4};
	iov[1] = (struct iovec){b, 4};
	CHECK_EQ(SYS(preadv(fd, iov, 2, 0)), 6);
	CHECK(!memcmp(a, "a123", 4) && !memcmp(b, "45", 2));
	CHECK_ERR(preadv(fd, iov, 2, -1), EINVAL);
	CHECK_ERR(syscall(SYS_readv, fd, iov, -1), EINVAL);
	CHECK_ERR(syscall(SYS_readv, fd, 1, 1), EFAULT);
	iov[0].iov_len = (size_t)-1;
	CHECK_ERR(readv(fd, iov, 1), EINVAL);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK_ERR(syscall(SYS_read, fd, 8, 4), EFAULT);
	CHECK_EQ(SYS(read(fd, buf, 0)), 0);
	SYS(pipe(p));
	CHECK_ERR(lseek(p[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERR(pread(p[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(pwrite(p[1], buf, 1, 0), ESPIPE);
	CHECK_ERR(read(p[1], buf, 1), EBADF);
	CHECK_ERR(write(p[0], buf, 1), EBADF);
	CHECK_ERR(ftruncate(p[1], 0), EINVAL);

	/* the limit counts numbers, not files */
	SYS(getrlimit(RLIMIT_NOFILE, &lim));
	lim.rlim_cur = 40;
	SYS(setrlimit(RLIMIT_NOFILE, &lim));
	for (n = 0; dup(fd) >= 0; n++)
		CHECK(n < 40);
	CHECK_EQ(errno, EMFILE);
	CHECK_ERR(open("f", O_RDONLY), EMFILE);
	CHECK_ERR(dup2(fd, 40), EBADF);
	CHECK_ERR(fcntl(fd, F_DUPFD, 40), EINVAL);
	SYS(fcntl(50, F_GETFD)); /* above the limit, but still open */
	SYS(syscall(SYS_close_range, 10, ~0u, 0));
	CHECK_ERR(fcntl(50, F_GETFD), EBADF);
	CHECK_EQ(SYS(dup(fd)), 10);
	SYS(syscall(SYS_close_range, 10, 20, 4));
	CHECK_EQ(SYS(fcntl(10, F_GETFD)), FD_CLOEXEC);
	CHECK_ERR(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	return 0;
}
