/* The kernel's log ring: what klog, boot messages and writers of /dev/kmsg put in, and what
 * syslog(2), /dev/kmsg and /proc/kmsg give back. */
#ifndef SKIFF_KERNEL_DMESG_H
#define SKIFF_KERNEL_DMESG_H

#include "kernel/lib/types.h"
#include "kernel/sched.h"

#define DMESG_TEXT_MAX 992 /* longer records are cut */

enum dmesg_level { DMESG_ERR = 3, DMESG_WARNING = 4, DMESG_NOTICE = 5, DMESG_INFO = 6 };

struct dmesg_record {
	u64 seq, ts_ns; /* ts_ns: OS_CLOCK_MONOTONIC */
	unsigned prio;	/* facility * 8 + level */
	u32 len;
	char *text; /* no newline at the end */
};

extern struct waitq dmesg_wait; /* woken when a record is added */
extern bool dmesg_restrict;	/* reading needs CAP_SYSLOG: sysctl kernel.dmesg_restrict */

/* Adds a record; text is cut at the first newline. Harmless when out of memory. No sleep. */
void dmesg_add(unsigned prio, const char *text, size_t len);
void dmesg_printf(enum dmesg_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3))); /* to the ring only */

u64 dmesg_first(void);	 /* sequence number of the oldest record held */
u64 dmesg_next(void);	 /* that the next record will get */
u64 dmesg_cleared(void); /* first record since the last clear */
void dmesg_clear(void);
const struct dmesg_record *dmesg_get(u64 seq); /* NULL: overwritten, or not yet there */
/* "<6>[    1.234567] text\n" into buf; its length (also if buf is too small, then nothing is
 * written). */
size_t dmesg_format(const struct dmesg_record *r, char *buf, size_t size);
void dmesg_fini(void);

extern u32 console_loglevel; /* sys_syslog.c */

#endif
