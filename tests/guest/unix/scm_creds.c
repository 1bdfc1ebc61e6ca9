/* Credentials: SO_PEERCRED, SO_PASSCRED, SCM_CREDENTIALS and who may claim what. */
/* run: root */
#include "sock.h"

static ssize_t send_cred(int sock, pid_t pid, uid_t uid, gid_t gid)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8))) = {0};
	struct ucred uc = {pid, uid, gid};
	struct iovec iov = {"c", 1};
	struct msghdr h = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof uc);
	memcpy(CMSG_DATA(c), &uc, sizeof uc);
	return sendmsg(sock, &h, 0);
}

static struct ucred recv_cred(int sock, int want_len)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8))) = {0}, buf[16];
	struct iovec iov = {buf, sizeof buf};
	struct msghdr h = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	struct cmsghdr *c;
	struct ucred uc;

	CHECK_EQ(recvmsg(sock, &h, 0), want_len);
	c = CMSG_FIRSTHDR(&h);
	CHECK(c && c->cmsg_type == SCM_CREDENTIALS);
	CHECK_EQ(c->cmsg_len, CMSG_LEN(sizeof uc));
	memcpy(&uc, CMSG_DATA(c), sizeof uc);
	return uc;
}

static void check_peer(int fd, pid_t pid, uid_t uid, gid_t gid)
{
	struct ucred uc;
	socklen_t len = sizeof uc;

	SYS(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &uc, &len));
	CHECK_EQ(len, sizeof uc);
	CHECK_EQ(uc.pid, pid);
	CHECK_EQ(uc.uid, uid);
	CHECK_EQ(uc.gid, gid);
}

int main(void)
{
	struct sockaddr_un un;
	socklen_t len;
	int sv[2], on = 1, l, a, fd;
	struct ucred uc;
	struct gate g;
	pid_t pid, me = getpid();

	make_pair(SOCK_STREAM, sv);
	check_peer(sv[0], me, 0, 0);
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	check_peer(fd, 0, -1, -1);
	SYS(close(fd));

	/* the credentials of listen and of connect */
	l = make_listener(SOCK_STREAM, "cred", 3, &un, &len);
	gate_init(&g);
	pid = test_fork();
	if (pid == 0) {
		SYS(setresgid(200, 200, 200));
		SYS(setresuid(100, 100, 100));
		fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		SYS(connect(fd, (struct sockaddr *)&un, len));
		check_peer(fd, me, 0, 0);
		gate_wait(&g);
		CHECK_EQ(write(fd, "hi", 2), 2);
		_exit(0);
	}
	a = SYS(accept(l, NULL, NULL));
	check_peer(a, pid, 100, 200);
	SYS(setsockopt(a, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
	gate_open(&g);
	uc = recv_cred(a, 2);
	CHECK_EQ(uc.pid, pid);
	CHECK_EQ(uc.uid, 100);
	CHECK_EQ(uc.gid, 200);
	CHECK_EXIT(pid, 0);

	/* claims: root may claim anything that exists, a user only itself */
	SYS(setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
	pid = test_fork();
	if (pid == 0) {
		gate_wait(&g);
		_exit(0);
	}
	CHECK_EQ(send_cred(sv[0], pid, 7, 8), 1);
	gate_open(&g);
	uc = recv_cred(sv[1], 1);
	CHECK_EQ(uc.pid, pid);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(uc.uid, 7);
	CHECK_EQ(uc.gid, 8);
	CHECK_ERR(send_cred(sv[0], 3999999, 0, 0), ESRCH);
	CHECK_ERR(send_cred(sv[0], me, -1, 0), EINVAL);
	pid = test_fork();
	if (pid == 0) {
		SYS(setresgid(200, 200, 200));
		SYS(setresuid(100, 101, 102));
		CHECK_ERR(send_cred(sv[0], me, 100, 200), EPERM);
		CHECK_ERR(send_cred(sv[0], getpid(), 0, 200), EPERM);
		CHECK_ERR(send_cred(sv[0], getpid(), 100, 0), EPERM);
		CHECK_EQ(send_cred(sv[0], getpid(), 102, 200), 1);
		uc = recv_cred(sv[1], 1);
		CHECK_EQ(uc.uid, 102);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);

	/* bytes of different writers are not glued for a receiver that asks who wrote */
	CHECK_EQ(write(sv[0], "mine", 4), 4);
	pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(write(sv[0], "child's", 7), 7);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	uc = recv_cred(sv[1], 4);
	CHECK_EQ(uc.pid, me);
	uc = recv_cred(sv[1], 7);
	CHECK_EQ(uc.pid, pid);

	/* a socket with SO_PASSCRED that sends gets a name */
	fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	SYS(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
	SYS(connect(fd, (struct sockaddr *)&un, len));
	len = sizeof un;
	SYS(getsockname(fd, (struct sockaddr *)&un, &len));
	CHECK_EQ(len, PATH_OFF + 6);
	return 0;
}
