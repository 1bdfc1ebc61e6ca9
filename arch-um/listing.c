/*
 * skiff ps, inspect, top, stats: what there is to know of machines, from their directories and
 * from themselves, as tables or JSON.
 */
#include "arch-um/commands.h"

#include "arch-um/control.h"
#include "arch-um/json.h"
#include "arch-um/limits.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_MS 500 /* top and stats: rates are over this time */

/* ---- one machine ---- */

struct view {
	const struct machine_dir *d;
	struct keyfile config, status;
	bool running, paused;
	char state[32]; /* running, paused, exited (N), dead */
};

static void note_state(char *line, void *arg)
{
	struct view *v = arg;

	if (!strcmp(line, "state paused"))
		v->paused = true;
}

static void ask_state(struct view *v)
{
	static const char *const words[] = {"info", NULL};
	int sock = control_connect(v->d);
	char text[2048];

	if (sock < 0)
		return;
	if (control_send(sock, words, NULL, 0) == 0)
		while (control_recv(sock, text, sizeof(text)) > 0 && *text == '+')
			note_state(text + 1, v);
	close(sock);
}

static void view_open(struct view *v, const struct machine_dir *d)
{
	const char *exit;

	*v = (struct view){.d = d, .running = machine_dir_running(d)};
	keyfile_read(d->fd, "config", &v->config);
	keyfile_read(d->fd, "status", &v->status);
	exit = keyfile_get(&v->status, "exit");
	if (v->running)
		ask_state(v);
	if (v->running)
		snprintf(v->state, sizeof(v->state), "%s", v->paused ? "paused" : "running");
	else if (exit)
		snprintf(v->state, sizeof(v->state), "exited (%s)", exit);
	else
		snprintf(v->state, sizeof(v->state), "dead");
}

static void view_close(struct view *v)
{
	keyfile_free(&v->config);
	keyfile_free(&v->status);
}

static s64 number_of(const struct keyfile *k, const char *key)
{
	const char *v = keyfile_get(k, key);

	return v ? strtoll(v, NULL, 10) : 0;
}

static void command_line(const struct keyfile *k, char *buf, size_t size)
{
	size_t len = 0;

	*buf = '\0';
	for (unsigned i = 0; i < k->nr && len + 1 < size; i++) {
		if (strcmp(k->lines[i].key, "command"))
			continue;
		len += (size_t)snprintf(
			buf + len, size - len, "%s%s", len ? " " : "", k->lines[i].value);
	}
	for (char *p = buf; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = '?';
}

static void json_list(struct json *j, const struct keyfile *k, const char *key, const char *name)
{
	json_open(j, name, '[');
	for (unsigned i = 0; i < k->nr; i++)
		if (!strcmp(k->lines[i].key, key))
			json_string(j, NULL, k->lines[i].value);
	json_close(j, ']');
}

static void config_limits(const struct view *v, struct machine_limits *l)
{
	const char *name;
	u64 none;

	*l = (struct machine_limits){0};
	for (unsigned i = 0; (name = limits_get(l, i, &none)); i++)
		limits_put(l, name, (u64)number_of(&v->config, name));
}

static void json_limits(struct json *j, const struct view *v)
{
	struct limits_view lv;

	if (!v->running || limits_ask(v->d, &lv)) {
		config_limits(v, &lv.limit);
		limits_json(j, "limits", &lv.limit);
		return;
	}
	limits_json(j, "limits", &lv.limit);
	limits_json_use(j, &lv.use);
}

static void json_basics(struct json *j, const struct view *v)
{
	json_string(j, "name", v->d->name);
	json_string(j, "state",
		v->running			  ? v->state
		: keyfile_get(&v->status, "exit") ? "exited"
						  : "dead");
	if (v->running)
		json_number(j, "pid", machine_dir_pid(v->d));
	if (keyfile_get(&v->status, "exit")) {
		json_number(j, "exit_status", number_of(&v->status, "exit"));
		json_number(j, "finished", number_of(&v->status, "finished"));
	}
	json_number(j, "created", number_of(&v->config, "created"));
	json_list(j, &v->config, "command", "command");
	json_list(j, &v->config, "label", "labels");
	json_limits(j, v);
}

/* ---- ps ---- */

struct ps_options {
	bool all, quiet, json;
	struct json out;
};

static void age(s64 created, char *buf, size_t size)
{
	s64 s = MAX((s64)time(NULL) - created, 0);

	if (s < 120)
		snprintf(buf, size, "%lld s", (long long)s);
	else if (s < 7200)
		snprintf(buf, size, "%lld min", (long long)(s / 60));
	else if (s < 172800)
		snprintf(buf, size, "%lld h", (long long)(s / 3600));
	else
		snprintf(buf, size, "%lld d", (long long)(s / 86400));
}

/* Of one in the foreground, which would have left nothing had it not been killed. */
static bool is_rest(const struct view *v)
{
	const char *detached = keyfile_get(&v->config, "detached");

	return !v->running && detached && !strcmp(detached, "no");
}

static int ps_one(struct machine_dir *d, void *arg)
{
	struct ps_options *o = arg;
	char command[256], since[32];
	struct view v;

	if (!o->all && !machine_dir_running(d))
		return 0;
	view_open(&v, d);
	if (is_rest(&v)) {
		machine_dir_sweep(d);
		view_close(&v);
		return 0;
	}
	if (o->json) {
		json_open(&o->out, NULL, '{');
		json_basics(&o->out, &v);
		json_close(&o->out, '}');
	} else if (o->quiet) {
		puts(d->name);
	} else {
		command_line(&v.config, command, sizeof(command));
		age(number_of(&v.config, "created"), since, sizeof(since));
		printf("%-20s %-12s %8d %10s  %.60s\n", d->name, v.state,
			v.running ? machine_dir_pid(d) : 0, since, command);
	}
	view_close(&v);
	return 0;
}

int cmd_ps(int argc, char **argv)
{
	static const struct option longs[] = {{"all", no_argument, NULL, 'a'},
		{"quiet", no_argument, NULL, 'q'}, {"json", no_argument, NULL, 'j'}, {0}};
	struct ps_options o = {.out = {.out = stdout}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+aq", longs, NULL)) != -1) {
		if (c == '?')
			return command_mistake("ps", "unknown option", argv[optind - 1]);
		o.all |= c == 'a';
		o.quiet |= c == 'q';
		o.json |= c == 'j';
	}
	if (optind != argc)
		return command_mistake("ps", "takes no names", argv[optind]);
	if (o.json)
		json_open(&o.out, NULL, '[');
	else if (!o.quiet)
		printf("%-20s %-12s %8s %10s  %s\n", "NAME", "STATE", "PID", "AGE", "COMMAND");
	machine_dirs_each(ps_one, &o);
	if (o.json)
		json_close(&o.out, ']');
	return 0;
}

/* ---- inspect ---- */

static void inspect_one(const struct machine_dir *d, struct json *j)
{
	static const char *const texts[] = {
		"hostname", "root", "overlay", "backend", "tty", "detached", "isolation", "cgroup"};
	struct view v;

	view_open(&v, d);
	json_open(j, NULL, '{');
	json_basics(j, &v);
	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *value = keyfile_get(&v.config, texts[i]);

		if (value)
			json_string(j, texts[i], value);
	}
	json_number(j, "restarts", number_of(&v.config, "restarts"));
	json_list(j, &v.config, "volume", "volumes");
	json_close(j, '}');
	view_close(&v);
}

