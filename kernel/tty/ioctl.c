/*
 * Terminal requests: tty_ioctl(4). tty_ioctl serves an open terminal; tty_ioctl_common is the part
 * a pty master shares, where the requests mean its slave.
 */
#include "kernel/cred.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/tty/tty.h"
#include "kernel/pid_ns.h"

#define ABI_TIOCGDEV 0x80045432u
#define ABI_TIOCGEXCL 0x80045440u
#define ABI_TIOCVHANGUP 0x5437u
#define ABI_N_TTY 0

struct abi_termio {
	u16 iflag, oflag, cflag, lflag;
	u8 line, cc[8];
};

/* ---- termios ---- */

static const struct {
	u32 bits, rate;
} speeds[] = {
	{B0, 0},
	{B50, 50},
	{B75, 75},
	{B110, 110},
	{B134, 134},
	{B150, 150},
	{B200, 200},
	{B300, 300},
	{B600, 600},
	{B1200, 1200},
	{B1800, 1800},
	{B2400, 2400},
	{B4800, 4800},
	{B9600, 9600},
	{B19200, 19200},
	{B38400, 38400},
	{B57600, 57600},
	{B115200, 115200},
	{B230400, 230400},
	{B460800, 460800},
	{B500000, 500000},
	{B576000, 576000},
	{B921600, 921600},
	{B1000000, 1000000},
	{B1152000, 1152000},
	{B1500000, 1500000},
	{B2000000, 2000000},
	{B2500000, 2500000},
	{B3000000, 3000000},
	{B3500000, 3500000},
	{B4000000, 4000000},
};

static u32 speed_rate(u32 bits, u32 other)
{
	for (unsigned i = 0; i < ARRAY_SIZE(speeds); i++) {
		if (speeds[i].bits == bits)
			return speeds[i].rate;
	}
	return other; /* BOTHER: as given in numbers */
}

static void speeds_settle(struct abi_termios2 *t)
{
	u32 in = t->cflag >> IBSHIFT & CBAUD;

	t->ospeed = speed_rate(t->cflag & CBAUD, t->ospeed);
	t->ispeed = in == B0 ? t->ospeed : speed_rate(in, t->ispeed);
}

/* Reads the caller's structure over what is set now. */
static int termios_import(struct abi_termios2 *t, u32 cmd, uaddr_t arg)
{
	struct abi_termio io;

	switch (cmd) {
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return copy_from_user(t, arg, sizeof(struct abi_termios));
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return copy_from_user(t, arg, sizeof(*t));
	default:
		if (copy_from_user(&io, arg, sizeof(io)))
			return -EFAULT;
		t->iflag = (t->iflag & 0xffff0000) | io.iflag;
		t->oflag = (t->oflag & 0xffff0000) | io.oflag;
		t->cflag = (t->cflag & 0xffff0000) | io.cflag;
		t->lflag = (t->lflag & 0xffff0000) | io.lflag;
		memcpy(t->cc, io.cc, sizeof(io.cc));
		return 0;
	}
}

static u32 kept(u32 old, u32 new, u32 locked)
{
	return (new & ~locked) | (old & locked);
}

/* TIOCSLCKTRMIOS: what is locked no change reaches. */
static void keep_locked(
	struct abi_termios2 *t, const struct abi_termios2 *old, const struct abi_termios2 *locked)
{
	t->iflag = kept(old->iflag, t->iflag, locked->iflag);
	t->oflag = kept(old->oflag, t->oflag, locked->oflag);
	t->cflag = kept(old->cflag, t->cflag, locked->cflag);
	t->lflag = kept(old->lflag, t->lflag, locked->lflag);
	for (unsigned i = 0; i < sizeof(t->cc); i++)
		if (locked->cc[i])
			t->cc[i] = old->cc[i];
}

static long set_locked(struct tty *tty, uaddr_t arg)
{
	struct abi_termios2 t = {0};

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&t, arg, sizeof(struct abi_termios)))
		return -EFAULT;
	tty->locked = t;
	return 0;
}

static int drain(struct tty *tty)
{
	if (tty->ops->is_pty) /* the master's queue is as good as sent */
		return 0;
	return wait_event(&tty->write_wait, !ring_used(&tty->out) || tty->dead) ? -ERESTARTSYS : 0;
}

static void packet_flow_control(struct tty *tty, const struct abi_termios2 *old)
{
	bool was =
		old->iflag & IXON && old->cc[VSTOP] == ('S' & 31) && old->cc[VSTART] == ('Q' & 31);
	bool is = TTY_I(tty, IXON) && TTY_CC(tty, VSTOP) == ('S' & 31) &&
		  TTY_CC(tty, VSTART) == ('Q' & 31);
	u8 bits = was == is ? 0 : is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;

	if ((old->lflag | tty->termios.lflag) & EXTPROC)
		bits |= TIOCPKT_IOCTL;
	if (bits && tty->ops->control)
		tty->ops->control(tty, bits);
}

