/*
 * Command line of `skiff run`, in the manner of docker run: options up to CMD, then CMD's own
 * arguments untouched. Values are checked here; paths and users that need the guest are checked
 * where they are used.
 */
#include "arch-um/options.h"

#include "skas/host.h"

#include "arch-um/commands.h"
#include "arch-um/isolation.h"
#include "arch-um/limits.h"
#include "arch-um/machine_dir.h"
#include "arch-um/packet.h"
#include "kernel/net/link.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

enum {
	OPT_ROOT = 256,
	OPT_RW,
	OPT_OVERLAY,
	OPT_HOSTNAME,
	OPT_NAME,
	OPT_INIT,
	OPT_BACKEND,
	OPT_WITHOUT,
	OPT_FAST_PATH,
	OPT_TRACE,
	OPT_TRACE_FILE,
	OPT_TRAP_ALL,
	OPT_NET,
	OPT_PCAP,
	OPT_TRACE_PID,
	OPT_TRACE_TIME,
	OPT_DUMP_ON,
	OPT_CALL_TIMES,
	OPT_LIMIT,
	OPT_RM,
	OPT_RESTART,
	OPT_LABEL,
	OPT_ENV_FILE,
	OPT_READ_ONLY,
	OPT_TMPFS,
	OPT_ISOLATION,
	OPT_REQUIRE_ISOLATION,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"root", required_argument, NULL, OPT_ROOT},
	{"rw", no_argument, NULL, OPT_RW},
	{"overlay", required_argument, NULL, OPT_OVERLAY},
	{"volume", required_argument, NULL, 'v'},
	{"env", required_argument, NULL, 'e'},
	{"workdir", required_argument, NULL, 'w'},
	{"user", required_argument, NULL, 'u'},
	{"hostname", required_argument, NULL, OPT_HOSTNAME},
	{"name", required_argument, NULL, OPT_NAME},
	{"init", no_argument, NULL, OPT_INIT},
	{"tty", no_argument, NULL, 't'},
	{"interactive", no_argument, NULL, 'i'},
	{"backend", required_argument, NULL, OPT_BACKEND},
	{"without", required_argument, NULL, OPT_WITHOUT},
	{"fast-path", required_argument, NULL, OPT_FAST_PATH},
	{"trace", required_argument, NULL, OPT_TRACE},
	{"trace-file", required_argument, NULL, OPT_TRACE_FILE},
	{"trap-all", no_argument, NULL, OPT_TRAP_ALL},
	{"net", required_argument, NULL, OPT_NET},
	{"publish", required_argument, NULL, 'p'},
	{"pcap", required_argument, NULL, OPT_PCAP},
	{"trace-pid", required_argument, NULL, OPT_TRACE_PID},
	{"trace-time", required_argument, NULL, OPT_TRACE_TIME},
	{"dump-on", required_argument, NULL, OPT_DUMP_ON},
	{"call-times", no_argument, NULL, OPT_CALL_TIMES},
	{"mem", required_argument, NULL, OPT_LIMIT},
	{"pids", required_argument, NULL, OPT_LIMIT},
	{"files", required_argument, NULL, OPT_LIMIT},
	{"disk", required_argument, NULL, OPT_LIMIT},
	{"cpus", required_argument, NULL, OPT_LIMIT},
	{"bw", required_argument, NULL, OPT_LIMIT},
	{"detach", no_argument, NULL, 'd'},
	{"rm", no_argument, NULL, OPT_RM},
	{"restart", required_argument, NULL, OPT_RESTART},
	{"label", required_argument, NULL, OPT_LABEL},
	{"env-file", required_argument, NULL, OPT_ENV_FILE},
	{"read-only", no_argument, NULL, OPT_READ_ONLY},
	{"tmpfs", required_argument, NULL, OPT_TMPFS},
	{"isolation", required_argument, NULL, OPT_ISOLATION},
	{"require-isolation", no_argument, NULL, OPT_REQUIRE_ISOLATION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static const char overview[] =
	"skiff - run Linux programs on a kernel of their own, without privilege\n"
	"\n"
	"usage: skiff run [OPTIONS] [--] CMD [ARG...]   start a machine and run CMD in it\n"
	"       skiff syscalls                          what each system call supports\n"
	"       skiff probe [--without FEATURE,...]     what the host offers, and the remedy\n"
	"       skiff version                           the version\n"
	"       skiff help [COMMAND]                    this text, or the options of a command\n";

static const char run_help[] =
	"usage: skiff run [OPTIONS] [--] CMD [ARG...]\n"
	"\n"
	"Runs CMD in a new guest machine. The exit status is CMD's, or 128+N if signal N ended "
	"it;\n"
	"125 if skiff itself fails, 126 if CMD cannot be run, 127 if it is not found.\n"
	"\n"
	"  --root DIR            root directory of the machine (default: the host's /)\n"
	"  --rw                  write through to DIR instead of into an overlay\n"
	"  --overlay mem|DIR     where changes go: memory (default), or DIR, kept for the next "
	"run\n"
	"  -v, --volume HOST:GUEST[:ro]  show a host directory inside the machine\n"
	"  --tmpfs DIR[:OPTS]    an empty directory in memory (options of mount -t tmpfs)\n"
	"  --read-only           the root directory cannot be written to\n"
	"  -e, --env K=V         set an environment variable (K alone: take the host's value)\n"
	"  --env-file FILE       set those of FILE, one K=V or K per line\n"
	"  -w, --workdir DIR     start CMD in this directory\n"
	"  -u, --user UID[:GID]  run CMD as this user (default: guest root)\n"
	"  --hostname NAME       the machine's host name (default: --name, or skiff)\n"
	"  --name NAME           a name for the machine (default: made up)\n"
	"  -d, --detach          in the background; prints the name. Output goes to skiff logs\n"
	"  --rm                  with -d: forget the machine when it ends\n"
	"  --restart no|on-failure[:N]|always   with -d: what to do when CMD ends\n"
	"  --label K=V           a note for skiff ps --json and inspect\n"
	"  --init                run CMD below a minimal init that reaps orphans, not as pid 1\n"
	"  -t, --tty             give CMD a terminal (default: if stdin and stdout are terminals)\n"
	"  -i, --interactive     keep stdin open (default without -d; with -d for skiff attach)\n"
	"  --backend auto|notify|ptrace  how system calls are intercepted\n"
	"  --isolation auto|none confine skiff itself as far as the host can (default), or not "
	"(for "
	"debuggers)\n"
	"  --require-isolation   refuse to run with less than all layers of that\n"
	"  --without FEATURE,... as if the host had none of these (see skiff probe); for tests\n"
	"  --fast-path auto|off|always  patch hot call sites in guest programs and poll for their\n"
	"                        calls: while a CPU is idle (default), never, or whenever they are "
	"hot\n"
	"  --trace CHANNEL,...   syscall signal sched vfs mm net skas missing, or all\n"
	"  --trace-file FILE     where trace lines go (default: stderr)\n"
	"  --trace-pid PID,...   only these processes or threads of the guest (default: all)\n"
	"  --trace-time WHAT,... clock: when a call was made; spent: how long it took\n"
	"  --trap-all            no call runs natively: slower, but the trace shows them all\n"
	"  --dump-on EVENT,...   exit, crash, missing: log all tasks and their kernel stacks then "
	"(SIGUSR1\n"
	"                        to skiff does it at any time)\n"
	"  --call-times          measure the time spent in each system call, for dumps\n"
	"  --mem SIZE            memory of the whole machine, e.g. 512M or 2G\n"
	"  --pids N              processes and threads\n"
	"  --files N             open files\n"
	"  --disk SIZE           what the overlay may take\n"
	"  --cpus N              CPU time, in CPUs: 0.5, 2\n"
	"  --bw RATE             bits per second on each link, each way, e.g. 10M\n"
	"  --net LINK[,KEY=VALUE...]  a network link, eth0, eth1, ... (default: auto\n"
	"                        if passt is installed, else none); LINK is\n"
	"                           auto           by passt(1), started when the guest first sends "
	"something;\n"
	"                                          the host's own loopback cannot be reached\n"
	"                           tap:NAME       a TAP device of the host\n"
	"                           passt          by passt(1): needs no privilege; the host is "
	"10.0.2.2\n"
	"                           passt:SOCKET   the same, over a passt that runs\n"
	"                           fd:N           an inherited TAP or packet socket\n"
	"                           none           only the loopback\n"
	"                        keys: ip=ADDR/BITS gw=ADDR dns=ADDR mac=MAC mtu=N; ip, gw and "
	"dns\n"
	"                        more than once; ip=dhcp asks a DHCP server\n"
	"  -p, --publish HOST:GUEST[/udp]  a port of the host leads to the guest, by passt\n"
	"  --pcap FILE           capture what passes the links\n";

static void help_command(const struct command *c)
{
	printf("usage: skiff %s %s\n\n%s\n", c->name, c->usage, c->summary);
	if (c->help)
		printf("\n%s", c->help);
}

int options_help(const char *topic)
{
	if (!topic) {
		fputs(overview, stdout);
		puts("\nmachines that run:");
		for (const struct command *c = machine_commands; c->name; c++)
			printf("  skiff %-8s %-32s %s\n", c->name, c->usage, c->summary);
		puts("\nExample: skiff run -- bash");
		return 0;
	}
	if (!strcmp(topic, "run")) {
		fputs(run_help, stdout);
		return 0;
	}
	for (const struct command *c = machine_commands; c->name; c++) {
		if (!strcmp(c->name, topic)) {
			help_command(c);
			return 0;
		}
	}
	fprintf(stderr, "skiff: no such command: %s (see: skiff help)\n", topic);
	return 125;
}

static int mistake(const char *what, const char *value)
{
	fprintf(stderr, "skiff: %s%s%s (see: skiff help run)\n", what, value ? ": " : "",
		value ? value : "");
	return -EINVAL;
}

static int bad_value(int c, int index, const char *value)
{
	const char *name = c == OPT_LIMIT ? long_options[index].name : NULL;
	char what[64];

	for (const struct option *l = long_options; !name && l->name; l++)
		if (l->val == c)
			name = l->name;
	snprintf(what, sizeof(what), "bad value for --%s", name);
	return mistake(what, value);
}

static int parse_number(const char *s, u64 *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return errno || end == s || *end || *s == '-' ? -EINVAL : 0;
}

static int parse_user(const char *s, struct machine_options *m)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || end == s || v >= UINT32_MAX || (*end && *end != ':'))
		return -EINVAL;
	m->uid = (u32)v;
	m->gid = 0;
	if (*end == ':') {
		s = end + 1;
		v = strtoul(s, &end, 10);
		if (errno || end == s || v >= UINT32_MAX || *end)
			return -EINVAL;
		m->gid = (u32)v;
	}
	return 0;
}

