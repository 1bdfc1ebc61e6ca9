/* Descriptor flags of socket, socketpair and accept4; accept with a full table loses nothing. */
#include "sock.h"

static void check_flags(int fd, int fl, int fdfl)
{
	CHECK_EQ(SYS(fcntl(fd, F_GETFL)), O_RDWR | fl);
	CHECK_EQ(SYS(fcntl(fd, F_GETFD)), fdfl);
}

int main(void)
{
	struct sockaddr_un un;
	struct rlimit rl, small;
	socklen_t len;
	int l, c, a, sv[2];
	char ch;

	check_flags(SYS(socket(AF_UNIX, SOCK_DGRAM, 0)), 0, 0);
	check_flags(SYS(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)), O_NONBLOCK, 0);
	check_flags(SYS(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)), 0, FD_CLOEXEC);
	make_pair(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, sv);
	check_flags(sv[0], O_NONBLOCK, FD_CLOEXEC);
	check_flags(sv[1], O_NONBLOCK, FD_CLOEXEC);

	l = make_listener(SOCK_STREAM | SOCK_NONBLOCK, "f", 4, &un, &len);
	for (int i = 0; i < 3; i++) {
		c = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		SYS(connect(c, (struct sockaddr *)&un, len));
	}
	a = SYS(accept(l, NULL, NULL)); /* not inherited from the listener */
	check_flags(a, 0, 0);
	a = SYS(accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	check_flags(a, O_NONBLOCK, FD_CLOEXEC);

	CHECK_EQ(write(c, "k", 1), 1);
	SYS(getrlimit(RLIMIT_NOFILE, &rl));
	small = rl;
	small.rlim_cur = (rlim_t)a + 1;
	SYS(setrlimit(RLIMIT_NOFILE, &small));
	CHECK_ERR(accept(l, NULL, NULL), EMFILE);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
	CHECK_ERR(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), EMFILE);
	SYS(setrlimit(RLIMIT_NOFILE, &rl));
	a = SYS(accept(l, NULL, NULL));
	CHECK_EQ(read(a, &ch, 1), 1);
	CHECK_EQ(ch, 'k');
	CHECK_ERR(accept(l, (void *)8, &len), EAGAIN);
	return 0;
}
