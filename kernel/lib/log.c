/*
 * Kernel messages and trace channels. klog() lines go to skiff's stderr and to the guest's dmesg;
 * trace lines only if their channel is on. bug() prints where and which task, dumps all tasks, and
 * ends the machine.
 */
#include "kernel/lib/log.h"

#include "kernel/dmesg.h"
#include "kernel/dump.h"
#include "kernel/os.h"
#include "kernel/task.h"

#include <stdarg.h>
#include <stdio.h>

u32 trace_mask;

static const char *const channel_names[TRACE_COUNT] = {
	[TRACE_SYSCALL] = "syscall",
	[TRACE_SIGNAL] = "signal",
	[TRACE_SCHED] = "sched",
	[TRACE_VFS] = "vfs",
	[TRACE_MM] = "mm",
	[TRACE_NET] = "net",
	[TRACE_SKAS] = "skas",
	[TRACE_MISSING] = "missing",
};

static int channel_bit(const char *name, size_t len)
{
	if (len == 3 && !memcmp(name, "all", 3))
		return (1u << TRACE_COUNT) - 1;
	for (unsigned i = 0; i < TRACE_COUNT; i++)
		if (strlen(channel_names[i]) == len && !memcmp(channel_names[i], name, len))
			return 1u << i;
	return -EINVAL;
}

int trace_enable(const char *csv)
{
	while (*csv) {
		size_t len = strcspn(csv, ",");
		int bit = channel_bit(csv, len);

		if (bit < 0)
			return bit;
		trace_mask |= (u32)bit;
		csv += len + (csv[len] == ',');
	}
	return 0;
}

#define PIDS_MAX 64
static pid_t pids[PIDS_MAX];
static unsigned nr_pids;

int trace_select_pids(const char *csv)
{
	while (*csv) {
		char *end;
		unsigned long v = strtoul(csv, &end, 10);

		if (end == csv || (*end && *end != ',') || !v || v > PID_MAX || nr_pids == PIDS_MAX)
			return -EINVAL;
		pids[nr_pids++] = (pid_t)v;
		csv = end + (*end == ',');
	}
	return 0;
}

bool trace_wants(const struct task *t)
{
	if (!nr_pids || !t)
		return true;
	for (unsigned i = 0; i < nr_pids; i++)
		if (pids[i] == t->tid || (t->tg && pids[i] == t->tg->pid))
			return true;
	return false;
}

/* ---- output ---- */

static const void *open_line;

static void close_line(void)
{
	static const char unfinished[] = " <unfinished ...>\n";

	if (open_line)
		os_log(unfinished, sizeof(unfinished) - 1);
	open_line = NULL;
}

void log_text(const char *text, size_t len)
{
	close_line();
	os_log(text, len);
}

void log_open_line(const void *owner, const char *text, size_t len)
{
	log_text(text, len);
	open_line = owner;
}

bool log_continue_line(const void *owner)
{
	if (open_line != owner)
		return false;
	open_line = NULL;
	return true;
}

void log_forget_line(const void *owner)
{
	if (open_line == owner)
		close_line();
}

static void emit(const char *prefix, const char *fmt, va_list ap)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s", prefix);
	int m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);

	n = MIN(n + MAX(m, 0), (int)sizeof(line) - 2);
	line[n++] = '\n';
	log_text(line, (size_t)n);
}

void trace_printf(enum trace_channel ch, const char *fmt, ...)
{
	char prefix[48];
	va_list ap;

	if (!trace_wants(current))
		return;
	snprintf(prefix, sizeof(prefix), "[%s %d] ", channel_names[ch], current ? current->tid : 0);
	va_start(ap, fmt);
	emit(prefix, fmt, ap);
	va_end(ap);
}

void klog(const char *fmt, ...)
{
	char text[DMESG_TEXT_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		dmesg_add(DMESG_WARNING, text, MIN((size_t)n, sizeof(text) - 1));
	va_start(ap, fmt);
	emit("skiff: ", fmt, ap);
	va_end(ap);
}

void bug(const char *file, int line, const char *what)
{
	static bool again;

	if (again)
		os_panic();
	again = true;
	klog("BUG at %s:%d: %s", file, line, what);
	if (current)
		klog("in task %d (%s), call %llu", current->tid, current->comm,
			(unsigned long long)current->event.nr);
	dump_machine("BUG");
	os_panic();
}
