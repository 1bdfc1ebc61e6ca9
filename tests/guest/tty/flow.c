/* ^S and ^Q, IXANY, tcflow; packet mode tells the master. */
#include "pty.h"

static int writable(int fd)
{
	struct pollfd p = {fd, POLLOUT, 0};

	SYS(poll(&p, 1, 0));
	return p.revents & POLLOUT;
}

int main(void)
{
	char buf[100];

	pty_open();
	SYS(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK));
	type("\023");
	AWAIT(!writable(slave));
	CHECK_ERR(write(slave, "x", 1), EAGAIN);
	type("\021");
	AWAIT(writable(slave));
	CHECK_EQ(write(slave, "x", 1), 1);
	SHOWN("x");
	change(IXANY, 0, 0, 0, 0, 0);
	type("\023");
	AWAIT(!writable(slave));
	type("a");
	AWAIT(writable(slave));
	SHOWN("a");
	type("\n");
	SHOWN("\r\n");
	AWAIT(readable(slave));
	READS("a\n");
	SYS(tcflow(slave, TCOOFF));
	CHECK(!writable(slave));
	type("\021\n"); /* does not undo the program's own stop */
	AWAIT(readable(slave));
	CHECK(!writable(slave));
	READS("\n");
	SYS(tcflow(slave, TCOON));
	CHECK(writable(slave));
	CHECK_EQ(write(slave, "z", 1), 1); /* the echo that had to wait goes first */
	SHOWN("\r\nz");
	change(0, IXON, 0, 0, 0, 0);
	type("\023\n");
	AWAIT(readable(slave));
	READS("\023\n");
	SHOWN("^S\r\n");
	change(IXON, IXANY, 0, 0, 0, 0);

	SYS(ioctl(master, TIOCPKT, &(int){1}));
	write(slave, "data", 4);
	CHECK_EQ(read(master, buf, 100), 5);
	CHECK(!memcmp(buf, "\0data", 5));
	type("\023");
	struct pollfd p = {master, POLLIN | POLLPRI, 0};
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN | POLLPRI);
	CHECK_EQ(read(master, buf, 100), 1);
	CHECK_EQ(buf[0], TIOCPKT_STOP);
	type("\021");
	CHECK_EQ(read(master, buf, 100), 1);
	CHECK_EQ(buf[0], TIOCPKT_START);
	change(0, IXON, 0, 0, 0, 0);
	CHECK_EQ(read(master, buf, 100), 1);
	CHECK_EQ(buf[0], TIOCPKT_NOSTOP);
	SYS(tcflush(slave, TCIFLUSH));
	CHECK_EQ(read(master, buf, 100), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHREAD);
	return 0;
}
