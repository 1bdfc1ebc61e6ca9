/*
 * Pseudo-terminals: pty(7), ptmx(4). The slave is a tty; the master is only a file that writes into
 * the slave's input and reads its output queue. A pty lives until its master is closed, which hangs
 * the slave up; slave files that are still open keep the struct tty alone.
 */
#include "kernel/tty/pty.h"

#include "fs/chrdev.h"
#include "fs/fdtable.h"
#include "kernel/lib/log.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "kernel/tty/tty.h"

#define PTS_MINORS (1u << 20)
#define PTMX_MINOR 2
#define ABI_TIOCGPTPEER 0x5441u
#define ABI_TIOCGPKT 0x80045438u
#define ABI_TIOCGPTLCK 0x80045439u
#define MAKEDEV(major, minor) ((u64)(major) << 8 | ((minor)&0xff) | ((u64)((minor) & ~0xffu) << 12))

struct pty {
	unsigned index;
	struct tty *slave;
	struct inode *inode; /* in devpts */
	bool locked;	     /* TIOCSPTLCK: the slave cannot be opened yet */
	bool packet;
	bool slave_gone;		    /* was open, is not any more */
	u8 status;			    /* TIOCPKT_* bits to report */
	struct waitq read_wait, write_wait; /* of the master */
};

static struct pty *ptys[PTY_MAX];

struct pty *pty_find(unsigned index)
{
	return index < PTY_MAX ? ptys[index] : NULL;
}

int pty_next(unsigned from)
{
	for (; from < PTY_MAX; from++) {
		if (ptys[from])
			return from;
	}
	return -1;
}

u64 pty_rdev(const struct pty *pty)
{
	return pty->slave->rdev;
}

struct inode *pty_inode(const struct pty *pty)
{
	return pty->inode;
}

/* ---- the slave's driver side; priv is the pty, NULL once the master is closed ---- */

static void slave_output(struct tty *tty)
{
	struct pty *pty = tty->priv;

	if (pty)
		waitq_wake(&pty->read_wait, EPOLLIN | EPOLLRDNORM);
	else
		ring_reset(&tty->out);
}

static void slave_input_room(struct tty *tty)
{
	struct pty *pty = tty->priv;

	if (pty)
		waitq_wake(&pty->write_wait, EPOLLOUT | EPOLLWRNORM);
}

static void slave_opened(struct tty *tty)
{
	struct pty *pty = tty->priv;

	if (pty)
		pty->slave_gone = false;
}

