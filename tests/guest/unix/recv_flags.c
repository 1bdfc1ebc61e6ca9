/* MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_DONTWAIT and SO_PEEK_OFF. */
#include "sock.h"

static void stream(void)
{
	int sv[2], off = 2;
	char buf[16] = {0};
	pid_t pid;

	make_pair(SOCK_STREAM, sv);
	CHECK_EQ(write(sv[0], "abc", 3), 3);
	CHECK_EQ(write(sv[0], "def", 3), 3);
	CHECK_EQ(recv(sv[1], buf, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(sv[1], buf, 16, MSG_PEEK), 6);
	CHECK(!memcmp(buf, "abcdef", 6));
	CHECK_EQ(recv(sv[1], buf, 2, 0), 2);
	CHECK_EQ(recv(sv[1], buf, 16, MSG_PEEK | MSG_DONTWAIT), 4);
	CHECK(!memcmp(buf, "cdef", 4));
	CHECK_EQ(recv(sv[1], buf, 16, MSG_DONTWAIT), 4);

	/* WAITALL waits for the whole, but takes what there is at the end */
	pid = test_fork();
	if (pid == 0) {
		SYS(close(sv[1]));
		for (int i = 0; i < 10; i++)
			CHECK_EQ(write(sv[0], &"0123456789"[i], 1), 1);
		_exit(0);
	}
	CHECK_EQ(recv(sv[1], buf, 8, MSG_WAITALL), 8);
	CHECK(!memcmp(buf, "01234567", 8));
	SYS(close(sv[0]));
	CHECK_EQ(recv(sv[1], buf, 8, MSG_WAITALL), 2);
	CHECK_EXIT(pid, 0);
	SYS(close(sv[1]));

	/* SO_PEEK_OFF moves forward with peeks and back with reads */
	make_pair(SOCK_STREAM, sv);
	SYS(setsockopt(sv[1], SOL_SOCKET, SO_PEEK_OFF, &off, sizeof off));
	CHECK_EQ(write(sv[0], "abcdefgh", 8), 8);
	CHECK_EQ(recv(sv[1], buf, 2, MSG_PEEK), 2);
	CHECK(!memcmp(buf, "cd", 2));
	CHECK_EQ(recv(sv[1], buf, 2, MSG_PEEK), 2);
	CHECK(!memcmp(buf, "ef", 2));
	CHECK_EQ(recv(sv[1], buf, 1, 0), 1);
	CHECK_EQ(recv(sv[1], buf, 16, MSG_PEEK), 2);
	CHECK(!memcmp(buf, "gh", 2));
	CHECK_ERR(recv(sv[1], buf, 16, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(recv(sv[1], buf, 16, 0), 7);
}

static void dgram(int type)
{
	struct iovec iov;
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	char buf[16];
	int sv[2], n;

	make_pair(type, sv);
	CHECK_EQ(send(sv[0], "abcdef", 6, 0), 6);
	CHECK_EQ(send(sv[0], "", 0, 0), 0);
	CHECK_EQ(send(sv[0], "xy", 2, 0), 2);
	SYS(ioctl(sv[1], FIONREAD, &n));
	CHECK_EQ(n, type == SOCK_DGRAM ? 6 : 8);
	CHECK_EQ(recv(sv[1], buf, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(sv[1], buf, 3, MSG_PEEK | MSG_TRUNC), 6);
	iov = (struct iovec){buf, 4};
	CHECK_EQ(recvmsg(sv[1], &h, 0), 4);
	CHECK_EQ(h.msg_flags, MSG_TRUNC);
	CHECK(!memcmp(buf, "abcd", 4));
	CHECK_EQ(recv(sv[1], buf, 16, 0), 0); /* the empty message */
	iov.iov_len = 16;
	CHECK_EQ(recvmsg(sv[1], &h, MSG_WAITALL), 2);
	CHECK_EQ(h.msg_flags, 0);
	CHECK_ERR(recv(sv[1], buf, 16, MSG_DONTWAIT), EAGAIN);
	SYS(close(sv[0]));
	SYS(close(sv[1]));
}

int main(void)
{
	stream();
	dgram(SOCK_DGRAM);
	dgram(SOCK_SEQPACKET);
	return 0;
}
