/* Helpers of the AF_UNIX test programs. */
#ifndef TESTS_GUEST_UNIX_SOCK_H
#define TESTS_GUEST_UNIX_SOCK_H

#include "../test.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define PATH_OFF offsetof(struct sockaddr_un, sun_path)

/* An abstract name of this process only. */
TEST_UNUSED static socklen_t abstract_addr(struct sockaddr_un *un, const char *name)
{
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	return PATH_OFF + 1 +
	       (socklen_t)snprintf(un->sun_path + 1, sizeof un->sun_path - 1, "skiff-test-%d-%s",
		       (int)getpid(), name);
}

TEST_UNUSED static socklen_t path_addr(struct sockaddr_un *un, const char *dir, const char *name)
{
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	return PATH_OFF + 1 +
	       (socklen_t)snprintf(un->sun_path, sizeof un->sun_path, "%s/%s", dir, name);
}

TEST_UNUSED static void make_pair(int type, int sv[2])
{
	SYS(socketpair(AF_UNIX, type, 0, sv));
}

/* A listening socket on an abstract name, which goes to un. */
TEST_UNUSED static int make_listener(
	int type, const char *name, int backlog, struct sockaddr_un *un, socklen_t *len)
{
	int fd = SYS(socket(AF_UNIX, type, 0));

	*len = abstract_addr(un, name);
	SYS(bind(fd, (struct sockaddr *)un, *len));
	SYS(listen(fd, backlog));
	return fd;
}

TEST_UNUSED static int revents_of(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};

	SYS(poll(&p, 1, 0));
	return p.revents;
}

/* One message with bytes and files. */
TEST_UNUSED static ssize_t send_fds(int sock, const void *data, size_t len, const int *fds, int nr)
{
	static char control[CMSG_SPACE(300 * sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = {(void *)data, len};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};

	if (nr) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		memset(control, 0, sizeof control);
		h.msg_control = control;
		h.msg_controllen = CMSG_SPACE(nr * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nr * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nr * sizeof(int));
	}
	return sendmsg(sock, &h, MSG_NOSIGNAL);
}

/* Receives one message and up to max files; their number goes to *nr. */
TEST_UNUSED static ssize_t recv_fds(
	int sock, void *data, size_t len, int *fds, int max, int *nr, int flags, int *msg_flags)
{
	static char control[CMSG_SPACE(300 * sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = {data, len};
	struct msghdr h = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = max ? control : NULL,
		.msg_controllen = max ? CMSG_LEN(max * sizeof(int)) : 0};
	ssize_t n = recvmsg(sock, &h, flags);

	*nr = 0;
	if (n < 0)
		return n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*nr = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), *nr * sizeof(int));
	}
	if (msg_flags)
		*msg_flags = h.msg_flags;
	return n;
}

#endif
