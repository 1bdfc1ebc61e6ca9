/* End of file, EPIPE with and without SIGPIPE, O_NONBLOCK, zero lengths, both ends one inode. */
#include "../test.h"

static int pipes_caught;

static void on_pipe(int sig, siginfo_t *si, void *uc)
{
	CHECK_EQ(sig, SIGPIPE);
	CHECK_EQ(si->si_pid, getpid());
	pipes_caught++;
}

static void die_of_sigpipe(void)
{
	int fd[2];

	on_signal(SIGPIPE, SIG_DFL, 0);
	SYS(pipe(fd));
	close(fd[0]);
	write(fd[1], "x", 1);
}

int main(void)
{
	char buf[100] = "";
	struct stat a, b;
	int fd[2];

	SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "hello", 5), 5);
	CHECK_EQ(write(fd[1], "", 0), 0);
	CHECK_EQ(read(fd[0], buf, 0), 0);
	CHECK_EQ(read(fd[0], buf, 2), 2);
	CHECK_EQ(read(fd[0], buf + 2, 98), 3);
	CHECK_STR(buf, "hello");
	CHECK_ERR(read(fd[1], buf, 1), EBADF);
	CHECK_ERR(write(fd[0], buf, 1), EBADF);
	CHECK_ERR(lseek(fd[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERR(pread(fd[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(pwrite(fd[1], buf, 1, 0), ESPIPE);
	SYS(fstat(fd[0], &a));
	SYS(fstat(fd[1], &b));
	CHECK(S_ISFIFO(a.st_mode));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_mode & 0777, 0600);
	SYS(fcntl(fd[0], F_SETFL, O_NONBLOCK));
	CHECK_ERR(read(fd[0], buf, 1), EAGAIN);
	CHECK_EQ(write(fd[1], "rest", 4), 4);
	close(fd[1]);
	CHECK_EQ(read(fd[0], buf, 100), 4);
	CHECK_EQ(read(fd[0], buf, 100), 0);
	close(fd[0]);

	SYS(pipe2(fd, O_CLOEXEC | O_NONBLOCK));
	CHECK_EQ(fcntl(fd[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
	CHECK_ERR(pipe2(fd, 0x1), EINVAL);
	CHECK_ERR(syscall(SYS_pipe2, (int *)8, 0), EFAULT);
	on_siginfo(SIGPIPE, on_pipe, 0);
	close(fd[0]);
	CHECK_ERR(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(pipes_caught, 1);
	on_signal(SIGPIPE, SIG_IGN, 0);
	CHECK_ERR(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(pipes_caught, 1);
	CHECK_CHILD_KILLED(die_of_sigpipe, SIGPIPE);
	return 0;
}
