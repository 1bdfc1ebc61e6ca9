/* A long stream in pieces of all sizes, by write, writev, sendfile and splice, arrives as it was
 * sent; both directions at once do not block each other. */
#include "inet.h"

#include <sys/sendfile.h>
#include <sys/uio.h>

#define TOTAL (8u << 20)

static unsigned char byte_at(unsigned off)
{
	return (unsigned char)(off * 31 + off / 65521);
}

static void send_all(int fd, bool twist)
{
	unsigned char *buf = malloc(300000);
	unsigned off = 0, seed = 7;

	while (off < TOTAL) {
		unsigned len;
		ssize_t n;

		seed = seed * 1103515245 + 12345;
		len = 1 + (seed >> 8) % (seed & 0x40000000 ? 300000 : 2000);
		if (len > TOTAL - off)
			len = TOTAL - off;
		for (unsigned i = 0; i < len; i++)
			buf[i] = byte_at(off + i);
		if (twist) {
			struct iovec iov[3] = {
				{buf, len / 3}, {buf + len / 3, 0}, {buf + len / 3, len - len / 3}};
			n = SYS(writev(fd, iov, 3));
		} else {
			n = SYS(write(fd, buf, len));
		}
		off += (unsigned)n;
	}
	free(buf);
}

static void recv_all(int fd)
{
	unsigned char *buf = malloc(300000);
	unsigned off = 0;
	ssize_t n;

	while (off < TOTAL && (n = SYS(read(fd, buf, 1 + off % 300000))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != byte_at(off + (unsigned)i))
				FAIL("byte %u differs", off + (unsigned)i);
		off += (unsigned)n;
	}
	CHECK_EQ(off, TOTAL);
	free(buf);
}

static void both_ways(int family)
{
	int fd[2];
	pid_t a, b, c;

	tcp_pair(family, fd);
	a = SYS(fork());
	if (a == 0) {
		send_all(fd[0], false);
		_exit(0);
	}
	b = SYS(fork());
	if (b == 0) {
		send_all(fd[1], true);
		_exit(0);
	}
	c = SYS(fork());
	if (c == 0) {
		recv_all(fd[0]);
		_exit(0);
	}
	recv_all(fd[1]);
	for (int i = 0, st; i < 3; i++) {
		SYS(wait(&st));
		CHECK_EQ(st, 0);
	}
	SYS(close(fd[0]));
	SYS(close(fd[1]));
}

static void files(void)
{
	char name[] = "/tmp/tcp_bulk.XXXXXX", *buf = malloc(1 << 20);
	int f = SYS(mkstemp(name)), fd[2], p[2];
	off_t off = 0;
	size_t got = 0;
	pid_t pid;

	SYS(unlink(name));
	for (int i = 0; i < 1 << 20; i++)
		buf[i] = (char)byte_at((unsigned)i);
	CHECK_EQ(write(f, buf, 1 << 20), 1 << 20);
	tcp_pair(AF_INET, fd);
	pid = SYS(fork());
	if (pid == 0) {
		close(fd[1]);
		while (off < 1 << 20)
			SYS(sendfile(fd[0], f, &off, (size_t)((1 << 20) - off)));
		_exit(0);
	}
	SYS(close(fd[0]));
	SYS(pipe(p));
	for (ssize_t n; (n = SYS(splice(fd[1], NULL, p[1], NULL, 65536, 0))) > 0;) {
		while (n > 0) {
			ssize_t k = SYS(read(p[0], buf, (size_t)n));

			for (ssize_t i = 0; i < k; i++)
				CHECK_EQ((unsigned char)buf[i],
					byte_at((unsigned)got + (unsigned)i));
			got += (size_t)k;
			n -= k;
		}
	}
	CHECK_EQ(got, 1 << 20);
	SYS(waitpid(pid, NULL, 0));
	SYS(close(fd[1]));
	free(buf);
}

int main(void)
{
	both_ways(AF_INET);
	both_ways(AF_INET6);
	files();
	return 0;
}
