/*
 * skiff's main program: the commands, the host process's own set-up, and its end. Everything that
 * happens in between happens in the event loop.
 */
#include "arch-um/commands.h"
#include "arch-um/control.h"
#include "arch-um/host_cgroup.h"
#include "arch-um/hub.h"
#include "arch-um/isolation.h"
#include "arch-um/lifecycle.h"
#include "arch-um/loop.h"
#include "arch-um/mconsole.h"
#include "arch-um/options.h"
#include "arch-um/packet.h"
#include "kernel/dump.h"
#include "kernel/lib/log.h"
#include "kernel/quota.h"
#include "kernel/syscall.h"
#include "kernel/trace/trace.h"
#include "kernel/tty/console.h"
#include "kernel/version.h"
#include "skas/fastpath.h"
#include "skas/host.h"
#include "skas/skas.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Every guest process has SIGKILL as parent-death signal. */
void os_exit(int status)
{
	os_tty_raw(STDIN_FILENO, false);
	packets_end();
	host_cgroup_leave();
	lifecycle_end(status);
	_exit(status);
}

static void on_host_signal(int sig)
{
	switch (sig) {
	case SIGCHLD:
		skas_reap();
		break;
	case SIGVTALRM: /* a CPU clock of guest_watch_cpu */
		kernel_guest_runs();
		break;
	case SIGWINCH:
		console_winch();
		break;
	case SIGUSR1:
		dump_machine("SIGUSR1");
		break;
	default: /* SIGINT, SIGTERM, SIGHUP, SIGQUIT: the user ends the machine */
		lifecycle_stopping();
		machine_end(128 + sig);
	}
}

/* The guest's own limits are the kernel's to enforce; the host's should not come before them. */
static void raise_limits(void)
{
	struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY};

	if (setrlimit(RLIMIT_MEMLOCK, &r) < 0 && getrlimit(RLIMIT_MEMLOCK, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &r);
	}

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* The host updates a registered rseq area at every return from a switch; nothing here uses it. */
static void drop_rseq(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		syscall(SYS_rseq, area, sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

static void started(void)
{
	host_cgroup_guests_preferred();
	lifecycle_ready();
}

/* Returns only if the machine cannot be started: an exit status after one line on stderr. */
static int run(struct run_options *o)
{
	char why[256];

	if (o->trace && trace_enable(o->trace) < 0) {
		fprintf(stderr, "skiff: unknown trace channel in %s (see: skiff help run)\n",
			o->trace);
		return 125;
	}
	if (o->pcap_file && pcap_open(o->pcap_file) < 0) {
		fprintf(stderr, "skiff: cannot write %s: %s\n", o->pcap_file, strerror(errno));
		return 125;
	}
	if (o->trace_file && os_log_open(o->trace_file) < 0) {
		fprintf(stderr, "skiff: cannot write %s: %s\n", o->trace_file, strerror(errno));
		return 125;
	}
	if ((o->trace_pids && trace_select_pids(o->trace_pids) < 0) ||
		(o->trace_times && trace_select_times(o->trace_times) < 0)) {
		fprintf(stderr, "skiff: bad --trace-pid or --trace-time (see: skiff help run)\n");
		return 125;
	}
	if (o->dump_on && dump_on(o->dump_on) < 0) {
		fprintf(stderr, "skiff: unknown occasion in --dump-on %s (see: skiff help run)\n",
			o->dump_on);
		return 125;
	}
	syscall_timing = o->call_times;
	raise_limits();
	drop_rseq();
	umask(0);
	if (loop_init() < 0) {
		fprintf(stderr, "skiff: cannot create the event loop: %s\n", strerror(errno));
		return 125;
	}
	if (fast_set_mode(o->fast_path) < 0) {
		fprintf(stderr, "skiff: --fast-path is auto, off or always, not %s\n",
			o->fast_path);
		return 125;
	}
	if (skas_init(o->backend, why, sizeof(why)) < 0) {
		fprintf(stderr, "skiff: %s\n", why);
		return 125;
	}
	loop_on_signal(on_host_signal);
	if (this_machine.fd >= 0 && (o->name || o->detach))
		mconsole_start(this_machine.name);
	o->m.outside = this_machine.fd >= 0;
	o->m.started = started;
	host_cgroup_enter(*this_machine.name ? this_machine.name : "run", &o->m.limits);
	quota_by_host = host_cgroup_has_cpu();
	if (machine_prepare(&o->m) < 0)
		return 125;
	isolation_allow(this_machine.fd, true);
	isolation_allow(this_machine.base, false);
	if (isolation_start(o) < 0)
		return 125;
	if (this_machine.fd >= 0 && (lifecycle_write_config() < 0 ||
					    control_start(&this_machine) < 0 || hub_watch() < 0)) {
		fprintf(stderr, "skiff: cannot set up the machine's directory: %s\n",
			strerror(errno));
		return 125;
	}
	mconsole_watch();
	host_cgroup_prefer_guests();
	if (machine_start() < 0 || isolation_calls(o) < 0)
		return 125;
	loop_run();
}

static int cmd_run(int argc, char **argv)
{
	struct run_options o;
	int status;

	if (options_parse_run(argc, argv, &o) < 0)
		return 125;
	status = lifecycle_start(&o);
	if (!status)
		status = run(&o);
	host_cgroup_leave();
	lifecycle_end(status);
	return status;
}

static void print_line(const char *text, void *arg)
{
	puts(text);
}

static void put_line(const char *text)
{
	puts(text);
}

static int cmd_probe(int argc, char **argv)
{
	bool bad = argc == 2 || argc > 3 || (argc == 3 && strcmp(argv[1], "--without"));

	if (bad || (argc == 3 && host_without(argv[2]) < 0)) {
		fprintf(stderr, "skiff: usage: skiff probe [--without FEATURE,...]\n");
		return 125;
	}
	host_report(put_line);
	return 0;
}

/* A closed standard descriptor would be given to the first file we open. */
static void fill_closed_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < 3);
	if (fd >= 3)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";

	fill_closed_streams();
	if (!strcmp(cmd, "run"))
		return cmd_run(argc - 1, argv + 1);
	if (!strcmp(cmd, "probe"))
		return cmd_probe(argc - 1, argv + 1);
	if (!strcmp(cmd, "syscalls")) {
		syscall_print_support(print_line, NULL);
		return 0;
	}
	if (!strcmp(cmd, "version") || !strcmp(cmd, "--version")) {
		puts("skiff " SKIFF_VERSION);
		return 0;
	}
	if (!strcmp(cmd, "help") || !strcmp(cmd, "--help") || !strcmp(cmd, "-h"))
		return options_help(argc > 2 ? argv[2] : NULL);
	for (const struct command *c = machine_commands; c->name; c++)
		if (!strcmp(cmd, c->name))
			return c->fn(argc - 1, argv + 1);
	if (*cmd)
		fprintf(stderr, "skiff: no such command: %s (see: skiff help)\n", cmd);
	else
		options_help(NULL);
	return 125;
}
