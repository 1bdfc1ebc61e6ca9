/*
 * --trace=syscall: one line per finished call, with arguments as the table's format letters say and
 * the result. Called by entry.c only while the channel is on.
 */
#include "kernel/lib/log.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"

#include <stdarg.h>
#include <stdio.h>

struct text {
	char buf[700];
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = MIN(t->len + (size_t)n, sizeof(t->buf) - 1);
}

static void put_string(struct text *t, uaddr_t addr)
{
	char s[81];
	ssize_t n = guest_read_some(current, s, addr, sizeof(s) - 1);
	size_t len;

	if (n < 0) {
		put(t, addr ? "%#llx" : "NULL", (unsigned long long)addr);
		return;
	}
	s[n] = '\0';
	len = strlen(s);
	put(t, "\"");
	for (size_t i = 0; i < len; i++)
		put(t, (unsigned char)s[i] < ' ' || s[i] == '"' ? "\\%03o" : "%c",
			(unsigned char)s[i]);
	put(t, len == sizeof(s) - 1 ? "\"..." : "\"");
}

static void put_arg(struct text *t, char kind, u64 v)
{
	switch (kind) {
	case 'd':
	case 'f':
	case 'g':
		if (kind == 'f' && (int)v == AT_FDCWD)
			put(t, "AT_FDCWD");
		else
			put(t, "%d", (int)v);
		break;
	case 'u':
		put(t, "%llu", (unsigned long long)v);
		break;
	case 'o':
		put(t, "0%o", (unsigned)v);
		break;
	case 's':
		put_string(t, v);
		break;
	case 'p':
		put(t, v ? "%#llx" : "NULL", (unsigned long long)v);
		break;
	default:
		put(t, "%#llx", (unsigned long long)v);
	}
}

static void put_result(struct text *t, long ret)
{
	if (ret == SYSCALL_NO_RESULT || ret == SYSCALL_RESUMED)
		put(t, ") = ?");
	else if (ret < 0 && ret >= -4095)
		put(t, ") = -1 %s", ret > -512 ? strerrorname_np((int)-ret) : "ERESTART");
	else if (ret > 65536)
		put(t, ") = %#lx", ret);
	else
		put(t, ") = %ld", ret);
}

void syscall_trace(u64 nr, const u64 *args, long ret)
{
	const struct syscall_row *row = nr < NR_SYSCALLS ? &syscall_table[nr] : NULL;
	const char *fmt = row && row->name ? row->fmt : "xxxxxx";
	struct text t = {.len = 0};

	if (row && row->name)
		put(&t, "%s(", row->name);
	else
		put(&t, "syscall_%llu(", (unsigned long long)nr);
	for (unsigned i = 0; fmt[i] && i < 6; i++) {
		put(&t, "%s", i ? ", " : "");
		put_arg(&t, fmt[i], args[i]);
	}
	put_result(&t, ret);
	trace_printf(TRACE_SYSCALL, "%s", t.buf);
}
