/* unshare, setns and clone with namespaces: names, System V IPC, errors, the files of /proc/PID/ns.
 */
/* run: root */
#include "../test.h"

#include <arpa/inet.h>
#include <linux/nsfs.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/socket.h>

static void host_name(char *buf)
{
	SYS(gethostname(buf, 64));
}

static ino_t number(const char *kind)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
	SYS(stat(path, &st));
	return st.st_ino;
}

static void names(void)
{
	int old = SYS(open("/proc/self/ns/uts", O_RDONLY));
	char before[65], now[65];
	ino_t ino = number("uts");

	host_name(before);
	SYS(unshare(CLONE_NEWUTS));
	CHECK(number("uts") != ino);
	SYS(sethostname("inside", 6));
	host_name(now);
	CHECK_STR(now, "inside");
	CHECK_EQ(ioctl(old, NS_GET_NSTYPE), CLONE_NEWUTS);
	SYS(setns(old, 0));
	CHECK_EQ(number("uts"), ino);
	host_name(now);
	CHECK_STR(now, before);
}

static void ipc(void)
{
	int id = SYS(shmget(IPC_PRIVATE, 100, 0600));
	struct shmid_ds ds;

	SYS(unshare(CLONE_NEWIPC));
	CHECK_ERR(shmctl(id, IPC_STAT, &ds), EINVAL);
	int own = SYS(shmget(0x77, 100, IPC_CREAT | 0600));
	SYS(shmctl(own, IPC_STAT, &ds));
}

static void errors(void)
{
	int fd = SYS(open("/proc/self/status", O_RDONLY)), user;

	CHECK_ERR(setns(fd, 0), EINVAL);
	CHECK_ERR(setns(-1, 0), EBADF);
	CHECK_ERR(unshare(0x1), EINVAL);
	user = SYS(open("/proc/self/ns/user", O_RDONLY));
	CHECK_ERR(setns(user, 0), EINVAL); /* we are in it */
	CHECK_EQ(ioctl(user, NS_GET_NSTYPE), CLONE_NEWUSER);
	CHECK_ERR(ioctl(user, NS_GET_PARENT), EPERM);
	SYS(setgid(1234));
	SYS(setuid(1234));
	CHECK_ERR(unshare(CLONE_NEWUTS), EPERM);
	CHECK_ERR(unshare(CLONE_NEWNS), EPERM);
	CHECK_ERR(syscall(SYS_clone, CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0), EPERM);
	CHECK_ERR(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
}

/* A namespace lives on in a file that it is mounted on. */
static void kept(void)
{
	char path[128], now[65];
	int fd;

	SYS(unshare(CLONE_NEWNS));
	SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	snprintf(path, sizeof path, "%s/kept", test_tmpdir());
	SYS(close(open(path, O_CREAT | O_WRONLY, 0600)));
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(unshare(CLONE_NEWUTS));
		SYS(sethostname("kept", 4));
		SYS(mount("/proc/self/ns/uts", path, NULL, MS_BIND, NULL));
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	fd = SYS(open(path, O_RDONLY));
	SYS(setns(fd, CLONE_NEWUTS));
	host_name(now);
	CHECK_STR(now, "kept");
	SYS(close(fd));
	SYS(umount(path));
	SYS(unlink(path));
	*strrchr(path, '/') = 0;
	SYS(rmdir(path));
}

/* The namespaces of a process, by its pidfd. */
static void by_pidfd(void)
{
	struct gate ready, done;
	char now[65];
	pid_t pid;

	gate_init(&ready);
	gate_init(&done);
	pid = test_fork();
	if (pid == 0) {
		SYS(unshare(CLONE_NEWUTS | CLONE_NEWIPC));
		SYS(sethostname("other", 5));
		gate_open(&ready);
		gate_wait(&done);
		_exit(0);
	}
	gate_wait(&ready);
	int fd = SYS(syscall(SYS_pidfd_open, pid, 0));
	CHECK_ERR(setns(fd, 0), EINVAL);
	SYS(setns(fd, CLONE_NEWUTS | CLONE_NEWIPC));
	host_name(now);
	CHECK_STR(now, "other");
	gate_open(&done);
	CHECK_EXIT(pid, 0);
}

/* A new network namespace leads nowhere. */
static void no_network(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = 9};
	int fd;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SYS(unshare(CLONE_NEWNET));
	fd = SYS(socket(AF_INET, SOCK_STREAM, 0));
	CHECK_ERR(connect(fd, (struct sockaddr *)&to, sizeof to), ENETUNREACH);
	SYS(socket(AF_UNIX, SOCK_STREAM, 0));
}

int main(void)
{
	pid_t pid = test_fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWIPC) < 0 ? 77 : 0);
	if (WEXITSTATUS(test_wait(pid, 0)) == 77)
		SKIP("no namespaces here");
	CHECK_CHILD(names);
	CHECK_CHILD(ipc);
	CHECK_CHILD(errors);
	CHECK_CHILD(kept);
	CHECK_CHILD(by_pidfd);
	CHECK_CHILD(no_network);
	return 0;
}
