/* Seqpacket: connected like a stream, but whole messages. */
#include "sock.h"

int main(void)
{
	struct sockaddr_un un;
	socklen_t len;
	int l = make_listener(SOCK_SEQPACKET, "s", 2, &un, &len), c, a;
	char buf[16];

	c = SYS(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	CHECK_ERR(send(c, "x", 1, 0), ENOTCONN);
	CHECK_ERR(recv(c, buf, 1, 0), ENOTCONN);
	SYS(connect(c, (struct sockaddr *)&un, len));
	CHECK_EQ(send(c, "first", 5, 0), 5);
	CHECK_EQ(write(c, "second", 6), 6);
	a = SYS(accept(l, NULL, NULL));
	CHECK_EQ(revents_of(a), POLLIN | POLLOUT);
	CHECK_EQ(read(a, buf, 3), 3); /* the rest of the message is lost */
	CHECK_EQ(read(a, buf, 16), 6);
	CHECK(!memcmp(buf, "second", 6));
	CHECK_EQ(sendto(a, "dest", 4, 0, (struct sockaddr *)&un, len), 4); /* ignored */
	CHECK_EQ(recv(c, buf, 16, 0), 4);
	CHECK_EQ(send(c, "left", 4, 0), 4);
	SYS(close(c));
	CHECK_EQ(recv(a, buf, 16, 0), 4);
	CHECK_EQ(recv(a, buf, 16, 0), 0);
	CHECK_EQ(recv(a, buf, 16, MSG_DONTWAIT), 0);
	CHECK_EQ(revents_of(a) & (POLLHUP | POLLRDHUP), POLLHUP | POLLRDHUP);
	CHECK_ERR(send(a, "x", 1, MSG_NOSIGNAL), EPIPE);
	return 0;
}