static long set_termios(struct tty *tty, u32 cmd, uaddr_t arg)
{
	struct abi_termios2 old, new = tty->termios;
	bool flush = cmd == TCSETSF || cmd == TCSETSF2 || cmd == TCSETAF;
	bool wait = flush || cmd == TCSETSW || cmd == TCSETSW2 || cmd == TCSETAW;
	int ret = tty_check_change(tty, SIGTTOU);

	if (ret)
		return ret;
	if (termios_import(&new, cmd, arg))
		return -EFAULT;
	ret = wait ? drain(tty) : 0;
	if (ret)
		return ret;
	if (flush)
		tty_flush_in(tty);
	old = tty->termios;
	if (tty->ops->is_pty)
		new.cflag = (new.cflag & ~(u32)(CSIZE | PARENB)) | CS8 | CREAD;
	new.line = 0;
	keep_locked(&new, &old, &tty->locked);
	speeds_settle(&new);
	tty->termios = new;
	packet_flow_control(tty, &old);
	ldisc_termios_changed(tty, &old);
	return 0;
}

static long get_termio(struct tty *tty, uaddr_t arg)
{
	struct abi_termio io = {.iflag = tty->termios.iflag,
		.oflag = tty->termios.oflag,
		.cflag = tty->termios.cflag,
		.lflag = tty->termios.lflag};

	memcpy(io.cc, tty->termios.cc, sizeof(io.cc));
	return copy_to_user(arg, &io, sizeof(io));
}

/* ---- sessions and groups ---- */

static long set_ctty(struct tty *tty, struct file *file, int steal)
{
	struct tgroup *tg = current->tg;

	if (tg->sid == tg->pid && tty->sid == tg->sid)
		return 0;
	if (tg->sid != tg->pid || tg->ctty)
		return -EPERM;
	if (tty->sid) {
		if (steal != 1 || !capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_clear_session(tty);
	}
	if (!FMODE_CAN_READ(file) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_set_controlling(tty, tg);
	return 0;
}

static long drop_ctty(struct tty *tty)
{
	struct tgroup *tg = current->tg;

	if (tg->ctty != tty)
		return -ENOTTY;
	if (tg->sid != tg->pid) {
		tg->ctty = NULL;
		tty_put(tty);
		return 0;
	}
	tty_signal(tty, SIGHUP);
	tty_signal(tty, SIGCONT);
	tty_clear_session(tty);
	return 0;
}

static bool pgrp_in_session(pid_t pgid, pid_t sid)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->pgid == pgid && tg->sid == sid)
			return true;
	}
	return false;
}

static long set_pgrp(struct tty *tty, uaddr_t arg)
{
	int ret = tty_check_change(tty, SIGTTOU);
	pid_t pgid;

	if (ret)
		return ret == -EIO ? -ENOTTY : ret;
	if (current->tg->ctty != tty || tty->sid != current->tg->sid)
		return -ENOTTY;
	if (copy_from_user(&pgid, arg, sizeof(pgid)))
		return -EFAULT;
	pgid = pid_in(pgid);
	if (pgid < 0)
		return -EINVAL;
	if (!pgrp_exists(pgid))
		return -ESRCH;
	if (!pgrp_in_session(pgid, current->tg->sid))
		return -EPERM;
	tty->pgrp = pgid;
	return 0;
}

/* ---- the rest ---- */

static long flush_queues(struct tty *tty, u64 which)
{
	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which != TCOFLUSH)
		tty_flush_in(tty);
	if (which != TCIFLUSH)
		tty_flush_out(tty);
	return 0;
}

static long flow_control(struct tty *tty, u64 action)
{
	u8 c;

	switch (action) {
	case TCOOFF:
		tty_stop(tty);
		tty->stopped_by_ioctl = true;
		return 0;
	case TCOON:
		if (tty->stopped_by_ioctl) {
			tty->stopped_by_ioctl = false;
			tty_start(tty);
		}
		return 0;
	case TCIOFF:
	case TCION:
		c = TTY_CC(tty, action == TCIOFF ? VSTOP : VSTART);
		if (c)
			tty_out_put(tty, &c, 1);
		return 0;
	default:
		return -EINVAL;
	}
}

static long simulate_input(struct tty *tty, uaddr_t arg)
{
	u8 c;

	if (current->tg->ctty != tty && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&c, arg, 1))
		return -EFAULT;
	tty_receive(tty, &c, 1);
	return 0;
}

static long resize(struct tty *tty, uaddr_t arg)
{
	struct winsize ws;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	tty_set_winsize(tty, &ws);
	return 0;
}