static int append_volume(struct machine_options *m, const struct volume *v)
{
	struct volume *all = realloc(m->volumes, (m->nr_volumes + 1) * sizeof(*all));

	if (!all)
		return -ENOMEM;
	all[m->nr_volumes++] = *v;
	m->volumes = all;
	return 0;
}

static int add_volume(char *spec, struct machine_options *m)
{
	struct volume v = {.host = spec};
	char *guest = strchr(spec, ':'), *mode;

	if (!guest || guest == spec || guest[1] != '/')
		return -EINVAL;
	*guest++ = '\0';
	v.guest = guest;
	mode = strchr(guest, ':');
	if (mode) {
		*mode++ = '\0';
		if (strcmp(mode, "ro") && strcmp(mode, "rw"))
			return -EINVAL;
		v.readonly = !strcmp(mode, "ro");
	}
	return append_volume(m, &v);
}

/* DIR[:OPTS]: an empty tmpfs at DIR. */
static int add_tmpfs(char *spec, struct machine_options *m)
{
	struct volume v = {.guest = spec};
	char *data = strchr(spec, ':');

	if (*spec != '/')
		return -EINVAL;
	if (data)
		*data++ = '\0';
	v.tmpfs_options = data ? data : "";
	return append_volume(m, &v);
}

/* ---- the guest's environment: a small set of our own, then -e ---- */

