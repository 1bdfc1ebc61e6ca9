/*
 * skiff exec and skiff attach: the client's side of a session in a machine. A terminal is relayed:
 * the user's own is put into raw mode, a socket pair stands for it in the machine, which never gets
 * hold of the terminal itself. Without a terminal the machine gets our three streams.
 */
#include "arch-um/commands.h"

#include "arch-um/control.h"
#include "kernel/os.h"

#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS_MAX 4000u
#define END_MS 1000  /* between the last of its output and its end */
#define DRAIN_MS 100 /* for output that was under way when the process ended */
#define CTRL_P 16
#define CTRL_Q 17

struct session {
	const char *name;
	int control;
	int relay; /* our end of the terminal's socket pair; -1: none */
	int signals;
	bool may_leave, left; /* Ctrl-P Ctrl-Q */
	bool input_open;
	bool saw_ctrl_p;
	int status; /* < 0: goes on */
};

static void send_words(struct session *s, const char *verb, const char *a, const char *b)
{
	const char *words[] = {verb, a, b, NULL};

	control_send(s->control, words, NULL, 0);
}

static void send_size(struct session *s)
{
	char rows[8], cols[8];
	u16 r, c;

	if (os_tty_winsize(STDOUT_FILENO, &r, &c) < 0)
		return;
	snprintf(rows, sizeof(rows), "%u", r);
	snprintf(cols, sizeof(cols), "%u", c);
	send_words(s, "resize", rows, cols);
}

