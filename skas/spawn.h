/*
 * Spawning a machine's first host process, on behalf of a backend.
 */
#ifndef SKIFF_SKAS_SPAWN_H
#define SKIFF_SKAS_SPAWN_H

#include "kernel/lib/types.h"

#include <sys/types.h>

struct sock_fprog;

struct spawn_options {
	int stub_fd;
	void (*first_exec)(int stub_fd);
	struct sock_fprog *filter;
	/* Called in the child, which shares our memory: nothing but system calls. >= 0, or -1 and
	 * errno. */
	int (*install)(struct sock_fprog *filter);
	/* Called before the child does anything, or NULL. 0 or -errno. */
	int (*attach)(pid_t pid);
};

/* The pid, and what install returned; or -errno and no process is left. */
pid_t spawn_first(const struct spawn_options *o, int *result);
/* The calling process, a child of parent, ends with it, also if it has ended by now. Nothing but
 * system calls. */
void spawn_die_with(pid_t parent);
/* Gives up every capability for good. Nothing but system calls. */
void spawn_drop_privilege(void);

#endif
