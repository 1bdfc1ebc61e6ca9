/* Text of one trace line: bounded, never fails; what does not fit is cut. */
#ifndef SKIFF_KERNEL_TRACE_TEXT_H
#define SKIFF_KERNEL_TRACE_TEXT_H

#include "kernel/lib/types.h"

struct text {
	char buf[4096];
	size_t len;
};

/* A named value; tables end with a NULL name. */
struct flag {
	u64 value;
	const char *name;
};
#define FLAG(x) \
	{ \
		x, #x \
	}
#define FLAG_END \
	{ \
		0, NULL \
	}

void text_put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One of the table, or the number with other as a comment. */
void text_enum(struct text *t, const struct flag *table, u64 v, const char *other);
/* Names joined by |, the rest in hex; a zero is the table's name for it, or 0. */
void text_flags(struct text *t, const struct flag *table, u64 v, const char *other);
const char *text_flag_name(const struct flag *table, u64 v); /* NULL: not in it */
/* "..." with C escapes; more: bytes follow that are not shown. */
void text_string(struct text *t, const char *s, size_t len, bool more);
void text_hex_string(struct text *t, const char *s, size_t len, bool more);

#endif
