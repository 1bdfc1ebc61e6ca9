/* SO_RCVTIMEO and SO_SNDTIMEO: EAGAIN once the time is over, not before. */
#include "sock.h"

int main(void)
{
	struct timeval tv = {0, 30000}, got, bad = {0, 1000000}, none = {0, 0};
	socklen_t len = sizeof got;
	struct sockaddr_un un;
	static char big[65536];
	int sv[2], l;
	int64_t t;

	make_pair(SOCK_STREAM, sv);
	CHECK_ERR(setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &bad, sizeof bad), EDOM);
	CHECK_ERR(setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, 4), EINVAL);
	SYS(setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	SYS(setsockopt(sv[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv));
	SYS(getsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	CHECK_EQ(len, sizeof got);
	CHECK_EQ(got.tv_sec, 0);
	CHECK(got.tv_usec >= 30000 && got.tv_usec <= 40000);

	t = now_ns(CLOCK_MONOTONIC);
	CHECK_ERR(read(sv[0], big, 1), EAGAIN);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 25000000);

	t = now_ns(CLOCK_MONOTONIC);
	while (write(sv[0], big, sizeof big) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK(now_ns(CLOCK_MONOTONIC) - t >= 25000000);

	SYS(setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none));
	SYS(getsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	CHECK_EQ(got.tv_sec, 0);
	CHECK_EQ(got.tv_usec, 0);

	l = make_listener(SOCK_STREAM, "t", 1, &un, &len);
	SYS(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	CHECK_ERR(accept(l, NULL, NULL), EAGAIN);
	return 0;
}
