/*
 * Signals (signal(7)): dispositions, masks, queues, delivery, stop and continue. All -ERESTART*
 * codes end in signal.c. Functions that take a task may be called from any context and do not
 * sleep, unless marked.
 */
#ifndef SKIFF_KERNEL_SIGNAL_H
#define SKIFF_KERNEL_SIGNAL_H

#include "kernel/abi.h"
#include "kernel/lib/list.h"
#include "kernel/sched.h"

struct task;
struct tgroup;

struct sigpending {
	sigmask_t set;
	struct list_head queue; /* struct sigqueue, in order of arrival */
};

struct sighand { /* shared by CLONE_SIGHAND */
	unsigned refs;
	struct abi_sigaction action[ABI_NSIG];
	struct waitq signalfd_wait; /* woken when a signal is queued to any sharer */
};

/* Kernel-made siginfo: si_code SI_KERNEL, or SI_USER with pid and uid of current. */
void siginfo_kernel(siginfo_t *info, int sig);
void siginfo_user(siginfo_t *info, int sig);

/* info may be NULL (siginfo_kernel). 0, or -EAGAIN when the queue limit is reached (RT, sigqueue). */
int signal_send_task(struct task *t, int sig, const siginfo_t *info);   /* thread-directed */
int signal_send_group(struct tgroup *tg, int sig, const siginfo_t *info); /* process-directed */
/* To every process of a group; number reached. No permission check. */
int signal_send_pgrp(pid_t pgid, int sig, const siginfo_t *info);
/* A fault or kernel-forced signal: unblocks and un-ignores it as Linux does. */
void signal_force(struct task *t, int sig, const siginfo_t *info);

bool signal_pending(const struct task *t); /* something deliverable, or the group must stop/exit */
bool signal_fatal_pending(const struct task *t);
void signal_recalc(struct task *t);
void signal_set_blocked(struct task *t, sigmask_t m); /* drops KILL/STOP, re-evaluates pending */
/* For ppoll & co: installs a mask until the call returns (delivery still sees it). */
int signal_set_user_mask(uaddr_t mask, size_t sigsetsize);
/* Takes the first pending signal within set off the queues (sigtimedwait, signalfd); 0 if none. */
int signal_dequeue(struct task *t, sigmask_t set, siginfo_t *info);
sigmask_t signal_pending_set(const struct task *t);
bool signal_ignored(const struct task *t, int sig); /* disposition ignores it and it is not blocked */

#endif