static void slave_closed(struct tty *tty)
{
	struct pty *pty = tty->priv;

	if (!pty)
		return;
	pty->slave_gone = true;
	tty_start(tty);
	ldisc_flush(tty);
	waitq_wake(&pty->read_wait, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
	waitq_wake(&pty->write_wait, EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
}

static void slave_control(struct tty *tty, u8 bits)
{
	static const u8 opposite[][2] = {{TIOCPKT_STOP, TIOCPKT_START},
		{TIOCPKT_START, TIOCPKT_STOP}, {TIOCPKT_DOSTOP, TIOCPKT_NOSTOP},
		{TIOCPKT_NOSTOP, TIOCPKT_DOSTOP}};
	struct pty *pty = tty->priv;

	if (!pty || !pty->packet)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(opposite); i++) {
		if (bits & opposite[i][0])
			pty->status &= ~opposite[i][1];
	}
	pty->status |= bits;
	waitq_wake(&pty->read_wait, EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

static const struct tty_ops slave_ops = {
	.output = slave_output,
	.input_room = slave_input_room,
	.opened = slave_opened,
	.closed = slave_closed,
	.control = slave_control,
	.is_pty = true,
};

static int slave_open(struct inode *inode, struct file *file)
{
	u64 rdev = inode->rdev;
	unsigned minor = (rdev & 0xff) | (rdev >> 12 & ~0xffu);
	struct pty *pty = pty_find(minor);

	if (!pty || pty->locked)
		return -EIO;
	return tty_open_file(pty->slave, file, true);
}

static const struct file_ops slave_dev_ops = {.open = slave_open};

/* ---- the master's file ---- */

static bool master_readable(const struct pty *pty)
{
	return ring_used(&pty->slave->out) || pty->status || pty->slave_gone;
}

static ssize_t read_output(struct pty *pty, struct uio *to)
{
	ssize_t total = 0;
	const u8 *at;
	size_t n;

	while (to->left && (n = ring_peek(&pty->slave->out, &at)) > 0) {
		ssize_t put = uio_put(to, at, MIN(n, to->left));

		if (put <= 0)
			return total ? total : put;
		ring_drop(&pty->slave->out, put);
		total += put;
	}
	tty_output_room(pty->slave);
	return total;
}

static ssize_t read_packet(struct pty *pty, struct uio *to)
{
	u8 head = pty->status;
	ssize_t n;

	if (uio_put(to, &head, 1) != 1)
		return -EFAULT;
	pty->status = 0;
	if (head)
		return 1;
	n = read_output(pty, to);
	return n < 0 ? n : n + 1;
}

static ssize_t master_read(struct file *f, struct uio *to, u64 *pos)
{
	struct pty *pty = f->priv;

	if (!to->left)
		return 0;
	while (!ring_used(&pty->slave->out) && !(pty->packet && pty->status)) {
		if (pty->slave_gone)
			return -EIO;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&pty->read_wait, master_readable(pty)))
			return -ERESTARTSYS;
	}
	return pty->packet ? read_packet(pty, to) : read_output(pty, to);
}

static ssize_t master_write(struct file *f, struct uio *from, u64 *pos)
{
	struct pty *pty = f->priv;
	struct tty *tty = pty->slave;
	u8 chunk[1024];
	ssize_t total = 0;

	while (from->left) {
		size_t room = ring_room(&tty->in);
		ssize_t n;

		if (!tty->opens)
			return total ? total : -EIO;
		if (!room) {
			if (total || f->flags & O_NONBLOCK)
				return total ? total : -EAGAIN;
			if (wait_event(&pty->write_wait, ring_room(&tty->in) || !tty->opens))
				return -ERESTARTSYS;
			continue;
		}
		n = uio_get(from, chunk, MIN(MIN(from->left, room), sizeof(chunk)));
		if (n <= 0)
			return total ? total : n;
		n = tty_receive(tty, chunk, n);
		if (!n) /* out of memory */
			return total ? total : -EAGAIN;
		total += n;
	}
	return total;
}

static u32 master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *pty = f->priv;
	u32 ev = 0;

	poll_wait(pt, &pty->read_wait);
	poll_wait(pt, &pty->write_wait);
	if (ring_used(&pty->slave->out))
		ev |= EPOLLIN | EPOLLRDNORM;
	if (pty->packet && pty->status)
		ev |= EPOLLIN | EPOLLRDNORM | EPOLLPRI;
	if (pty->slave_gone)
		ev |= EPOLLHUP;
	if (ring_room(&pty->slave->in))
		ev |= EPOLLOUT | EPOLLWRNORM;
	return ev;
}

static long set_flag(bool *flag, uaddr_t arg)
{
	int v;

	if (copy_from_user(&v, arg, sizeof(v)))
		return -EFAULT;
	*flag = v != 0;
	return 0;
}

static long set_packet(struct pty *pty, uaddr_t arg)
{
	bool was = pty->packet;
	long ret = set_flag(&pty->packet, arg);

	if (!ret && pty->packet && !was)
		pty->status = 0;
	return ret;
}

static long send_signal(struct pty *pty, u64 sig)
{
	if (sig < 1 || sig > ABI_NSIG)
		return -EINVAL;
	tty_signal(pty->slave, sig);
	return 0;
}

static int open_slave(struct pty *pty, u32 flags, struct file **out)
{
	struct path p;
	int ret = devpts_path(pty->index, &p);

	if (ret)
		return ret;
	ret = file_open_path(&p, flags, out);
	path_put(&p);
	return ret;
}

