/*
 * The life of this machine on the host (lifecycle.h). A machine in the background has a watcher
 * beside it (watcher.h), which keeps the lock on its directory from life to life, writes down how
 * each ends and begins the next. The machine tells it what to do then in a page they share.
 */
#include "arch-um/lifecycle.h"

#include "arch-um/host_cgroup.h"
#include "arch-um/hub.h"
#include "arch-um/isolation.h"
#include "arch-um/limits.h"
#include "arch-um/machine_log.h"
#include "arch-um/mconsole.h"
#include "arch-um/watcher.h"
#include "kernel/os.h"
#include "skas/skas.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESTART_DELAY_MS 100 /* doubles with each end that comes soon */
#define RESTART_DELAY_MAX_MS 60000
#define LONG_LIFE_NS (10 * NSEC_PER_SEC) /* an end after that is not soon */

struct machine_dir this_machine = {.base = -1, .fd = -1, .lock = -1};

/* What a life leaves to the next. */
struct life {
	bool ran;
	bool stopping, rebooting;
	struct machine_limits limits; /* as "skiff update" has changed them */
};

static struct life own_life, *life = &own_life; /* in the background: shared with the watcher */
static const struct run_options *options;
static int ready_fd = -1; /* the process in the foreground waits for a byte, or its end */
static unsigned nr_restarts, nr_soon;

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
	life = mmap(NULL, sizeof(*life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return life == MAP_FAILED ? -errno
				  : machine_dir_set_pids(&this_machine, getpid(), getpid());
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "skiff: %s: %s\n", what, strerror(-err));
	return 125;
}

/* ---- lives ---- */

static bool restarts(int status)
{
	const struct restart_policy *r = &options->restart;

	if (life->stopping || watcher_told())
		return false;
	if (life->rebooting)
		return true;
	if (r->kind == RESTART_ON_FAILURE)
		return status && (!r->max || nr_restarts < r->max);
	return r->kind == RESTART_ALWAYS;
}

static u64 restart_delay_ms(u64 lasted_ns)
{
	u64 ms = RESTART_DELAY_MS;

	if (life->rebooting)
		return ms;
	nr_soon = lasted_ns < LONG_LIFE_NS ? nr_soon + 1 : 0;
	for (unsigned i = 1; i < nr_soon && ms < RESTART_DELAY_MAX_MS; i++)
		ms *= 2;
	return MIN(ms, (u64)RESTART_DELAY_MAX_MS);
}

/* Whoever reads from the foreground is to see its end. */
static void leave_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (ready_fd >= 0)
		close(ready_fd);
	ready_fd = -1;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
}

/* In the watcher. Returns in the machine's own process, in each of its lives. */
static int live(void)
{
	int status = 125;

	watcher_init();
	for (;;) {
		u64 start = os_clock_ns(OS_CLOCK_MONOTONIC);
		pid_t pid = watcher_fork();

		if (pid == 0)
			return machine_dir_set_pids(&this_machine, getpid(), getppid());
		leave_streams();
		if (pid > 0)
			status = watcher_await(pid);
		if (!life->ran && !nr_restarts)
			exit(status); /* the foreground sees to the rest */
		unlinkat(this_machine.fd, "control", 0);
		mconsole_sweep(this_machine.name);
		write_status(status);
		if (!restarts(status) ||
			!watcher_pause(restart_delay_ms(os_clock_ns(OS_CLOCK_MONOTONIC) - start)))
			break;
		nr_restarts++;
		life->rebooting = false;
	}
	if (options->rm)
		machine_dir_remove(&this_machine);
	exit(status);
}

int lifecycle_start(struct run_options *o)
{
	int err = machine_dir_create(o->name, &this_machine);

	options = o;
	if (err == -EEXIST) {
		fprintf(stderr, "skiff: a machine named %s runs already (skiff rm -f %s ends it)\n",
			o->name, o->name);
		return 125;
	}
	if (err < 0 && (o->name || o->detach))
		return fail("cannot make a directory for the machine", err);
	if (err < 0)
		this_machine.fd = -1; /* nobody will find it; it runs all the same */
	if (!o->detach)
		return 0;
	err = detach();
	if (!err)
		err = live();
	if (err < 0)
		return fail("cannot go into the background", err);
	if (nr_restarts)
		o->m.limits = life->limits;
	err = background_streams();
	return err < 0 ? fail("cannot set up the log", err) : 0;
}

void lifecycle_ready(void)
{
	life->ran = true;
	if (ready_fd < 0)
		return;
	if (write(ready_fd, "", 1) == 1)
		close(ready_fd);
	ready_fd = -1;
}

int lifecycle_reboot(void)
{
	if (!options->detach)
		return -EPERM;
	life->rebooting = true;
	return 0;
}

void lifecycle_stopping(void)
{
	life->stopping = true;
}

void lifecycle_limits(void)
{
	struct machine_use use;

	limits_use(&life->limits, &use);
}

/* ---- the end ---- */

void lifecycle_end(int status)
{
	if (this_machine.fd < 0)
		return;
	hub_flush();
	mconsole_end();
	if (!options->detach) {
		write_status(status);
		machine_dir_remove(&this_machine);
	}
}
