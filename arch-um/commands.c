/*
 * Commands on machines: stop, kill, wait, pause, resume, rm, logs; and what all of them share. A
 * client finds a machine by its directory and talks to its control socket; there is nobody in
 * between.
 */
#include "arch-um/commands.h"

#include "arch-um/control.h"
#include "arch-um/limits.h"
#include "arch-um/machine_log.h"
#include "arch-um/mconsole.h"

#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS 10

/* ---- shared ---- */

int command_mistake(const char *command, const char *what, const char *value)
{
	fprintf(stderr, "skiff: %s%s%s (see: skiff help %s)\n", what, value ? ": " : "",
		value ? value : "", command);
	return 125;
}

int command_machine(const char *name, struct machine_dir *d)
{
	if (machine_dir_open(name, d) == 0)
		return 0;
	fprintf(stderr, "skiff: no machine named %s (see: skiff ps -a)\n", name);
	return 1;
}

int command_connect(const struct machine_dir *d)
{
	int sock = machine_dir_running(d) ? control_connect(d) : -ESRCH;

	if (sock == -ESRCH)
		fprintf(stderr, "skiff: %s does not run\n", d->name);
	else if (sock < 0)
		fprintf(stderr, "skiff: %s does not answer: %s\n", d->name, strerror(-sock));
	return MAX(sock, -1);
}

static int answer_read(
	const struct machine_dir *d, int sock, void (*line)(char *text, void *arg), void *arg)
{
	char text[2048];
	ssize_t n;

	while ((n = control_recv(sock, text, sizeof(text))) > 0) {
		if (*text == '=')
			return 0;
		if (*text == '+' && line)
			line(text + 1, arg);
		if (*text == '!') {
			fprintf(stderr, "skiff: %s: %s\n", d->name, text + 1);
			return 1;
		}
	}
	return 0; /* it ended over the request */
}

int command_request(const struct machine_dir *d, const char *const *words,
	void (*line)(char *text, void *arg), void *arg)
{
	int sock = command_connect(d), err, ret;

	if (sock < 0)
		return 1;
	err = control_send(sock, words, NULL, 0);
	if (err < 0)
		fprintf(stderr, "skiff: %s: %s\n", d->name, strerror(-err));
	ret = err < 0 ? 1 : answer_read(d, sock, line, arg);
	close(sock);
	return ret;
}

/* Calls fn for each machine named in argv from optind on; the first failure is the status. */
static int each_machine(
	int argc, char **argv, int (*fn)(struct machine_dir *d, const void *arg), const void *arg)
{
	int ret = 0, one;

	if (optind >= argc)
		return command_mistake(argv[0], "no machine named", NULL);
	for (; optind < argc; optind++) {
		struct machine_dir d;

		one = command_machine(argv[optind], &d);
		if (!one) {
			one = fn(&d, arg);
			machine_dir_close(&d);
		}
		if (!ret)
			ret = one;
	}
	return ret;
}

static int simple_request(struct machine_dir *d, const void *words)
{
	return command_request(d, words, NULL, NULL);
}

/* ---- waiting for a machine's end ---- */

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / NSEC_PER_MSEC;
}

/* A pidfd of the machine's process, or of its watcher where it has one: all its lives. -1 if it
 * does not run. */
static int machine_pidfd(const struct machine_dir *d)
{
	pid_t pid = machine_dir_watcher(d);
	int fd = pid > 0 && machine_dir_running(d) ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (fd >= 0 && !machine_dir_running(d)) { /* the pid may be another's by now */
		close(fd);
		fd = -1;
	}
	return fd;
}

/* True: it has ended within ms (-1: no limit). */
bool command_wait_end(const struct machine_dir *d, int ms)
{
	u64 end = ms < 0 ? UINT64_MAX : now_ms() + (u64)ms;
	struct pollfd p = {.fd = machine_pidfd(d), .events = POLLIN};
	int n = 1;

	while (p.fd >= 0) {
		u64 now = now_ms();

		n = poll(&p, 1, ms < 0 ? -1 : now < end ? (int)(end - now) : 0);
		if (n >= 0 || errno != EINTR)
			break;
	}
	if (p.fd >= 0)
		close(p.fd);
	return n > 0;
}

int command_exit_status(const struct machine_dir *d)
{
	struct keyfile k;
	const char *v;
	int status = 128 + SIGKILL; /* nobody was left to write it down */

	if (keyfile_read(d->fd, "status", &k) < 0)
		return status;
	v = keyfile_get(&k, "exit");
	if (v)
		status = atoi(v);
	keyfile_free(&k);
	return status;
}