static long open_peer(struct pty *pty, u32 flags)
{
	struct file *f;
	int ret;

	if (flags & ~(u32)(O_RDWR | O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	ret = open_slave(pty, flags & ~(u32)O_CLOEXEC, &f);
	if (ret)
		return ret;
	ret = fd_install(f, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}

static long master_flush(struct pty *pty, u64 which)
{
	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which != TCOFLUSH) /* what the master has not read yet */
		tty_flush_out(pty->slave);
	if (which != TCIFLUSH) /* what it wrote and the slave has not read */
		tty_flush_in(pty->slave);
	return 0;
}

static long master_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	struct pty *pty = f->priv;
	long ret;

	switch (cmd) {
	case TIOCGPTN:
		return put_user_u32(arg, pty->index);
	case TIOCSPTLCK:
		return set_flag(&pty->locked, arg);
	case ABI_TIOCGPTLCK:
		return put_user_u32(arg, pty->locked);
	case TIOCPKT:
		return set_packet(pty, arg);
	case ABI_TIOCGPKT:
		return put_user_u32(arg, pty->packet);
	case TIOCSIG:
		return send_signal(pty, arg);
	case ABI_TIOCGPTPEER:
		return open_peer(pty, arg);
	case FIONREAD:
		return put_user_u32(arg, ring_used(&pty->slave->out));
	case TIOCOUTQ:
		return put_user_u32(arg, ring_used(&pty->slave->in));
	case TCFLSH:
		return master_flush(pty, arg);
	case TIOCSCTTY:
	case TIOCNOTTY:
		return -ENOTTY;
	default:
		ret = tty_ioctl_common(pty->slave, cmd, arg, true);
		return ret == TTY_NO_IOCTL ? -ENOTTY : ret;
	}
}

static void master_release(struct file *f)
{
	struct pty *pty = f->priv;
	struct tty *tty;

	if (!pty)
		return;
	tty = pty->slave;
	tty->dead = true;
	tty->priv = NULL;
	tty_hangup(tty);
	ring_reset(&tty->out);
	ptys[pty->index] = NULL;
	inode_put(pty->inode);
	devpts_forget(pty->index);
	tty_put(tty);
	free(pty);
}

static const struct file_ops master_ops = {
	.release = master_release,
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.stream = true,
	.poll_notify = true,
};

/* ---- /dev/ptmx ---- */

static int ptmx_open(struct inode *inode, struct file *file)
{
	struct pty *pty;
	unsigned index = 0;
	int ret = -ENOMEM;

	while (index < PTY_MAX && ptys[index])
		index++;
	if (index == PTY_MAX)
		return -ENOSPC;
	pty = calloc(1, sizeof(*pty));
	if (!pty)
		return -ENOMEM;
	pty->index = index;
	pty->locked = true;
	waitq_init(&pty->read_wait);
	waitq_init(&pty->write_wait);
	pty->slave = tty_create(&slave_ops, pty, MAKEDEV(PTS_MAJOR, index));
	if (!pty->slave)
		goto out_free;
	ret = devpts_new_inode(pty->slave->rdev, &pty->inode);
	if (ret)
		goto out_free;
	ptys[index] = pty;
	file->ops = &master_ops;
	file->priv = pty;
	return 0;
out_free:
	tty_put(pty->slave);
	free(pty);
	return ret;
}

int pty_open_pair(struct file **master, struct file **slave)
{
	struct pty *pty;
	int ret = file_anon("ptmx", &master_ops, NULL, O_RDWR, S_IFCHR | 0600, master);

	if (ret)
		return ret;
	ret = ptmx_open((*master)->inode, *master);
	if (!ret) {
		pty = (*master)->priv;
		pty->locked = false;
		ret = open_slave(pty, O_RDWR | O_NOCTTY, slave);
	}
	if (ret) {
		file_put(*master);
		*master = NULL;
	}
	return ret;
}

void pty_set_winsize(struct file *master, const struct winsize *ws)
{
	struct pty *pty = master->priv;

	if (pty)
		tty_set_winsize(pty->slave, ws);
}

static const struct file_ops ptmx_ops = {.open = ptmx_open};

int pty_init(void)
{
	int err = chrdev_register(TTY_MAJOR_AUX, PTMX_MINOR, 1, &ptmx_ops);

	if (!err)
		err = chrdev_register(PTS_MAJOR, 0, PTS_MINORS, &slave_dev_ops);
	return err ? err : devfs_add("ptmx", S_IFCHR | 0666, 5, MAKEDEV(TTY_MAJOR_AUX, PTMX_MINOR));
}
