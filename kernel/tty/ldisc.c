/*
 * The N_TTY line discipline: termios(3). Input characters come one by one (ldisc_receive): control
 * characters act, lines are edited and echoed, the rest waits in ld->buf. Reading takes whole lines
 * (canonical) or whatever is there (VMIN, VTIME). Output goes through OPOST. Echoes are output too;
 * those that find no room wait in ld->echo and go first when there is some.
 */
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/tty/tty.h"

#include <ctype.h>

#define DISABLED_CHAR 0
#define ECHO_QUEUE 4096
#define MODE_CHANGED (-ERESTARTNOINTR) /* while we slept: start over */

static u8 *slot(struct tty *tty, u64 pos)
{
	return &tty->ld.buf[pos % TTY_LINE_SIZE];
}

static bool is_line_end(const struct tty *tty, u64 pos)
{
	pos %= TTY_LINE_SIZE;
	return tty->ld.line_end[pos / 8] >> (pos % 8) & 1;
}

static void set_line_end(struct tty *tty, u64 pos, bool on)
{
	u8 bit = 1u << (pos % 8);
	u8 *byte = &tty->ld.line_end[pos % TTY_LINE_SIZE / 8];

	*byte = on ? *byte | bit : *byte & ~bit;
}

static bool is_cntrl(u8 c)
{
	return c < 32 || c == 127;
}

static bool is_continuation(const struct tty *tty, u8 c)
{
	return TTY_I(tty, IUTF8) && (c & 0xc0) == 0x80;
}

static bool is_cc(const struct tty *tty, int which, u8 c)
{
	return TTY_CC(tty, which) != DISABLED_CHAR && TTY_CC(tty, which) == c;
}

/* ---- life ---- */

int ldisc_open(struct tty *tty)
{
	if (tty->ld.buf)
		return 0;
	tty->ld.buf = malloc(TTY_LINE_SIZE);
	if (!tty->ld.buf)
		return -ENOMEM;
	ring_init(&tty->ld.echo, ECHO_QUEUE);
	return 0;
}

void ldisc_fini(struct tty *tty)
{
	free(tty->ld.buf);
	ring_reset(&tty->ld.echo);
}

void ldisc_flush(struct tty *tty)
{
	struct ldisc *ld = &tty->ld;

	ld->head = ld->canon_head = ld->tail = 0;
	memset(ld->line_end, 0, sizeof(ld->line_end));
	ld->lnext = ld->erasing = ld->pushed = false;
	ring_reset(&ld->echo);
	ring_init(&ld->echo, ECHO_QUEUE);
}

/* ---- output ---- */

/* Bytes that c becomes, into out (at most 8); the cursor column follows. */
static unsigned opost_char(struct tty *tty, u8 c, u8 *out)
{
	struct ldisc *ld = &tty->ld;
	unsigned n;

	switch (c) {
	case '\n':
		if (TTY_O(tty, ONLRET))
			ld->column = 0;
		if (TTY_O(tty, ONLCR)) {
			ld->column = ld->canon_column = 0;
			memcpy(out, "\r\n", 2);
			return 2;
		}
		ld->canon_column = ld->column;
		break;
	case '\r':
		if (TTY_O(tty, ONOCR) && !ld->column)
			return 0;
		if (TTY_O(tty, OCRNL)) {
			c = '\n';
			if (TTY_O(tty, ONLRET))
				ld->column = ld->canon_column = 0;
			break;
		}
		ld->column = ld->canon_column = 0;
		break;
	case '\t':
		n = 8 - (ld->column & 7);
		ld->column += n;
		if (TTY_O(tty, TABDLY) == XTABS) {
			memset(out, ' ', n);
			return n;
		}
		break;
	case '\b':
		if (ld->column)
			ld->column--;
		break;
	default:
		if (is_cntrl(c))
			break;
		if (TTY_O(tty, OLCUC))
			c = toupper(c);
		if (!is_continuation(tty, c))
			ld->column++;
		break;
	}
	*out = c;
	return 1;
}

size_t ldisc_write(struct tty *tty, const u8 *buf, size_t len)
{
	u8 chunk[512];
	size_t done = 0;

	ldisc_echo_flush(tty);
	if (ring_used(&tty->ld.echo))
		return 0;
	if (!TTY_O(tty, OPOST)) {
		len = MIN(len, tty_out_room(tty));
		tty_out_put(tty, buf, len);
		return len;
	}
	while (done < len && tty_out_room(tty) >= sizeof(chunk)) {
		size_t n = 0;

		while (done < len && n + 8 <= sizeof(chunk))
			n += opost_char(tty, buf[done++], chunk + n);
		tty_out_put(tty, chunk, n);
	}
	return done;
}

