/* A stream socketpair: bytes, vectors, FIONREAD, end of file, what fstat and lseek say. */
#include "sock.h"

int main(void)
{
	char buf[64] = {0}, link[64], want[64];
	struct iovec out[2] = {{"hello ", 6}, {"world", 5}}, in[2] = {{buf, 3}, {buf + 3, 20}};
	struct stat st;
	ssize_t len;
	int sv[2], n;

	make_pair(SOCK_STREAM, sv);
	CHECK_EQ(write(sv[0], "abc", 3), 3);
	CHECK_EQ(write(sv[0], "def", 3), 3);
	SYS(ioctl(sv[1], FIONREAD, &n));
	CHECK_EQ(n, 6);
	CHECK_EQ(read(sv[1], buf, 4), 4);
	SYS(ioctl(sv[1], FIONREAD, &n));
	CHECK_EQ(n, 2);
	CHECK_EQ(read(sv[1], buf + 4, sizeof buf - 4), 2);
	CHECK_STR(buf, "abcdef");
	CHECK_EQ(writev(sv[1], out, 2), 11);
	CHECK_EQ(readv(sv[0], in, 2), 11);
	CHECK(!memcmp(buf, "hello world", 11));

	CHECK_EQ(write(sv[0], buf, 0), 0);
	CHECK_EQ(read(sv[1], buf, 0), 0);
	CHECK_ERR(recv(sv[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(lseek(sv[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(sv[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(pwrite(sv[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(ftruncate(sv[0], 0), EINVAL);
	CHECK_ERR(fsync(sv[0]), EINVAL);

	SYS(fstat(sv[0], &st));
	CHECK(S_ISSOCK(st.st_mode));
	snprintf(buf, sizeof buf, "/proc/self/fd/%d", sv[0]);
	len = SYS(readlink(buf, link, sizeof link - 1));
	link[len] = '\0';
	snprintf(want, sizeof want, "socket:[%lu]", (unsigned long)st.st_ino);
	CHECK_STR(link, want);

	/* non-blocking by fcntl and by ioctl */
	CHECK_EQ(SYS(fcntl(sv[0], F_GETFL)), O_RDWR);
	SYS(fcntl(sv[0], F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(sv[0], buf, 1), EAGAIN);
	n = 0;
	SYS(ioctl(sv[0], FIONBIO, &n));
	CHECK_EQ(SYS(fcntl(sv[0], F_GETFL)), O_RDWR);

	/* unread bytes survive the writer's close */
	CHECK_EQ(write(sv[0], "tail", 4), 4);
	SYS(close(sv[0]));
	CHECK_EQ(read(sv[1], buf, sizeof buf), 4);
	CHECK_EQ(read(sv[1], buf, sizeof buf), 0);
	CHECK_EQ(read(sv[1], buf, sizeof buf), 0);
	return 0;
}
