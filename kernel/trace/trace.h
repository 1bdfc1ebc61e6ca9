/*
 * --trace=syscall: a line for each call as strace(1) writes it. entry.c tells of the begin and the
 * end of every call while the channel is on; what is known before the call is printed then, the
 * rest after it. Nothing here sleeps.
 */
#ifndef SKIFF_KERNEL_TRACE_TRACE_H
#define SKIFF_KERNEL_TRACE_TRACE_H

#include "kernel/abi.h"

struct task;

void calltrace_begin(struct task *t);
void calltrace_end(struct task *t, long ret, u64 took_ns); /* harmless without a begin */
/* The call begun is about to sleep: what is known of it is shown. */
void calltrace_sleeps(struct task *t);
void calltrace_forget(struct task *t);			      /* frees what is kept of t */
void calltrace_signal(struct task *t, const siginfo_t *info); /* "--- SIGCHLD {...} ---" */
void calltrace_exited(struct task *t, int status);	      /* "+++ exited with 0 +++" */

/* --trace-time: "clock" (when), "spent" (how long). -EINVAL */
int trace_select_times(const char *csv);

#endif
