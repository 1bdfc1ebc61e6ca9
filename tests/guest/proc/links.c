/* self, thread-self, exe, cwd and root. */
#include "proc.h"

int main(void)
{
	char want[64], copy[PATH_MAX];
	struct stat a, b;
	const char *dir = test_tmpdir();
	pid_t child;
	struct gate go;

	snprintf(want, sizeof want, "%d", getpid());
	CHECK_STR(link_text("/proc/self"), want);
	snprintf(want, sizeof want, "%d/task/%d", getpid(), (int)syscall(SYS_gettid));
	CHECK_STR(link_text("/proc/thread-self"), want);
	CHECK_STR(link_text("/proc/mounts"), "self/mounts");
	CHECK_STR(link_text("/proc/net"), "self/net");

	strcpy(copy, link_text("/proc/self/exe"));
	CHECK(copy[0] == '/');
	SYS(stat(copy, &a));
	SYS(stat("/proc/self/exe", &b));
	CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);

	SYS(chdir(dir));
	CHECK_STR(link_text("/proc/self/cwd"), dir);
	SYS(stat(".", &a));
	SYS(stat("/proc/self/cwd", &b));
	CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	SYS(stat("/proc/self/cwd/..", &b));
	SYS(stat("/tmp", &a));
	CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	CHECK_STR(link_text("/proc/self/root"), "/");

	gate_init(&go);
	child = test_fork();
	if (child == 0) {
		snprintf(want, sizeof want, "%d", getpid());
		CHECK_STR(link_text("/proc/self"), want);
		gate_wait(&go);
		_exit(0);
	}
	snprintf(want, sizeof want, "/proc/%d/cwd", child);
	CHECK_STR(link_text(want), dir);
	gate_open(&go);
	CHECK_EXIT(child, 0);
	SYS(chdir("/"));
	SYS(rmdir(dir));
	CHECK_ERR(unlink("/proc/self"), getuid() ? EACCES : EPERM);
	CHECK_ERR(mkdir("/proc/newdir", 0755), ENOENT);
	return 0;
}
