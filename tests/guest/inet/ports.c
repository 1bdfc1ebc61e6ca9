/* Who may have a port: bind twice, SO_REUSEADDR, SO_REUSEPORT; many sockets; bad addresses. */
#include "tests/guest/test.h"

#include <netinet/in.h>
#include <sys/socket.h>

static int sock_on(struct sockaddr_in *sin, int option)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	socklen_t len = sizeof *sin;

	CHECK(s >= 0);
	if (option)
		CHECK(setsockopt(s, SOL_SOCKET, option, &on, sizeof on) == 0);
	if (bind(s, (void *)sin, len) < 0) {
		int err = errno;

		close(s);
		errno = err;
		return -1;
	}
	CHECK(getsockname(s, (void *)sin, &len) == 0);
	return s;
}

static void sharing(int option)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int a = sock_on(&sin, option), b;

	CHECK(a >= 0);
	CHECK_ERR(sock_on(&sin, 0), EADDRINUSE);
	b = sock_on(&sin, option);
	CHECK(b >= 0);
	close(a);
	close(b);
	a = sock_on(&sin, 0); /* a port is given back */
	CHECK(a >= 0);
	close(a);
}

static void many(void)
{
	static int s[900];

	for (int i = 0; i < 900; i++) {
		struct sockaddr_in sin = {.sin_family = AF_INET};

		s[i] = sock_on(&sin, 0);
		CHECK(s[i] >= 0 && ntohs(sin.sin_port) >= 1024);
	}
	for (int i = 0; i < 900; i++)
		close(s[i]);
}

static void bad(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc6336401)};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK_ERR(bind(s, (void *)&sin, sizeof sin), EADDRNOTAVAIL);
	CHECK_ERR(bind(s, (void *)&sin, 4), EINVAL);
	sin.sin_family = AF_INET6;
	CHECK_ERR(bind(s, (void *)&sin, sizeof sin), EAFNOSUPPORT);
	CHECK_ERR(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
	close(s);
}

int main(void)
{
	sharing(SO_REUSEPORT);
	sharing(SO_REUSEADDR);
	many();
	bad();
	return 0;
}
