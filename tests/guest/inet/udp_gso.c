/* UDP_SEGMENT cuts one send into datagrams, UDP_GRO gets them together again. */
#include "../test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

static struct sockaddr_in to = {.sin_family = AF_INET};
static char data[65000];

static int receiver(void)
{
	socklen_t len = sizeof to;
	int fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	to.sin_port = 0;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SYS(bind(fd, (struct sockaddr *)&to, sizeof to));
	SYS(getsockname(fd, (struct sockaddr *)&to, &len));
	return fd;
}

static void expect(int fd, size_t want, size_t off)
{
	static char buf[sizeof data];

	CHECK_EQ(recv(fd, buf, sizeof buf, 0), want);
	CHECK(!memcmp(buf, data + off, want));
}

/* sendmsg with the size in a control message */
static ssize_t send_cut(int fd, size_t len, uint16_t size)
{
	union {
		char buf[CMSG_SPACE(sizeof size)];
		struct cmsghdr align;
	} control;
	struct iovec iov = {data, len};
	struct msghdr m = {.msg_name = &to,
		.msg_namelen = sizeof to,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof control.buf};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof size);
	memcpy(CMSG_DATA(c), &size, sizeof size);
	return sendmsg(fd, &m, 0);
}

static ssize_t take_together(int fd, int *size)
{
	static char buf[sizeof data];
	char control[64];
	struct iovec iov = {buf, sizeof buf};
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 64};
	ssize_t n = SYS(recvmsg(fd, &m, 0));

	*size = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
			memcpy(size, CMSG_DATA(c), sizeof *size);
	CHECK(!memcmp(buf, data, (size_t)n));
	return n;
}

int main(void)
{
	int in = receiver(), out = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	int v = 1000, size, one = 1;
	socklen_t len = sizeof v;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7 + i / 256);
	if (setsockopt(out, IPPROTO_UDP, UDP_SEGMENT, &v, sizeof v) < 0 && errno == ENOPROTOOPT)
		SKIP("no UDP_SEGMENT");
	v = 0;
	SYS(getsockopt(out, IPPROTO_UDP, UDP_SEGMENT, &v, &len));
	CHECK_EQ(v, 1000);
	CHECK_EQ(sendto(out, data, 3500, 0, (struct sockaddr *)&to, sizeof to), 3500);
	for (size_t i = 0; i < 4; i++)
		expect(in, i < 3 ? 1000 : 500, i * 1000);
	CHECK_EQ(sendto(out, data, 1000, 0, (struct sockaddr *)&to, sizeof to), 1000);
	expect(in, 1000, 0);
	CHECK_EQ(send_cut(out, 900, 300), 900); /* the control message wins */
	for (size_t i = 0; i < 3; i++)
		expect(in, 300, i * 300);
	CHECK_ERR(recv(in, data, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(send_cut(out, 65000, 1), EINVAL);
	v = 65536;
	CHECK_ERR(setsockopt(out, IPPROTO_UDP, UDP_SEGMENT, &v, sizeof v), EINVAL);

	SYS(setsockopt(in, IPPROTO_UDP, UDP_GRO, &one, sizeof one));
	CHECK_EQ(send_cut(out, 60000, 1200), 60000);
	CHECK_EQ(take_together(in, &size), 60000);
	CHECK_EQ(size, 1200);
	CHECK_EQ(send_cut(out, 700, 1200), 700);
	CHECK_EQ(take_together(in, &size), 700);
	close(in);
	close(out);
	return 0;
}
