/* A pseudo-terminal for the tests: master and slave, termios helpers, exact comparison of output.
 */
#ifndef TESTS_GUEST_TTY_PTY_H
#define TESTS_GUEST_TTY_PTY_H

#include "../test.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

TEST_UNUSED static void pty_open(void)
{
	master = SYS(posix_openpt(O_RDWR | O_NOCTTY));
	SYS(grantpt(master));
	SYS(unlockpt(master));
	slave = SYS(open(ptsname(master), O_RDWR | O_NOCTTY));
}

TEST_UNUSED static void type_bytes(const char *s, size_t len)
{
	CHECK_EQ(write(master, s, len), len);
}

TEST_UNUSED static void type(const char *s)
{
	type_bytes(s, strlen(s));
}

static const char *visible(const char *s, size_t len)
{
	static char out[2][2048];
	static int which;
	char *p = out[which ^= 1];

	*p = 0;
	for (size_t i = 0; i < len && p < out[which] + 2000; i++)
		p += sprintf(p, s[i] >= 32 && s[i] < 127 ? "%c" : "\\x%02x", (unsigned char)s[i]);
	return out[which];
}

/* The next bytes on fd are exactly want. */
TEST_UNUSED static void expect_bytes(int line, int fd, const char *want, size_t len)
{
	char buf[1000];
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, buf + have, len - have);

		if (n <= 0)
			FAIL("line %d: read gave %zd (errno %d) after %s", line, n, errno,
				visible(buf, have));
		have += n;
	}
	if (memcmp(buf, want, len))
		FAIL("line %d: got %s, want %s", line, visible(buf, len), visible(want, len));
}

/* One read of the slave gives exactly this. */
TEST_UNUSED static void expect_one_read(int line, const char *want, size_t len)
{
	char buf[1000];
	ssize_t n = read(slave, buf, sizeof buf);

	if (n != (ssize_t)len || memcmp(buf, want, len))
		FAIL("line %d: got %zd %s, want %s", line, n, n > 0 ? visible(buf, n) : "",
			visible(want, len));
}

#define SHOWN(s) expect_bytes(__LINE__, master, s, sizeof(s) - 1)
#define READS(s) expect_one_read(__LINE__, s, sizeof(s) - 1)

TEST_UNUSED static int readable(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	SYS(poll(&p, 1, 0));
	return p.revents & POLLIN;
}

/* Input reaches the slave some time after the write on some kernels: waits for it, by asking. */
#define AWAIT(cond) \
	do { \
		while (!(cond)) \
			sched_yield(); \
	} while (0)

TEST_UNUSED static int waiting(void)
{
	int n;

	SYS(ioctl(slave, FIONREAD, &n));
	return n;
}

#define NOTHING_SHOWN() CHECK(!readable(master))
#define NOTHING_TO_READ() CHECK(!readable(slave))

TEST_UNUSED static void change(tcflag_t iset, tcflag_t iclear, tcflag_t oset, tcflag_t oclear,
	tcflag_t lset, tcflag_t lclear)
{
	struct termios t;

	SYS(tcgetattr(slave, &t));
	t.c_iflag = (t.c_iflag | iset) & ~iclear;
	t.c_oflag = (t.c_oflag | oset) & ~oclear;
	t.c_lflag = (t.c_lflag | lset) & ~lclear;
	SYS(tcsetattr(slave, TCSANOW, &t));
}

TEST_UNUSED static void set_cc(int which, int c)
{
	struct termios t;

	SYS(tcgetattr(slave, &t));
	t.c_cc[which] = c;
	SYS(tcsetattr(slave, TCSANOW, &t));
}

#endif