static int write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = {fd, POLLOUT, 0};

			poll(&p, 1, -1);
			continue;
		}
		if (n <= 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static void from_terminal(struct session *s)
{
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	for (ssize_t i = 0; s->may_leave && i < n; i++) {
		if (s->saw_ctrl_p && buf[i] == CTRL_Q) {
			s->status = 0;
			s->left = true;
			return;
		}
		s->saw_ctrl_p = buf[i] == CTRL_P;
	}
	if (n > 0 && write_all(s->relay, buf, (size_t)n) == 0)
		return;
	s->input_open = false;
	shutdown(s->relay, SHUT_WR);
}

static bool to_terminal(struct session *s)
{
	char buf[16384];
	ssize_t n = recv(s->relay, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	return n > 0 && write_all(STDOUT_FILENO, buf, (size_t)n) == 0;
}

static void drain(struct session *s)
{
	struct pollfd p = {s->relay, POLLIN, 0};

	while (s->relay >= 0 && poll(&p, 1, DRAIN_MS) > 0 && to_terminal(s))
		;
}

static void from_machine(struct session *s)
{
	char text[2048], *why;
	ssize_t n = control_recv(s->control, text, sizeof(text));

	if (n <= 0) { /* the machine has ended */
		s->status = s->may_leave ? 0 : 128 + SIGKILL;
		return;
	}
	if (*text == '!') {
		fprintf(stderr, "skiff: %s: %s\r\n", s->name, text + 1);
		s->status = 125;
	}
	if (*text != 'X')
		return;
	why = strchr(text, ' ');
	if (why)
		fprintf(stderr, "skiff: %s\r\n", why + 1);
	s->status = atoi(text + 1);
}

static void on_signal(struct session *s)
{
	struct signalfd_siginfo si;
	char number[8];

	if (read(s->signals, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo == SIGWINCH) {
		if (s->relay >= 0)
			send_size(s);
		return;
	}
	snprintf(number, sizeof(number), "%u", si.ssi_signo);
	if (s->may_leave)
		s->status = 128 + (int)si.ssi_signo;
	else
		send_words(s, "kill", number, NULL);
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int session_run(struct session *s)
{
	bool raw = s->relay >= 0 && isatty(STDIN_FILENO);

	s->status = -1;
	s->input_open = s->relay >= 0;
	s->signals = signals_open();
	if (raw)
		os_tty_raw(STDIN_FILENO, true);
	while (s->status < 0) {
		struct pollfd p[4] = {{s->control, POLLIN, 0}, {s->signals, POLLIN, 0},
			{s->relay, POLLIN, 0}, {s->input_open ? STDIN_FILENO : -1, POLLIN, 0}};

		if (poll(p, 4, -1) < 0 && errno != EINTR)
			break;
		if (p[2].revents && !to_terminal(s)) {
			close(s->relay);
			s->relay = -1;
			s->input_open = false;
			if (s->may_leave)
				s->status = 0;
		}
		if (p[3].revents && s->input_open)
			from_terminal(s);
		if (p[1].revents)
			on_signal(s);
		if (p[0].revents)
			from_machine(s);
	}
	drain(s);
	if (raw)
		os_tty_raw(STDIN_FILENO, false);
	return MAX(s->status, 0);
}

/* ---- exec ---- */

struct exec_options {
	const char *words[WORDS_MAX];
	unsigned nr;
	bool tty;
};

static int add_word(struct exec_options *o, const char *key, const char *value)
{
	char *w;

	if (o->nr + 1 >= WORDS_MAX || asprintf(&w, "%s=%s", key, value) < 0)
		return -E2BIG;
	o->words[o->nr++] = w;
	return 0;
}

static int add_user(struct exec_options *o, const char *arg)
{
	unsigned uid, gid = 0;
	char text[32];
	int n = 0;

	if ((sscanf(arg, "%u:%u%n", &uid, &gid, &n) < 2 || arg[n]) &&
		(sscanf(arg, "%u%n", &uid, &n) < 1 || arg[n]))
		return -EINVAL;
	snprintf(text, sizeof(text), "%u:%u", uid, gid);
	return add_word(o, "user", text);
}

static int add_env(struct exec_options *o, const char *arg)
{
	char *kv;

	if (strchr(arg, '='))
		return *arg == '=' ? -EINVAL : add_word(o, "env", arg);
	if (!getenv(arg))
		return 0;
	return asprintf(&kv, "%s=%s", arg, getenv(arg)) < 0 ? -ENOMEM : add_word(o, "env", kv);
}

static int exec_options(int argc, char **argv, struct exec_options *o)
{
	static const struct option longs[] = {{"env", required_argument, NULL, 'e'},
		{"workdir", required_argument, NULL, 'w'}, {"user", required_argument, NULL, 'u'},
		{"tty", no_argument, NULL, 't'}, {"interactive", no_argument, NULL, 'i'}, {0}};
	int c, err = 0;

	o->tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	o->words[o->nr++] = "exec";
	add_env(o, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add_env(o, "HOME=/root");
	add_env(o, "TERM");
	add_env(o, "LANG");
	opterr = 0;
	while (!err && (c = getopt_long(argc, argv, "+e:w:u:tTi", longs, NULL)) != -1) {
		switch (c) {
		case 'e':
			err = add_env(o, optarg);
			break;
		case 'w':
			err = *optarg == '/' ? add_word(o, "cwd", optarg) : -EINVAL;
			break;
		case 'u':
			err = add_user(o, optarg);
			break;
		case 't':
		case 'T':
			o->tty = c == 't';
			break;
		case 'i':
			break;
		default:
			return command_mistake("exec", "bad option", argv[optind - 1]);
		}
	}
	if (err < 0)
		return command_mistake("exec", "bad value for option", argv[optind - 1]);
	if (argc - optind > 2 && !strcmp(argv[optind + 1], "--")) /* NAME -- CMD */
		argv[optind + 1] = argv[optind], optind++;
	if (argc - optind < 2)
		return command_mistake("exec", "name a machine and a command", NULL);
	for (int i = optind + 1; i < argc && !err; i++)
		err = add_word(o, "arg", argv[i]);
	return err < 0 ? command_mistake("exec", "too many arguments", NULL) : 0;
}

static int exec_send(struct session *s, struct exec_options *o)
{
	int fds[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}, pair[2], err;
	u16 rows = 24, cols = 80;
	char size[16];

	s->relay = -1;
	if (!o->tty)
		return control_send(s->control, o->words, fds, 3);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	os_tty_winsize(STDOUT_FILENO, &rows, &cols);
	snprintf(size, sizeof(size), "%ux%u", rows, cols);
	err = add_word(o, "tty", size);
	if (!err)
		err = control_send(s->control, o->words, &pair[1], 1);
	close(pair[1]);
	s->relay = pair[0];
	return err;
}

int cmd_exec(int argc, char **argv)
{
	static struct exec_options o;
	struct session s = {0};
	struct machine_dir d;
	int ret = exec_options(argc, argv, &o);

	if (ret)
		return ret;
	if (command_machine(argv[optind], &d))
		return 125;
	s.name = d.name;
	s.control = command_connect(&d);
	if (s.control < 0)
		return 125;
	ret = exec_send(&s, &o);
	if (ret < 0) {
		fprintf(stderr, "skiff: %s: %s\n", d.name, strerror(-ret));
		return 125;
	}
	return session_run(&s);
}

/* ---- attach ---- */

static bool has_terminal(const struct machine_dir *d)
{
	struct keyfile k;
	const char *v;
	bool tty;

	if (keyfile_read(d->fd, "config", &k) < 0)
		return false;
	v = keyfile_get(&k, "tty");
	tty = v && !strcmp(v, "yes");
	keyfile_free(&k);
	return tty;
}

/* Without a terminal the output is the log; a child of ours passes our input on meanwhile. */
static int attach_streams(const struct machine_dir *d, int relay)
{
	int log = openat(d->fd, "log", O_RDONLY | O_CLOEXEC), ret;
	char buf[4096];
	pid_t pid;
	ssize_t n;

	if (log < 0) {
		fprintf(stderr, "skiff: %s was not started with -d\n", d->name);
		return 1;
	}
	lseek(log, 0, SEEK_END);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
			if (write_all(relay, buf, (size_t)n) < 0)
				break;
		shutdown(relay, SHUT_WR);
		_exit(0);
	}
	ret = command_follow_log(d, log);
	if (pid > 0)
		kill(pid, SIGKILL);
	return ret;
}

int cmd_attach(int argc, char **argv)
{
	static const char *const words[] = {"attach", NULL};
	struct session s = {.may_leave = true};
	struct machine_dir d;
	int pair[2], err;

	opterr = 0;
	if (getopt(argc, argv, "+") != -1 || optind != argc - 1)
		return command_mistake("attach", "name one machine", NULL);
	if (command_machine(argv[optind], &d))
		return 1;
	s.name = d.name;
	s.control = command_connect(&d);
	if (s.control < 0)
		return 1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 1;
	err = control_send(s.control, words, &pair[1], 1);
	close(pair[1]);
	if (err < 0) {
		fprintf(stderr, "skiff: %s: %s\n", d.name, strerror(-err));
		return 1;
	}
	s.relay = pair[0];
	if (has_terminal(&d)) {
		send_size(&s);
		err = session_run(&s);
	} else {
		err = attach_streams(&d, s.relay);
	}
	if (err || s.left || !command_wait_end(&d, END_MS))
		return err;
	return command_exit_status(&d);
}
