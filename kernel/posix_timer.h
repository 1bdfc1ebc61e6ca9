/* POSIX timers (timer_create(2)). */
#ifndef SKIFF_KERNEL_POSIX_TIMER_H
#define SKIFF_KERNEL_POSIX_TIMER_H

#include "kernel/task.h"

void posix_timers_exit(struct tgroup *tg); /* exit and exec: deletes them all */
/* Fires the CPU-time timers that are due; CPU time until the next one, UINT64_MAX: none armed. */
u64 posix_timers_sample(struct tgroup *tg);

/* For /proc/PID/timers. */
struct posix_timer_info {
	int id, clockid, notify, signo; /* notify: SIGEV_*; signo 0 for SIGEV_NONE */
	pid_t tid;			/* of SIGEV_THREAD_ID, else 0 */
	u64 value;
};
void posix_timers_for_each(const struct tgroup *tg,
	void (*fn)(const struct posix_timer_info *info, void *arg), void *arg);

/* ---- clocks (sys_time.c) ---- */
/* Which time a clock id shows: a host clock, or CPU time of a process or thread. */
struct clock_ref {
	enum { CLOCK_OF_HOST, CLOCK_OF_PROCESS, CLOCK_OF_THREAD } kind;
	int host_clock; /* OS_CLOCK_*, for CLOCK_OF_HOST */
	pid_t id;	/* for the others, 0: the caller's */
	bool virt_only; /* user time only */
};
int clock_ref_parse(s32 clockid, struct clock_ref *c); /* 0 or -EINVAL (no such clock) */
int clock_ref_now(const struct clock_ref *c, u64 *ns);

#endif
