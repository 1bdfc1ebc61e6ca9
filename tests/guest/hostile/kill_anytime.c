/* SIGKILL at any moment: children in loops of file, pipe, fork, mmap, thread, signal and exec calls
 * are killed at random points; every one is reaped, nothing is left behind, the parent works on. */
#include "../test.h"
#include <sys/prctl.h>
#include <sys/socket.h>

static char dir[64];

static void files(void)
{
	char path[128];
	char buf[8192] = {0};

	for (int i = 0;; i++) {
		snprintf(path, sizeof path, "%s/f%d", dir, i % 5);
		int fd = open(path, O_RDWR | O_CREAT, 0600);

		(void)!write(fd, buf, sizeof buf);
		(void)!pread(fd, buf, sizeof buf, 0);
		close(fd);
		unlink(path);
	}
}

static void pipes(void)
{
	for (;;) {
		int p[2];
		char buf[4096] = {0};

		if (pipe(p))
			_exit(1);
		(void)!write(p[1], buf, sizeof buf);
		(void)!read(p[0], buf, sizeof buf);
		close(p[0]);
		close(p[1]);
	}
}

static void blocked_pipe(void)
{
	int p[2];
	char c;

	if (pipe(p))
		_exit(1);
	(void)!read(p[0], &c, 1);
}

static void forks(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void vforks(void)
{
	for (;;) {
		pid_t pid = vfork();

		if (pid == 0) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static void maps(void)
{
	int fd = memfd_create("m", 0);

	(void)!ftruncate(fd, 1 << 16);
	for (;;) {
		char *p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		p[100] = 1;
		munmap(p, 1 << 16);
		sbrk(4096);
		sbrk(-4096);
	}
}

static void on(int sig)
{
	(void)sig;
}

static void signals(void)
{
	on_signal(SIGUSR1, on, 0);
	for (;;)
		raise(SIGUSR1);
}

static void sockets(void)
{
	int sv[2], fd;

	for (;;) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
			_exit(1);
		fd = sv[0];
		char control[CMSG_SPACE(sizeof fd)] = {0};
		struct iovec iov = {"x", 1};
		struct msghdr mh = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof control};
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
		sendmsg(sv[1], &mh, 0);
		close(sv[0]);
		close(sv[1]);
	}
}

static void spins(void)
{
	for (;;)
		;
}

int main(void)
{
	void (*kinds[])(void) = {
		files, pipes, blocked_pipe, forks, vforks, maps, signals, sockets, spins};
	int nr = sizeof kinds / sizeof *kinds;
	unsigned seed = 12345;
	char path[128];

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	strcpy(dir, test_tmpdir());
	for (int round = 0; round < 8; round++) {
		pid_t pids[16];

		for (int i = 0; i < nr; i++) {
			pids[i] = test_fork();
			if (pids[i] == 0) {
				kinds[i]();
				_exit(1);
			}
		}
		seed = seed * 1103515245 + 12345;
		for (unsigned n = (seed >> 16) % 100; n > 0; n--)
			sched_yield();
		for (int i = 0; i < nr; i++)
			SYS(kill(pids[(i + round) % nr], SIGKILL));
		for (int i = 0; i < nr; i++)
			CHECK_KILLED(pids[i], SIGKILL);
		/* Grandchildren orphaned to us. */
		while (wait(NULL) > 0)
			;
		CHECK_EQ(errno, ECHILD);
	}
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof path, "%s/f%d", dir, i);
		unlink(path);
	}
	SYS(rmdir(dir));
	return 0;
}