int cmd_inspect(int argc, char **argv)
{
	struct json j = {.out = stdout};
	int ret = 0;

	if (argc < 2)
		return command_mistake("inspect", "no machine named", NULL);
	json_open(&j, NULL, '[');
	for (int i = 1; i < argc; i++) {
		struct machine_dir d;

		if (command_machine(argv[i], &d)) {
			ret = 1;
			continue;
		}
		inspect_one(&d, &j);
		machine_dir_close(&d);
	}
	json_close(&j, ']');
	return ret;
}

/* ---- figures: two samples, and what has happened between them ---- */

struct sample {
	int pid;
	unsigned uid, threads;
	char state, comm[16];
	u64 cpu_ns, rss, calls;
};

struct samples {
	struct sample *s;
	unsigned nr;
	u64 at_ns;
};

static void add_sample(char *line, void *arg)
{
	struct samples *all = arg;
	struct sample s = {0}, *more;
	unsigned long long cpu, rss, calls;

	if (sscanf(line, "%d %u %c %u %llu %llu %llu %15[^\n]", &s.pid, &s.uid, &s.state,
		    &s.threads, &cpu, &rss, &calls, s.comm) < 7)
		return;
	s.cpu_ns = cpu;
	s.rss = rss;
	s.calls = calls;
	more = realloc(all->s, (all->nr + 1) * sizeof(*more));
	if (!more)
		return;
	all->s = more;
	all->s[all->nr++] = s;
}

