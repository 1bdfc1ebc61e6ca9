/* Hostile vectors and lengths: IOV_MAX, negative and overflowing sums, bad entries, SSIZE_MAX
 * counts. */
#include "../test.h"
#include <sys/socket.h>
#include <sys/uio.h>

int main(void)
{
	static struct iovec many[1025];
	static char buf[64];
	int p[2], fd = SYS(memfd_create("f", 0)), sv[2];
	struct iovec one = {buf, 10}, huge[2] = {{buf, SSIZE_MAX}, {buf, SSIZE_MAX}};

	SYS(pipe2(p, O_NONBLOCK));
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	for (int i = 0; i < 1025; i++)
		many[i] = (struct iovec){buf, 1};
	int fds[] = {p[1], fd, sv[0]};
	for (int i = 0; i < 3; i++) {
		CHECK_ERR(writev(fds[i], many, 1025), EINVAL);
		CHECK_ERR(syscall(SYS_writev, fds[i], many, -1), EINVAL);
		CHECK_EQ(writev(fds[i], many, 0), 0);
		CHECK_EQ(writev(fds[i], many, 1024), 1024);
		huge[0].iov_len = (size_t)-1;
		CHECK_ERR(writev(fds[i], huge, 2), EINVAL);
		struct iovec part[2] = {{buf, 10}, {(void *)8, 10}};
		ssize_t n = writev(fds[i], part, 2);
		CHECK(n == 10 || (n == -1 && errno == EFAULT));
		part[0].iov_len = 0;
		part[0].iov_base = (void *)8;
		part[1] = one;
		CHECK_EQ(writev(fds[i], part, 2), 10);
		CHECK_ERR(syscall(SYS_write, fds[i], 8, 0x7fffffffffffffff), EFAULT);
	}
	CHECK_ERR(preadv(fd, &one, 1, -1), EINVAL);
	CHECK_ERR(pread(fd, buf, 1, -1), EINVAL);
	CHECK_ERR(pwrite(fd, buf, 1, INT64_MIN), EINVAL);
	CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(lseek(fd, INT64_MAX, SEEK_END), EINVAL);
	CHECK_ERR(ftruncate(fd, -1), EINVAL);
	CHECK_ERR(process_vm_readv(getpid(), many, 1025, &one, 1, 0), EINVAL);
	/* A count far beyond the buffer reads only what there is. */
	SYS(lseek(fd, 0, SEEK_SET));
	SYS(ftruncate(fd, 5));
	CHECK_EQ(syscall(SYS_read, fd, buf, 0x7fffffff), 5);
	CHECK_ERR(syscall(SYS_read, fd, buf, SSIZE_MAX), EFAULT);
	struct msghdr mh = {.msg_iov = many, .msg_iovlen = 1025};
	CHECK_ERR(sendmsg(sv[0], &mh, 0), EMSGSIZE);
	mh.msg_iovlen = (size_t)-1;
	CHECK_ERR(sendmsg(sv[0], &mh, 0), EMSGSIZE);
	CHECK_ERR(recvmsg(sv[1], &mh, MSG_DONTWAIT), EMSGSIZE);
	return 0;
}
