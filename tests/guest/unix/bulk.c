/* Megabytes through a stream in odd-sized pieces, both ways at once: nothing lost or swapped. */
#include "sock.h"

#define TOTAL (6u << 20)

static unsigned char pattern(unsigned i)
{
	return (unsigned char)(i * 7 + (i >> 11) + (i >> 17));
}

static void run(int fd)
{
	static unsigned char out[70001], in[50021];
	unsigned sent = 0, got = 0, chunk, i;
	struct pollfd p = {.fd = fd};

	SYS(fcntl(fd, F_SETFL, O_NONBLOCK));
	while (sent < TOTAL || got < TOTAL) {
		ssize_t n;

		p.events = (sent < TOTAL ? POLLOUT : 0) | (got < TOTAL ? POLLIN : 0);
		SYS(poll(&p, 1, -1));
		if (p.revents & POLLOUT) {
			chunk = 1 + sent * 31 % sizeof out;
			if (chunk > TOTAL - sent)
				chunk = TOTAL - sent;
			for (i = 0; i < chunk; i++)
				out[i] = pattern(sent + i);
			n = write(fd, out, chunk);
			if (n < 0)
				CHECK_EQ(errno, EAGAIN);
			else
				sent += (unsigned)n;
		}
		if (p.revents & POLLIN) {
			n = read(fd, in, 1 + got * 17 % sizeof in);
			CHECK(n > 0 || errno == EAGAIN);
			for (i = 0; n > 0 && i < (unsigned)n; i++)
				if (in[i] != pattern(got + i))
					FAIL("byte %u: %d is not %d", got + i, in[i],
						pattern(got + i));
			got += n > 0 ? (unsigned)n : 0;
		}
	}
}

int main(void)
{
	int sv[2];
	pid_t pid;

	make_pair(SOCK_STREAM, sv);
	pid = test_fork();
	if (pid == 0) {
		SYS(close(sv[0]));
		run(sv[1]);
		_exit(0);
	}
	SYS(close(sv[1]));
	run(sv[0]);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(read(sv[0], &pid, 1), 0);

	/* and with blocking calls */
	static char buf[262144];
	size_t left = TOTAL;
	make_pair(SOCK_STREAM, sv);
	pid = test_fork();
	if (pid == 0) {
		SYS(close(sv[0]));
		for (; left; left -= sizeof buf)
			CHECK_EQ(write(sv[1], buf, sizeof buf), sizeof buf);
		_exit(0);
	}
	SYS(close(sv[1]));
	for (ssize_t n; (n = SYS(read(sv[0], buf, sizeof buf))) > 0;)
		left -= (size_t)n;
	CHECK_EQ(left, 0);
	CHECK_EXIT(pid, 0);
	return 0;
}
