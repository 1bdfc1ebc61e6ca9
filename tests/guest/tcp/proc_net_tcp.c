/* /proc/net/tcp shows listeners and connections with their state and ports. */
#include "inet.h"

static int find(int lport, int rport)
{
	FILE *f = fopen("/proc/net/tcp", "r");
	unsigned l, r, st, la, ra;
	char line[300];
	int state = -1;

	CHECK(f != NULL);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, " %*d: %8X:%4X %8X:%4X %2X", &la, &l, &ra, &r, &st) == 5 &&
			(int)l == lport && (int)r == rport)
			state = (int)st;
	fclose(f);
	return state;
}

int main(void)
{
	struct addr a, c = {.len = sizeof c.in6};
	int l = listener(AF_INET, 3, &a), fd = connected(&a), s, port, cport;

	SYS(getsockname(fd, &c.sa, &c.len));
	port = ntohs(a.in.sin_port);
	cport = ntohs(c.in.sin_port);
	CHECK_EQ(find(port, 0), 10);
	CHECK_EQ(find(cport, port), TCP_ESTABLISHED);
	s = SYS(accept(l, NULL, NULL));
	SYS(shutdown(s, SHUT_WR));
	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK_EQ(find(cport, port), TCP_CLOSE_WAIT);
	SYS(close(fd));
	SYS(close(s));
	SYS(close(l));
	CHECK_EQ(find(port, 0), -1);
	return 0;
}
