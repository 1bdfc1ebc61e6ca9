/*
 * The limits of a machine that runs, and what it uses of them, as the client's commands show them;
 * and skiff update, which changes them.
 */
#include "arch-um/limits.h"

#include "arch-um/commands.h"
#include "arch-um/control.h"
#include "arch-um/json.h"

#include <stdio.h>
#include <unistd.h>

void limits_answer(void (*line)(void *arg, const char *text), void *arg)
{
	struct machine_limits limit;
	struct machine_use use;
	const char *name;
	char text[128];
	u64 max, now;

	limits_use(&limit, &use);
	for (unsigned i = 0; (name = limits_get(&limit, i, &max)); i++) {
		limits_get(&use.now, i, &now);
		snprintf(text, sizeof(text), "%s %llu %llu", name, (unsigned long long)max,
			(unsigned long long)now);
		line(arg, text);
	}
	snprintf(text, sizeof(text), "other %llu %llu %llu %llu", (unsigned long long)use.mem_peak,
		(unsigned long long)use.oom_kills, (unsigned long long)use.throttled,
		(unsigned long long)use.throttled_ns);
	line(arg, text);
}

static void take_line(char *line, void *arg)
{
	unsigned long long max, now, other[4];
	struct limits_view *v = arg;
	char name[16];

	if (sscanf(line, "other %llu %llu %llu %llu", &other[0], &other[1], &other[2], &other[3]) ==
		4) {
		v->use.mem_peak = other[0];
		v->use.oom_kills = other[1];
		v->use.throttled = other[2];
		v->use.throttled_ns = other[3];
	} else if (sscanf(line, "%15s %llu %llu", name, &max, &now) == 3) {
		limits_put(&v->limit, name, max);
		limits_put(&v->use.now, name, now);
	}
}

int limits_ask(const struct machine_dir *d, struct limits_view *v)
{
	static const char *const words[] = {"limits", NULL};

	*v = (struct limits_view){.limit = {0}};
	return command_request(d, words, take_line, v);
}

void limits_json(struct json *j, const char *key, const struct machine_limits *l)
{
	const char *name;
	u64 value;

	json_open(j, key, '{');
	for (unsigned i = 0; (name = limits_get(l, i, &value)); i++)
		if (value)
			json_number(j, limits_json_name(i), (s64)value);
	json_close(j, '}');
}

void limits_json_use(struct json *j, const struct machine_use *use)
{
	static const char *const told[] = {"mem", "pids", "files", "disk"};
	const char *name;
	u64 value;

	json_open(j, "use", '{');
	for (unsigned i = 0; (name = limits_get(&use->now, i, &value)); i++)
		for (size_t k = 0; k < ARRAY_SIZE(told); k++)
			if (!strcmp(name, told[k]))
				json_number(j, limits_json_name(i), (s64)value);
	json_number(j, "mem_peak_bytes", (s64)use->mem_peak);
	json_number(j, "oom_kills", (s64)use->oom_kills);
	json_number(j, "throttled_periods", (s64)use->throttled);
	json_number(j, "throttled_ns", (s64)use->throttled_ns);
	json_close(j, '}');
}

static void text_size(u64 bytes, char *buf, size_t size)
{
	static const char units[] = "KMGTP";
	double v = (double)bytes / 1024;
	unsigned u = 0;

	while (v >= 999.5 && units[u + 1]) {
		v /= 1024;
		u++;
	}
	snprintf(buf, size, v < 9.95 ? "%.1f%c" : "%.0f%c", v, units[u]);
}

void limits_text_mem(const struct limits_view *v, char *buf, size_t size)
{
	char now[16], max[16] = "-";

	text_size(v->use.now.mem, now, sizeof(now));
	if (v->limit.mem)
		text_size(v->limit.mem, max, sizeof(max));
	snprintf(buf, size, "%s/%s", now, max);
}

/* ---- skiff update ---- */

int cmd_update(int argc, char **argv)
{
	const char *words[18] = {"update"}, *name = NULL;
	struct machine_limits l = {0};
	unsigned nr = 1;
	struct machine_dir d;

	for (int i = 1; i < argc; i++) {
		char *arg = argv[i], *value;

		if (strncmp(arg, "--", 2)) {
			if (name)
				return command_mistake("update", "one machine at a time", arg);
			name = arg;
			continue;
		}
		value = strchr(arg, '=');
		if (value)
			*value++ = '\0';
		else if (i + 1 < argc)
			value = argv[++i];
		switch (value ? limits_parse(&l, arg + 2, value) : -EINVAL) {
		case 0:
			break;
		case -ENOENT:
			return command_mistake("update", "unknown option", arg);
		default:
			fprintf(stderr, "skiff: bad value for %s: %s (see: skiff help update)\n",
				arg, value ? value : "none");
			return 125;
		}
		if (nr + 2 >= ARRAY_SIZE(words))
			return command_mistake("update", "too many options", NULL);
		words[nr++] = arg + 2;
		words[nr++] = value;
	}
	words[nr] = NULL;
	if (!name || nr == 1)
		return command_mistake("update", "name a machine and limits", NULL);
	return command_machine(name, &d) || command_request(&d, words, NULL, NULL);
}
