/* A growing text buffer: what the files of proc and sysfs are written into, then served from. */
#ifndef SKIFF_FS_SEQ_H
#define SKIFF_FS_SEQ_H

#include "kernel/lib/types.h"

struct seq {
	char *buf;
	size_t len, cap;
	bool failed; /* out of memory: everything since is lost */
};

/* All-zero is an empty buffer; seq_fini frees it. A reader of a failed one gets -ENOMEM. */
void seq_fini(struct seq *s);
void seq_write(struct seq *s, const void *p, size_t len);
void seq_puts(struct seq *s, const char *text);
void seq_putc(struct seq *s, char c);
void seq_printf(struct seq *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text with every byte of special as \ooo, as in /proc/mounts. */
void seq_escape(struct seq *s, const char *text, const char *special);
/* Room for len more bytes, to be filled in place; NULL: out of memory. The caller adds to s->len.
 */
char *seq_reserve(struct seq *s, size_t len);

#endif
