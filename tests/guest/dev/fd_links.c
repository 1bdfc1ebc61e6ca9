/* /dev/fd, stdin, stdout and stderr lead to the process's own descriptors. */
#include "../test.h"

int main(void)
{
	struct stat a, b;
	char buf[8], path[32];
	int p[2], fd;

	SYS(pipe(p));
	snprintf(path, sizeof path, "/dev/fd/%d", p[0]);
	CHECK_EQ(write(p[1], "abc", 3), 3);
	fd = SYS(open(path, O_RDONLY));
	CHECK_EQ(read(fd, buf, sizeof buf), 3);
	SYS(close(p[1])); /* no writer is waited for */
	SYS(close(SYS(open(path, O_RDONLY))));
	SYS(close(fd));
	SYS(dup2(p[0], 0));
	SYS(stat("/dev/stdin", &a));
	SYS(fstat(p[0], &b));
	CHECK(a.st_ino == b.st_ino && S_ISFIFO(a.st_mode));
	SYS(stat("/dev/stderr", &a));
	SYS(fstat(2, &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_ERR(open("/dev/nosuchdevice", O_RDONLY), ENOENT);
	return 0;
}
