/* Conversions of guest time values to nanoseconds, all saturating. */
#ifndef SKIFF_KERNEL_SYS_TIME_H
#define SKIFF_KERNEL_SYS_TIME_H

#include "kernel/abi.h"
#include "kernel/os.h"

#define TIME_NS_MAX ((u64)INT64_MAX)

static inline bool timespec_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < (long)NSEC_PER_SEC;
}

static inline bool timeval_valid(const struct timeval *tv)
{
	return tv->tv_sec >= 0 && tv->tv_usec >= 0 && tv->tv_usec < 1000000;
}

/* Of a valid value; TIME_NS_MAX if it does not fit. */
static inline u64 timespec_ns(const struct timespec *ts)
{
	if ((u64)ts->tv_sec >= TIME_NS_MAX / NSEC_PER_SEC)
		return TIME_NS_MAX;
	return (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
}

static inline u64 timeval_ns(const struct timeval *tv)
{
	struct timespec ts = {.tv_sec = tv->tv_sec, .tv_nsec = tv->tv_usec * 1000};

	return timespec_ns(&ts);
}

static inline struct timespec ns_timespec(u64 ns)
{
	return (struct timespec){.tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC};
}

static inline struct timeval ns_timeval(u64 ns)
{
	return (struct timeval){
		.tv_sec = ns / NSEC_PER_SEC, .tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC};
}

/* OS_CLOCK_MONOTONIC time of ns from now; never 0, never WAIT_FOREVER. */
static inline u64 deadline_in(u64 ns)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	return ns >= TIME_NS_MAX - now ? TIME_NS_MAX : now + ns;
}

#endif
