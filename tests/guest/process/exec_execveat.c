/* execveat: AT_EMPTY_PATH on a memfd, relative to a directory, AT_SYMLINK_NOFOLLOW, scripts by fd.
 */
#include "../test.h"

static char *args[] = {"x", NULL}, *env[] = {NULL};

static int try(int fd, const char *path, int flags)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		syscall(SYS_execveat, fd, path, args, env, flags);
		_exit(100 + (errno & 63));
	}
	int status = test_wait(pid, 0);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void script(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/script", test_tmpdir());
	test_write_file(path, "#!/bin/sh\nexit 44\n", 0755);
	int fd = SYS(open(path, O_RDONLY));
	CHECK_EQ(try(fd, "", AT_EMPTY_PATH), 44);
	SYS(fcntl(fd, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(try(fd, "", AT_EMPTY_PATH), 100 + ENOENT);
	SYS(unlink(path));
	*strrchr(path, '/') = 0;
	SYS(rmdir(path));
}

int main(void)
{
	char buf[65536];
	ssize_t n;
	int in = SYS(open("/bin/false", O_RDONLY)), fd = SYS(memfd_create("prog", MFD_CLOEXEC));
	int bin = SYS(open("/usr/bin", O_PATH | O_DIRECTORY));

	while ((n = SYS(read(in, buf, sizeof buf))) > 0)
		CHECK_EQ(write(fd, buf, n), n);
	/* memfds start with mode 0777 and do not count as open for writing. */
	CHECK_EQ(try(fd, "", AT_EMPTY_PATH), 1);
	CHECK_EQ(try(fd, "", 0), 100 + ENOENT);
	CHECK_EQ(try(bin, "false", 0), 1);
	CHECK_EQ(try(bin, "true", 0), 0);
	CHECK_EQ(try(AT_FDCWD, "/bin/true", 0), 0);
	CHECK_EQ(try(9999, "true", 0), 100 + EBADF);
	CHECK_EQ(try(9999, "/bin/true", 0), 0);
	CHECK_EQ(try(fd, "true", 0), 100 + ENOTDIR);
	CHECK_EQ(try(bin, "true", 0x8000000), 100 + EINVAL);
	CHECK_EQ(try(bin, "", AT_EMPTY_PATH), 100 + EACCES);
	CHECK_EQ(try(AT_FDCWD, "/proc/self/exe", AT_SYMLINK_NOFOLLOW), 100 + ELOOP);
	script();
	return 0;
}
