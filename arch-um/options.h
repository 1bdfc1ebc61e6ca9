/* The command line of skiff. */
#ifndef SKIFF_ARCH_UM_OPTIONS_H
#define SKIFF_ARCH_UM_OPTIONS_H

#include "kernel/init.h"

struct run_options {
	struct machine_options m;
	const char *backend;
	const char *name;
	const char *trace, *trace_file;
};

/* Parses `skiff run ...`; argv[0] is "run". On a mistake prints one line and returns -EINVAL.
 * Strings stay owned by argv and environ; arrays are allocated and live as long as skiff. */
int options_parse_run(int argc, char **argv, struct run_options *o);
void options_help(const char *topic); /* NULL: overview */

#endif
