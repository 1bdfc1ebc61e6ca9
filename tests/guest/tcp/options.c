/* Options of level IPPROTO_TCP and struct tcp_info. */
#include "inet.h"

static void ints(void)
{
	static const struct {
		int name, def, set, got;
	} t[] = {
		{TCP_NODELAY, 0, 5, 1},
		{TCP_CORK, 0, 1, 1},
		{TCP_KEEPIDLE, 7200, 30, 30},
		{TCP_KEEPINTVL, 75, 5, 5},
		{TCP_KEEPCNT, 9, 3, 3},
		{TCP_SYNCNT, 6, 2, 2},
		{TCP_LINGER2, 60, 10, 10},
		{TCP_USER_TIMEOUT, 0, 1234, 1234},
		{TCP_DEFER_ACCEPT, 0, 1, 1},
		{TCP_QUICKACK, 1, 0, 0},
	};
	int fd = SYS(socket(AF_INET, SOCK_STREAM, 0)), v = 1;

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		CHECK_EQ(int_option(fd, IPPROTO_TCP, t[i].name), t[i].def);
		set_option(fd, IPPROTO_TCP, t[i].name, t[i].set);
		CHECK_EQ(int_option(fd, IPPROTO_TCP, t[i].name), t[i].got);
	}
	v = 0;
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &v, sizeof v), EINVAL);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){128}, sizeof v), EINVAL);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &(int){10}, sizeof v), EINVAL);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &v, 1), EINVAL);
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, 999, &v, sizeof v), ENOPROTOOPT);
	CHECK_EQ(int_option(fd, SOL_SOCKET, SO_RCVBUF), 131072);
	CHECK_EQ(int_option(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	SYS(close(fd));
}

static void congestion(void)
{
	int fd = SYS(socket(AF_INET, SOCK_STREAM, 0));
	char name[16];
	socklen_t len = sizeof name;

	SYS(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	CHECK(name[0]);
	SYS(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	len = sizeof name;
	SYS(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	CHECK(!strcmp(name, "reno"));
	CHECK_ERR(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8), ENOENT);
	SYS(close(fd));
}

static void info(void)
{
	struct tcp_info ti;
	socklen_t len = sizeof ti;
	char buf[5000] = "";
	int fd[2];

	tcp_pair(AF_INET, fd);
	CHECK_EQ(write(fd[0], buf, 5000), 5000);
	CHECK_EQ(recv(fd[1], buf, 5000, MSG_WAITALL), 5000);
	SYS(getsockopt(fd[1], IPPROTO_TCP, TCP_INFO, &ti, &len));
	CHECK(len >= 104);
	CHECK_EQ(ti.tcpi_state, TCP_ESTABLISHED);
	CHECK_EQ(ti.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE),
		TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
	CHECK(ti.tcpi_rcv_wscale > 0);
	CHECK(ti.tcpi_rto >= 200000 && ti.tcpi_rto <= 1100000);
	CHECK(ti.tcpi_snd_mss > 500 && ti.tcpi_snd_cwnd > 0);
	len = sizeof ti;
	SYS(getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &ti, &len));
	CHECK_EQ(ti.tcpi_total_retrans, 0);
	SYS(shutdown(fd[0], SHUT_WR));
	CHECK_EQ(read(fd[1], buf, 1), 0);
	SYS(getsockopt(fd[1], IPPROTO_TCP, TCP_INFO, &ti, &len));
	CHECK_EQ(ti.tcpi_state, TCP_CLOSE_WAIT);
	SYS(close(fd[0]));
	SYS(close(fd[1]));
}

static void queues(void)
{
	int fd[2], n;
	char c;

	tcp_pair(AF_INET, fd);
	CHECK_EQ(write(fd[0], "hello", 5), 5);
	CHECK_EQ(events_of(fd[1], POLLIN, 5000), POLLIN);
	SYS(ioctl(fd[1], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_EQ(recv(fd[1], &c, 1, MSG_PEEK), 1);
	CHECK_EQ(recv(fd[1], NULL, 3, MSG_TRUNC), 3); /* thrown away */
	CHECK_EQ(read(fd[1], &c, 1), 1);
	CHECK_EQ(c, 'l');
	SYS(close(fd[0]));
	SYS(close(fd[1]));
}

int main(void)
{
	ints();
	congestion();
	info();
	queues();
	return 0;
}
