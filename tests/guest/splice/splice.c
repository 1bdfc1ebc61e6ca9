/* splice between file and pipe, pipe and pipe; tee; vmsplice; offsets and errors. */
#include "../test.h"
#include <sys/uio.h>

int main(void)
{
	char path[100], buf[100] = "";
	int a[2], b[2], f;
	loff_t off = 2;
	struct iovec iov[2] = {{"ab", 2}, {"cde", 3}};

	snprintf(path, sizeof path, "%s/file", test_tmpdir());
	test_write_file(path, "0123456789", 0600);
	SYS(pipe2(a, O_NONBLOCK));
	SYS(pipe2(b, O_NONBLOCK));
	f = SYS(open(path, O_RDWR));
	CHECK_EQ(splice(f, &off, a[1], NULL, 4, 0), 4);
	CHECK_EQ(off, 6);
	CHECK_EQ(lseek(f, 0, SEEK_CUR), 0);
	CHECK_EQ(splice(f, NULL, a[1], NULL, 100, 0), 10);
	CHECK_EQ(splice(f, NULL, a[1], NULL, 100, 0), 0);
	CHECK_EQ(tee(a[0], b[1], 3, 0), 3);
	CHECK_EQ(read(b[0], buf, 100), 3);
	CHECK(!memcmp(buf, "234", 3));
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 6, 0), 6);
	CHECK_EQ(read(b[0], buf, 100), 6);
	CHECK(!memcmp(buf, "234501", 6));
	off = 20;
	CHECK_EQ(splice(a[0], NULL, f, &off, 100, 0), 8);
	CHECK_EQ(off, 28);
	CHECK_EQ(pread(f, buf, 100, 0), 28);
	CHECK(!memcmp(buf, "0123456789\0\0\0\0\0\0\0\0\0\00023456789", 28));
	CHECK_ERR(splice(a[0], NULL, b[1], NULL, 5, 0), EAGAIN);
	CHECK_ERR(splice(f, NULL, f, NULL, 5, 0), EINVAL);
	CHECK_ERR(splice(a[0], NULL, a[1], NULL, 5, 0), EINVAL);
	CHECK_ERR(splice(a[0], &off, b[1], NULL, 5, 0), ESPIPE);
	CHECK_ERR(splice(a[1], NULL, b[1], NULL, 5, 0), EBADF);
	CHECK_ERR(tee(a[0], f, 5, 0), EINVAL);
	CHECK_EQ(vmsplice(a[1], iov, 2, 0), 5);
	iov[0] = (struct iovec){buf, 4};
	CHECK_EQ(vmsplice(a[0], iov, 1, 0), 4);
	CHECK(!memcmp(buf, "abcd", 4));
	CHECK_ERR(vmsplice(f, iov, 1, 0), EBADF);
	close(a[1]);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 5, 0), 1);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 5, 0), 0);
	unlink(path);
	return 0;
}
