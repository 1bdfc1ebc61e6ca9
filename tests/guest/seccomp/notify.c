/* A supervisor answers calls of a filtered process through a listener. */
#include "filter.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void send_fd(int sock, int fd)
{
	char c = 'f', buf[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&c, 1};
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf, .msg_controllen = sizeof buf};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	SYS(sendmsg(sock, &m, 0));
}

static int recv_fd(int sock)
{
	char c, buf[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&c, 1};
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf, .msg_controllen = sizeof buf};
	int fd;

	SYS(recvmsg(sock, &m, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	return fd;
}

static void supervised(int sock)
{
	struct sock_filter code[] = {LOAD(nr), IF_EQ(SYS_getppid), RET(SECCOMP_RET_USER_NOTIF),
		IF_EQ(SYS_chroot), RET(SECCOMP_RET_USER_NOTIF), RET(SECCOMP_RET_ALLOW)};
	int fd = SYS(install(code, 6, SECCOMP_FILTER_FLAG_NEW_LISTENER)), got;

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	send_fd(sock, fd);
	SYS(close(fd));
	CHECK_EQ(syscall(SYS_getppid), 12345);
	CHECK_ERR(syscall(SYS_chroot, "/somewhere"), EXDEV);
	CHECK(syscall(SYS_getppid) != 12345); /* continued */
	got = (int)syscall(SYS_chroot, "fd");
	CHECK(got > 2);
	CHECK_EQ(write(got, "hello", 5), 5);
	CHECK_ERR(syscall(SYS_getppid), ENOSYS); /* nobody listens any more */
	_exit(0);
}

static void next(int fd, struct seccomp_notif *req, int nr)
{
	struct pollfd p = {fd, POLLIN, 0};

	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK(p.revents & POLLIN);
	memset(req, 0, sizeof *req);
	SYS(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, req));
	CHECK_EQ(req->data.nr, nr);
	SYS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &req->id));
}

int main(void)
{
	struct seccomp_notif_resp resp = {0};
	struct seccomp_notif req;
	int sock[2], fd, pipes[2];
	char buf[8];
	pid_t pid;

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	SYS(pipe(pipes));
	pid = test_fork();
	if (pid == 0) {
		close(sock[0]);
		close(pipes[1]);
		supervised(sock[1]);
	}
	fd = recv_fd(sock[0]);
	next(fd, &req, SYS_getppid);
	CHECK_EQ(req.pid, pid);
	CHECK_EQ(req.data.arch, AUDIT_ARCH_X86_64);
	resp = (struct seccomp_notif_resp){.id = req.id, .val = 12345};
	SYS(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp));
	/* Answered already: known as such until the caller has taken the answer. */
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp), -1);
	CHECK(errno == ENOENT || errno == EINPROGRESS);
	next(fd, &req, SYS_chroot);
	resp = (struct seccomp_notif_resp){.id = req.id, .error = -EXDEV};
	SYS(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp));
	next(fd, &req, SYS_getppid);
	resp = (struct seccomp_notif_resp){.id = req.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	SYS(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp));
	next(fd, &req, SYS_chroot);
	struct seccomp_notif_addfd add = {.id = req.id, .srcfd = (unsigned)pipes[1]};
	int theirs = SYS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add));
	resp = (struct seccomp_notif_resp){.id = req.id, .val = theirs};
	SYS(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp));
	CHECK_EQ(read(pipes[0], buf, 5), 5);
	SYS(close(fd));
	CHECK_EXIT(pid, 0);
	return 0;
}
