/* run: root */
/* A program that may be executed but not read runs, and nobody else can open it. */
#include "../test.h"

int main(int argc, char **argv)
{
	char self[PATH_MAX], buf[4096];
	int in, out, fd;
	ssize_t n;
	pid_t pid;

	if (argc > 1) {
		CHECK_ERR(open(argv[1], O_RDONLY), EACCES);
		return 42;
	}
	n = SYS(readlink("/proc/self/exe", self, sizeof self - 1));
	self[n] = 0;
	in = SYS(open(self, O_RDONLY));
	SYS(chmod(".", 0755));
	out = SYS(open("prog", O_CREAT | O_WRONLY, 0700));
	while ((n = SYS(read(in, buf, sizeof buf))) > 0)
		CHECK_EQ(write(out, buf, (size_t)n), n);
	SYS(close(out));
	SYS(chmod("prog", 0111));
	fd = SYS(open(".", O_PATH | O_DIRECTORY));
	pid = test_fork();
	if (pid == 0) {
		SYS(setresgid(65534, 65534, 65534));
		SYS(setresuid(65534, 65534, 65534));
		SYS(fchdir(fd));
		CHECK_ERR(open("prog", O_RDONLY), EACCES);
		execl("./prog", "prog", "prog", NULL);
		_exit(1);
	}
	CHECK_EXIT(pid, 42);
	SYS(chmod("prog", 0444));
	CHECK_ERR(execl("./prog", "prog", "prog", NULL), EACCES);
	return 0;
}
