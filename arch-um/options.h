/* The command line of skiff. */
#ifndef SKIFF_ARCH_UM_OPTIONS_H
#define SKIFF_ARCH_UM_OPTIONS_H

#include "kernel/init.h"

enum restart_kind { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };

struct restart_policy {
	enum restart_kind kind;
	unsigned max; /* times, 0: no limit */
};

struct run_options {
	struct machine_options m;
	const char *backend;
	const char *fast_path;
	const char *name;
	bool detach, rm;
	bool no_isolation, require_isolation; /* see isolation.h */
	bool tty_wanted, interactive;	      /* -t, -i */
	struct restart_policy restart;
	char **labels;
	unsigned nr_labels;
	const char *trace, *trace_file, *trace_pids, *trace_times, *dump_on;
	bool call_times;
	const char *pcap_file;
};

/* Parses `skiff run ...`; argv[0] is "run". On a mistake prints one line and returns -EINVAL.
 * Strings stay owned by argv and environ; arrays are allocated and live as long as skiff. */
int options_parse_run(int argc, char **argv, struct run_options *o);
int options_help(const char *topic); /* NULL: overview. An exit status */

#endif
