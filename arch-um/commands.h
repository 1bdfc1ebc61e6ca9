/* The commands that deal with machines that exist: `skiff ps`, `skiff exec` and so on. */
#ifndef SKIFF_ARCH_UM_COMMANDS_H
#define SKIFF_ARCH_UM_COMMANDS_H

#include <stdbool.h>

struct machine_dir;

struct command {
	const char *name;
	int (*fn)(int argc, char **argv); /* argv[0] is the name; an exit status */
	const char *usage;		  /* arguments, for help */
	const char *summary;
	const char *help; /* options, lines of their own; NULL: none */
};
extern const struct command machine_commands[]; /* by name; ends with a NULL name */

/* ---- shared by their files; each mistake is told in one line on stderr ---- */
int command_mistake(const char *command, const char *what, const char *value); /* 125 */
int command_machine(const char *name, struct machine_dir *d);		       /* 0 or 1 */
/* Connects to a machine that runs: a socket, or -1 after one line. */
int command_connect(const struct machine_dir *d);
/* One request; line (may be NULL) is called for each line of the answer. 0, or 1 after one line. */
int command_request(const struct machine_dir *d, const char *const *words,
	void (*line)(char *text, void *arg), void *arg);

bool command_wait_end(const struct machine_dir *d, int ms); /* -1: no limit. True: it has ended */
/* How an ended machine ended, as a shell reports it; 137 if nobody could write it down. */
int command_exit_status(const struct machine_dir *d);
/* Prints the log from fd's position until the machine ends. 0, or 1 if it cannot be followed. */
int command_follow_log(const struct machine_dir *d, int fd);

/* session.c */
int cmd_exec(int argc, char **argv);
int cmd_attach(int argc, char **argv);
/* listing.c */
int cmd_ps(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_stats(int argc, char **argv);

#endif
