/* Kernel messages, trace channels and BUG. Messages go to stderr of skiff and the guest's dmesg. */
#ifndef SKIFF_KERNEL_LIB_LOG_H
#define SKIFF_KERNEL_LIB_LOG_H

#include "kernel/lib/types.h"

enum trace_channel {
	TRACE_SYSCALL,
	TRACE_SIGNAL,
	TRACE_SCHED,
	TRACE_VFS,
	TRACE_MM,
	TRACE_NET,
	TRACE_SKAS,
	TRACE_MISSING,
	TRACE_COUNT
};

extern u32 trace_mask; /* bit per channel; set by trace_enable */

int trace_enable(const char *csv); /* "syscall,signal" or "all"; -EINVAL on an unknown name */
/* --trace-pid: only these processes or threads, on all channels. -EINVAL for a bad list. */
struct task;
int trace_select_pids(const char *csv);
bool trace_wants(const struct task *t); /* NULL: the kernel itself, always */
void trace_printf(enum trace_channel ch, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void log_text(const char *text, size_t len); /* complete lines */
/* A line to be continued by its owner. Whatever else is logged meanwhile ends it first, by
 * "<unfinished ...>"; then log_continue_line says false. */
void log_open_line(const void *owner, const char *text, size_t len);
bool log_continue_line(const void *owner);
void log_forget_line(const void *owner); /* ends it, if it is still open */
void klog(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void bug(const char *file, int line, const char *what);

#define trace(ch, ...) \
	do { \
		if (__builtin_expect(trace_mask & (1u << (ch)), 0)) \
			trace_printf(ch, __VA_ARGS__); \
	} while (0)

/* Our own mistake, never the guest's: dumps the tasks and takes the machine down. */
#define BUG_ON(cond) \
	do { \
		if (__builtin_expect(!!(cond), 0)) \
			bug(__FILE__, __LINE__, #cond); \
	} while (0)

#endif
