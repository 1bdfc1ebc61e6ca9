/* Sockets sent through themselves and each other, then closed: no descriptor limit is used up for
 * good. */
#include "../test.h"
#include <sys/socket.h>

static int send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec iov = {"x", 1};
	struct msghdr mh = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(sock, &mh, MSG_DONTWAIT);
}

int main(void)
{
	int sv[2], other[2];

	for (int i = 0; i < 300; i++) {
		SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
		SYS(socketpair(AF_UNIX, SOCK_DGRAM, 0, other));
		/* In flight in itself; in flight in each other. */
		send_fd(sv[0], sv[1]);
		send_fd(sv[0], sv[0]);
		send_fd(other[0], sv[0]);
		send_fd(sv[1], other[1]);
		SYS(close(sv[0]));
		SYS(close(sv[1]));
		SYS(close(other[0]));
		SYS(close(other[1]));
	}
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	CHECK_ERR(send_fd(sv[0], 9999), EBADF);
	CHECK_EQ(send_fd(sv[0], 0), 1);
	return 0;
}
