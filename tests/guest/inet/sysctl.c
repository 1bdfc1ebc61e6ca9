/* /proc/sys/net: what is written there is what the calls then do. On the host this runs in a
 * network namespace of its own; the guest machine is one. Values are put back, for nobody else's
 * sake but the machine's. */
/* run: root */
#include "netns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#define NET "/proc/sys/net/"

static char *get(const char *path)
{
	static char buf[256];
	char full[256];
	ssize_t n;
	int fd;

	snprintf(full, sizeof full, NET "%s", path);
	fd = SYS(open(full, O_RDONLY | O_CLOEXEC));
	n = SYS(read(fd, buf, sizeof buf - 1));
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	close(fd);
	return buf;
}

static int try_set(const char *path, const char *value)
{
	char full[256];
	ssize_t n;
	int fd;

	snprintf(full, sizeof full, NET "%s", path);
	fd = SYS(open(full, O_WRONLY | O_CLOEXEC));
	n = write(fd, value, strlen(value));
	close(fd);
	return n < 0 ? -1 : 0;
}

#define SET(path, value) SYS(try_set(path, value))

static int opt(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof v;

	SYS(getsockopt(fd, level, name, &v, &len));
	return v;
}

static int bind_port(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port)};
	socklen_t len = sizeof a;
	int fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	SYS(getsockname(fd, (struct sockaddr *)&a, &len));
	close(fd);
	return ntohs(a.sin_port);
}

static void ports(void)
{
	int fd, two;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	CHECK_STR(get("ipv4/ip_local_port_range"), "32768\t60999");
	SET("ipv4/ip_local_port_range", "40000 40001\n");
	CHECK_STR(get("ipv4/ip_local_port_range"), "40000\t40001");
	for (int i = 0; i < 8; i++)
		CHECK(bind_port(0) >> 1 == 20000);
	fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	two = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	SYS(bind(fd, (struct sockaddr *)&a, sizeof a));
	SYS(bind(two, (struct sockaddr *)&a, sizeof a));
	CHECK_ERR(bind_port(0), EADDRINUSE);
	close(fd);
	close(two);
	CHECK_ERR(try_set("ipv4/ip_local_port_range", "5 4"), EINVAL);
	CHECK_ERR(try_set("ipv4/ip_local_port_range", "x"), EINVAL);
	CHECK_STR(get("ipv4/ip_local_port_range"), "40000\t40001");
	SET("ipv4/ip_local_port_range", "32768 60999");

	SYS(setresuid(-1, 65534, -1));
	CHECK_ERR(bind_port(80), EACCES);
	SYS(setresuid(-1, 0, -1));
	SET("ipv4/ip_unprivileged_port_start", "80");
	SYS(setresuid(-1, 65534, -1));
	CHECK_EQ(bind_port(80), 80);
	CHECK_ERR(bind_port(79), EACCES);
	SYS(setresuid(-1, 0, -1));
	SET("ipv4/ip_unprivileged_port_start", "1024");
}

