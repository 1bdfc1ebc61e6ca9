/*
 * Clocks and sleeping: nanosleep(2), clock_nanosleep(2), and the clock calls the host does not run
 * natively (CPU clocks of other processes and threads, named by guest ids). Sleeps keep an absolute
 * deadline in task.restart_deadline_ns across a restart, so that interruptions do not stretch them.
 */
#include "kernel/sys_time.h"

#include "kernel/pid.h"
#include "kernel/posix_timer.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/usage.h"

#define CLOCK_TAI_ 11

/* ---- clocks ---- */

/* Negative ids: ~pid << 3 | per-thread << 2 | which of PROF, VIRT, SCHED (or 3: a descriptor) */
static int dynamic_clock_parse(s32 clockid, struct clock_ref *c)
{
	int which = clockid & 3;

	if (which == 3)
		return -EINVAL;
	c->kind = clockid & 4 ? CLOCK_OF_THREAD : CLOCK_OF_PROCESS;
	c->virt_only = which == 1;
	c->id = ~(clockid >> 3);
	if (!c->id)
		return 0;
	if (c->kind == CLOCK_OF_PROCESS)
		return tgroup_find(c->id) ? 0 : -EINVAL;
	return task_find(c->id) && task_find(c->id)->tg == current->tg ? 0 : -EINVAL;
}

int clock_ref_parse(s32 clockid, struct clock_ref *c)
{
	*c = (struct clock_ref){.kind = CLOCK_OF_HOST};
	if (clockid < 0)
		return dynamic_clock_parse(clockid, c);
	switch (clockid) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI_:
		c->host_clock = OS_CLOCK_REALTIME;
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
		c->host_clock = OS_CLOCK_MONOTONIC;
		return 0;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		c->host_clock = OS_CLOCK_BOOTTIME;
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		c->kind = CLOCK_OF_PROCESS;
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		c->kind = CLOCK_OF_THREAD;
		return 0;
	default:
		return -EINVAL;
	}
}

static int usage_of_clock(const struct clock_ref *c, struct guest_usage *u)
{
	if (c->kind == CLOCK_OF_PROCESS) {
		struct tgroup *tg = c->id ? tgroup_find(c->id) : current->tg;

		if (!tg)
			return -EINVAL;
		usage_of_group(tg, u);
		return 0;
	}
	struct task *t = c->id ? task_find(c->id) : current;

	return t ? guest_usage(t, false, u) : -EINVAL;
}

int clock_ref_now(const struct clock_ref *c, u64 *ns)
{
	struct guest_usage u = {0};
	int err;

	if (c->kind == CLOCK_OF_HOST) {
		*ns = os_clock_ns(c->host_clock);
		return 0;
	}
	err = usage_of_clock(c, &u);
	if (err < 0)
		return -EINVAL;
	*ns = u.utime_ns + (c->virt_only ? 0 : u.stime_ns);
	return 0;
}

static int put_timespec(uaddr_t dst, u64 ns)
{
	struct timespec ts = ns_timespec(ns);

	return copy_to_user(dst, &ts, sizeof(ts));
}

SYSCALL_DEFINE2(clock_gettime, s32, clockid, uaddr_t, uts)
{
	struct clock_ref c;
	u64 ns;
	int err = clock_ref_parse(clockid, &c);

	if (err == 0)
		err = clock_ref_now(&c, &ns);
	return err < 0 ? err : put_timespec(uts, ns);
}

SYSCALL_DEFINE2(clock_getres, s32, clockid, uaddr_t, uts)
{
	struct clock_ref c;
	int err = clock_ref_parse(clockid, &c);

	if (err < 0 || !uts)
		return err;
	return put_timespec(uts, 1);
}

static long set_clock(const struct timespec *ts)
{
	if (!timespec_valid(ts))
		return -EINVAL;
	return -EPERM; /* the wall clock is the host's */
}

SYSCALL_DEFINE2(clock_settime, s32, clockid, uaddr_t, uts)
{
	struct timespec ts;

	if (clockid != CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&ts, uts, sizeof(ts)) < 0)
		return -EFAULT;
	return set_clock(&ts);
}

SYSCALL_DEFINE2(settimeofday, uaddr_t, utv, uaddr_t, utz)
{
	struct timeval tv;
	struct timespec ts;

	if (!utv)
		return utz ? -EPERM : 0;
	if (copy_from_user(&tv, utv, sizeof(tv)) < 0)
		return -EFAULT;
	if (!timeval_valid(&tv))
		return -EINVAL;
	ts = ns_timespec(timeval_ns(&tv));
	return set_clock(&ts);
}

/* ---- clock discipline: the host's affair, seen from here as a clock that nobody steers ---- */

struct abi_timex {
	u32 modes;
	s64 offset, freq, maxerror, esterror;
	s32 status;
	s64 constant, precision, tolerance;
	struct timeval time;
	s64 tick, ppsfreq, jitter;
	s32 shift;
	s64 stabil, jitcnt, calcnt, errcnt, stbcnt;
	s32 tai, reserved[11];
};
static_assert(sizeof(struct abi_timex) == 208, "struct timex");

#define ADJ_OFFSET_SINGLE 1u
#define ADJ_READ_ONLY 0x2000u
#define ADJ_ADJTIME 0x8000u
#define TIME_ERROR 5
#define TIMEX_TICK_US 10000 /* at USER_HZ = 100 */
#define TIMEX_ERROR_MAX 16000000
#define TIMEX_TOLERANCE 32768000

