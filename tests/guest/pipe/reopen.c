/* A pipe opened again through /proc/self/fd is the same pipe (bash's <(...), /dev/stdin). */
#include "../test.h"

int main(void)
{
	char path[64], link[64] = "", want[64], buf[10];
	struct stat st;
	int fd[2], r, w;

	SYS(pipe(fd));
	SYS(fstat(fd[0], &st));
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd[0]);
	snprintf(want, sizeof want, "pipe:[%lu]", (unsigned long)st.st_ino);
	SYS(readlink(path, link, sizeof link - 1));
	CHECK_STR(link, want);
	r = SYS(open(path, O_RDONLY));
	w = SYS(open(path, O_WRONLY));
	CHECK_EQ(write(w, "abc", 3), 3);
	CHECK_EQ(read(fd[0], buf, 1), 1);
	CHECK_EQ(write(fd[1], "d", 1), 1);
	CHECK_EQ(read(r, buf, 10), 3);
	close(fd[1]);
	SYS(fcntl(r, F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(r, buf, 10), EAGAIN);
	close(w);
	CHECK_EQ(read(r, buf, 10), 0);
	SYS(dup2(fd[0], 0));
	close(fd[0]);
	close(r);
	w = SYS(open("/dev/stdin", O_WRONLY));
	CHECK_EQ(write(w, "e", 1), 1);
	CHECK_EQ(read(0, buf, 10), 1);
	return 0;
}
