/*
 * The user's terminal and skiff's standard streams. The terminal is put into raw mode and restored
 * however skiff ends (exit, fatal signals; after SIGKILL the user types `reset`). Streams are
 * reopened where the host allows it, so that O_NONBLOCK is set on a description of our own and
 * never on the one the user's shell shares; where it does not, reads and writes ask poll(2) first
 * and write no more than cannot block.
 */
#include "arch-um/loop.h"
#include "arch-um/machine_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define SAFE_WRITE 4096 /* what a pipe that polls writable takes without blocking */

enum stream_kind {
	STREAM_OWN,    /* our own description, non-blocking; or a file */
	STREAM_SHARED, /* the user's description: ask before each transfer */
	STREAM_SOCKET, /* MSG_DONTWAIT */
};

static u8 *kinds; /* enum stream_kind, by descriptor */
static int nr_kinds;

static int tty_fd = -1; /* a duplicate, while the terminal is raw */
static struct termios saved;

static ssize_t ret(ssize_t n)
{
	return n < 0 ? -errno : n;
}

int os_isatty(int hfd)
{
	return isatty(hfd);
}

static void restore(void)
{
	if (tty_fd >= 0)
		tcsetattr(tty_fd, TCSADRAIN, &saved);
}

static void restore_and_die(int sig)
{
	restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Under a debugger the interrupt key is the debugger's: it stops the machine, not a guest. */
static void set_raw(void)
{
	struct termios t = saved;

	cfmakeraw(&t);
	if (under_debugger()) {
		t.c_lflag |= ISIG;
		t.c_cc[VQUIT] = t.c_cc[VSUSP] = _POSIX_VDISABLE;
	}
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	tcsetattr(tty_fd, TCSADRAIN, &t);
}

/* Continued after a stop: the shell has set the terminal as it likes it. */
static void continued(int sig)
{
	int saved_errno = errno;

	if (tty_fd >= 0)
		set_raw();
	errno = saved_errno;
}

static void catch_signals(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
	struct sigaction sa = {
		.sa_handler = restore_and_die, .sa_flags = SA_RESETHAND | SA_NODEFER};

	for (unsigned i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
	sa = (struct sigaction){.sa_handler = continued, .sa_flags = SA_RESTART};
	sigaction(SIGCONT, &sa, NULL);
}

int os_tty_raw(int hfd, bool on)
{
	static bool registered;

	if (!on) {
		restore();
		if (tty_fd >= 0)
			close(tty_fd);
		tty_fd = -1;
		return 0;
	}
	if (tcgetattr(hfd, &saved) < 0)
		return -errno;
	if (tty_fd < 0)
		tty_fd = fcntl(hfd, F_DUPFD_CLOEXEC, 3);
	if (!registered) {
		catch_signals();
		atexit(restore);
		registered = true;
	}
	set_raw();
	return 0;
}

int os_tty_winsize(int hfd, u16 *rows, u16 *cols)
{
	struct winsize ws;

	if (ioctl(hfd, TIOCGWINSZ, &ws) < 0)
		return -errno;
	if (!ws.ws_row || !ws.ws_col)
		return -EINVAL;
	*rows = ws.ws_row;
	*cols = ws.ws_col;
	return 0;
}

/* ---- streams ---- */

static int reopen_nonblocking(int fd)
{
	char path[32];
	int mode = fcntl(fd, F_GETFL);

	if (mode < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return ret(open(path, (mode & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

static int kind_set(int hfd, enum stream_kind kind)
{
	u8 *all = hfd < nr_kinds ? kinds : realloc(kinds, (size_t)hfd + 16);

	if (!all)
		return -ENOMEM;
	kinds = all;
	nr_kinds = MAX(nr_kinds, hfd + 16);
	kinds[hfd] = (u8)kind;
	return hfd;
}

int os_stream_open(int fd)
{
	enum stream_kind kind = STREAM_OWN;
	struct stat st;
	int hfd;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode)) {
		hfd = fcntl(
			fd, F_DUPFD_CLOEXEC, 3); /* a file shares its position with the user's */
		kind = S_ISSOCK(st.st_mode) ? STREAM_SOCKET : STREAM_OWN;
	} else {
		hfd = reopen_nonblocking(fd);
		if (hfd < 0) {
			hfd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
			kind = STREAM_SHARED;
		}
	}
	if (hfd < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	fd = kind_set(hfd, kind);
	if (fd < 0)
		close(hfd);
	return fd;
}

void os_stream_close(int hfd)
{
	close(hfd);
}

static enum stream_kind kind_of(int hfd)
{
	return hfd < nr_kinds ? (enum stream_kind)kinds[hfd] : STREAM_OWN;
}

int os_stream_poll(int hfd, short events, int timeout_ms)
{
	struct pollfd p = {.fd = hfd, .events = events};
	int n = poll(&p, 1, timeout_ms);

	return n < 0 ? -errno : n ? p.revents : 0;
}

ssize_t os_stream_read(int hfd, void *buf, size_t len)
{
	enum stream_kind kind = kind_of(hfd);

	if (kind == STREAM_SOCKET)
		return ret(recv(hfd, buf, len, MSG_DONTWAIT));
	if (kind == STREAM_SHARED && os_stream_poll(hfd, POLLIN, 0) == 0)
		return -EAGAIN;
	return ret(read(hfd, buf, len));
}

ssize_t os_stream_write(int hfd, const void *buf, size_t len)
{
	enum stream_kind kind = kind_of(hfd);

	if (kind == STREAM_SOCKET)
		return ret(send(hfd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL));
	if (kind == STREAM_SHARED) {
		if (os_stream_poll(hfd, POLLOUT, 0) == 0)
			return -EAGAIN;
		len = MIN(len, (size_t)SAFE_WRITE);
	}
	machine_log_wrote(len);
	return ret(write(hfd, buf, len));
}
