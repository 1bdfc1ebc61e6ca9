/* A new network namespace: lo of its own, down at first; ports and abstract names of its own; and
 * sockets that stay in the namespace they were made in. */
#include "../netlink/nl.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/un.h>

static struct sockaddr_in here = {.sin_family = AF_INET};

static int listener(void)
{
	int fd = SYS(socket(AF_INET, SOCK_STREAM, 0)), on = 1;
	socklen_t len = sizeof(here);

	SYS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SYS(bind(fd, (void *)&here, sizeof(here)));
	SYS(getsockname(fd, (void *)&here, &len));
	SYS(listen(fd, 5));
	return fd;
}

static int abstract(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));

	strcpy(un.sun_path + 1, name);
	if (bind(fd, (void *)&un, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)) == 0)
		return fd;
	close(fd);
	return -1;
}

static short lo_flags(int fd)
{
	struct ifreq r = {.ifr_name = "lo"};

	SYS(ioctl(fd, SIOCGIFFLAGS, &r));
	return r.ifr_flags;
}

static void lo_up(int fd)
{
	struct ifreq r = {.ifr_name = "lo"};

	SYS(ioctl(fd, SIOCGIFFLAGS, &r));
	r.ifr_flags |= IFF_UP;
	SYS(ioctl(fd, SIOCSIFFLAGS, &r));
}

static void count(struct nlmsghdr *h, void *arg)
{
	++*(int *)arg;
}

static void talk(int l)
{
	int c = SYS(socket(AF_INET, SOCK_STREAM, 0)), a;
	char buf[4];

	SYS(connect(c, (void *)&here, sizeof(here)));
	a = SYS(accept(l, NULL, NULL));
	CHECK_EQ(write(c, "hi", 2), 2);
	CHECK_EQ(read(a, buf, sizeof(buf)), 2);
	close(c); /* a TIME_WAIT is left behind */
	CHECK_EQ(read(a, buf, sizeof(buf)), 0);
	close(a);
}

int main(void)
{
	int l = listener(), early = SYS(socket(AF_INET, SOCK_STREAM, 0)),
	    name = abstract("gtest-net-ns");
	int nl_before = nl_open(NETLINK_ROUTE), nl_after, fd, addrs = 0, mine;

	CHECK(name >= 0);
	CHECK_EQ(abstract("gtest-net-ns"), -1);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		SKIP("no user and network namespaces: %s", strerror(errno));
	fd = SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK(!(lo_flags(fd) & IFF_UP));
	CHECK_ERR(connect(fd, (void *)&here, sizeof(here)), ENETUNREACH);
	nl_after = nl_open(NETLINK_ROUTE);
	nl_dump(nl_after, RTM_GETADDR, AF_INET, 32768, count, &addrs);
	CHECK_EQ(addrs, 0);
	lo_up(fd);
	nl_dump(nl_after, RTM_GETADDR, AF_INET, 32768, count, &addrs);
	CHECK_EQ(addrs, 1);
	CHECK(lo_flags(early) & IFF_UP);
	addrs = 0;
	nl_dump(nl_before, RTM_GETADDR, AF_INET, 32768, count, &addrs);
	CHECK(addrs >= 1);

	/* The listener is elsewhere, its port free here. */
	CHECK_ERR(connect(fd, (void *)&here, sizeof(here)), ECONNREFUSED);
	close(fd);
	mine = listener();
	talk(mine);
	CHECK(abstract("gtest-net-ns") >= 0);
	SYS(connect(early, (void *)&here, sizeof(here)));
	SYS(accept(l, NULL, NULL));
	SYS(fcntl(mine, F_SETFL, O_NONBLOCK));
	CHECK_ERR(accept(mine, NULL, NULL), EAGAIN);
	return 0;
}
