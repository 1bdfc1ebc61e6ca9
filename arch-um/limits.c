/*
 * A table of the limits there are (limits.h): what their values may be, and where they are kept.
 */
#include "arch-um/limits.h"

enum kind {
	SIZE,  /* bytes: 512M, 2G */
	COUNT, /* a whole number */
	MILLI, /* a number with up to three decimals; kept in thousandths */
	RATE,  /* bits per second: 10M, 1G, in steps of 1000; kept as bytes */
};

static const struct row {
	const char *name;
	enum kind kind;
	size_t offset; /* of an u64 in machine_limits */
	u64 min, max;
	const char *json;
} rows[] = {
	{"mem", SIZE, offsetof(struct machine_limits, mem), 4 << 20, INT64_MAX, "mem_bytes"},
	{"pids", COUNT, offsetof(struct machine_limits, pids), 1, 4000000, "pids"},
	{"files", COUNT, offsetof(struct machine_limits, files), 16, 100000000, "files"},
	{"disk", SIZE, offsetof(struct machine_limits, disk), 1 << 20, INT64_MAX, "disk_bytes"},
	{"cpus", MILLI, offsetof(struct machine_limits, cpus), 10, 1000000, "cpu_millis"},
	{"bw", RATE, offsetof(struct machine_limits, bw), 1000, INT64_MAX / 1000,
		"bw_bytes_per_second"},
};

static u64 unit(char c, u64 step)
{
	switch (c | 0x20) {
	case 'k':
		return step;
	case 'm':
		return step * step;
	case 'g':
		return step * step * step;
	case 't':
		return step * step * step * step;
	default:
		return 0;
	}
}

/* whole has been read, at s comes the rest: "", ".5". */
static int parse_decimals(const char *s, u64 whole, const struct row *r, u64 *out)
{
	u64 digit = 100, v;

	if (whole > r->max)
		return -EINVAL;
	v = whole * 1000;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9' && digit; digit /= 10)
			v += digit * (u64)(*s++ - '0');
	if (*s || v < r->min || v > r->max)
		return -EINVAL;
	*out = v;
	return 0;
}

static int parse(const struct row *r, const char *s, u64 *out)
{
	u64 scale = 1, v;
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno)
		return -EINVAL;
	if (r->kind == MILLI)
		return parse_decimals(end, v, r, out);
	if (*end && r->kind != COUNT) {
		scale = unit(*end, r->kind == SIZE ? 1024 : 1000);
		end++;
	}
	if (!scale || *end || __builtin_mul_overflow(v, scale, &v))
		return -EINVAL;
	if (r->kind == RATE)
		v /= 8;
	if (v < r->min || v > r->max)
		return -EINVAL;
	*out = v;
	return 0;
}

int limits_parse(struct machine_limits *l, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return parse(&rows[i], value, (u64 *)((char *)l + rows[i].offset));
	return -ENOENT;
}

const char *limits_get(const struct machine_limits *l, unsigned i, u64 *value)
{
	if (i >= ARRAY_SIZE(rows))
		return NULL;
	*value = *(const u64 *)((const char *)l + rows[i].offset);
	return rows[i].name;
}

void limits_put(struct machine_limits *l, const char *name, u64 value)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			*(u64 *)((char *)l + rows[i].offset) = value;
}

const char *limits_json_name(unsigned i)
{
	return rows[i].json;
}
