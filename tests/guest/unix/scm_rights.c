/* Passing files: shared offsets, close-on-exec, peeking, several at once, stream boundaries. */
#include "sock.h"

static void fds_of(int type)
{
	char buf[16], name[] = "/tmp/scm-XXXXXX";
	int sv[2], p[2], fds[4], nr, flags, file = SYS(mkstemp(name));

	SYS(unlink(name));
	make_pair(type, sv);
	SYS(pipe(p));
	CHECK_EQ(write(file, "0123456789", 10), 10);
	SYS(lseek(file, 3, SEEK_SET));
	CHECK_EQ(send_fds(sv[0], "data", 4, (int[]){file, p[1]}, 2), 4);

	/* a peek gives descriptors of its own */
	CHECK_EQ(recv_fds(sv[1], buf, 16, fds, 4, &nr, MSG_PEEK, NULL), 4);
	CHECK_EQ(nr, 2);
	SYS(close(fds[0]));
	SYS(close(fds[1]));
	SYS(close(p[1]));
	CHECK_EQ(recv_fds(sv[1], buf, 16, fds, 4, &nr, MSG_CMSG_CLOEXEC, &flags), 4);
	CHECK_EQ(nr, 2);
	CHECK_EQ(flags & ~MSG_CMSG_CLOEXEC, 0);
	CHECK_EQ(SYS(fcntl(fds[0], F_GETFD)), FD_CLOEXEC);
	CHECK_EQ(read(fds[0], buf, 2), 2);
	CHECK_EQ(SYS(lseek(file, 0, SEEK_CUR)), 5); /* one open file */
	CHECK_EQ(write(fds[1], "p", 1), 1);
	SYS(close(fds[1]));
	CHECK_EQ(read(p[0], buf, 16), 1);
	CHECK_EQ(read(p[0], buf, 16), 0); /* no writer is left */

	/* without a control buffer, or by read, the files are dropped */
	SYS(pipe(p));
	CHECK_EQ(send_fds(sv[0], "x", 1, &p[1], 1), 1);
	CHECK_EQ(send_fds(sv[0], "y", 1, &p[1], 1), 1);
	SYS(close(p[1]));
	CHECK_EQ(recv_fds(sv[1], buf, 1, fds, 0, &nr, 0, &flags), 1);
	CHECK_EQ(flags, MSG_CTRUNC);
	CHECK_EQ(read(sv[1], buf, 1), 1);
	CHECK_EQ(read(p[0], buf, 1), 0);

	/* room for one of three */
	SYS(pipe(p));
	CHECK_EQ(send_fds(sv[0], "z", 1, (int[]){p[1], p[1], p[1]}, 3), 1);
	SYS(close(p[1]));
	CHECK_EQ(recv_fds(sv[1], buf, 1, fds, 1, &nr, 0, &flags), 1);
	CHECK_EQ(nr, 1);
	CHECK_EQ(flags, MSG_CTRUNC);
	SYS(close(fds[0]));
	CHECK_EQ(read(p[0], buf, 1), 0);

	/* the files of a message die with the queue */
	SYS(pipe(p));
	CHECK_EQ(send_fds(sv[0], "z", 1, &p[1], 1), 1);
	SYS(close(p[1]));
	SYS(close(sv[1]));
	CHECK_EQ(read(p[0], buf, 1), 0);
}

int main(void)
{
	char buf[16];
	int sv[2], fd, nr, fds[2], null = SYS(open("/dev/null", O_RDONLY));

	fds_of(SOCK_STREAM);
	fds_of(SOCK_DGRAM);
	fds_of(SOCK_SEQPACKET);

	/* a stream read ends behind the message that carried files */
	make_pair(SOCK_STREAM, sv);
	CHECK_EQ(write(sv[0], "aa", 2), 2);
	CHECK_EQ(send_fds(sv[0], "bb", 2, &null, 1), 2);
	CHECK_EQ(write(sv[0], "cc", 2), 2);
	CHECK_EQ(recv_fds(sv[1], buf, 16, fds, 2, &nr, 0, NULL), 4);
	CHECK_EQ(nr, 1);
	CHECK(!memcmp(buf, "aabb", 4));
	CHECK_EQ(recv_fds(sv[1], buf, 16, fds, 2, &nr, 0, NULL), 2);
	CHECK_EQ(nr, 0);
	/* part of the bytes brings all the files */
	CHECK_EQ(send_fds(sv[0], "bbbb", 4, &null, 1), 4);
	CHECK_EQ(recv_fds(sv[1], buf, 1, fds, 2, &nr, 0, NULL), 1);
	CHECK_EQ(nr, 1);
	CHECK_EQ(recv_fds(sv[1], buf, 16, fds, 2, &nr, 0, NULL), 3);
	CHECK_EQ(nr, 0);

	/* O_PATH descriptors travel; bad numbers do not */
	fd = SYS(open("/", O_PATH));
	CHECK_EQ(send_fds(sv[0], "p", 1, &fd, 1), 1);
	CHECK_EQ(recv_fds(sv[1], buf, 16, fds, 2, &nr, 0, NULL), 1);
	CHECK_EQ(nr, 1);
	CHECK_EQ(SYS(fcntl(fds[0], F_GETFL)) & O_PATH, O_PATH);
	CHECK_ERR(send_fds(sv[0], "p", 1, (int[]){null, 999}, 2), EBADF);
	CHECK_ERR(recv(sv[1], buf, 1, MSG_DONTWAIT), EAGAIN);

	/* to another process */
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(close(null));
		CHECK_EQ(recv_fds(sv[1], buf, 16, fds, 2, &nr, 0, NULL), 1);
		CHECK_EQ(nr, 1);
		CHECK_EQ(read(fds[0], buf, 1), 0);
		_exit(0);
	}
	CHECK_EQ(send_fds(sv[0], "q", 1, &null, 1), 1);
	CHECK_EXIT(pid, 0);
	return 0;
}