/* ---- commands ---- */

static void signal_process(const struct machine_dir *d, int sig)
{
	int fd = machine_pidfd(d);

	if (fd < 0)
		return;
	syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
	close(fd);
}

static void kill_process(const struct machine_dir *d)
{
	signal_process(d, SIGKILL);
	command_wait_end(d, STOP_SECONDS * 1000);
}

/* False: nobody is there to ask, as at its start and between two lives. */
static bool can_be_asked(const struct machine_dir *d)
{
	int sock = control_connect(d);

	if (sock >= 0)
		close(sock);
	return sock >= 0;
}

/* Asks it to end at once, and if it does not end makes it. */
static void end_now(const struct machine_dir *d)
{
	static const char *const words[] = {"end", NULL};

	if (can_be_asked(d))
		command_request(d, words, NULL, NULL);
	else
		signal_process(d, SIGTERM);
	if (!command_wait_end(d, 2000))
		kill_process(d);
	/* Its helpers die with it, each in its own time; the lock goes with the last. One that is
	 * about to go into the background may have been another process a moment ago. */
	for (int i = 1; i < 1000 && machine_dir_running(d); i++) {
		nanosleep(&(struct timespec){0, NSEC_PER_MSEC}, NULL);
		if (i % 50 == 0)
			signal_process(d, SIGKILL);
	}
}

static int stop(struct machine_dir *d, const void *arg)
{
	static const char *const words[] = {"stop", NULL};
	const int *seconds = arg;

	if (machine_dir_running(d) && !can_be_asked(d))
		signal_process(d, SIGTERM);
	else if (command_request(d, words, NULL, NULL))
		return 1;
	if (command_wait_end(d, *seconds * 1000))
		return 0;
	end_now(d);
	return 0;
}

static int cmd_stop(int argc, char **argv)
{
	int seconds = STOP_SECONDS, c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+t:")) != -1) {
		if (c != 't' || (seconds = atoi(optarg)) < 0 || seconds > 86400)
			return command_mistake("stop", "bad option", argv[optind - 1]);
	}
	return each_machine(argc, argv, stop, &seconds);
}

static int signal_number(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);

	if (end != name)
		return *end || n < 1 || n > 64 ? -1 : (int)n;
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (int sig = 1; sig < 32; sig++)
		if (sigabbrev_np(sig) && !strcasecmp(sigabbrev_np(sig), name))
			return sig;
	return -1;
}

static int cmd_kill(int argc, char **argv)
{
	char number[16];
	const char *words[] = {"signal", number, NULL};
	int sig = SIGKILL, c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+s:")) != -1) {
		if (c != 's' || (sig = signal_number(optarg)) < 0)
			return command_mistake(
				"kill", "no such signal or option", argv[optind - 1]);
	}
	snprintf(number, sizeof(number), "%d", sig);
	return each_machine(argc, argv, simple_request, words);
}

static int cmd_pause(int argc, char **argv)
{
	static const char *const words[] = {"pause", NULL};

	return each_machine(argc, argv, simple_request, words);
}

static int cmd_resume(int argc, char **argv)
{
	static const char *const words[] = {"resume", NULL};

	return each_machine(argc, argv, simple_request, words);
}

static int wait_one(struct machine_dir *d, const void *arg)
{
	command_wait_end(d, -1);
	printf("%d\n", command_exit_status(d));
	return 0;
}

static int cmd_wait(int argc, char **argv)
{
	return each_machine(argc, argv, wait_one, NULL);
}

static int cmd_rm(int argc, char **argv)
{
	bool force = false;
	int ret = 0, c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+f")) != -1) {
		if (c != 'f')
			return command_mistake("rm", "unknown option", argv[optind - 1]);
		force = true;
	}
	if (optind >= argc)
		return command_mistake("rm", "no machine named", NULL);
	for (; optind < argc; optind++) {
		struct machine_dir d;

		if (command_machine(argv[optind], &d)) {
			ret = 1;
			continue;
		}
		if (force && machine_dir_running(&d))
			end_now(&d);
		if (machine_dir_running(&d)) {
			fprintf(stderr, "skiff: %s runs (skiff stop %s, or rm -f)\n", d.name,
				d.name);
			machine_dir_close(&d);
			ret = 1;
		} else {
			mconsole_sweep(d.name);
			machine_dir_remove(&d);
		}
	}
	return ret;
}

/* ---- logs ---- */

static bool copy_log(int fd)
{
	char buf[65536];
	ssize_t n;

	for (machine_log_seek(fd); (n = read(fd, buf, sizeof(buf))) > 0; machine_log_seek(fd))
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			return false;
	return fflush(stdout) == 0;
}

