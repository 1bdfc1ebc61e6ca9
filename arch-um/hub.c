/*
 * The console hub (hub.h). Everything is non-blocking; somebody attached who does not read loses
 * output rather than hold the machine up; the log has it all.
 */
#include "arch-um/hub.h"

#include "arch-um/machine_log.h"
#include "kernel/lib/list.h"
#include "kernel/os.h"
#include "kernel/tty/console.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

struct attached {
	struct list_head link;
	struct os_watch watch;
	bool eof; /* types no more, still reads */
	size_t held_len;
	char held[4096];
};

static struct list_head all = LIST_HEAD_INIT(all);
static int machine_fd = -1; /* master of the pseudo-terminal, or our end of stdin */
static int log_fd = -1;
static bool has_tty;
static struct os_watch machine_watch;

static int open_terminal(void)
{
	struct winsize ws = {.ws_row = 24, .ws_col = 80};
	int slave;

	machine_fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (machine_fd < 0 || grantpt(machine_fd) < 0 || unlockpt(machine_fd) < 0)
		return -errno;
	slave = ioctl(machine_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	ioctl(slave, TIOCSWINSZ, &ws);
	return slave;
}

static int open_socket(void)
{
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p) < 0)
		return -errno;
	machine_fd = p[0];
	return p[1];
}

int hub_start(bool tty, bool interactive, int log)
{
	int fd;

	has_tty = tty;
	log_fd = log;
	if (tty)
		return open_terminal();
	if (interactive)
		return open_socket();
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void detach(struct attached *a)
{
	os_watch_del(&a->watch);
	close(a->watch.hfd);
	list_del(&a->link);
	free(a);
}

/* ---- the machine's output ---- */

static ssize_t take_output(void)
{
	struct attached *a;
	char buf[16384];
	ssize_t n = read(machine_fd, buf, sizeof(buf));

	if (n <= 0)
		return n;
	machine_log_wrote((size_t)n);
	if (write(log_fd, buf, (size_t)n) < 0)
		close(log_fd), log_fd = -1;
	list_for_each_entry (a, &all, link)
		send(a->watch.hfd, buf, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n;
}

void hub_flush(void)
{
	if (has_tty && machine_fd >= 0)
		while (take_output() > 0)
			;
}

/* ---- input: what the machine does not take at once waits with who typed it ---- */

static void end_of_input(void)
{
	if (has_tty || machine_fd < 0)
		return;
	os_watch_del(&machine_watch);
	close(machine_fd);
	machine_fd = -1;
}

/* False: some of it is left. */
static bool pass_on(struct attached *a)
{
	while (a->held_len && machine_fd >= 0) {
		ssize_t n = write(machine_fd, a->held, a->held_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n <= 0)
			break;
		a->held_len -= (size_t)n;
		memmove(a->held, a->held + n, a->held_len);
	}
	a->held_len = 0;
	return true;
}

static void watch_input(struct attached *a, bool on)
{
	a->watch.events = on ? POLLIN : 0;
	os_watch_update(&a->watch);
	if (on || machine_fd < 0 || a->eof)
		return;
	machine_watch.events |= POLLOUT;
	os_watch_update(&machine_watch);
}

static void input_ready(struct os_watch *w, short revents)
{
	struct attached *a = container_of(w, struct attached, watch);
	ssize_t n;

	if (a->eof || a->held_len) {
		if (revents & (POLLHUP | POLLERR))
			detach(a);
		return;
	}
	n = recv(w->hfd, a->held, sizeof(a->held), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		detach(a);
		return;
	}
	if (n == 0) {
		a->eof = true;
		end_of_input();
		watch_input(a, false);
		return;
	}
	a->held_len = (size_t)n;
	if (!pass_on(a))
		watch_input(a, false);
}

static void machine_takes_input(void)
{
	struct attached *a;

	machine_watch.events &= (short)~POLLOUT;
	os_watch_update(&machine_watch);
	list_for_each_entry (a, &all, link) {
		if (!a->held_len)
			continue;
		watch_input(a, pass_on(a));
	}
}

static void machine_ready(struct os_watch *w, short revents)
{
	if (has_tty && (revents & POLLIN))
		take_output();
	if (revents & POLLOUT)
		machine_takes_input();
	else if (!has_tty && (revents & (POLLHUP | POLLERR)))
		end_of_input();
}

int hub_watch(void)
{
	if (machine_fd < 0)
		return 0;
	machine_watch = (struct os_watch){
		.hfd = machine_fd, .events = has_tty ? POLLIN : 0, .ready = machine_ready};
	return os_watch_add(&machine_watch);
}

int hub_attach(int fd)
{
	struct attached *a = machine_fd < 0 ? NULL : calloc(1, sizeof(*a));
	int err = machine_fd < 0 ? -ENOTTY : a ? 0 : -ENOMEM;

	if (!err) {
		a->watch = (struct os_watch){.hfd = fd, .events = POLLIN, .ready = input_ready};
		err = os_watch_add(&a->watch);
	}
	if (err < 0) {
		close(fd);
		free(a);
		return err;
	}
	list_add_tail(&a->link, &all);
	return 0;
}

void hub_resize(u16 rows, u16 cols)
{
	struct winsize ws = {.ws_row = rows, .ws_col = cols};

	if (!has_tty || ioctl(machine_fd, TIOCSWINSZ, &ws) < 0)
		return;
	console_winch();
}
