/*
 * The tty core: open files of a terminal, its queues, flow control, hang-up, and the controlling
 * terminal with its job control rules (credentials(7), tty_ioctl(4), setsid(2)). A hung-up file
 * stays open but reads as end of file and cannot be written; tty_of() no longer knows it.
 */
#include "kernel/tty/tty.h"

#include "fs/chrdev.h"
#include "kernel/cred.h"
#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "kernel/tty/console.h"
#include "kernel/tty/pty.h"

#define WRITE_CHUNK 1024
#define MAKEDEV(major, minor) ((u64)(major) << 8 | (minor))

struct tty_file { /* file->priv */
	struct list_head link;
	struct tty *tty;
	bool hung_up;
};

static const struct abi_termios2 termios_default = {
	.iflag = ICRNL | IXON,
	.oflag = OPOST | ONLCR,
	.cflag = B38400 | CS8 | CREAD,
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = {[VINTR] = 'C' & 31,
		[VQUIT] = '\\' & 31,
		[VERASE] = 0x7f,
		[VKILL] = 'U' & 31,
		[VEOF] = 'D' & 31,
		[VMIN] = 1,
		[VSTART] = 'Q' & 31,
		[VSTOP] = 'S' & 31,
		[VSUSP] = 'Z' & 31,
		[VREPRINT] = 'R' & 31,
		[VDISCARD] = 'O' & 31,
		[VWERASE] = 'W' & 31,
		[VLNEXT] = 'V' & 31},
	.ispeed = 38400,
	.ospeed = 38400,
};

/* ---- life ---- */

struct tty *tty_create(const struct tty_ops *ops, void *priv, u64 rdev)
{
	struct tty *tty = calloc(1, sizeof(*tty));

	if (!tty)
		return NULL;
	tty->refs = 1;
	tty->ops = ops;
	tty->priv = priv;
	tty->rdev = rdev;
	tty->termios = termios_default;
	list_init(&tty->files);
	ring_init(&tty->in, TTY_QUEUE_SIZE);
	ring_init(&tty->out, TTY_QUEUE_SIZE);
	waitq_init(&tty->read_wait);
	waitq_init(&tty->write_wait);
	if (ldisc_open(tty)) {
		free(tty);
		return NULL;
	}
	return tty;
}

struct tty *tty_get(struct tty *tty)
{
	if (tty)
		tty->refs++;
	return tty;
}

void tty_put(struct tty *tty)
{
	if (!tty || --tty->refs)
		return;
	if (tty->ops->destroy)
		tty->ops->destroy(tty);
	ldisc_fini(tty);
	ring_reset(&tty->in);
	ring_reset(&tty->out);
	free(tty);
}

u64 tty_rdev(const struct tty *tty)
{
	return tty->rdev;
}

pid_t tty_pgrp(const struct tty *tty)
{
	return tty->pgrp;
}

struct tty *tty_of(const struct file *f)
{
	struct tty_file *tf = f->ops == &tty_file_ops ? f->priv : NULL;

	return tf && !tf->hung_up ? tf->tty : NULL;
}

/* ---- queues ---- */

size_t tty_receive(struct tty *tty, const u8 *buf, size_t len)
{
	size_t done = 0;

	if (!ring_used(&tty->in))
		done = ldisc_receive(tty, buf, len);
	if (done < len)
		done += ring_put(&tty->in, buf + done, len - done);
	return done;
}

void tty_pump(struct tty *tty)
{
	bool moved = false;
	const u8 *at;
	size_t n;

	while ((n = ring_peek(&tty->in, &at)) > 0) {
		n = ldisc_receive(tty, at, n);
		if (!n)
			break;
		ring_drop(&tty->in, n);
		moved = true;
	}
	if (moved && tty->ops->input_room)
		tty->ops->input_room(tty);
}

size_t tty_out_room(const struct tty *tty)
{
	return tty->stopped ? 0 : ring_room(&tty->out);
}

void tty_out_put(struct tty *tty, const u8 *buf, size_t len)
{
	if (len && ring_put(&tty->out, buf, len))
		tty->ops->output(tty);
}