/* Until the machine ends: inotify says when there is more, the pidfd when there is no more. */
int command_follow_log(const struct machine_dir *d, int fd)
{
	struct pollfd p[2] = {{inotify_init1(IN_CLOEXEC | IN_NONBLOCK), POLLIN, 0},
		{machine_pidfd(d), POLLIN, 0}};
	char path[64], events[4096];

	machine_dir_path(d, "log", path, sizeof(path));
	if (p[0].fd < 0 || inotify_add_watch(p[0].fd, path, IN_MODIFY) < 0)
		return 1;
	while (copy_log(fd) && p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return 1;
		while (read(p[0].fd, events, sizeof(events)) > 0)
			;
		if (p[1].revents) {
			copy_log(fd);
			break;
		}
	}
	return 0;
}

/* To where the last n lines begin. */
static void seek_tail(int fd, long n)
{
	off_t at = lseek(fd, 0, SEEK_END);
	bool last = true;
	char c;

	for (; at > 0; at--, last = false) {
		if (pread(fd, &c, 1, at - 1) != 1 || lseek(fd, at - 1, SEEK_DATA) != at - 1)
			break;
		if (c == '\n' && !last && --n <= 0)
			break;
		if (n <= 0)
			break;
	}
	lseek(fd, at, SEEK_SET);
}

static int cmd_logs(int argc, char **argv)
{
	struct machine_dir d;
	bool follow = false;
	long tail = -1;
	int c, fd, ret = 0;

	opterr = 0;
	while ((c = getopt(argc, argv, "+fn:")) != -1) {
		if (c == '?' || (c == 'n' && (tail = atol(optarg)) < 0))
			return command_mistake("logs", "bad option", argv[optind - 1]);
		follow |= c == 'f';
	}
	if (optind != argc - 1)
		return command_mistake("logs", "name one machine", NULL);
	if (command_machine(argv[optind], &d))
		return 1;
	fd = openat(d.fd, "log", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "skiff: %s has no log: it was not started with -d\n", d.name);
		return 1;
	}
	if (tail >= 0)
		seek_tail(fd, tail);
	if (follow)
		ret = command_follow_log(&d, fd);
	else
		copy_log(fd);
	close(fd);
	machine_dir_close(&d);
	return ret;
}

const struct command machine_commands[] = {
	{"attach", cmd_attach, "NAME", "connect to the console of a machine started with -d",
		"  Ctrl-P Ctrl-Q leaves; the machine goes on\n"},
	{"exec", cmd_exec, "[OPTIONS] NAME CMD [ARG...]", "run a command in a running machine",
		"  -i                    keep stdin open (default)\n"
		"  -t                    give CMD a terminal (default: if stdin and stdout are "
		"terminals)\n"
		"  -T                    do not\n"
		"  -e, --env K=V         set an environment variable\n"
		"  -w, --workdir DIR     start CMD in this directory\n"
		"  -u, --user UID[:GID]  run CMD as this user\n"},
	{"inspect", cmd_inspect, "NAME...", "all about a machine, as JSON", NULL},
	{"kill", cmd_kill, "[-s SIG] NAME...", "send a signal to pid 1 (default KILL)", NULL},
	{"logs", cmd_logs, "[-f] [-n LINES] NAME", "what a machine started with -d has written",
		"  -f                    follow until it ends\n"
		"  -n LINES              only the last lines\n"},
	{"pause", cmd_pause, "NAME...", "freeze all processes of a machine", NULL},
	{"ps", cmd_ps, "[-a] [-q] [--json]", "list machines",
		"  -a, --all             those that have ended, too\n"
		"  -q, --quiet           only names\n"
		"  --json                as JSON\n"},
	{"resume", cmd_resume, "NAME...", "let a paused machine go on", NULL},
	{"rm", cmd_rm, "[-f] NAME...", "forget an ended machine and its log",
		"  -f                    end it first if it runs\n"},
	{"stats", cmd_stats, "[--json] [NAME...]", "CPU, memory and calls of machines", NULL},
	{"stop", cmd_stop, "[-t SECONDS] NAME...", "SIGTERM to pid 1, after 10 s the end", NULL},
	{"top", cmd_top, "NAME", "the processes of a machine", NULL},
	{"update", cmd_update, "NAME --mem SIZE ...", "change limits of a running machine",
		"  --mem --pids --files --cpus --bw   as with skiff run\n"},
	{"wait", cmd_wait, "NAME...", "wait for a machine's end, print its exit status", NULL},
	{0},
};