static unsigned env_nr;

static int env_set(struct machine_options *m, char *kv)
{
	size_t key = strcspn(kv, "=") + 1;
	char **all;

	for (unsigned i = 0; i < env_nr; i++) {
		if (!strncmp(m->envp[i], kv, key)) {
			m->envp[i] = kv;
			return 0;
		}
	}
	all = realloc(m->envp, (env_nr + 2) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	all[env_nr++] = kv;
	all[env_nr] = NULL;
	m->envp = all;
	return 0;
}

static int env_option(struct machine_options *m, char *arg)
{
	const char *value;
	char *kv;

	if (strchr(arg, '='))
		return *arg == '=' ? -EINVAL : env_set(m, arg);
	value = getenv(arg);
	if (!value)
		return 0;
	if (asprintf(&kv, "%s=%s", arg, value) < 0)
		return -ENOMEM;
	return env_set(m, kv);
}

/* Lines K=V or K; empty ones and those that begin with # are passed over. */
static int env_file(struct machine_options *m, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int err = f ? 0 : -errno;

	while (!err && (n = getline(&line, &size, f)) >= 0) {
		if (n && line[n - 1] == '\n')
			line[--n] = '\0';
		if (!n || *line == '#')
			continue;
		err = env_option(m, line);
		line = NULL; /* the environment keeps it */
		size = 0;
	}
	free(line);
	if (f)
		fclose(f);
	return err;
}

static int add_label(struct run_options *o, char *arg)
{
	char **all = realloc(o->labels, (o->nr_labels + 1) * sizeof(*all));

	if (!all)
		return -ENOMEM;
	all[o->nr_labels++] = arg;
	o->labels = all;
	return *arg && *arg != '=' ? 0 : -EINVAL;
}

static int parse_restart(const char *arg, struct restart_policy *r)
{
	u64 n;

	if (!strcmp(arg, "no") || !strcmp(arg, "always")) {
		r->kind = *arg == 'a' ? RESTART_ALWAYS : RESTART_NO;
		return 0;
	}
	r->kind = RESTART_ON_FAILURE;
	if (strncmp(arg, "on-failure", 10))
		return -EINVAL;
	if (!arg[10])
		return 0;
	if (arg[10] != ':' || parse_number(arg + 11, &n) < 0 || n > 1000000)
		return -EINVAL;
	r->max = (unsigned)n;
	return 0;
}

static int env_defaults(struct run_options *o)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char home[] = "HOME=/root", lang[] = "LANG", term[] = "TERM";
	int err = env_set(&o->m, path);

	if (!err)
		err = env_set(&o->m, home);
	if (!err)
		err = env_option(&o->m, term);
	if (!err)
		err = env_option(&o->m, lang);
	return err;
}

