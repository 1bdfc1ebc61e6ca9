/*
 * Terminals (tty_ioctl(4), termios(3), credentials(7) for sessions). A tty has a line discipline
 * (ldisc.c) between its input and output queues; below it is a pty master or the user's terminal.
 */
#ifndef SKIFF_KERNEL_TTY_TTY_H
#define SKIFF_KERNEL_TTY_TTY_H

#include "fs/vfs.h"
#include "kernel/lib/ring.h"

#include <linux/termios.h>

struct tgroup;
struct tty;

#define TTY_LINE_SIZE 4096u
#define TTY_QUEUE_SIZE 65536u
#define TTY_MAJOR_AUX 5
#define PTS_MAJOR 136

/* What the line discipline keeps between characters. Positions run freely; a character at position
 * p is in buf[p % TTY_LINE_SIZE]. tail <= canon_head <= head <= tail + TTY_LINE_SIZE. */
struct ldisc {
	u8 *buf;			/* allocated at the first open */
	u8 line_end[TTY_LINE_SIZE / 8]; /* bit set: this character ends a line */
	u64 head, canon_head, tail;
	unsigned column, canon_column; /* of the cursor; where the line being typed began */
	bool lnext, erasing, pushed;
	struct ring echo; /* echoes that wait for room or for a stopped output */
};

struct tty_ops {
	void (*output)(struct tty *tty);     /* new bytes in tty->out, or it was restarted */
	void (*input_room)(struct tty *tty); /* tty->in has room again */
	void (*flushed)(struct tty *tty);    /* tty->out was emptied */
	void (*opened)(struct tty *tty);
	void (*closed)(struct tty *tty);		  /* no open file any more */
	void (*control)(struct tty *tty, u8 packet_bits); /* TIOCPKT_* has happened */
	void (*destroy)(struct tty *tty);
	bool is_pty;
};

struct tty {
	unsigned refs; /* files, controlling processes, the driver */
	const struct tty_ops *ops;
	void *priv; /* the driver's */
	u64 rdev;
	struct abi_termios2 termios;
	struct abi_termios2 locked; /* bits and characters that stay as they are */
	struct winsize ws;
	pid_t sid, pgrp; /* 0: none */
	struct list_head files;
	unsigned opens;
	bool exclusive;
	bool stopped, stopped_by_ioctl; /* output: Ctrl-S; TCOOFF */
	bool dead; /* the other side is gone for good: new opens fail with EIO */
	struct ldisc ld;
	struct ring in;	 /* received, not yet taken by the line discipline */
	struct ring out; /* processed, for the driver */
	struct waitq read_wait, write_wait;
};

#define TTY_I(tty, flag) ((tty)->termios.iflag & (flag))
#define TTY_O(tty, flag) ((tty)->termios.oflag & (flag))
#define TTY_L(tty, flag) ((tty)->termios.lflag & (flag))
#define TTY_CC(tty, which) ((tty)->termios.cc[which])

int console_dev_init(void);						 /* /dev/console */
struct tty *tty_create(const struct tty_ops *ops, void *priv, u64 rdev); /* one reference */
struct tty *tty_get(struct tty *tty);
void tty_put(struct tty *tty);
u64 tty_rdev(const struct tty *tty);
pid_t tty_pgrp(const struct tty *tty);

/* An open of tty by file; may make it the caller's controlling terminal. -EIO, -EBUSY */
int tty_open_file(struct tty *tty, struct file *file, bool may_control);
struct tty *tty_of(const struct file *file); /* NULL: not a tty, or hung up */
void tty_set_controlling(struct tty *tty, struct tgroup *leader);
void tty_clear_session(struct tty *tty); /* nobody's controlling terminal any more */
void tty_hangup(struct tty *tty);
void tty_signal(struct tty *tty, int sig); /* to the foreground group */
/* 0, or what a background process gets that wants to read (SIGTTIN) or change (SIGTTOU). */
int tty_check_change(struct tty *tty, int sig);

/* ---- between driver and line discipline ---- */
size_t tty_receive(struct tty *tty, const u8 *buf, size_t len); /* bytes taken */
void tty_pump(struct tty *tty); /* moves tty->in into the line discipline, as far as it has room */
void tty_output_room(struct tty *tty);	    /* the driver has taken bytes from tty->out */
size_t tty_out_room(const struct tty *tty); /* 0 while stopped */
void tty_out_put(struct tty *tty, const u8 *buf, size_t len);
void tty_stop(struct tty *tty);
void tty_start(struct tty *tty);
void tty_flush_in(struct tty *tty);
void tty_flush_out(struct tty *tty);
void tty_set_winsize(struct tty *tty, const struct winsize *ws);

/* ---- line discipline ---- */
int ldisc_open(struct tty *tty);
void ldisc_fini(struct tty *tty);
size_t ldisc_receive(struct tty *tty, const u8 *buf, size_t len);
void ldisc_flush(struct tty *tty);
bool ldisc_readable(const struct tty *tty, bool poll);
size_t ldisc_inq(const struct tty *tty); /* FIONREAD */
size_t ldisc_free(const struct tty *tty);
ssize_t ldisc_read(struct tty *tty, struct file *file, struct uio *to); /* sleeps */
/* Writes processed output as far as there is room; bytes taken from buf. */
size_t ldisc_write(struct tty *tty, const u8 *buf, size_t len);
void ldisc_echo_flush(struct tty *tty);
void ldisc_termios_changed(struct tty *tty, const struct abi_termios2 *old);

/* ---- ioctl.c ---- */
long tty_ioctl(struct file *file, u32 cmd, uaddr_t arg);
/* The part that also works on a pty master: tty is the slave. TTY_NO_IOCTL if not known. */
long tty_ioctl_common(struct tty *tty, u32 cmd, uaddr_t arg, bool master);
#define TTY_NO_IOCTL (-515)

extern const struct file_ops tty_file_ops;

#endif
