/* run: root */
/* TIOCSLCKTRMIOS: locked bits and characters stay as they are until unlocked. */
#include "pty.h"

int main(void)
{
	struct termios lock = {0}, t, seen;

	pty_open();
	SYS(ioctl(slave, TIOCGLCKTRMIOS, &seen));
	CHECK_EQ(seen.c_lflag, 0);
	SYS(tcgetattr(slave, &t));
	CHECK(t.c_lflag & ECHO);
	lock.c_lflag = ECHO;
	lock.c_cc[VINTR] = 1;
	SYS(ioctl(slave, TIOCSLCKTRMIOS, &lock));
	SYS(ioctl(master, TIOCGLCKTRMIOS, &seen)); /* the master shows the slave's */
	CHECK_EQ(seen.c_lflag, ECHO);
	CHECK_EQ(seen.c_cc[VINTR], 1);

	change(0, 0, 0, 0, 0, ECHO | ICANON);
	set_cc(VINTR, 'x');
	set_cc(VEOF, 'y');
	SYS(tcgetattr(slave, &seen));
	CHECK(seen.c_lflag & ECHO);
	CHECK(!(seen.c_lflag & ICANON));
	CHECK_EQ(seen.c_cc[VINTR], t.c_cc[VINTR]);
	CHECK_EQ(seen.c_cc[VEOF], 'y');

	memset(&lock, 0, sizeof lock);
	SYS(ioctl(slave, TIOCSLCKTRMIOS, &lock));
	change(0, 0, 0, 0, 0, ECHO);
	SYS(tcgetattr(slave, &seen));
	CHECK(!(seen.c_lflag & ECHO));

	CHECK_ERR(ioctl(slave, TIOCSLCKTRMIOS, (void *)8), EFAULT);
	SYS(setuid(65534));
	CHECK_ERR(ioctl(slave, TIOCSLCKTRMIOS, &lock), EPERM);
	SYS(ioctl(slave, TIOCGLCKTRMIOS, &seen));
	return 0;
}
