/* The limits of a machine on the command line: --mem, --pids, --files, --disk, --cpus, --bw. */
#ifndef SKIFF_ARCH_UM_LIMITS_H
#define SKIFF_ARCH_UM_LIMITS_H

#include "kernel/init.h"

/* name without the dashes; value as the user wrote it. 0, -EINVAL for a bad value, -ENOENT: not the
 * name of a limit. */
int limits_parse(struct machine_limits *l, const char *name, const char *value);
/* In the order of the table: the i-th limit's name, NULL past the last, and its value (0: none). */
const char *limits_get(const struct machine_limits *l, unsigned i, u64 *value);

#endif