void tty_output_room(struct tty *tty)
{
	ldisc_echo_flush(tty);
	if (tty_out_room(tty) >= WRITE_CHUNK)
		waitq_wake(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
}

void tty_stop(struct tty *tty)
{
	if (tty->stopped)
		return;
	tty->stopped = true;
	if (tty->ops->control)
		tty->ops->control(tty, TIOCPKT_STOP);
}

void tty_start(struct tty *tty)
{
	if (!tty->stopped || tty->stopped_by_ioctl)
		return;
	tty->stopped = false;
	if (tty->ops->control)
		tty->ops->control(tty, TIOCPKT_START);
	tty->ops->output(tty);
	tty_output_room(tty);
}

void tty_flush_in(struct tty *tty)
{
	ldisc_flush(tty);
	ring_reset(&tty->in);
	if (tty->ops->control)
		tty->ops->control(tty, TIOCPKT_FLUSHREAD);
	if (tty->ops->input_room)
		tty->ops->input_room(tty);
}

void tty_flush_out(struct tty *tty)
{
	ring_reset(&tty->out);
	if (tty->ops->flushed)
		tty->ops->flushed(tty);
	if (tty->ops->control)
		tty->ops->control(tty, TIOCPKT_FLUSHWRITE);
	tty_output_room(tty);
}

void tty_set_winsize(struct tty *tty, const struct winsize *ws)
{
	if (!memcmp(&tty->ws, ws, sizeof(*ws)))
		return;
	tty->ws = *ws;
	tty_signal(tty, SIGWINCH);
}

/* ---- sessions ---- */

void tty_signal(struct tty *tty, int sig)
{
	if (tty->pgrp)
		signal_send_pgrp(tty->pgrp, sig, NULL);
}

static void drop_controlling(struct tgroup *tg)
{
	struct tty *tty = tg->ctty;

	tg->ctty = NULL;
	tty_put(tty);
}

void tty_clear_session(struct tty *tty)
{
	struct tgroup *tg;

	tty_get(tty);
	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->ctty == tty)
			drop_controlling(tg);
	}
	tty->sid = tty->pgrp = 0;
	tty_put(tty);
}

void tty_set_controlling(struct tty *tty, struct tgroup *leader)
{
	if (leader->ctty)
		drop_controlling(leader);
	leader->ctty = tty_get(tty);
	tty->sid = leader->sid;
	tty->pgrp = leader->pgid;
}

/* exit and TIOCNOTTY of a session leader: the terminal becomes free. */
static void leader_leaves(struct tgroup *leader, bool exits)
{
	struct tty *tty = tty_get(leader->ctty);

	if (!tty)
		return;
	if (exits && !tty->ops->is_pty) {
		tty_signal(tty, SIGHUP);
		tty_hangup(tty);
	} else {
		tty_signal(tty, SIGHUP);
		if (!exits)
			tty_signal(tty, SIGCONT);
		tty_clear_session(tty);
	}
	tty_put(tty);
}

static void leader_exits(struct tgroup *leader)
{
	leader_leaves(leader, true);
}

void tty_hangup(struct tty *tty)
{
	struct tgroup *leader = tty->sid ? tgroup_find(tty->sid) : NULL;
	struct tty_file *tf;

	tty_get(tty);
	list_for_each_entry (tf, &tty->files, link)
		tf->hung_up = true;
	if (leader && leader->ctty == tty) {
		signal_send_group(leader, SIGHUP, NULL);
		signal_send_group(leader, SIGCONT, NULL);
	}
	tty_clear_session(tty);
	ldisc_flush(tty);
	ring_reset(&tty->in);
	tty->stopped = tty->stopped_by_ioctl = false;
	waitq_wake(&tty->read_wait, EPOLLIN | EPOLLRDNORM | EPOLLHUP | EPOLLERR);
	waitq_wake(&tty->write_wait, EPOLLOUT | EPOLLWRNORM | EPOLLHUP | EPOLLERR);
	tty_put(tty);
}

int tty_check_change(struct tty *tty, int sig)
{
	if (current->tg->ctty != tty || !tty->pgrp || tty->pgrp == current->tg->pgid)
		return 0;
	if (signal_mask(current) & SIGBIT(sig) ||
		current->sighand->action[sig - 1].handler == (uintptr_t)SIG_IGN)
		return sig == SIGTTIN ? -EIO : 0;
	if (pgrp_is_orphaned(current->tg->pgid))
		return -EIO;
	signal_send_pgrp(current->tg->pgid, sig, NULL);
	return -ERESTARTSYS;
}

/* ---- files ---- */

