/* Building trace lines: escapes, flags and names in the manner of strace(1). */
#include "kernel/trace/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

void text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = MIN(t->len + (size_t)n, sizeof(t->buf) - 1);
}

const char *text_flag_name(const struct flag *table, u64 v)
{
	for (; table->name; table++)
		if (table->value == v)
			return table->name;
	return NULL;
}

void text_enum(struct text *t, const struct flag *table, u64 v, const char *other)
{
	const char *name = text_flag_name(table, v);

	if (name)
		text_put(t, "%s", name);
	else
		text_put(t, "%#llx /* %s */", (unsigned long long)v, other);
}

void text_flags(struct text *t, const struct flag *table, u64 v, const char *other)
{
	const char *zero = v ? NULL : text_flag_name(table, 0), *sep = "";

	if (!v) {
		text_put(t, "%s", zero ? zero : "0");
		return;
	}
	for (; table->name; table++) {
		if (!table->value || (v & table->value) != table->value)
			continue;
		text_put(t, "%s%s", sep, table->name);
		v &= ~table->value;
		sep = "|";
	}
	if (v && *sep)
		text_put(t, "|%#llx", (unsigned long long)v);
	else if (v)
		text_put(t, "%#llx /* %s */", (unsigned long long)v, other);
}

/* An octal escape is as short as the next character allows. */
static void put_char(struct text *t, unsigned char c, bool digit_next)
{
	static const char letters[] = "\tt\nn\vv\ff\rr\"\"\\\\";

	for (const char *p = letters; *p; p += 2) {
		if ((unsigned char)*p == c) {
			text_put(t, "\\%c", p[1]);
			return;
		}
	}
	if (c >= ' ' && c < 0x7f)
		text_put(t, "%c", c);
	else
		text_put(t, digit_next ? "\\%03o" : "\\%o", c);
}

void text_string(struct text *t, const char *s, size_t len, bool more)
{
	text_put(t, "\"");
	for (size_t i = 0; i < len; i++)
		put_char(t, (unsigned char)s[i], i + 1 < len && s[i + 1] >= '0' && s[i + 1] <= '7');
	text_put(t, more ? "\"..." : "\"");
}

void text_hex_string(struct text *t, const char *s, size_t len, bool more)
{
	text_put(t, "\"");
	for (size_t i = 0; i < len; i++)
		text_put(t, "\\x%02x", (unsigned char)s[i]);
	text_put(t, more ? "\"..." : "\"");
}
