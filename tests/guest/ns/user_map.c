/* User namespaces: ids before and after the maps are written, who may write them, capabilities. */
/* run: root */
#include "../test.h"

#include <grp.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#define NOBODY 65534

static void write_proc(pid_t pid, const char *file, const char *text, int want)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		FAIL("open %s: %s", path, strerror(errno));
	ret = (int)write(fd, text, strlen(text));
	if (want ? ret != -1 || errno != want : ret < 0)
		FAIL("%s <- %s: %d, %s", file, text, ret, strerror(errno));
	close(fd);
}

static void read_proc(const char *file, char *buf, size_t size)
{
	int fd = SYS(open(file, O_RDONLY));
	ssize_t n = SYS(read(fd, buf, size - 1));

	buf[n] = 0;
	close(fd);
}

static void own_map(void)
{
	char buf[256];
	unsigned a, b, c;

	SYS(setgid(2345));
	SYS(setuid(2345));
	SYS(prctl(PR_SET_DUMPABLE, 1)); /* /proc/self stays ours */
	SYS(unshare(CLONE_NEWUSER));
	CHECK_EQ(getuid(), NOBODY);
	CHECK_EQ(getgid(), NOBODY);
	CHECK_ERR(setuid(0), EINVAL);
	CHECK_ERR(setgroups(0, NULL), EPERM);
	write_proc(getpid(), "gid_map", "0 2345 1", EPERM); /* setgroups is still allowed */
	write_proc(getpid(), "setgroups", "deny", 0);
	write_proc(getpid(), "uid_map", "0 2346 1", EPERM); /* someone else's */
	write_proc(getpid(), "uid_map", "0 2345 2", EPERM);
	write_proc(getpid(), "uid_map", "nonsense", EINVAL);
	write_proc(getpid(), "uid_map", "0 2345 1\n", 0);
	write_proc(getpid(), "gid_map", "0 2345 1\n", 0);
	write_proc(getpid(), "uid_map", "0 2345 1\n", EPERM); /* once only */
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(getgid(), 0);
	read_proc("/proc/self/uid_map", buf, sizeof buf);
	CHECK_EQ(sscanf(buf, "%u %u %u", &a, &b, &c), 3);
	CHECK(a == 0 && b == 2345 && c == 1);
	read_proc("/proc/self/setgroups", buf, sizeof buf);
	CHECK_STR(buf, "deny\n");
}

static void capabilities(void)
{
	struct stat st;

	own_map();
	SYS(stat("/", &st));
	CHECK_EQ(st.st_uid, NOBODY);	       /* the real root is nobody in here */
	CHECK_ERR(sethostname("x", 1), EPERM); /* not ours */
	CHECK_ERR(mount("none", "/tmp", "tmpfs", 0, NULL), EPERM);
	SYS(unshare(CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWIPC));
	SYS(sethostname("inner", 5));
	SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	SYS(mount("none", "/tmp", "tmpfs", 0, NULL));
	SYS(close(open("/tmp/file", O_CREAT | O_WRONLY, 0600)));
	SYS(stat("/tmp/file", &st));
	CHECK_EQ(st.st_uid, 0);
	CHECK_ERR(chown("/tmp/file", 1, -1), EINVAL); /* no such user in here */
	CHECK_ERR(mknod("/tmp/dev", S_IFCHR | 0600, 0x103), EPERM);
	CHECK_ERR(setuid(5), EINVAL);
	CHECK_ERR(kill(getppid(), 0), EPERM);
}

/* A privileged parent maps a range; set-user-ID calls work within it. */
static void range(void)
{
	struct gate ready, mapped;
	pid_t pid;

	gate_init(&ready);
	gate_init(&mapped);
	pid = test_fork();
	if (pid == 0) {
		SYS(unshare(CLONE_NEWUSER));
		gate_open(&ready);
		gate_wait(&mapped);
		CHECK_EQ(getuid(), 0);
		SYS(setgid(5));
		SYS(setuid(7));
		CHECK_EQ(getuid(), 7);
		CHECK_ERR(setuid(0), EPERM);
		gate_open(&ready);
		gate_wait(&mapped);
		_exit(0);
	}
	gate_wait(&ready);
	write_proc(pid, "uid_map", "0 0 1\n1 100001 50\n", 0);
	write_proc(pid, "gid_map", "0 0 1\n1 200001 50\n", 0);
	gate_open(&mapped);
	gate_wait(&ready);
	char path[64], line[256];
	unsigned uid = 0, gid = 0;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *f = fopen(path, "r");
	while (fgets(line, sizeof line, f)) {
		sscanf(line, "Uid: %u", &uid);
		sscanf(line, "Gid: %u", &gid);
	}
	fclose(f);
	CHECK_EQ(uid, 100007);
	CHECK_EQ(gid, 200005);
	gate_open(&mapped);
	CHECK_EXIT(pid, 0);
}

static void exec_keeps_root(void)
{
	own_map();
	execl("/bin/sh", "sh", "-c",
		"grep -q 'CapEff:.*[1-9a-f]' /proc/self/status && [ $(id -u) = 0 ]", NULL);
	_exit(9);
}

int main(void)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(errno == ENOSYS || errno == EPERM || errno == EINVAL ? 77 : 1);
		_exit(0);
	}
	if (WEXITSTATUS(test_wait(pid, 0)) == 77)
		SKIP("no user namespaces here");
	CHECK_CHILD(capabilities);
	range();
	CHECK_CHILD(exec_keeps_root);
	return 0;
}
