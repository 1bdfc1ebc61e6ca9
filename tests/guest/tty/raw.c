/* Non-canonical reading: VMIN and VTIME in all four cases, mode switches, flushing, a large paste.
 */
#include "pty.h"

int main(void)
{
	static char big[20000], got[20000];
	struct termios t, raw;
	struct pollfd p;
	size_t have = 0;
	int64_t t0;
	char buf[100];
	pid_t pid;

	pty_open();
	SYS(tcgetattr(slave, &t));
	raw = t;
	cfmakeraw(&raw);
	type("typed"); /* not yet a line */
	SHOWN("typed");
	SYS(tcsetattr(slave, TCSANOW, &raw));
	READS("typed");
	type("\003\004\177\n");
	READS("\003\004\177\n");
	NOTHING_SHOWN();

	raw.c_cc[VMIN] = 3;
	SYS(tcsetattr(slave, TCSANOW, &raw));
	type("ab");
	AWAIT(waiting() == 2);
	NOTHING_TO_READ(); /* poll obeys VMIN */
	type("cd");
	AWAIT(waiting() == 4);
	READS("abcd");
	type("abcdef");
	AWAIT(waiting() == 6);
	CHECK_EQ(read(slave, buf, 2), 2); /* no more than asked for */
	READS("cdef");

	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	SYS(tcsetattr(slave, TCSANOW, &raw));
	READS("");
	type("x");
	AWAIT(waiting() == 1);
	READS("x");
	raw.c_cc[VTIME] = 1;
	SYS(tcsetattr(slave, TCSANOW, &raw));
	t0 = now_ns(CLOCK_MONOTONIC);
	READS("");
	CHECK(now_ns(CLOCK_MONOTONIC) - t0 >= 90000000);
	raw.c_cc[VMIN] = 10;
	SYS(tcsetattr(slave, TCSANOW, &raw));
	type("abc");
	READS("abc"); /* a tenth of a second after the last one */

	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	SYS(tcsetattr(slave, TCSANOW, &raw));
	type("gone");
	AWAIT(waiting() == 4);
	SYS(tcflush(slave, TCIFLUSH));
	NOTHING_TO_READ();
	type("gone");
	AWAIT(waiting() == 4);
	SYS(tcsetattr(slave, TCSAFLUSH, &raw));
	NOTHING_TO_READ();
	SYS(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK));
	CHECK_ERR(read(slave, buf, 1), EAGAIN);
	SYS(fcntl(slave, F_SETFL, O_RDWR));

	for (size_t i = 0; i < sizeof big; i++)
		big[i] = 'a' + i % 26;
	pid = test_fork();
	if (pid == 0) {
		for (size_t done = 0; done < sizeof big;)
			done += SYS(write(master, big + done, sizeof big - done));
		_exit(0);
	}
	while (have < sizeof got)
		have += SYS(read(slave, got + have, sizeof got - have));
	CHECK(!memcmp(big, got, sizeof big));
	CHECK_EXIT(pid, 0);

	type("line");
	AWAIT(waiting() == 4); /* typed raw, then canonical: it counts as a line */
	SYS(tcsetattr(slave, TCSANOW, &t));
	p = (struct pollfd){slave, POLLIN, 0};
	CHECK_EQ(poll(&p, 1, 0), 1);
	READS("line");
	return 0;
}
