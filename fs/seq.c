/*
 * Growing text buffers for generated files. A failure to grow is remembered and reported once, by
 * whoever serves the text, so that generators need no error checks.
 */
#include "fs/seq.h"

#include <stdarg.h>
#include <stdio.h>

#define SEQ_MAX (64u << 20) /* no generated text is larger: a bound for hostile sizes */

void seq_fini(struct seq *s)
{
	free(s->buf);
	memset(s, 0, sizeof(*s));
}

char *seq_reserve(struct seq *s, size_t len)
{
	size_t cap = s->cap ? s->cap : 512;
	char *buf;

	if (s->failed || len > SEQ_MAX - s->len) {
		s->failed = true;
		return NULL;
	}
	while (cap - s->len < len)
		cap *= 2;
	if (cap != s->cap) {
		buf = realloc(s->buf, cap);
		if (!buf) {
			s->failed = true;
			return NULL;
		}
		s->buf = buf;
		s->cap = cap;
	}
	return s->buf + s->len;
}

void seq_write(struct seq *s, const void *p, size_t len)
{
	char *to = seq_reserve(s, len);

	if (!to || !len)
		return;
	memcpy(to, p, len);
	s->len += len;
}

void seq_puts(struct seq *s, const char *text)
{
	seq_write(s, text, strlen(text));
}

void seq_putc(struct seq *s, char c)
{
	seq_write(s, &c, 1);
}

void seq_printf(struct seq *s, const char *fmt, ...)
{
	char line[256], *to;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n < sizeof(line)) {
		seq_write(s, line, (size_t)n);
		return;
	}
	to = seq_reserve(s, (size_t)n + 1);
	if (!to)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->len += (size_t)n;
}

void seq_escape(struct seq *s, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			seq_printf(s, "\\%03o", (u8)*text);
		else
			seq_putc(s, *text);
	}
}
