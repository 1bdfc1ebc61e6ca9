/* socket calls with odd families, types, addresses and control messages: errors only. */
#include "../test.h"
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
	static unsigned char buf[4096];
	int sv[2];
	unsigned seed = 5;

	CHECK_ERR(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socket(999, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, 0xf, 0), EINVAL);
	CHECK(socket(AF_UNIX, SOCK_STREAM, 77) == -1);
	CHECK_ERR(socketpair(AF_UNIX, 99, 0, sv), EINVAL);
	SYS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	int s = SYS(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	for (unsigned len = 0; len < 300; len++) {
		memset(buf, 'a', sizeof buf);
		memcpy(buf, &un, 2);
		long r = connect(s, (void *)buf, len);
		CHECK_EQ(r, -1);
	}
	CHECK_ERR(connect(s, (void *)buf, 1u << 31), EINVAL);
	CHECK_ERR(accept(sv[0], NULL, NULL), EINVAL);
	CHECK_ERR(accept(9999, NULL, NULL), EBADF);
	CHECK_ERR(shutdown(sv[0], 77), EINVAL);
	for (int level = -1; level < 3; level++)
		for (int opt = -1; opt < 80; opt++) {
			socklen_t l = (unsigned)opt % 9;

			getsockopt(sv[0], level, opt, buf, &l);
			l = -1;
			getsockopt(sv[0], level, opt, buf, &l);
			/* No lasting time-outs or tiny buffers that would block what follows. */
			setsockopt(s, level, opt, buf, (unsigned)opt % 9);
			setsockopt(s, level, opt, (void *)8, 4);
		}
	for (int i = 0; i < 500; i++) {
		struct iovec iov = {"x", 1};
		struct msghdr mh = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = buf,
			.msg_controllen = i % 100};

		for (int j = 0; j < 100; j++) {
			seed = seed * 1103515245 + 12345;
			buf[j] = seed >> 16;
		}
		struct cmsghdr *c = (void *)buf;
		if (i % 2) {
			c->cmsg_level = SOL_SOCKET;
			c->cmsg_type = 1 + i % 3;
		}
		if (i % 3)
			c->cmsg_len = i % 120;
		sendmsg(sv[0], &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
		mh.msg_controllen = i;
		recvmsg(sv[1], &mh, MSG_DONTWAIT);
	}
	return 0;
}
