/*
 * The end of threads and processes (exit(2), wait(2)). A thread ends on its own coroutine, in
 * task_exit; a group exit marks the group, kills the host process and sends every task there.
 */
#ifndef SKIFF_KERNEL_EXIT_H
#define SKIFF_KERNEL_EXIT_H

#include "kernel/task.h"

/* status is a wait status: code << 8, or a signal number. Returns at once; the caller's own task,
 * if it belongs to tg, ends when its call returns to entry.c. Idempotent. Does not sleep. */
void group_exit(struct tgroup *tg, int status);
/* The same, but where tracers want to see threads end (PTRACE_O_TRACEEXIT), each ends by itself,
 * after its stop, unless this is called again. self: current, if it belongs to tg and has stopped;
 * then it may sleep. */
void group_end(struct tgroup *tg, struct task *self, int status);
/* current, t, ends as by exit(2) with a wait status; the others of its process go on. Sleeps. */
void thread_exit(struct task *t, int status);
/* Does the task run no more guest code? entry.c asks after each handler, and drops events of such
 * tasks that are still in flight. */
static inline bool task_ending(const struct task *t)
{
	return t->ending || t->tg->exiting || (t->tg->execing && t->tg->execing != t);
}
/* Ends current for good and frees it: releases everything, reports to the parent if it was the last
 * thread. On its coroutine; sleeps. */
void task_exit(struct task *t);
/* execve, before guest_exec: where tracers want to see threads end, all others do so by themselves.
 * 0, or -EINTR: a fatal signal came. Sleeps. */
int exit_others_seen(struct task *t);
/* execve, after guest_exec: ends all other threads of the group, waits until they are gone, and
 * gives t the group's pid as tid if it was not the leader. Sleeps, uninterruptibly. */
void exit_other_threads(struct task *t);
/* clone has succeeded: from now on the child can end. It may be gone already. */
void embryo_born(pid_t tid);
/* Lets a vfork parent go on: child has exec'ed or ends. */
void vfork_release(struct task *child);
/* Tells the parent of a zombie, or its tracer if that waits first, and reaps it if nobody will
 * wait. */
void exit_notify_parent(struct tgroup *tg);
/* A process has become reapable and nobody will wait for it, or its waiter took it. */
void tgroup_reap(struct tgroup *tg);

/* Set by the tty layer; NULL until it is there. A session leader ends: hang up its terminal and
 * take it from the session. Any process ends or calls setsid: drop its reference, tg->ctty = NULL.
 */
extern void (*tty_leader_exit_hook)(struct tgroup *leader);
extern void (*tty_drop_hook)(struct tgroup *tg);

#endif
