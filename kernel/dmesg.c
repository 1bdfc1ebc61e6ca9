/*
 * The kernel's log ring: a fixed number of records, the oldest overwritten first. klog() and
 * writers of /dev/kmsg add; syslog(2), /dev/kmsg and /proc/kmsg read by sequence number, so readers
 * need no lock and notice what they missed. dmesg(1), syslog(2).
 */
#include "kernel/dmesg.h"

#include "kernel/os.h"

#include <stdarg.h>
#include <stdio.h>

#define NR_RECORDS 512u

static struct dmesg_record ring[NR_RECORDS];
static u64 next_seq, clear_seq;
struct waitq dmesg_wait = WAITQ_INIT(dmesg_wait);
bool dmesg_restrict;

void dmesg_add(unsigned prio, const char *text, size_t len)
{
	struct dmesg_record *r = &ring[next_seq % NR_RECORDS];
	const char *nl = memchr(text, '\n', len);
	char *copy;

	if (nl)
		len = (size_t)(nl - text);
	len = MIN(len, (size_t)DMESG_TEXT_MAX);
	copy = malloc(len + 1);
	if (!copy)
		return;
	memcpy(copy, text, len);
	copy[len] = '\0';
	free(r->text);
	r->seq = next_seq++;
	r->ts_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	r->prio = prio;
	r->len = (u32)len;
	r->text = copy;
	waitq_wake(&dmesg_wait, 0);
}

void dmesg_printf(enum dmesg_level level, const char *fmt, ...)
{
	char line[DMESG_TEXT_MAX + 1];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > 0)
		dmesg_add(level, line, MIN((size_t)n, sizeof(line) - 1));
}

u64 dmesg_first(void)
{
	return next_seq > NR_RECORDS ? next_seq - NR_RECORDS : 0;
}

u64 dmesg_next(void)
{
	return next_seq;
}

u64 dmesg_cleared(void)
{
	return MAX(clear_seq, dmesg_first());
}

void dmesg_clear(void)
{
	clear_seq = next_seq;
}

const struct dmesg_record *dmesg_get(u64 seq)
{
	const struct dmesg_record *r = &ring[seq % NR_RECORDS];

	return seq >= dmesg_first() && seq < next_seq && r->text ? r : NULL;
}

size_t dmesg_format(const struct dmesg_record *r, char *buf, size_t size)
{
	char head[64];
	u64 us = r->ts_ns / NSEC_PER_USEC;
	int n = snprintf(head, sizeof(head), "<%u>[%5llu.%06llu] ", r->prio,
		(unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000));
	size_t need = (size_t)n + r->len + 1;

	if (need > size)
		return need;
	memcpy(buf, head, (size_t)n);
	memcpy(buf + n, r->text, r->len);
	buf[need - 1] = '\n';
	return need;
}

void dmesg_fini(void)
{
	for (unsigned i = 0; i < NR_RECORDS; i++) {
		free(ring[i].text);
		ring[i].text = NULL;
	}
	next_seq = clear_seq = 0;
}
