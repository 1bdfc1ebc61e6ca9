/*
 * Seccomp inside the guest (seccomp(2)): what filters and strict mode say about a task's calls. A
 * filter is never changed; tasks and later filters hold references.
 */
#ifndef SKIFF_KERNEL_SECCOMP_H
#define SKIFF_KERNEL_SECCOMP_H

#include "kernel/bpf.h"
#include "kernel/task.h"

struct seccomp_notify;

struct seccomp_filter {
	unsigned refs;
	struct seccomp_filter *prev;   /* installed before; asked as well */
	struct seccomp_notify *notify; /* its listener, NULL: none */
	bool log;
	unsigned len;
	struct sock_filter prog[];
};

void seccomp_filter_put(struct seccomp_filter *f);
/* For a new task: the same as p's. */
void seccomp_inherit(struct task *c, const struct task *p);
void seccomp_exit(struct task *t);
unsigned seccomp_nr_filters(const struct task *t);

/* Asks about the call in t->event. True: go on with it; else *ret is its result. Sleeps; may bring
 * t into the stub, end it, or queue SIGSYS. */
bool seccomp_allows(struct task *t, long *ret);

/* For a tracer of t: the instructions of its nth filter, of which there are as many as returned
 * (dst 0: only that), and struct seccomp_metadata, of which `size` bytes are the caller's.
 * ptrace(2)
 */
long seccomp_get_filter(const struct task *t, u64 n, uaddr_t dst);
long seccomp_get_metadata(const struct task *t, u64 size, uaddr_t dst);

long seccomp_set_strict(void);
long seccomp_set_filter(u32 flags, uaddr_t uprog);

/* ---- listeners (seccomp_notify.c) ---- */
/* A listener for f as a new descriptor, close-on-exec; -errno. */
int seccomp_notify_install(struct seccomp_filter *f);
/* Puts the call to the listener. True: go on with it; else *ret is its result. Sleeps. */
bool seccomp_notify_ask(struct seccomp_filter *f, const struct seccomp_data *d, long *ret);
void seccomp_notify_orphan(struct seccomp_notify *n); /* its filter is gone */

#endif