static int take_samples(const struct machine_dir *d, struct samples *all)
{
	static const char *const words[] = {"tasks", NULL};
	struct timespec ts;

	*all = (struct samples){0};
	clock_gettime(CLOCK_MONOTONIC, &ts);
	all->at_ns = (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	return command_request(d, words, add_sample, all);
}

static const struct sample *same_pid(const struct samples *all, int pid)
{
	for (unsigned i = 0; i < all->nr; i++)
		if (all->s[i].pid == pid)
			return &all->s[i];
	return NULL;
}

/* What s has used since the samples before: per cent of one CPU, calls per second. */
static void rates(const struct sample *s, const struct samples *before, u64 span_ns, double *cpu,
	double *calls)
{
	const struct sample *b = same_pid(before, s->pid);
	u64 cpu_ns = s->cpu_ns - (b && b->cpu_ns <= s->cpu_ns ? b->cpu_ns : 0);
	u64 nr = s->calls - (b && b->calls <= s->calls ? b->calls : 0);

	span_ns = MAX(span_ns, 1u);
	*cpu = 100.0 * (double)cpu_ns / (double)span_ns;
	*calls = (double)nr * 1e9 / (double)span_ns;
}

static void pause_between(void)
{
	struct timespec ts = {0, SAMPLE_MS * (long)NSEC_PER_MSEC};

	nanosleep(&ts, NULL);
}

int cmd_top(int argc, char **argv)
{
	struct samples a, b;
	struct machine_dir d;

	if (argc != 2)
		return command_mistake("top", "name one machine", NULL);
	if (command_machine(argv[1], &d) || take_samples(&d, &a))
		return 1;
	pause_between();
	if (take_samples(&d, &b))
		return 1;
	printf("%7s %6s %1s %4s %6s %9s %9s %10s  %s\n", "PID", "UID", "S", "THR", "%CPU", "CPU s",
		"RSS KiB", "CALLS/s", "COMMAND");
	for (unsigned i = 0; i < b.nr; i++) {
		const struct sample *s = &b.s[i];
		double cpu, calls;

		rates(s, &a, b.at_ns - a.at_ns, &cpu, &calls);
		printf("%7d %6u %c %4u %6.1f %9.2f %9llu %10.0f  %s\n", s->pid, s->uid, s->state,
			s->threads, cpu, (double)s->cpu_ns / 1e9,
			(unsigned long long)(s->rss >> 10), calls, s->comm);
	}
	return 0;
}

/* ---- stats ---- */

struct stats_entry {
	struct machine_dir d;
	struct samples before;
};

struct stats_list {
	struct stats_entry *e;
	unsigned nr;
};

static void stats_add(struct stats_list *l, const char *name)
{
	struct stats_entry *all = realloc(l->e, (l->nr + 1) * sizeof(*all)), *e;

	if (!all)
		return;
	l->e = all;
	e = &all[l->nr];
	if (!command_machine(name, &e->d) && machine_dir_running(&e->d) &&
		!take_samples(&e->d, &e->before))
		l->nr++;
}

static int stats_running(struct machine_dir *d, void *arg)
{
	if (machine_dir_running(d))
		stats_add(arg, d->name);
	return 0;
}

static void stats_show(struct stats_entry *e, struct json *j)
{
	double cpu = 0, calls = 0;
	u64 rss = 0, cpu_ns = 0, nr_calls = 0;
	struct limits_view lv;
	struct samples now;
	char mem[40];

	if (!machine_dir_running(&e->d) || take_samples(&e->d, &now) || limits_ask(&e->d, &lv))
		return;
	for (unsigned i = 0; i < now.nr; i++) {
		double c, k;

		rates(&now.s[i], &e->before, now.at_ns - e->before.at_ns, &c, &k);
		cpu += c;
		calls += k;
		rss += now.s[i].rss;
		cpu_ns += now.s[i].cpu_ns;
		nr_calls += now.s[i].calls;
	}
	if (!j) {
		limits_text_mem(&lv, mem, sizeof(mem));
		printf("%-20s %6u %6.1f %9.2f %10llu %10.0f %12s\n", e->d.name, now.nr, cpu,
			(double)cpu_ns / 1e9, (unsigned long long)(rss >> 10), calls, mem);
		return;
	}
	json_open(j, NULL, '{');
	json_string(j, "name", e->d.name);
	json_number(j, "processes", now.nr);
	json_number(j, "cpu_ns", (s64)cpu_ns);
	json_number(j, "rss_bytes", (s64)rss);
	json_number(j, "calls", (s64)nr_calls);
	json_number(j, "cpu_permille", (s64)(cpu * 10));
	json_number(j, "calls_per_second", (s64)calls);
	limits_json(j, "limits", &lv.limit);
	limits_json_use(j, &lv.use);
	json_close(j, '}');
}

int cmd_stats(int argc, char **argv)
{
	struct stats_list l = {0};
	struct json j = {.out = stdout};
	bool json = argc > 1 && !strcmp(argv[1], "--json");
	int first = json ? 2 : 1;

	if (argc > first && argv[first][0] == '-')
		return command_mistake("stats", "unknown option", argv[first]);
	for (int i = first; i < argc; i++)
		stats_add(&l, argv[i]);
	if (argc == first)
		machine_dirs_each(stats_running, &l);
	if (l.nr)
		pause_between();
	if (json)
		json_open(&j, NULL, '[');
	else
		printf("%-20s %6s %6s %9s %10s %10s %12s\n", "NAME", "PROCS", "%CPU", "CPU s",
			"RSS KiB", "CALLS/s", "MEM/LIMIT");
	for (unsigned i = 0; i < l.nr; i++)
		stats_show(&l.e[i], json ? &j : NULL);
	if (json)
		json_close(&j, ']');
	return argc > first && l.nr < (unsigned)(argc - first) ? 1 : 0;
}