/* ---- echo ---- */

void ldisc_echo_flush(struct tty *tty)
{
	const u8 *at;
	size_t n;

	while ((n = MIN(ring_peek(&tty->ld.echo, &at), tty_out_room(tty))) > 0) {
		tty_out_put(tty, at, n);
		ring_drop(&tty->ld.echo, n);
	}
}

static void echo_bytes(struct tty *tty, const u8 *buf, size_t len)
{
	ring_put(&tty->ld.echo, buf, len);
}

/* Without the ^X form, but through OPOST. */
static void echo_raw(struct tty *tty, u8 c)
{
	u8 out[8];

	if (TTY_O(tty, OPOST))
		echo_bytes(tty, out, opost_char(tty, c, out));
	else
		echo_bytes(tty, &c, 1);
}

static void echo_char(struct tty *tty, u8 c)
{
	u8 out[2] = {'^', c ^ 0100};

	if (TTY_L(tty, ECHOCTL) && is_cntrl(c) && c != '\t') {
		echo_bytes(tty, out, 2);
		tty->ld.column += 2;
		return;
	}
	echo_raw(tty, c);
}

static void echo_str(struct tty *tty, const char *s)
{
	while (*s)
		echo_raw(tty, *s++);
}

static void finish_erasing(struct tty *tty)
{
	if (tty->ld.erasing)
		echo_raw(tty, '/');
	tty->ld.erasing = false;
}

static void echo_start_line(struct tty *tty)
{
	if (tty->ld.canon_head == tty->ld.head)
		tty->ld.canon_column = tty->ld.column;
}

/* ---- the input buffer ---- */

static void put_char(struct tty *tty, u8 c)
{
	struct ldisc *ld = &tty->ld;

	if (ld->head - ld->tail >= TTY_LINE_SIZE)
		return;
	*slot(tty, ld->head) = c;
	set_line_end(tty, ld->head, false);
	ld->head++;
}

