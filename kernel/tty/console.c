/*
 * The console: skiff's own terminal as the guest's /dev/console, when stdin is one. The host's line
 * discipline is off (raw); the guest's does the work. Input is read when the loop says so and the
 * input queue has room; output is written at once and, when the host would block, as it drains.
 * Without a terminal /dev/console is skiff's standard streams (hoststream.c).
 */
#include "kernel/tty/console.h"

#include "fs/chrdev.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "kernel/timer.h"
#include "kernel/tty/hoststream.h"
#include "kernel/tty/tty.h"

#define CONSOLE_MINOR 1
#define CONSOLE_RDEV ((u64)TTY_MAJOR_AUX << 8 | CONSOLE_MINOR)
#define DRAIN_MS 1000

static struct tty *console; /* NULL: stdin is no terminal */
static struct os_watch in_watch, out_watch;
static bool in_on, out_on;

static void watch_set(struct os_watch *w, bool *on, bool want)
{
	if (*on == want)
		return;
	if (want)
		*on = os_watch_add(w) >= 0;
	else
		os_watch_del(w), *on = false;
}

static void hang_up(struct timer *t)
{
	tty_hangup(console);
	ring_reset(&console->out);
}

/* The user's terminal is no more. The hang-up waits for the loop: the line discipline may be at
 * work on the queues when output fails. */
static void console_gone(void)
{
	static struct timer timer = {.fn = hang_up};

	watch_set(&in_watch, &in_on, false);
	watch_set(&out_watch, &out_on, false);
	console->dead = true;
	timer_arm(&timer, os_clock_ns(OS_CLOCK_MONOTONIC));
}

/* ---- input ---- */

static void input_ready(struct os_watch *w, short revents)
{
	u8 buf[4096];
	size_t room = MIN(ring_room(&console->in), sizeof(buf));
	ssize_t n;

	if (!room) {
		watch_set(&in_watch, &in_on, false);
		return;
	}
	n = os_stream_read(in_watch.hfd, buf, room);
	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n <= 0)
		console_gone();
	else
		tty_receive(console, buf, n);
}

static void console_input_room(struct tty *tty)
{
	if (!tty->dead)
		watch_set(&in_watch, &in_on, true);
}

/* ---- output ---- */

static void console_output(struct tty *tty)
{
	const u8 *at;
	size_t n;

	while (!tty->stopped && !tty->dead && (n = ring_peek(&tty->out, &at)) > 0) {
		ssize_t put = os_stream_write(out_watch.hfd, at, n);

		if (put == -EINTR)
			continue;
		if (put == -EAGAIN)
			break;
		if (put <= 0) {
			console_gone();
			return;
		}
		ring_drop(&tty->out, put);
	}
	watch_set(&out_watch, &out_on, !tty->stopped && !tty->dead && ring_used(&tty->out));
}

static void output_ready(struct os_watch *w, short revents)
{
	console_output(console);
	tty_output_room(console);
	if (!ring_used(&console->out)) /* whoever waits for it to be sent */
		waitq_wake(&console->write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void console_flushed(struct tty *tty)
{
	watch_set(&out_watch, &out_on, false);
}

static const struct tty_ops console_ops = {
	.output = console_output,
	.input_room = console_input_room,
	.flushed = console_flushed,
};

/* ---- the device ---- */

static int console_open(struct inode *inode, struct file *file)
{
	if (console)
		return tty_open_file(console, file, false);
	return hoststream_attach(inode, file);
}

static const struct file_ops console_dev_ops = {.open = console_open};

int console_dev_init(void)
{
	int err = chrdev_register(TTY_MAJOR_AUX, CONSOLE_MINOR, 1, &console_dev_ops);

	return err ? err : devfs_add("console", S_IFCHR | 0600, 5, CONSOLE_RDEV);
}

static void read_winsize(struct winsize *ws)
{
	*ws = (struct winsize){.ws_row = 24, .ws_col = 80};
	os_tty_winsize(out_watch.hfd, &ws->ws_row, &ws->ws_col);
}

void console_winch(void)
{
	struct winsize ws;

	if (!console)
		return;
	read_winsize(&ws);
	tty_set_winsize(console, &ws);
}

static int first_tty_output(void)
{
	for (int fd = 1; fd <= 2; fd++) {
		if (os_isatty(fd) > 0)
			return fd;
	}
	return 0;
}

static int console_create(void)
{
	int in = os_stream_open(0), out;

	if (in < 0)
		return in;
	out = os_stream_open(first_tty_output());
	if (out < 0) {
		os_close(in);
		return out;
	}
	in_watch = (struct os_watch){.hfd = in, .events = POLLIN, .ready = input_ready};
	out_watch = (struct os_watch){.hfd = out, .events = POLLOUT, .ready = output_ready};
	console = tty_create(&console_ops, NULL, CONSOLE_RDEV);
	if (!console) {
		os_close(in);
		os_close(out);
		return -ENOMEM;
	}
	console->termios.iflag |= IUTF8;
	read_winsize(&console->ws);
	os_tty_raw(0, true);
	watch_set(&in_watch, &in_on, true);
	return 0;
}

/* A file of the console as a descriptor of pid 1: /dev/console itself where it is mounted, so that
 * ttyname(3) finds it. */
static int console_file(struct file **out)
{
	int ret = file_open(&current->fs->root, "/dev/console", O_RDWR | O_NOCTTY, 0, out);

	if (!ret && tty_of(*out) == console)
		return 0;
	if (!ret)
		file_put(*out);
	ret = file_anon("/dev/console", &tty_file_ops, NULL, O_RDWR, S_IFCHR | 0600, out);
	if (ret)
		return ret;
	(*out)->inode->rdev = CONSOLE_RDEV;
	ret = tty_open_file(console, *out, false);
	if (ret)
		file_put(*out);
	return ret;
}

int console_setup(bool tty, struct file *out[3])
{
	int ret = tty ? console_create() : 0;

	for (int fd = 0; fd < 3 && !ret; fd++) {
		if (console && os_isatty(fd) > 0)
			ret = console_file(&out[fd]);
		else
			ret = hoststream_open(fd, fd ? O_WRONLY : O_RDONLY, &out[fd]);
		for (int done = 0; ret && done < fd; done++)
			file_put(out[done]);
	}
	if (!ret && console)
		tty_set_controlling(console, current->tg);
	return ret;
}

void console_fini(void)
{
	const u8 *at;
	size_t n;

	if (!console || console->dead)
		return;
	while ((n = ring_peek(&console->out, &at)) > 0) {
		ssize_t put = os_stream_write(out_watch.hfd, at, n);

		if (put == -EAGAIN && os_stream_poll(out_watch.hfd, POLLOUT, DRAIN_MS) > 0)
			continue;
		if (put <= 0 && put != -EINTR)
			break;
		ring_drop(&console->out, MAX(put, 0));
	}
}
