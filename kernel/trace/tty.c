/* What ioctl's argument leads to in trace lines: terminal settings, sizes, numbers. */
#include "kernel/trace/arg.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>

static const struct flag flags_in[] = {FLAG(IGNBRK), FLAG(BRKINT), FLAG(IGNPAR), FLAG(PARMRK),
	FLAG(INPCK), FLAG(ISTRIP), FLAG(INLCR), FLAG(IGNCR), FLAG(ICRNL), FLAG(IUCLC), FLAG(IXON),
	FLAG(IXANY), FLAG(IXOFF), FLAG(IMAXBEL), FLAG(IUTF8), FLAG_END};
static const struct flag flags_out[] = {FLAG(OPOST), FLAG(OLCUC), FLAG(ONLCR), FLAG(OCRNL),
	FLAG(ONOCR), FLAG(ONLRET), FLAG(OFILL), FLAG(OFDEL), FLAG_END};
static const struct flag flags_control[] = {FLAG(CSTOPB), FLAG(CREAD), FLAG(PARENB), FLAG(PARODD),
	FLAG(HUPCL), FLAG(CLOCAL), FLAG(CRTSCTS), FLAG_END};
static const struct flag flags_local[] = {FLAG(ISIG), FLAG(ICANON), FLAG(XCASE), FLAG(ECHO),
	FLAG(ECHOE), FLAG(ECHOK), FLAG(ECHONL), FLAG(NOFLSH), FLAG(TOSTOP), FLAG(IEXTEN),
	FLAG(ECHOCTL), FLAG(ECHOPRT), FLAG(ECHOKE), FLAG(FLUSHO), FLAG(PENDIN), FLAG_END};
static const struct flag names_speed[] = {FLAG(B0), FLAG(B50), FLAG(B75), FLAG(B110), FLAG(B134),
	FLAG(B150), FLAG(B200), FLAG(B300), FLAG(B600), FLAG(B1200), FLAG(B1800), FLAG(B2400),
	FLAG(B4800), FLAG(B9600), FLAG(B19200), FLAG(B38400), FLAG(B57600), FLAG(B115200),
	FLAG(B230400), FLAG_END};

/* The names of a field of several bits, then of the single ones, if any. */
static void put_rest(struct text *t, const struct flag *table, u32 v)
{
	if (!v)
		return;
	text_put(t, "|");
	text_flags(t, table, v, "???");
}

static void put_output(struct text *t, u32 v)
{
	static const u32 delays = NLDLY | CRDLY | TABDLY | BSDLY | VTDLY | FFDLY;
	unsigned tab = (v & TABDLY) / TAB1;

	text_put(t, "NL%u|CR%u|", (v & NLDLY) / NL1, (v & CRDLY) / CR1);
	text_put(t, tab == 3 ? "XTABS" : "TAB%u", tab);
	text_put(t, "|BS%u|VT%u|FF%u", (v & BSDLY) / BS1, (v & VTDLY) / VT1, (v & FFDLY) / FF1);
	put_rest(t, flags_out, v & ~delays);
}

static void put_control(struct text *t, u32 v)
{
	text_enum(t, names_speed, v & CBAUD, "B???");
	text_put(t, "|CS%u", 5 + (v & CSIZE) / CS6);
	put_rest(t, flags_control, v & ~(u32)(CBAUD | CSIZE));
}

static void print_termios(struct arg *a)
{
	struct abi_termios t;

	if (!arg_fetch(a, &t, sizeof(t)))
		return;
	text_put(a->text, "{c_iflag=");
	text_flags(a->text, flags_in, t.iflag, "???");
	text_put(a->text, ", c_oflag=");
	put_output(a->text, t.oflag);
	text_put(a->text, ", c_cflag=");
	put_control(a->text, t.cflag);
	text_put(a->text, ", c_lflag=");
	text_flags(a->text, flags_local, t.lflag, "???");
	text_put(a->text, ", ...}");
}

static void print_winsize(struct arg *a)
{
	u16 w[4];

	if (arg_fetch(a, w, sizeof(w)))
		text_put(a->text, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", w[0], w[1],
			w[2], w[3]);
}

static void print_ioctl_arg(struct arg *a)
{
	int v;

	switch ((u32)a->args[1]) {
	case TCGETS:
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		print_termios(a);
		break;
	case TIOCGWINSZ:
	case TIOCSWINSZ:
		print_winsize(a);
		break;
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
	case TIOCGPTN:
	case TIOCSPTLCK:
	case FIONREAD:
	case FIONBIO:
		if (arg_fetch(a, &v, sizeof(v)))
			text_put(a->text, "[%d]", v);
		break;
	case FIOCLEX:
	case FIONCLEX:
	case TIOCNOTTY:
		a->text->len -= MIN(a->text->len, 2ul); /* not used: nor the comma before it */
		break;
	default:
		text_put(a->text, a->v ? "%#llx" : "0", (unsigned long long)a->v);
	}
}

const struct arg_kind arg_kinds_tty[] = {
	{">ioctlarg", print_ioctl_arg, NULL, NULL, true}, {NULL, NULL, NULL, NULL, false}};
