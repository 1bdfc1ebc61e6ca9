/*
 * The process beside a machine in the background: it makes the machine's own process, passes
 * signals on to it, and sees how it ends. What happens then is lifecycle.c's to say. It is not
 * confined, for each new life begins there, and reads nothing that a guest can write.
 */
#ifndef SKIFF_ARCH_UM_WATCHER_H
#define SKIFF_ARCH_UM_WATCHER_H

#include "kernel/lib/types.h"

#include <sys/types.h>

void watcher_init(void); /* before the first fork: from now on signals are passed on */
/* 0 in the child, which ends with the watcher and has the signal mask that the watcher began with;
 * else its pid, or -errno. */
pid_t watcher_fork(void);
/* Waits for its end: an exit status, 128 + N for signal N. */
int watcher_await(pid_t child);
/* A time between two lives. False: told to end meanwhile. */
bool watcher_pause(u64 ms);
bool watcher_told(void); /* has a signal come that asks for the machine's end? */

#endif
