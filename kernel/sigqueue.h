/* Queues of pending signals, for signal.c and the timers. */
#ifndef SKIFF_KERNEL_SIGQUEUE_H
#define SKIFF_KERNEL_SIGQUEUE_H

#include "kernel/signal.h"

/* A queue entry charged to t's user; NULL when out of memory or at RLIMIT_SIGPENDING. */
struct sigqueue *sigqueue_alloc(const struct task *t, bool override_limit);
void sigqueue_free(struct sigqueue *q);	   /* not queued */
unsigned sigqueue_user_count(u32 uid);	   /* entries charged to a user */
void sigqueue_release(struct sigqueue *q); /* a timer's entry, queued or not: the timer is gone */

/* Adds info->si_signo; t pays. 0 (also when coalesced) or -EAGAIN. */
int sigpending_add(struct sigpending *p, const struct task *t, const siginfo_t *info);
int sigpending_take(struct sigpending *p, sigmask_t set, siginfo_t *info); /* number, 0: none */
void sigpending_remove(struct sigpending *p, sigmask_t set);

/* signal.c, for signal_deliver.c */
void signal_stop_begin(struct tgroup *tg, int sig);
void signal_stop_here(struct task *t); /* sleeps until continued or killed */
bool signal_from_inside(const struct tgroup *tg, const siginfo_t *info);

#endif
