/*
 * The life of this machine on the host (lifecycle.h). A detached machine is one process, too: there
 * is nobody beside it who watches; one that is to be restarted executes skiff anew in its own
 * process, keeping the lock on its directory.
 */
#include "arch-um/lifecycle.h"

#include "arch-um/host_cgroup.h"
#include "arch-um/hub.h"
#include "arch-um/isolation.h"
#include "arch-um/limits.h"
#include "arch-um/machine_log.h"
#include "arch-um/mconsole.h"
#include "arch-um/packet.h"
#include "kernel/os.h"
#include "skas/skas.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESTART_ENV "SKIFF_RESTARTED" /* descriptors and count, for the next life */
#define RESTART_DELAY_MS 100	      /* doubles with each end that comes soon */
#define RESTART_DELAY_MAX_MS 60000
#define LONG_LIFE_NS (10 * NSEC_PER_SEC) /* an end after that is not soon */

struct machine_dir this_machine = {.base = -1, .fd = -1, .lock = -1};

static const struct run_options *options;
static char **start_argv;
static int ready_fd = -1; /* the process in the foreground waits for a byte, or its end */
static bool stopping, rebooting;
static unsigned nr_restarts, nr_soon;
static u64 started_ns;

/* ---- what is written down ---- */

static void put_number(struct keyfile_writer *w, const char *key, s64 v)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)v);
	keyfile_put(w, key, text);
}

int lifecycle_write_config(void)
{
	const struct machine_options *m = &options->m;
	struct keyfile_writer w = {0};
	const char *name;
	u64 limit;

	if (this_machine.fd < 0)
		return 0;
	put_number(&w, "created", time(NULL));
	put_number(&w, "restarts", nr_restarts);
	keyfile_put(&w, "hostname", m->hostname);
	keyfile_put(&w, "root", m->root);
	keyfile_put(&w, "overlay",
		m->root_rw	 ? "none, written through"
		: m->overlay_dir ? m->overlay_dir
				 : "mem");
	for (unsigned i = 0; i < m->nr_volumes; i++) {
		char text[2 * PATH_MAX];

		snprintf(text, sizeof(text), "%s:%s%s", m->volumes[i].host, m->volumes[i].guest,
			m->volumes[i].readonly ? ":ro" : "");
		keyfile_put(&w, "volume", text);
	}
	for (unsigned i = 0; i < options->nr_labels; i++)
		keyfile_put(&w, "label", options->labels[i]);
	for (char **a = m->argv; *a; a++)
		keyfile_put(&w, "command", *a);
	for (unsigned i = 0; (name = limits_get(&m->limits, i, &limit)); i++)
		put_number(&w, name, (s64)limit);
	keyfile_put(&w, "backend", backend->name);
	keyfile_put(&w, "cgroup", host_cgroup_path());
	keyfile_put(&w, "tty", m->tty ? "yes" : "no");
	keyfile_put(&w, "detached", options->detach ? "yes" : "no");
	keyfile_put(&w, "isolation", isolation_summary());
	return keyfile_write(&w, this_machine.fd, "config");
}

static void write_status(int status)
{
	struct keyfile_writer w = {0};

	put_number(&w, "exit", status);
	put_number(&w, "finished", time(NULL));
	keyfile_write(&w, this_machine.fd, "status");
}

/* ---- into the background ---- */

/* What the start has to say went into the log; the user is still there to read it. */
static void show_log(void)
{
	int fd = machine_log_open(this_machine.fd);
	char buf[4096];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		if (write(STDERR_FILENO, buf, (size_t)n) < 0)
			break;
}

_Noreturn static void foreground(pid_t pid, int fd)
{
	int status = 0;
	char byte;

	if (read(fd, &byte, 1) == 1) {
		puts(this_machine.name);
		exit(0);
	}
	waitpid(pid, &status, 0);
	show_log();
	machine_dir_remove(&this_machine);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int background_streams(void)
{
	int log = machine_log_open(this_machine.fd), in;

	if (log < 0)
		return log;
	in = hub_start(options->tty_wanted, options->interactive, log);
	if (in < 0)
		return in;
	dup2(in, STDIN_FILENO);
	dup2(options->tty_wanted ? in : log, STDOUT_FILENO);
	dup2(options->tty_wanted ? in : log, STDERR_FILENO);
	close(in);
	return 0;
}

static int detach(void)
{
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0) {
		close(p[1]);
		foreground(pid, p[0]);
	}
	close(p[0]);
	ready_fd = p[1];
	setsid();
	return machine_dir_set_pid(&this_machine);
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "skiff: %s: %s\n", what, strerror(-err));
	return 125;
}