static void wake_readers(struct tty *tty)
{
	waitq_wake(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
}

static void put_line_end(struct tty *tty, u8 c)
{
	struct ldisc *ld = &tty->ld;

	if (ld->head - ld->tail >= TTY_LINE_SIZE)
		return;
	*slot(tty, ld->head) = c;
	set_line_end(tty, ld->head, true);
	ld->head++;
	ld->canon_head = ld->head;
	wake_readers(tty);
}

/* ---- line editing ---- */

/* The cursor goes back over a tab: to where the text before it ends. */
static void erase_tab(struct tty *tty)
{
	struct ldisc *ld = &tty->ld;
	unsigned cols = 0, back;
	u64 pos = ld->head;
	bool after_tab = false;

	while (pos != ld->canon_head) {
		u8 c = *slot(tty, --pos);

		if (c == '\t') {
			after_tab = true;
			break;
		}
		if (is_cntrl(c))
			cols += TTY_L(tty, ECHOCTL) ? 2 : 0;
		else if (!is_continuation(tty, c))
			cols++;
	}
	if (!after_tab)
		cols += ld->canon_column;
	for (back = 8 - (cols & 7); back; back--)
		echo_bytes(tty, (const u8 *)"\b", 1);
	ld->column -= MIN(ld->column, 8 - (cols & 7));
}

/* The character at ld->head and what follows it up to end has just been taken off. */
static void echo_erased(struct tty *tty, u8 c, u64 end, bool kill)
{
	struct ldisc *ld = &tty->ld;

	if (TTY_L(tty, ECHOPRT)) {
		if (!ld->erasing)
			echo_raw(tty, '\\');
		ld->erasing = true;
		echo_char(tty, c);
		for (u64 pos = ld->head + 1; pos < end; pos++)
			echo_raw(tty, *slot(tty, pos));
	} else if (!kill && !TTY_L(tty, ECHOE)) {
		echo_char(tty, TTY_CC(tty, VERASE));
	} else if (c == '\t') {
		erase_tab(tty);
	} else {
		if (is_cntrl(c) && TTY_L(tty, ECHOCTL))
			echo_str(tty, "\b \b");
		if (!is_cntrl(c) || TTY_L(tty, ECHOCTL))
			echo_str(tty, "\b \b");
	}
}

enum erase_kind { ERASE_CHAR, ERASE_WORD, ERASE_LINE };

/* VKILL where the line cannot be wiped visually: done if true. */
static bool kill_plainly(struct tty *tty)
{
	struct ldisc *ld = &tty->ld;

	if (!TTY_L(tty, ECHO)) {
		ld->head = ld->canon_head;
		return true;
	}
	if (TTY_L(tty, ECHOK) && TTY_L(tty, ECHOKE) && TTY_L(tty, ECHOE))
		return false;
	ld->head = ld->canon_head;
	finish_erasing(tty);
	echo_char(tty, TTY_CC(tty, VKILL));
	if (TTY_L(tty, ECHOK))
		echo_raw(tty, '\n');
	return true;
}

static void erase(struct tty *tty, enum erase_kind kind)
{
	struct ldisc *ld = &tty->ld;
	bool in_word = false;

	if (ld->head == ld->canon_head || (kind == ERASE_LINE && kill_plainly(tty)))
		return;
	while (ld->head != ld->canon_head) {
		u64 pos = ld->head, end = ld->head;
		u8 c;

		do
			c = *slot(tty, --pos);
		while (is_continuation(tty, c) && pos != ld->canon_head);
		if (is_continuation(tty, c))
			break; /* not half a character */
		if (kind == ERASE_WORD) {
			if (isalnum(c) || c == '_' || c >= 0x80)
				in_word = true;
			else if (in_word)
				break;
		}
		ld->head = pos;
		if (TTY_L(tty, ECHO))
			echo_erased(tty, c, end, kind == ERASE_LINE);
		if (kind == ERASE_CHAR)
			break;
	}
	if (ld->head == ld->canon_head && TTY_L(tty, ECHO))
		finish_erasing(tty);
}

static void reprint(struct tty *tty, u8 c)
{
	struct ldisc *ld = &tty->ld;

	finish_erasing(tty);
	echo_char(tty, c);
	echo_raw(tty, '\n');
	for (u64 pos = ld->canon_head; pos != ld->head; pos++)
		echo_char(tty, *slot(tty, pos));
}

/* ---- one input character ---- */

static void receive_signal(struct tty *tty, int sig, u8 c)
{
	tty_signal(tty, sig);
	if (!TTY_L(tty, NOFLSH)) {
		ldisc_flush(tty);
		tty_flush_out(tty);
		waitq_wake(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
	}
	if (TTY_I(tty, IXON))
		tty_start(tty);
	if (TTY_L(tty, ECHO))
		echo_char(tty, c);
}

/* Flow control and signals: true if c was one of their characters. */
static bool receive_control(struct tty *tty, u8 c)
{
	if (TTY_I(tty, IXON)) {
		if (is_cc(tty, VSTART, c)) {
			tty_start(tty);
			return true;
		}
		if (is_cc(tty, VSTOP, c)) {
			tty_stop(tty);
			return true;
		}
	}
	if (!TTY_L(tty, ISIG))
		return false;
	if (is_cc(tty, VINTR, c))
		receive_signal(tty, SIGINT, c);
	else if (is_cc(tty, VQUIT, c))
		receive_signal(tty, SIGQUIT, c);
	else if (is_cc(tty, VSUSP, c))
		receive_signal(tty, SIGTSTP, c);
	else
		return false;
	return true;
}

/* Canonical mode's editing and line ends: true if c was one of their characters. */
static bool receive_canon(struct tty *tty, u8 c)
{
	bool iexten = TTY_L(tty, IEXTEN);

	if (is_cc(tty, VERASE, c)) {
		erase(tty, ERASE_CHAR);
	} else if (is_cc(tty, VKILL, c)) {
		erase(tty, ERASE_LINE);
	} else if (iexten && is_cc(tty, VWERASE, c)) {
		erase(tty, ERASE_WORD);
	} else if (iexten && is_cc(tty, VLNEXT, c)) {
		tty->ld.lnext = true;
		if (TTY_L(tty, ECHO)) {
			finish_erasing(tty);
			if (TTY_L(tty, ECHOCTL))
				echo_bytes(tty, (const u8 *)"^\b", 2);
		}
	} else if (iexten && TTY_L(tty, ECHO) && is_cc(tty, VREPRINT, c)) {
		reprint(tty, c);
	} else if (c == '\n') {
		if (TTY_L(tty, ECHO | ECHONL))
			echo_raw(tty, '\n');
		put_line_end(tty, c);
	} else if (is_cc(tty, VEOF, c)) {
		put_line_end(tty, DISABLED_CHAR);
	} else if (is_cc(tty, VEOL, c) || (iexten && is_cc(tty, VEOL2, c))) {
		if (TTY_L(tty, ECHO)) {
			echo_start_line(tty);
			echo_char(tty, c);
		}
		put_line_end(tty, c);
	} else {
		return false;
	}
	return true;
}

static void receive_plain(struct tty *tty, u8 c)
{
	if (TTY_L(tty, ECHO)) {
		finish_erasing(tty);
		if (c == '\n') {
			echo_raw(tty, '\n');
		} else {
			echo_start_line(tty);
			echo_char(tty, c);
		}
	}
	if (c == 0xff && TTY_I(tty, PARMRK))
		put_char(tty, c);
	put_char(tty, c);
}

static void receive_char(struct tty *tty, u8 c)
{
	if (TTY_I(tty, ISTRIP))
		c &= 0x7f;
	if (TTY_I(tty, IUCLC) && TTY_L(tty, IEXTEN))
		c = tolower(c);
	if (TTY_L(tty, EXTPROC)) {
		put_char(tty, c);
		return;
	}
	if (tty->ld.lnext) {
		tty->ld.lnext = false;
		receive_plain(tty, c);
		return;
	}
	if (tty->stopped && !tty->stopped_by_ioctl && TTY_I(tty, IXON) && TTY_I(tty, IXANY) &&
		!is_cc(tty, VSTOP, c))
		tty_start(tty);
	if (receive_control(tty, c))
		return;
	if (c == '\r') {
		if (TTY_I(tty, IGNCR))
			return;
		if (TTY_I(tty, ICRNL))
			c = '\n';
	} else if (c == '\n' && TTY_I(tty, INLCR)) {
		c = '\r';
	}
	if (TTY_L(tty, ICANON) && receive_canon(tty, c))
		return;
	receive_plain(tty, c);
}

/* Characters that can be taken now. A line that fills the buffer keeps its last place for the end
 * of the line: what comes before that replaces the character there, as if it were lost. */
size_t ldisc_free(const struct tty *tty)
{
	const struct ldisc *ld = &tty->ld;
	size_t used = ld->head - ld->tail;
	size_t room = TTY_LINE_SIZE - used;

	if (TTY_I(tty, PARMRK))
		room = (room + 2) / 3;
	if (room > 1)
		return room - 1;
	return TTY_L(tty, ICANON) && ld->canon_head == ld->tail ? 1 : 0;
}

size_t ldisc_receive(struct tty *tty, const u8 *buf, size_t len)
{
	struct ldisc *ld = &tty->ld;
	size_t done = 0;

	while (done < len && ldisc_free(tty)) {
		if (ld->head - ld->tail == TTY_LINE_SIZE)
			ld->head--;
		receive_char(tty, buf[done++]);
	}
	ldisc_echo_flush(tty);
	if (ldisc_readable(tty, true))
		wake_readers(tty);
	return done;
}

/* ---- reading ---- */

bool ldisc_readable(const struct tty *tty, bool poll)
{
	const struct ldisc *ld = &tty->ld;
	u64 want = poll && !TTY_CC(tty, VTIME) && TTY_CC(tty, VMIN) ? TTY_CC(tty, VMIN) : 1;

	if (TTY_L(tty, ICANON) && !TTY_L(tty, EXTPROC))
		return ld->canon_head != ld->tail;
	return ld->head - ld->tail >= want;
}

size_t ldisc_inq(const struct tty *tty)
{
	const struct ldisc *ld = &tty->ld;
	size_t n = 0;

	if (!TTY_L(tty, ICANON) || TTY_L(tty, EXTPROC))
		return ld->head - ld->tail;
	for (u64 pos = ld->tail; pos != ld->canon_head; pos++)
		n += !is_line_end(tty, pos) || ld->buf[pos % TTY_LINE_SIZE] != DISABLED_CHAR;
	return n;
}

static ssize_t put_range(struct tty *tty, struct uio *to, u64 from, size_t len)
{
	ssize_t total = 0;

	while (len) {
		size_t n = MIN(len, TTY_LINE_SIZE - from % TTY_LINE_SIZE);
		ssize_t put = uio_put(to, slot(tty, from), n);

		if (put <= 0)
			return total ? total : put;
		total += put, from += put, len -= put;
		if ((size_t)put < n)
			break;
	}
	return total;
}

/* One line, or the part of it that fits. An end-of-file character is taken but not copied, also
 * behind a part that exactly fills the buffer. */
static ssize_t read_line(struct tty *tty, struct uio *to)
{
	struct ldisc *ld = &tty->ld;
	u64 end = ld->tail;
	size_t max = to->left;
	bool eof = false;
	ssize_t n;

	while (end != ld->canon_head && end - ld->tail < max) {
		if (is_line_end(tty, end++)) {
			eof = *slot(tty, end - 1) == DISABLED_CHAR && !ld->pushed;
			break;
		}
	}
	if (!eof && end != ld->canon_head && end - ld->tail == max &&
		(end == ld->tail || !is_line_end(tty, end - 1)) && is_line_end(tty, end) &&
		*slot(tty, end) == DISABLED_CHAR) {
		eof = true;
		end++;
	}
	n = end - ld->tail - eof ? put_range(tty, to, ld->tail, end - ld->tail - eof) : 0;
	if (n < 0)
		return n;
	ld->tail = n == (ssize_t)(end - ld->tail - eof) ? end : ld->tail + n;
	if (ld->tail == ld->canon_head)
		ld->pushed = false;
	return n;
}

static ssize_t read_raw(struct tty *tty, struct uio *to)
{
	struct ldisc *ld = &tty->ld;
	size_t len = MIN(ld->head - ld->tail, to->left);
	ssize_t n = len ? put_range(tty, to, ld->tail, len) : 0;

	if (n > 0)
		ld->tail += n;
	ld->canon_head = MAX(ld->canon_head, ld->tail);
	return n;
}

/* Sleeps until there is something to read: 0, -EAGAIN, -ERESTARTSYS, -ETIMEDOUT; 1 = hung up. */
static int read_wait(struct tty *tty, struct file *file, u64 deadline_ns)
{
	int ret;

	if (tty_of(file) != tty)
		return 1;
	if (ldisc_readable(tty, false))
		return 0;
	if (!deadline_ns)
		return -ETIMEDOUT;
	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	ret = wait_event_until(
		&tty->read_wait, ldisc_readable(tty, false) || tty_of(file) != tty, deadline_ns);
	if (ret)
		return ret == -EINTR ? -ERESTARTSYS : ret;
	return tty_of(file) != tty;
}

static u64 tenths_from_now(u8 tenths)
{
	return os_clock_ns(OS_CLOCK_MONOTONIC) + tenths * 100 * NSEC_PER_MSEC;
}

static ssize_t read_noncanon(struct tty *tty, struct file *file, struct uio *to)
{
	u8 min = TTY_CC(tty, VMIN), time = TTY_CC(tty, VTIME);
	u64 deadline = WAIT_FOREVER;
	size_t want = min ? min : 1;
	ssize_t total = 0, n;
	int ret = 0;

	if (!min)
		deadline = time ? tenths_from_now(time) : 0;
	while (to->left) {
		ret = read_wait(tty, file, deadline);
		if (ret)
			break;
		if (TTY_L(tty, ICANON) && !TTY_L(tty, EXTPROC))
			return total ? total : MODE_CHANGED;
		n = read_raw(tty, to);
		if (n < 0)
			return total ? total : n;
		total += n;
		tty_pump(tty);
		if ((size_t)total >= want)
			break;
		if (min && time)
			deadline = tenths_from_now(time);
	}
	if (total || ret == -ETIMEDOUT || ret > 0)
		return total;
	return ret;
}

static ssize_t read_canon(struct tty *tty, struct file *file, struct uio *to)
{
	ssize_t n;
	int ret = read_wait(tty, file, WAIT_FOREVER);

	if (ret)
		return ret > 0 ? 0 : ret;
	if (!TTY_L(tty, ICANON))
		return MODE_CHANGED;
	n = read_line(tty, to);
	tty_pump(tty);
	return n;
}

ssize_t ldisc_read(struct tty *tty, struct file *file, struct uio *to)
{
	ssize_t n;

	do {
		if (TTY_L(tty, ICANON) && !TTY_L(tty, EXTPROC))
			n = read_canon(tty, file, to);
		else
			n = read_noncanon(tty, file, to);
	} while (n == MODE_CHANGED);
	return n;
}

/* ---- changes of mode ---- */

void ldisc_termios_changed(struct tty *tty, const struct abi_termios2 *old)
{
	struct ldisc *ld = &tty->ld;

	if ((old->lflag ^ tty->termios.lflag) & (ICANON | EXTPROC)) {
		memset(ld->line_end, 0, sizeof(ld->line_end));
		if (!TTY_L(tty, ICANON) || ld->head == ld->tail) {
			ld->canon_head = ld->tail;
			ld->pushed = false;
		} else { /* what was typed so far counts as a line */
			set_line_end(tty, ld->head - 1, true);
			ld->canon_head = ld->head;
			ld->pushed = true;
		}
		ld->erasing = ld->lnext = false;
	}
	if (!TTY_I(tty, IXON) && old->iflag & IXON && tty->stopped && !tty->stopped_by_ioctl)
		tty_start(tty);
	waitq_wake(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
	tty_pump(tty);
}
