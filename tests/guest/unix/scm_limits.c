/* Limits of file passing: 253 a message, RLIMIT_NOFILE in flight, a full descriptor table. */
/* run: root */
#include "sock.h"

int main(void)
{
	static int many[300], got[300];
	struct rlimit rl = {100, 100};
	int sv[2], nr, flags, ok, null = SYS(open("/dev/null", O_RDONLY));
	char buf[4];
	pid_t pid;

	make_pair(SOCK_SEQPACKET, sv);
	for (int i = 0; i < 300; i++)
		many[i] = null;
	CHECK_ERR(send_fds(sv[0], "x", 1, many, 254), EINVAL);
	CHECK_EQ(send_fds(sv[0], "x", 1, many, 253), 1);
	CHECK_EQ(recv_fds(sv[1], buf, 1, got, 253, &nr, 0, &flags), 1);
	CHECK_EQ(nr, 253);
	CHECK_EQ(flags, 0);
	for (int i = 0; i < nr; i++)
		SYS(close(got[i]));

	/* the receiver's table is full: it gets what fits */
	pid = test_fork();
	if (pid == 0) {
		rl.rlim_cur = rl.rlim_max = 10;
		SYS(setrlimit(RLIMIT_NOFILE, &rl));
		CHECK_EQ(send_fds(sv[0], "x", 1, many, 50), 1);
		CHECK_EQ(recv_fds(sv[1], buf, 1, got, 253, &nr, 0, &flags), 1);
		CHECK(nr < 10 && nr > 0);
		CHECK_EQ(flags, MSG_CTRUNC);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);

	/* an ordinary user may not have more than RLIMIT_NOFILE in flight */
	pid = test_fork();
	if (pid == 0) {
		rl.rlim_cur = rl.rlim_max = 100;
		SYS(setrlimit(RLIMIT_NOFILE, &rl));
		SYS(setresuid(4242, 4242, 4242));
		for (ok = 0; ok < 100; ok++)
			if (send_fds(sv[0], "x", 1, many, 50) < 0)
				break;
		CHECK_EQ(errno, ETOOMANYREFS);
		CHECK(ok >= 2 && ok <= 4);
		for (; ok > 0; ok--)
			CHECK_EQ(recv(sv[1], buf, 1, 0), 1);
		CHECK_EQ(send_fds(sv[0], "x", 1, many, 50), 1);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