static int parse_overlay(const char *arg, struct machine_options *m)
{
	m->overlay_dir = strcmp(arg, "mem") ? arg : NULL;
	return *arg ? 0 : -EINVAL;
}

/* ---- links ---- */

/* What passt is told to give the machine (passt.c). */
static int passt_defaults(struct link_options *l)
{
	char v4[] = "ip=10.0.2.15/24,gw=10.0.2.2,dns=10.0.2.3", v6[] = "dns=" PASST_DNS6;

	if (l->nr_addrs || l->dhcp)
		return 0;
	return link_options_parse(passt_ipv6_only() ? v6 : v4, l);
}

static int add_link(char *arg, struct machine_options *m)
{
	struct link_options l = {.spec = arg}, *all;
	char *rest = strchr(arg, ',');
	int err = 0;

	m->net_chosen = true;
	if (!strcmp(arg, "none"))
		return 0;
	if (rest) {
		*rest++ = '\0';
		err = link_options_parse(rest, &l);
	}
	if (!err && passt_ours(l.spec))
		err = passt_defaults(&l);
	if (err < 0)
		return err;
	all = realloc(m->links, (m->nr_links + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	all[m->nr_links++] = l;
	m->links = all;
	return 0;
}

/* For those who write into their argument: argv is kept as it is for the next life. */
static int add_copy(int (*add)(char *arg, struct machine_options *m), struct machine_options *m)
{
	char *copy = strdup(optarg);

	return copy ? add(copy, m) : -ENOMEM;
}

static int parse_one(int c, int index, struct run_options *o)
{
	switch (c) {
	case OPT_ROOT:
		o->m.root = optarg;
		return 0;
	case OPT_RW:
		o->m.root_rw = true;
		return 0;
	case OPT_OVERLAY:
		return parse_overlay(optarg, &o->m);
	case 'v':
		return add_copy(add_volume, &o->m);
	case 'e':
		return env_option(&o->m, optarg);
	case 'w':
		o->m.cwd = optarg;
		return 0;
	case 'u':
		return parse_user(optarg, &o->m);
	case OPT_HOSTNAME:
		o->m.hostname = optarg;
		return *optarg && strlen(optarg) <= 64 ? 0 : -EINVAL;
	case OPT_NAME:
		o->name = optarg;
		return machine_name_ok(optarg) ? 0 : -EINVAL;
	case OPT_INIT:
		o->m.init = true;
		return 0;
	case 't':
		o->m.tty = true;
		return 0;
	case 'i':
		o->interactive = true;
		return 0;
	case 'd':
		o->detach = true;
		return 0;
	case OPT_RM:
		o->rm = true;
		return 0;
	case OPT_RESTART:
		return parse_restart(optarg, &o->restart);
	case OPT_LABEL:
		return add_label(o, optarg);
	case OPT_ENV_FILE:
		return env_file(&o->m, optarg);
	case OPT_READ_ONLY:
		o->m.read_only = true;
		return 0;
	case OPT_ISOLATION:
		o->no_isolation = !strcmp(optarg, "none");
		return o->no_isolation || !strcmp(optarg, "auto") ? 0 : -EINVAL;
	case OPT_REQUIRE_ISOLATION:
		o->require_isolation = true;
		return 0;
	case OPT_TMPFS:
		return add_copy(add_tmpfs, &o->m);
	case OPT_BACKEND:
		o->backend = optarg;
		return 0;
	case OPT_WITHOUT:
		return host_without(optarg);
	case OPT_FAST_PATH:
		o->fast_path = optarg;
		return 0;
	case OPT_TRACE:
		o->trace = optarg;
		return 0;
	case OPT_TRACE_FILE:
		o->trace_file = optarg;
		return 0;
	case OPT_TRACE_PID:
		o->trace_pids = optarg;
		return *optarg ? 0 : -EINVAL;
	case OPT_TRACE_TIME:
		o->trace_times = optarg;
		return *optarg ? 0 : -EINVAL;
	case OPT_DUMP_ON:
		o->dump_on = optarg;
		return *optarg ? 0 : -EINVAL;
	case OPT_CALL_TIMES:
		o->call_times = true;
		return 0;
	case OPT_TRAP_ALL:
		o->m.trap_all = true;
		return 0;
	case OPT_NET:
		return add_copy(add_link, &o->m);
	case 'p':
		return passt_forward(optarg);
	case OPT_PCAP:
		o->m.pcap = true;
		o->pcap_file = optarg;
		return 0;
	default:
		return limits_parse(&o->m.limits, long_options[index].name, optarg);
	}
}

static bool has_passt(const struct machine_options *m)
{
	for (unsigned i = 0; i < m->nr_links; i++)
		if (passt_ours(m->links[i].spec))
			return true;
	return false;
}

/* Said where somebody reads it: in a script's output nobody asked for it. */
static int default_link(struct run_options *o)
{
	static char automatic[] = "auto";
	bool installed = passt_installed();

	o->m.net_note = installed ? "eth0 is passt's, started when it is used (--net none: no link)"
				  : "only the loopback: passt is not installed";
	if (!o->detach && isatty(STDERR_FILENO))
		fprintf(stderr, "skiff: network: %s\n", o->m.net_note);
	return installed ? add_link(automatic, &o->m) : 0;
}

static int finish(struct run_options *o, int argc, char **argv)
{
	if (optind >= argc)
		return mistake("no command given", NULL);
	if (o->m.root_rw && o->m.read_only)
		return mistake("--rw and --read-only exclude each other", NULL);
	if (o->m.root_rw && o->m.overlay_dir)
		return mistake("--rw and --overlay DIR exclude each other", NULL);
	if (o->m.root_rw && o->m.limits.disk)
		return mistake("--disk limits the overlay, and --rw has none", NULL);
	if (!o->m.net_chosen && default_link(o) < 0)
		return mistake("no memory", NULL);
	if (passt_has_forwards() && !has_passt(&o->m))
		return mistake("-p goes with --net passt (apt-get install passt)", NULL);
	if (!o->m.hostname)
		o->m.hostname = o->name ? o->name : "skiff";
	o->m.argv = argv + optind;
	o->tty_wanted = o->m.tty;
	if (o->require_isolation && o->no_isolation)
		return mistake("--require-isolation excludes --isolation none", NULL);
	if (o->restart.kind != RESTART_NO && !o->detach)
		return mistake("--restart goes with -d", NULL);
	if (o->restart.kind != RESTART_NO && o->rm)
		return mistake("--restart and --rm exclude each other", NULL);
	if (o->detach)
		return 0;
	if (!o->m.tty)
		o->m.tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	else if (!isatty(STDIN_FILENO))
		return mistake("-t needs a terminal on stdin", NULL);
	return 0;
}

int options_parse_run(int argc, char **argv, struct run_options *o)
{
	int c, index = 0, err;

	memset(o, 0, sizeof(*o));
	o->m.root = "/";
	o->backend = "auto";
	o->fast_path = "auto";
	err = env_defaults(o);
	if (err < 0)
		return err;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:v:e:w:u:p:tid", long_options, &index)) != -1) {
		if (c == '?')
			return mistake("unknown option", argv[optind - 1]);
		if (c == ':')
			return mistake("missing value for option", argv[optind - 1]);
		if (c == OPT_HELP) {
			options_help("run");
			exit(0);
		}
		if (parse_one(c, index, o) < 0)
			return bad_value(c, index, optarg);
	}
	return finish(o, argc, argv);
}