static long set_soft_carrier(struct tty *tty, uaddr_t arg)
{
	int on;

	if (copy_from_user(&on, arg, sizeof(on)))
		return -EFAULT;
	tty->termios.cflag = (tty->termios.cflag & ~(u32)CLOCAL) | (on ? CLOCAL : 0);
	return 0;
}

static long exclusive(struct tty *tty, bool on)
{
	tty->exclusive = on;
	return 0;
}

static long hangup(struct tty *tty)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_hangup(tty);
	return 0;
}

static long set_ldisc(uaddr_t arg)
{
	int n;

	if (copy_from_user(&n, arg, sizeof(n)))
		return -EFAULT;
	return n == ABI_N_TTY ? 0 : -EINVAL;
}

/* Requests that a background process may not make without SIGTTOU. */
static bool changes(u32 cmd)
{
	return cmd == TIOCSETD || cmd == TIOCSBRK || cmd == TIOCCBRK || cmd == TCSBRK ||
	       cmd == TCSBRKP || cmd == TCXONC || cmd == TCFLSH;
}

/* The request needs the terminal to be the caller's controlling one. */
static bool not_mine(const struct tty *tty, bool master)
{
	return !master && current->tg->ctty != tty;
}

long tty_ioctl_common(struct tty *tty, u32 cmd, uaddr_t arg, bool master)
{
	int ret = changes(cmd) ? tty_check_change(tty, SIGTTOU) : 0;

	if (ret)
		return ret;
	switch (cmd) {
	case TCGETS:
		return copy_to_user(arg, &tty->termios, sizeof(struct abi_termios));
	case TCGETS2:
		return copy_to_user(arg, &tty->termios, sizeof(tty->termios));
	case TCGETA:
		return get_termio(tty, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return set_termios(tty, cmd, arg);
	case TIOCGLCKTRMIOS:
		return copy_to_user(arg, &tty->locked, sizeof(struct abi_termios));
	case TIOCSLCKTRMIOS:
		return set_locked(tty, arg);
	case TIOCGSOFTCAR:
		return put_user_u32(arg, tty->termios.cflag & CLOCAL ? 1 : 0);
	case TIOCSSOFTCAR:
		return set_soft_carrier(tty, arg);
	case TCSBRK:
	case TCSBRKP:
		return drain(tty); /* there is no line to break */
	case TIOCSBRK:
	case TIOCCBRK:
		return 0;
	case TCXONC:
		return flow_control(tty, arg);
	case TIOCGWINSZ:
		return copy_to_user(arg, &tty->ws, sizeof(tty->ws));
	case TIOCSWINSZ:
		return resize(tty, arg);
	case TIOCGPGRP:
		return not_mine(tty, master) ? -ENOTTY : put_user_u32(arg, (u32)pid_out(tty->pgrp));
	case TIOCSPGRP:
		return set_pgrp(tty, arg);
	case TIOCGSID:
		if (not_mine(tty, master) || !tty->sid)
			return -ENOTTY;
		return put_user_u32(arg, (u32)pid_out(tty->sid));
	case TIOCEXCL:
		return exclusive(tty, true);
	case TIOCNXCL:
		return exclusive(tty, false);
	case ABI_TIOCGEXCL:
		return put_user_u32(arg, tty->exclusive);
	case TIOCGETD:
		return put_user_u32(arg, ABI_N_TTY);
	case TIOCSETD:
		return set_ldisc(arg);
	case TIOCSTI:
		return simulate_input(tty, arg);
	case ABI_TIOCVHANGUP:
		return hangup(tty);
	default:
		return TTY_NO_IOCTL;
	}
}

long tty_ioctl(struct file *file, u32 cmd, uaddr_t arg)
{
	struct tty *tty = tty_of(file);
	long ret;

	if (!tty)
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	ret = tty_ioctl_common(tty, cmd, arg, false);
	if (ret != TTY_NO_IOCTL)
		return ret;
	switch (cmd) {
	case TCFLSH:
		return flush_queues(tty, arg);
	case FIONREAD:
		return put_user_u32(arg, ldisc_inq(tty));
	case TIOCOUTQ:
		return put_user_u32(arg, tty->ops->is_pty ? 0 : ring_used(&tty->out));
	case TIOCSCTTY:
		return set_ctty(tty, file, arg);
	case TIOCNOTTY:
		return drop_ctty(tty);
	case ABI_TIOCGDEV:
		return put_user_u32(arg, tty->rdev);
	default:
		return -ENOTTY;
	}
}

SYSCALL_DEFINE0(vhangup)
{
	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	if (current->tg->ctty)
		tty_hangup(current->tg->ctty);
	return 0;
}