static void tcp(void)
{
	int fd, l;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char *congestion = strdup(get("ipv4/tcp_congestion_control"));
	struct tcp_info ti;
	socklen_t len = sizeof a;

	SET("ipv4/tcp_keepalive_time", "600");
	SET("ipv4/tcp_keepalive_intvl", "11");
	SET("ipv4/tcp_keepalive_probes", "4");
	SET("ipv4/tcp_syn_retries", "3");
	SET("ipv4/tcp_congestion_control", "reno");
	SET("ipv4/tcp_rmem", "4096 65536 6291456");
	SET("ipv4/tcp_wmem", "4096 32768 4194304");
	fd = SYS(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	CHECK_EQ(opt(fd, IPPROTO_TCP, TCP_KEEPIDLE), 600);
	CHECK_EQ(opt(fd, IPPROTO_TCP, TCP_KEEPINTVL), 11);
	CHECK_EQ(opt(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
	CHECK_EQ(opt(fd, IPPROTO_TCP, TCP_SYNCNT), 3);
	CHECK_EQ(opt(fd, SOL_SOCKET, SO_RCVBUF), 65536);
	CHECK_EQ(opt(fd, SOL_SOCKET, SO_SNDBUF), 32768);
	{
		char name[16] = "";
		socklen_t n = sizeof name;

		SYS(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &n));
		CHECK_STR(name, "reno");
	}
	close(fd);
	CHECK_ERR(try_set("ipv4/tcp_congestion_control", "nosuch"), ENOENT);
	CHECK_ERR(try_set("ipv4/tcp_syn_retries", "0"), EINVAL);
	SET("ipv4/tcp_congestion_control", congestion);
	free(congestion);

	SET("ipv4/tcp_timestamps", "0");
	SET("ipv4/tcp_sack", "0");
	l = SYS(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	SYS(bind(l, (struct sockaddr *)&a, sizeof a));
	SYS(listen(l, 1));
	SYS(getsockname(l, (struct sockaddr *)&a, &len));
	for (int scaling = 1; scaling >= 0; scaling--) {
		SET("ipv4/tcp_window_scaling", scaling ? "1" : "0");
		fd = SYS(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
		SYS(connect(fd, (struct sockaddr *)&a, sizeof a));
		len = sizeof ti;
		SYS(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len));
		CHECK_EQ(ti.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK), 0);
		CHECK_EQ(!!(ti.tcpi_options & TCPI_OPT_WSCALE), scaling);
		close(SYS(accept(l, NULL, NULL)));
		close(fd);
	}
	close(l);
	SET("ipv4/tcp_timestamps", "1");
	SET("ipv4/tcp_sack", "1");
	SET("ipv4/tcp_window_scaling", "1");
	SET("ipv4/tcp_rmem", "4096 131072 6291456");
	SET("ipv4/tcp_wmem", "4096 87040 4194304");
}

static void ip(void)
{
	int fd;

	SET("ipv4/ip_default_ttl", "33");
	fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	CHECK_EQ(opt(fd, IPPROTO_IP, IP_TTL), 33);
	close(fd);
	SET("ipv4/ip_default_ttl", "64");
	CHECK_STR(get("ipv4/ip_forward"), "0");
	CHECK_ERR(open(NET "ipv4/nosuch", O_RDONLY), ENOENT);

	SET("ipv4/ping_group_range", "1 0");
	CHECK_ERR(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EACCES);
	SET("ipv4/ping_group_range", "0 0");
	fd = SYS(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	{
		unsigned char echo[8] = {8}, buf[64];
		struct sockaddr_in a = {
			.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		struct timeval tv = {.tv_usec = 100000};

		SYS(connect(fd, (struct sockaddr *)&a, sizeof a));
		SYS(send(fd, echo, sizeof echo, 0));
		CHECK_EQ(recv(fd, buf, sizeof buf, 0), sizeof echo);
		SET("ipv4/icmp_echo_ignore_all", "1");
		SYS(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
		SYS(send(fd, echo, sizeof echo, 0));
		CHECK_ERR(recv(fd, buf, sizeof buf, 0), EAGAIN);
		SET("ipv4/icmp_echo_ignore_all", "0");
	}
	close(fd);
}

static void unix_queue(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = sizeof a;
	int to, from, n = 0;

	SET("unix/max_dgram_qlen", "3");
	to = SYS(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	from = SYS(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	SYS(bind(to, (struct sockaddr *)&a, sizeof a.sun_family));
	SYS(getsockname(to, (struct sockaddr *)&a, &len));
	while (sendto(from, "x", 1, 0, (struct sockaddr *)&a, len) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 4);
	close(to);
	close(from);
	SET("unix/max_dgram_qlen", "512");
}

static void ipv6(void)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd;

	if (access(NET "ipv6/conf/lo/disable_ipv6", W_OK) < 0)
		return;
	SET("ipv6/bindv6only", "1");
	fd = SYS(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	CHECK_EQ(opt(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	SET("ipv6/bindv6only", "0");
	SET("ipv6/conf/lo/disable_ipv6", "1");
	CHECK_STR(get("ipv6/conf/lo/disable_ipv6"), "1");
	CHECK_ERR(bind(fd, (struct sockaddr *)&a, sizeof a), EADDRNOTAVAIL);
	SET("ipv6/conf/all/disable_ipv6", "0");
	CHECK_STR(get("ipv6/conf/lo/disable_ipv6"), "0");
	SYS(bind(fd, (struct sockaddr *)&a, sizeof a));
	close(fd);
}

int main(void)
{
	own_network();
	ports();
	tcp();
	ip();
	unix_queue();
	ipv6();
	return 0;
}
