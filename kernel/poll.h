/*
 * Readiness, for select, poll, epoll and friends. A file's poll op returns the events that hold now
 * (EPOLL* bits) and, if table is not NULL, registers the wait queues that announce changes.
 */
#ifndef SKIFF_KERNEL_POLL_H
#define SKIFF_KERNEL_POLL_H

#include "kernel/sched.h"

struct poll_table {
	/* Puts a waiter on q for the poller. Called by poll_wait only. */
	int (*queue)(struct poll_table *pt, struct waitq *q);
};

static inline int poll_wait(struct poll_table *pt, struct waitq *q)
{
	return pt ? pt->queue(pt, q) : 0;
}

struct file;
/* The file's poll op, or always ready. No sleep. */
u32 file_poll(struct file *f, struct poll_table *pt);

#define POLL_ALWAYS_READY (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

#endif
