/* Bad addresses and lengths in every argument: an error, and the socket goes on working. */
#include "sock.h"

static void *volatile bad_address = (void *)8;
#define BAD bad_address

int main(void)
{
	static char big[1 << 20];
	struct iovec iov = {BAD, 4}, huge[2] = {{big, sizeof big}, {big, sizeof big}};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	char control[64] __attribute__((aligned(8))) = {0}, buf[8];
	struct cmsghdr *c = (struct cmsghdr *)control;
	socklen_t len = 4;
	int sv[2], dg[2];

	make_pair(SOCK_STREAM, sv);
	make_pair(SOCK_DGRAM, dg);
	CHECK_ERR(write(sv[0], BAD, 4), EFAULT);
	CHECK_ERR(send(dg[0], BAD, 4, 0), EFAULT);
	CHECK_ERR(sendmsg(sv[0], &h, 0), EFAULT);
	CHECK_ERR(sendmsg(sv[0], BAD, 0), EFAULT);
	CHECK_ERR(recvmsg(sv[0], BAD, 0), EFAULT);
	CHECK_EQ(write(sv[0], "good", 4), 4);
	CHECK_ERR(read(sv[1], BAD, 4), EFAULT);
	CHECK_EQ(read(sv[1], buf, 8), 4); /* nothing was lost */
	CHECK_EQ(send(dg[0], "good", 4, 0), 4);
	CHECK_ERR(recv(dg[1], BAD, 4, 0), EFAULT);

	h.msg_iov = BAD;
	CHECK_ERR(sendmsg(sv[0], &h, 0), EFAULT);
	h.msg_iovlen = 1025;
	CHECK_ERR(sendmsg(sv[0], &h, 0), EMSGSIZE);
	h.msg_iovlen = 2;
	h.msg_iov = huge;
	CHECK_ERR(sendmsg(dg[0], &h, 0), EMSGSIZE);
	iov = (struct iovec){"ok", 2};
	h.msg_iov = &iov;
	h.msg_iovlen = 1;
	h.msg_control = BAD;
	h.msg_controllen = 64;
	CHECK_ERR(sendmsg(sv[0], &h, 0), EFAULT);
	h.msg_controllen = 1ul << 40;
	CHECK_ERR(sendmsg(sv[0], &h, 0), ENOBUFS);
	h.msg_control = control;
	h.msg_controllen = sizeof control;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = 3;
	CHECK_ERR(sendmsg(sv[0], &h, 0), EINVAL);
	c->cmsg_len = 1ul << 60;
	CHECK_ERR(sendmsg(sv[0], &h, 0), EINVAL);
	c->cmsg_len = CMSG_LEN(4);
	c->cmsg_type = 77;
	CHECK_ERR(sendmsg(sv[0], &h, 0), EINVAL);
	c->cmsg_type = SCM_RIGHTS;
	memset(CMSG_DATA(c), 0xff, 4);
	CHECK_ERR(sendmsg(sv[0], &h, 0), EBADF);
	h.msg_control = NULL;
	h.msg_controllen = 0;
	h.msg_name = BAD;
	h.msg_namelen = 10;
	CHECK_ERR(sendmsg(dg[0], &h, 0), EFAULT);
	h.msg_namelen = -1;
	CHECK_ERR(sendmsg(dg[0], &h, 0), EINVAL);

	CHECK_ERR(setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, BAD, 4), EFAULT);
	CHECK_ERR(getsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, BAD, &len), EFAULT);
	CHECK_ERR(getsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, buf, BAD), EFAULT);
	CHECK_ERR(getsockname(sv[0], BAD, BAD), EFAULT);
	len = -1;
	CHECK_ERR(getsockname(sv[0], (void *)buf, &len), EINVAL);
	CHECK_ERR(recv(sv[1], buf, 8, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(write(sv[0], "end", 3), 3);
	CHECK_EQ(read(sv[1], buf, 8), 3);
	return 0;
}
