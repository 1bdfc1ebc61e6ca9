/* fcntl(2) record locks between processes: conflicts, waiting, close. */
#include "tests/guest/test.h"
#include <sys/file.h>

static int fd;

static int lock(int cmd, int type, off_t start, off_t len)
{
	struct flock fl = {
		.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

	return fcntl(fd, cmd, &fl);
}

static void byte(int p)
{
	char c = 0;

	CHECK_EQ(SYS(write(p, &c, 1)), 1);
}

static void wait_byte(int p)
{
	char c;

	CHECK_EQ(SYS(read(p, &c, 1)), 1);
}

int main(void)
{
	int up[2], down[2];
	pid_t pid;
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	fd = SYS(open("f", O_CREAT | O_RDWR, 0644));
	SYS(pipe(up));
	SYS(pipe(down));
	SYS(lock(F_SETLK, F_WRLCK, 0, 10));
	pid = test_fork();
	if (!pid) {
		CHECK_ERR(lock(F_SETLK, F_RDLCK, 5, 1), EAGAIN);
		SYS(fcntl(fd, F_GETLK, &fl));
		CHECK_EQ(fl.l_pid, getppid());
		CHECK_EQ(fl.l_start, 0);
		CHECK_EQ(fl.l_len, 10);
		SYS(lock(F_SETLK, F_WRLCK, 10, 10));
		byte(up[1]);
		SYS(lock(F_SETLKW, F_WRLCK, 0, 1)); /* until the parent lets go */
		byte(up[1]);
		wait_byte(down[0]);
		_exit(0); /* and the end of the process releases all */
	}
	wait_byte(up[0]);
	CHECK_ERR(lock(F_SETLK, F_WRLCK, 12, 1), EAGAIN);
	SYS(lock(F_SETLK, F_UNLCK, 0, 0));
	wait_byte(up[0]);
	CHECK_ERR(lock(F_SETLK, F_WRLCK, 0, 1), EAGAIN);
	byte(down[1]);
	SYS(lock(F_SETLKW, F_WRLCK, 0, 0));
	CHECK_EQ(test_wait(pid, 0), 0);

	/* closing any descriptor of the file drops the process's locks; an OFD lock stays */
	SYS(close(SYS(dup(fd))));
	pid = test_fork();
	if (!pid) {
		fd = SYS(open("f", O_RDWR));
		SYS(lock(F_SETLK, F_WRLCK, 0, 0));
		_exit(0);
	}
	CHECK_EQ(test_wait(pid, 0), 0);
	SYS(lock(F_OFD_SETLK, F_WRLCK, 0, 0));
	SYS(close(SYS(dup(fd))));
	pid = test_fork();
	if (!pid) {
		fd = SYS(open("f", O_RDWR));
		CHECK_ERR(lock(F_SETLK, F_WRLCK, 0, 0), EAGAIN);
		CHECK_ERR(lock(F_OFD_SETLK, F_RDLCK, 0, 0), EAGAIN);
		_exit(0);
	}
	CHECK_EQ(test_wait(pid, 0), 0);
	return 0;
}
