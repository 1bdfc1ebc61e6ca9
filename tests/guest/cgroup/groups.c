/* cgroup2: groups as directories, membership, limits on processes and memory, events, kill. */
/* run: root */
#include "../test.h"

#include <poll.h>
#include <sys/mount.h>
#include <sys/vfs.h>

static char base[128], group[160];

static const char *file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", group, name);
	return path;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -1;
	ret = (int)write(fd, text, strlen(text));
	int saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

static void get(const char *path, char *buf, size_t size)
{
	int fd = SYS(open(path, O_RDONLY));
	ssize_t n = SYS(read(fd, buf, size - 1));

	buf[n] = 0;
	close(fd);
}

static long counter(const char *name, const char *key)
{
	char buf[512], *p;

	get(file(name), buf, sizeof buf);
	p = *key ? strstr(buf, key) : buf;
	CHECK(p);
	return strtol(p + strlen(key), NULL, 10);
}

static void join_group(void)
{
	if (put(file("cgroup.procs"), "0") < 0)
		FAIL("join (errno %d: %s)", errno, strerror(errno));
}

static void forks_are_limited(void)
{
	join_group();
	SYS(put(file("pids.max"), "2"));
	pid_t first = SYS(fork());
	if (first == 0)
		for (;;)
			pause();
	CHECK_ERR(fork(), EAGAIN);
	SYS(kill(first, SIGKILL));
	CHECK_KILLED(first, SIGKILL);
	pid_t again = SYS(fork());
	if (again == 0)
		_exit(0);
	CHECK_EXIT(again, 0);
	SYS(put(file("pids.max"), "max"));
}

static void eats_memory(void)
{
	join_group();
	for (;;) {
		char *p = mmap(
			NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p != MAP_FAILED)
			memset(p, 1, 1 << 20);
	}
}

static void controllers(void)
{
	char buf[512];

	snprintf(buf, sizeof buf, "%s/cgroup.subtree_control", base);
	if (put(buf, "+pids +memory") < 0)
		return; /* not ours to set here */
	CHECK_CHILD(forks_are_limited);
	CHECK(counter("pids.events", "max ") >= 1);
	CHECK_EQ(counter("pids.current", ""), 0);
	SYS(put(file("memory.max"), "16M"));
	CHECK_EQ(counter("memory.max", ""), 16 << 20);
	pid_t pid = test_fork();
	if (pid == 0)
		eats_memory();
	CHECK_KILLED(pid, SIGKILL);
	CHECK(counter("memory.events", "oom_kill ") >= 1);
}

static void events_and_kill(void)
{
	struct gate in;
	char buf[512];

	gate_init(&in);
	CHECK_EQ(counter("cgroup.events", "populated "), 0);
	int fd = SYS(open(file("cgroup.events"), O_RDONLY));
	SYS(read(fd, buf, sizeof buf));
	struct pollfd p = {fd, POLLPRI, 0};
	CHECK_EQ(poll(&p, 1, 0), 0);
	pid_t pid = test_fork();
	if (pid == 0) {
		join_group();
		gate_open(&in);
		for (;;)
			pause();
	}
	gate_wait(&in);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK(p.revents & POLLPRI);
	CHECK_EQ(counter("cgroup.events", "populated "), 1);
	CHECK_EQ(counter("cgroup.procs", ""), pid);
	CHECK_ERR(rmdir(group), EBUSY);
	SYS(put(file("cgroup.kill"), "1"));
	CHECK_KILLED(pid, SIGKILL);
	while (counter("cgroup.events", "populated "))
		sched_yield();
	close(fd);
}

/* clone3 makes a process right in a group. */
static void born_in_it(void)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
		uint64_t set_tid, set_tid_size, cgroup;
	} a = {.flags = 0x200000000ull, .exit_signal = SIGCHLD};
	int dir = SYS(open(group, O_RDONLY | O_DIRECTORY)), other = SYS(open("/", O_RDONLY));
	struct gate go;
	pid_t pid;

	gate_init(&go);
	a.cgroup = (uint64_t)other;
	CHECK_ERR(syscall(SYS_clone3, &a, sizeof a), EBADF);
	a.cgroup = (uint64_t)dir;
	pid = (pid_t)SYS(syscall(SYS_clone3, &a, sizeof a));
	if (pid == 0) {
		gate_wait(&go);
		_exit(0);
	}
	CHECK_EQ(counter("cgroup.procs", ""), pid);
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	close(dir);
	close(other);
	while (counter("cgroup.events", "populated "))
		sched_yield();
}

int main(void)
{
	struct statfs sf;

	snprintf(base, sizeof base, "%s", test_tmpdir());
	if (mount("none", base, "cgroup2", 0, NULL) < 0) {
		rmdir(base);
		SKIP("cannot mount cgroup2: %s", strerror(errno));
	}
	SYS(statfs(base, &sf));
	CHECK_EQ(sf.f_type, 0x63677270);
	snprintf(group, sizeof group, "%s/gtest-%d", base, getpid());
	if (mkdir(group, 0755) < 0) {
		int err = errno;

		umount(base);
		rmdir(base);
		SKIP("cannot make a control group: %s", strerror(err));
	}
	CHECK_ERR(mkdir(group, 0755), EEXIST);
	born_in_it();
	events_and_kill();
	controllers();
	SYS(rmdir(group));
	CHECK_ERR(access(group, F_OK), ENOENT);
	SYS(umount(base));
	SYS(rmdir(base));
	return 0;
}
