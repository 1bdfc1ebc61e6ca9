/*
 * The table of system calls and its dispatch. Rows come from syscall_table.h; a handler is a weak
 * reference so that unit tests can link a part of the kernel, and a row without one is -ENOSYS,
 * logged once under --trace=missing.
 */
#include "kernel/syscall.h"

#include "kernel/dump.h"
#include "kernel/lib/log.h"

#include <stdio.h>

#define SYSCALL(nr, name, fmt, support, note) \
	long call_##name(const u64 *args) __attribute__((weak));
#include "kernel/syscall_table.h"
#undef SYSCALL

const struct syscall_row syscall_table[NR_SYSCALLS] = {
#define SYSCALL(nr, name, fmt, support, note) \
	[nr] = {#name, fmt, call_##name, SUPPORT_##support, note},
#include "kernel/syscall_table.h"
#undef SYSCALL
};

struct syscall_stat syscall_stats[NR_SYSCALLS];
bool syscall_timing;

static bool missing_logged[NR_SYSCALLS];

long syscall_dispatch(u64 nr, const u64 *args)
{
	if (nr < NR_SYSCALLS && syscall_table[nr].fn)
		return syscall_table[nr].fn(args);
	if (nr >= NR_SYSCALLS) {
		trace(TRACE_MISSING, "system call %llu does not exist", (unsigned long long)nr);
	} else if (!missing_logged[nr]) {
		missing_logged[nr] = true;
		dump_event(DUMP_MISSING, "a missing call");
		trace(TRACE_MISSING, "%s: no such call yet",
			syscall_table[nr].name ? syscall_table[nr].name : "?");
	}
	return -ENOSYS;
}

static const char *support_text(const struct syscall_row *r)
{
	switch (r->support) {
	case SUPPORT_FULL:
		return r->fn ? "full" : "none";
	case SUPPORT_PARTIAL:
		return r->fn ? "partial" : "none";
	case SUPPORT_NATIVE:
		return "full (native)";
	default:
		return r->fn ? "partial" : "none";
	}
}

void syscall_print_support(void (*line)(const char *text, void *arg), void *arg)
{
	char buf[256];

	for (unsigned nr = 0; nr < NR_SYSCALLS; nr++) {
		const struct syscall_row *r = &syscall_table[nr];

		if (!r->name)
			continue;
		snprintf(buf, sizeof(buf), "%3u %-26s %s%s%s", nr, r->name, support_text(r),
			*r->note ? ": " : "", r->note);
		line(buf, arg);
	}
}
