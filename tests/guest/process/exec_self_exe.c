/* /proc/self/{exe,comm,cmdline,environ} follow exec; the name is the file's, cut to 15 bytes. */
#include "../test.h"

static ssize_t slurp(const char *path, char *buf, size_t len)
{
	int fd = SYS(open(path, O_RDONLY));
	ssize_t n = SYS(read(fd, buf, len - 1));

	buf[n] = 0;
	SYS(close(fd));
	return n;
}

int main(int argc, char **argv)
{
	char buf[256], path[256];
	ssize_t n;

	if (argc == 3) {
		n = SYS(readlink("/proc/self/exe", path, sizeof path - 1));
		path[n] = 0;
		CHECK_STR(path, argv[2]);
		slurp("/proc/self/comm", buf, sizeof buf);
		CHECK_STR(buf, "a-rather-long-n\n");
		n = slurp("/proc/self/cmdline", buf, sizeof buf);
		CHECK_EQ(n, strlen("zero") + 1 + strlen("execed") + 1 + strlen(argv[2]) + 1);
		CHECK_EQ(memcmp(buf, "zero\0execed\0", 12), 0);
		n = slurp("/proc/self/environ", buf, sizeof buf);
		CHECK_EQ(n, 8);
		CHECK_EQ(memcmp(buf, "A=1\0B=2", 8), 0);
		return 0;
	}
	n = SYS(readlink("/proc/self/exe", path, sizeof path - 1));
	path[n] = 0;
	char link[128];
	snprintf(link, sizeof link, "%s/a-rather-long-name-for-a-program", test_tmpdir());
	SYS(symlink(path, link));
	pid_t pid = test_fork();
	if (pid == 0) {
		char *args[] = {"zero", "execed", path, NULL}, *env[] = {"A=1", "B=2", NULL};

		execve(link, args, env);
		FAIL("exec (errno %d)", errno);
	}
	CHECK_EXIT(pid, 0);
	SYS(unlink(link));
	*strrchr(link, '/') = 0;
	SYS(rmdir(link));
	return 0;
}
