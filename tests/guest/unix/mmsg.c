/* sendmmsg and recvmmsg: counts, lengths, MSG_WAITFORONE, the time limit. */
#include "sock.h"

int main(void)
{
	struct iovec iov[4];
	struct mmsghdr v[4];
	struct timespec ts = {0, 0};
	char buf[4][16] = {"a", "bb", "ccc", ""};
	int sv[2];

	make_pair(SOCK_DGRAM, sv);
	memset(v, 0, sizeof v);
	for (int i = 0; i < 4; i++) {
		iov[i] = (struct iovec){buf[i], strlen(buf[i])};
		v[i].msg_hdr.msg_iov = &iov[i];
		v[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sendmmsg(sv[0], v, 4, 0), 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(v[i].msg_len, strlen(buf[i]));
	memset(buf, 0, sizeof buf);
	for (int i = 0; i < 4; i++) {
		iov[i].iov_len = 2;
		v[i].msg_len = 99;
	}
	CHECK_EQ(recvmmsg(sv[1], v, 2, 0, NULL), 2);
	CHECK_EQ(v[0].msg_len, 1);
	CHECK_EQ(v[1].msg_len, 2);
	CHECK_EQ(recvmmsg(sv[1], v, 4, MSG_WAITFORONE, NULL), 2);
	CHECK_EQ(v[0].msg_len, 2);
	CHECK_EQ(v[0].msg_hdr.msg_flags, MSG_TRUNC);
	CHECK_EQ(v[1].msg_len, 0);
	CHECK_ERR(recvmmsg(sv[1], v, 4, MSG_DONTWAIT, NULL), EAGAIN);
	CHECK_EQ(send(sv[0], "z", 1, 0), 1);
	CHECK_EQ(recvmmsg(sv[1], v, 4, 0, &ts), 1); /* the limit is looked at after each */
	ts.tv_nsec = -1;
	CHECK_ERR(recvmmsg(sv[1], v, 4, 0, &ts), EINVAL);
	SYS(close(sv[1]));
	CHECK_ERR(sendmmsg(sv[0], v, 4, 0), ECONNREFUSED);
	return 0;
}