/* In a new life: the directory and its lock come along. */
static bool restarted(void)
{
	const char *env = getenv(RESTART_ENV);
	int n = 0;

	if (!env || sscanf(env, "%d,%d,%d,%u,%u,%64s%n", &this_machine.base, &this_machine.fd,
			    &this_machine.lock, &nr_restarts, &nr_soon, this_machine.name, &n) != 6)
		return false;
	unsetenv(RESTART_ENV);
	fcntl(this_machine.base, F_SETFD, FD_CLOEXEC);
	fcntl(this_machine.fd, F_SETFD, FD_CLOEXEC);
	fcntl(this_machine.lock, F_SETFD, FD_CLOEXEC);
	return true;
}

int lifecycle_start(const struct run_options *o, char **argv)
{
	int err;

	options = o;
	start_argv = argv;
	started_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (!restarted()) {
		err = machine_dir_create(o->name, &this_machine);
		if (err == -EEXIST) {
			fprintf(stderr,
				"skiff: a machine named %s runs already (skiff rm -f %s ends it)\n",
				o->name, o->name);
			return 125;
		}
		if (err < 0 && (o->name || o->detach))
			return fail("cannot make a directory for the machine", err);
		if (err < 0)
			this_machine.fd = -1; /* nobody will find it; it runs all the same */
		else if (o->detach && (err = detach()) < 0)
			return fail("cannot go into the background", err);
	}
	if (o->detach && (err = background_streams()) < 0)
		return fail("cannot set up the log", err);
	return 0;
}

void lifecycle_ready(void)
{
	if (ready_fd < 0)
		return;
	if (write(ready_fd, "", 1) == 1)
		close(ready_fd);
	ready_fd = -1;
}

void lifecycle_reboot(void)
{
	rebooting = true;
}

void lifecycle_stopping(void)
{
	stopping = true;
}

/* ---- the end ---- */

bool lifecycle_restarts(int status)
{
	const struct restart_policy *r = &options->restart;

	if (rebooting)
		return true;
	if (stopping || ready_fd >= 0 || !options->detach)
		return false;
	if (r->kind == RESTART_ON_FAILURE)
		return status && (!r->max || nr_restarts < r->max);
	return r->kind == RESTART_ALWAYS;
}

static void restart_delay(void)
{
	u64 ms = RESTART_DELAY_MS;
	struct timespec ts;

	if (rebooting)
		return;
	nr_soon = os_clock_ns(OS_CLOCK_MONOTONIC) - started_ns < LONG_LIFE_NS ? nr_soon + 1 : 0;
	for (unsigned i = 1; i < nr_soon && ms < RESTART_DELAY_MAX_MS; i++)
		ms *= 2;
	ms = MIN(ms, (u64)RESTART_DELAY_MAX_MS);
	ts = (struct timespec){(time_t)(ms / 1000), (long)(ms % 1000 * NSEC_PER_MSEC)};
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static void start_anew(void)
{
	char text[160];

	skas_kill_all();
	restart_delay();
	fcntl(this_machine.base, F_SETFD, 0);
	fcntl(this_machine.fd, F_SETFD, 0);
	fcntl(this_machine.lock, F_SETFD, 0);
	snprintf(text, sizeof(text), "%d,%d,%d,%u,%u,%s", this_machine.base, this_machine.fd,
		this_machine.lock, nr_restarts + 1, nr_soon, this_machine.name);
	setenv(RESTART_ENV, text, 1);
	packets_keep();
	execv("/proc/self/exe", start_argv);
}

void lifecycle_end(int status)
{
	if (this_machine.fd < 0)
		return;
	hub_flush();
	mconsole_end();
	unlinkat(this_machine.fd, "control", 0);
	if (ready_fd >= 0) /* it never ran: the process in the foreground sees to the rest */
		return;
	write_status(status);
	if (lifecycle_restarts(status))
		start_anew();
	if (!options->detach || options->rm)
		machine_dir_remove(&this_machine);
}
