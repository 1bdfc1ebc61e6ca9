/* A network of the test's own, where it may change settings and see every packet. Needs root. */
#ifndef TESTS_GUEST_INET_NETNS_H
#define TESTS_GUEST_INET_NETNS_H

#include "../test.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* A new namespace with lo up, unless that has no network at all: then we are in a guest machine,
 * which is one by itself. */
TEST_UNUSED static void own_network(void)
{
	int fd = SYS(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)), sock;
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	SYS(unshare(CLONE_NEWNET));
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0) {
		CHECK_EQ(errno, EAFNOSUPPORT);
		SYS(setns(fd, CLONE_NEWNET));
	} else {
		SYS(ioctl(sock, SIOCSIFFLAGS, &r));
		close(sock);
	}
	close(fd);
}

#endif