int tty_open_file(struct tty *tty, struct file *file, bool may_control)
{
	struct tgroup *tg = current ? current->tg : NULL;
	struct tty_file *tf;

	if (tty->dead)
		return -EIO;
	if (tty->exclusive && tty->opens && !capable(CAP_SYS_ADMIN))
		return -EBUSY;
	tf = calloc(1, sizeof(*tf));
	if (!tf)
		return -ENOMEM;
	tf->tty = tty_get(tty);
	list_add_tail(&tf->link, &tty->files);
	file->priv = tf;
	file->ops = &tty_file_ops;
	if (tty->opens++ == 0 && tty->ops->opened)
		tty->ops->opened(tty);
	if (may_control && tg && !(file->flags & O_NOCTTY) && FMODE_CAN_READ(file) &&
		tg->sid == tg->pid && !tg->ctty && !tty->sid)
		tty_set_controlling(tty, tg);
	return 0;
}

static void tty_file_release(struct file *f)
{
	struct tty_file *tf = f->priv;
	struct tty *tty;

	if (!tf)
		return;
	tty = tf->tty;
	list_del(&tf->link);
	free(tf);
	if (--tty->opens == 0) {
		tty->exclusive = false;
		tty_clear_session(tty);
		if (tty->ops->closed)
			tty->ops->closed(tty);
	}
	tty_put(tty);
}

static ssize_t tty_file_read(struct file *f, struct uio *to, u64 *pos)
{
	struct tty *tty = tty_of(f);
	ssize_t ret;

	if (!tty)
		return 0;
	ret = tty_check_change(tty, SIGTTIN);
	if (ret)
		return ret;
	return to->left ? ldisc_read(tty, f, to) : 0;
}

/* Writes len bytes, sleeping for room: bytes done, or an error if none. */
static ssize_t write_chunk(struct tty *tty, struct file *f, const u8 *buf, size_t len)
{
	size_t done = 0;

	for (;;) {
		if (tty_of(f) != tty)
			return done ? (ssize_t)done : -EIO;
		done += ldisc_write(tty, buf + done, len - done);
		if (done == len)
			return done;
		if (f->flags & O_NONBLOCK)
			return done ? (ssize_t)done : -EAGAIN;
		if (wait_event(
			    &tty->write_wait, tty_of(f) != tty || tty_out_room(tty) >= WRITE_CHUNK))
			return done ? (ssize_t)done : -ERESTARTSYS;
	}
}

static ssize_t tty_file_write(struct file *f, struct uio *from, u64 *pos)
{
	struct tty *tty = tty_of(f);
	u8 chunk[WRITE_CHUNK];
	ssize_t total = 0, n, got = 0;

	if (!tty)
		return -EIO;
	if (TTY_L(tty, TOSTOP)) {
		n = tty_check_change(tty, SIGTTOU);
		if (n)
			return n;
	}
	while (from->left) {
		got = uio_get(from, chunk, MIN(from->left, sizeof(chunk)));
		if (got <= 0)
			return total ? total : got;
		n = write_chunk(tty, f, chunk, got);
		if (n <= 0)
			return total ? total : n;
		total += n;
		if (n < got)
			break;
	}
	return total;
}

static u32 tty_file_poll(struct file *f, struct poll_table *pt)
{
	struct tty_file *tf = f->priv;
	struct tty *tty = tf->tty;
	u32 ev = 0;

	poll_wait(pt, &tty->read_wait);
	poll_wait(pt, &tty->write_wait);
	if (tf->hung_up)
		return POLL_ALWAYS_READY | EPOLLERR | EPOLLHUP;
	if (ldisc_readable(tty, true))
		ev |= EPOLLIN | EPOLLRDNORM;
	if (tty_out_room(tty) >= WRITE_CHUNK)
		ev |= EPOLLOUT | EPOLLWRNORM;
	return ev;
}

const struct file_ops tty_file_ops = {
	.release = tty_file_release,
	.read = tty_file_read,
	.write = tty_file_write,
	.poll = tty_file_poll,
	.ioctl = tty_ioctl,
	.stream = true,
	.poll_notify = true,
};

/* ---- /dev/tty ---- */

static int dev_tty_open(struct inode *inode, struct file *file)
{
	struct tty *tty = current->tg->ctty;

	return tty ? tty_open_file(tty, file, false) : -ENXIO;
}

static const struct file_ops dev_tty_ops = {.open = dev_tty_open};

int tty_init(void)
{
	int err = chrdev_register(TTY_MAJOR_AUX, 0, 1, &dev_tty_ops);

	if (!err)
		err = devfs_add("tty", S_IFCHR | 0666, 5, MAKEDEV(TTY_MAJOR_AUX, 0));
	if (!err)
		err = console_dev_init();
	if (!err)
		err = pty_init();
	tty_leader_exit_hook = leader_exits;
	tty_drop_hook = drop_controlling;
	return err;
}
