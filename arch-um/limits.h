/* The limits of a machine on the command line: --mem, --pids, --files, --disk, --cpus, --bw. */
#ifndef SKIFF_ARCH_UM_LIMITS_H
#define SKIFF_ARCH_UM_LIMITS_H

#include "kernel/limits.h"

/* name without the dashes; value as the user wrote it. 0, -EINVAL for a bad value, -ENOENT: not the
 * name of a limit. */
int limits_parse(struct machine_limits *l, const char *name, const char *value);
/* In the order of the table: the i-th limit's name, NULL past the last, and its value (0: none). */
const char *limits_get(const struct machine_limits *l, unsigned i, u64 *value);
void limits_put(struct machine_limits *l, const char *name, u64 value);
const char *limits_json_name(unsigned i); /* the i-th, with its unit */

/* ---- of a machine that runs (limits_view.c) ---- */
struct json;
struct machine_dir;
struct limits_view {
	struct machine_limits limit;
	struct machine_use use;
};
/* In the machine: the lines of the answer to "limits". */
void limits_answer(void (*line)(void *arg, const char *text), void *arg);
int limits_ask(const struct machine_dir *d, struct limits_view *v); /* 0, or 1 after one line */
void limits_json(struct json *j, const char *key, const struct machine_limits *l);
void limits_json_use(struct json *j, const struct machine_use *use);	   /* key: "use" */
void limits_text_mem(const struct limits_view *v, char *buf, size_t size); /* "12M/1.0G" */
int cmd_update(int argc, char **argv);

#endif