static int timex_check(const struct abi_timex *tx)
{
	u32 modes = tx->modes;

	if (modes & ADJ_ADJTIME) {
		if (!(modes & ADJ_OFFSET_SINGLE))
			return -EINVAL;
		return (modes & ADJ_READ_ONLY) || capable(CAP_SYS_TIME) ? 0
									: -EPERM; /* read-only */
	}
	if (!modes)
		return 0;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if ((modes & ADJ_TICK) &&
		(tx->tick < TIMEX_TICK_US * 9 / 10 || tx->tick > TIMEX_TICK_US * 11 / 10))
		return -EINVAL;
	return -EPERM;
}

static long do_adjtimex(uaddr_t utx)
{
	u64 now = os_clock_ns(OS_CLOCK_REALTIME);
	struct abi_timex tx;
	int err;

	if (copy_from_user(&tx, utx, sizeof(tx)) < 0)
		return -EFAULT;
	err = timex_check(&tx);
	if (err < 0)
		return err;
	if ((tx.modes & ADJ_ADJTIME) && !(tx.modes & ADJ_READ_ONLY))
		return -EPERM;
	tx = (struct abi_timex){.modes = tx.modes,
		.maxerror = TIMEX_ERROR_MAX,
		.esterror = TIMEX_ERROR_MAX,
		.status = STA_UNSYNC,
		.constant = 2,
		.precision = 1,
		.tolerance = TIMEX_TOLERANCE,
		.tick = TIMEX_TICK_US,
		.time = {.tv_sec = (time_t)(now / NSEC_PER_SEC),
			.tv_usec = (suseconds_t)(now % NSEC_PER_SEC / NSEC_PER_USEC)}};
	return copy_to_user(utx, &tx, sizeof(tx)) < 0 ? -EFAULT : TIME_ERROR;
}

SYSCALL_DEFINE1(adjtimex, uaddr_t, utx)
{
	return do_adjtimex(utx);
}

SYSCALL_DEFINE2(clock_adjtime, s32, clockid, uaddr_t, utx)
{
	struct clock_ref c;
	int err = clock_ref_parse(clockid, &c);

	if (err < 0)
		return err;
	return clockid == CLOCK_REALTIME ? do_adjtimex(utx) : -EOPNOTSUPP;
}

/* ---- sleeping ---- */

/* Sleeps until a monotonic time; 0 or -EINTR. Nobody wakes it but the timer or a signal. */
static int sleep_until(u64 deadline_ns)
{
	int err;

	do {
		err = sched_sleep(WAIT_INTERRUPTIBLE, deadline_ns);
	} while (err == 0);
	return err == -ETIMEDOUT ? 0 : err;
}

static long relative_sleep(u64 ns, uaddr_t urem)
{
	u64 deadline = current->restart_deadline_ns, now;

	if (!deadline)
		deadline = deadline_in(ns);
	current->restart_deadline_ns = 0;
	if (sleep_until(deadline) == 0)
		return 0;
	now = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (deadline <= now)
		return 0;
	if (urem && put_timespec(urem, deadline - now) < 0)
		return -EFAULT;
	current->restart_deadline_ns = deadline;
	return -ERESTART_RESTARTBLOCK;
}

/* CPU clocks move at an unknown pace: look again when the time could have come. */
static long cpu_clock_sleep(const struct clock_ref *c, u64 until)
{
	for (;;) {
		u64 now;

		if (clock_ref_now(c, &now) < 0)
			return -EINVAL;
		if (now >= until)
			return 0;
		if (sleep_until(deadline_in(MAX(until - now, 4 * NSEC_PER_MSEC))) < 0)
			return -ERESTARTNOHAND;
	}
}

static long absolute_sleep(const struct clock_ref *c, u64 when)
{
	u64 now = os_clock_ns(c->host_clock);

	if (when <= now)
		return 0;
	return sleep_until(deadline_in(when - now)) < 0 ? -ERESTARTNOHAND : 0;
}

SYSCALL_DEFINE2(nanosleep, uaddr_t, ureq, uaddr_t, urem)
{
	struct timespec ts;

	if (copy_from_user(&ts, ureq, sizeof(ts)) < 0)
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	return relative_sleep(timespec_ns(&ts), urem);
}

SYSCALL_DEFINE4(clock_nanosleep, s32, clockid, int, flags, uaddr_t, ureq, uaddr_t, urem)
{
	struct clock_ref c;
	struct timespec ts;
	u64 now;

	if (clock_ref_parse(clockid, &c) < 0)
		return -EINVAL;
	if (clockid == CLOCK_MONOTONIC_RAW || clockid == CLOCK_REALTIME_COARSE ||
		clockid == CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	if (copy_from_user(&ts, ureq, sizeof(ts)) < 0)
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	if (c.kind == CLOCK_OF_THREAD && (!c.id || c.id == current->tid))
		return clockid == CLOCK_THREAD_CPUTIME_ID ? -EOPNOTSUPP : -EINVAL;
	if (c.kind != CLOCK_OF_HOST) {
		if (clock_ref_now(&c, &now) < 0)
			return -EINVAL;
		return cpu_clock_sleep(&c, (flags & TIMER_ABSTIME ? 0 : now) + timespec_ns(&ts));
	}
	if (flags & TIMER_ABSTIME)
		return absolute_sleep(&c, timespec_ns(&ts));
	return relative_sleep(timespec_ns(&ts), urem);
}
