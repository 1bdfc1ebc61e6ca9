/*
 * Where a machine lives on the host: one directory each, NAME below $XDG_RUNTIME_DIR/skiff,
 * ~/.skiff or /tmp/skiff-UID, whichever can be used first; private to its user. It holds
 *   pid      the machine's process id; locked (F_OFD_SETLK) as long as the machine runs
 *   watcher  that of the process beside it (watcher.h) if it is in the background
 *   control  the socket of control.h
 *   config   what it was started with: lines `key value`, newline and backslash escaped
 *   status   how it ended
 *   log      console output of a detached machine
 * The lock is the truth: a directory whose pid is not locked is that of an ended machine and may be
 * taken over by the next of that name.
 */
#ifndef SKIFF_ARCH_UM_MACHINE_DIR_H
#define SKIFF_ARCH_UM_MACHINE_DIR_H

#include "kernel/lib/types.h"

#include <sys/types.h>

#define MACHINE_NAME_MAX 64

struct machine_dir {
	char name[MACHINE_NAME_MAX + 1];
	int base; /* directory of all machines */
	int fd;	  /* the machine's own */
	int lock; /* descriptor of pid; holds the lock if made by machine_dir_create */
};

bool machine_name_ok(const char *name); /* letters, digits, _ . -, not beginning with . or - */
/* name NULL: makes one up. Locks it. -EEXIST: such a machine runs; or another -errno. */
int machine_dir_create(const char *name, struct machine_dir *d);
int machine_dir_open(const char *name, struct machine_dir *d);			 /* -ENOENT */
int machine_dir_set_pids(const struct machine_dir *d, pid_t pid, pid_t watcher); /* 0 or -errno */
void machine_dir_close(struct machine_dir *d);
bool machine_dir_running(const struct machine_dir *d);
/* Only meaningful while it runs; or -1. That of the watcher is the machine's own if there is none.
 */
pid_t machine_dir_pid(const struct machine_dir *d);
pid_t machine_dir_watcher(const struct machine_dir *d);
/* With all its files; the one closes it, the other leaves one that begins to run meanwhile. */
void machine_dir_sweep(const struct machine_dir *d);
void machine_dir_remove(struct machine_dir *d);
/* Every machine of this user, in order of name; d is the callee's to look at, not to close. Stops
 * at the first non-zero result and returns it. */
int machine_dirs_each(int (*fn)(struct machine_dir *d, void *arg), void *arg);

/* ---- text files of `key value` lines ---- */
struct keyfile {
	char *text; /* owned; values point into it */
	struct keyfile_line {
		const char *key, *value;
	} * lines;
	unsigned nr;
};
int keyfile_read(int dir, const char *file, struct keyfile *k);	   /* 0 or -errno */
const char *keyfile_get(const struct keyfile *k, const char *key); /* the first, or NULL */
void keyfile_free(struct keyfile *k);
struct keyfile_writer {
	char *text; /* owned by the writer until keyfile_write */
	size_t len;
	bool failed;
};
void keyfile_put(struct keyfile_writer *w, const char *key, const char *value);
/* Replaces dir/file at once, and frees w's text. 0 or -errno */
int keyfile_write(struct keyfile_writer *w, int dir, const char *file);

/* "/proc/self/fd/N/file", for calls that take a path: AF_UNIX addresses are short. */
void machine_dir_path(const struct machine_dir *d, const char *file, char *buf, size_t size);

#endif
