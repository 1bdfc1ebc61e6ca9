/* int arguments ignore the upper half of their register, as does the call number's. */
#include "../test.h"

int main(void)
{
	int p[2];
	unsigned long junk = 0xdeadbeef00000000;
	char c = 0;

	SYS(pipe(p));
	CHECK_EQ(syscall(SYS_write, junk | p[1], "x", 1), 1);
	CHECK_EQ(syscall(SYS_read, junk | p[0], &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(syscall(SYS_fcntl, junk | p[0], junk | F_GETFD, 0), 0);
	SYS(syscall(SYS_kill, junk | getpid(), junk));
	SYS(syscall(SYS_close, junk | p[0]));
	CHECK_ERR(syscall(SYS_close, junk | p[0]), EBADF);
	CHECK_ERR(syscall(SYS_wait4, 0xffffffff, 0, junk | WNOHANG, 0), ECHILD);
	CHECK_EQ(syscall(SYS_lseek, junk | p[1], 0, junk), -1);
	CHECK_EQ(errno, ESPIPE);
	return 0;
}
