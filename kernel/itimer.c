/*
 * Interval timers: setitimer(2), getitimer(2), alarm(2), and RLIMIT_CPU. ITIMER_REAL is a kernel
 * timer. CPU time passes on the host, unseen, so everything that counts it (ITIMER_VIRTUAL,
 * ITIMER_PROF, CPU-time POSIX timers, the limit) shares one sampling timer per process, armed only
 * while one of them is: it looks when the earliest could be due, and less and less often while the
 * process does not run.
 */
#include "kernel/itimer.h"

#include "kernel/os.h"
#include "kernel/posix_timer.h"
#include "kernel/signal.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/usage.h"

#define SAMPLE_MIN_NS (2 * NSEC_PER_MSEC)
#define SAMPLE_MAX_NS (200 * NSEC_PER_MSEC)
#define COALESCED_MIN_NS NSEC_PER_MSEC

/* ---- ITIMER_REAL ---- */

static void real_expire(struct timer *tm)
{
	struct itimer *it = container_of(tm, struct itimer, timer);
	struct tgroup *tg = container_of(it, struct tgroup, itimer_real);
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), step = it->interval_ns;
	bool taken = !(tg->pending.set & SIGBIT(SIGALRM));

	it->deadline_ns = 0;
	if (step) {
		/* Nobody takes them that fast: do not let a tiny interval keep the kernel busy. */
		if (!taken || step < 10 * NSEC_PER_USEC)
			step = MAX(step, COALESCED_MIN_NS);
		it->deadline_ns = tm->deadline_ns + step;
		if (it->deadline_ns <= now)
			it->deadline_ns = now + step;
		timer_arm(tm, it->deadline_ns);
	}
	signal_send_group(tg, SIGALRM, NULL);
}

static int real_set(struct tgroup *tg, u64 value_ns, u64 interval_ns)
{
	struct itimer *it = &tg->itimer_real;

	timer_cancel(&it->timer);
	it->interval_ns = interval_ns;
	it->deadline_ns = value_ns ? deadline_in(value_ns) : 0;
	it->timer.fn = real_expire;
	return value_ns ? timer_arm(&it->timer, it->deadline_ns) : 0;
}

/* ---- CPU time ---- */

/* Sends sig if the timer is due; CPU time left until it is, UINT64_MAX if it is off. */
static u64 cpu_itimer_check(struct tgroup *tg, struct itimer *it, u64 now, int sig)
{
	if (!it->deadline_ns)
		return UINT64_MAX;
	if (now >= it->deadline_ns) {
		u64 step = it->interval_ns;

		it->deadline_ns = step ? MAX(it->deadline_ns + step, now + 1) : 0;
		signal_send_group(tg, sig, NULL);
	}
	return it->deadline_ns ? it->deadline_ns - now : UINT64_MAX;
}

static u64 cpu_limit_check(struct tgroup *tg, u64 now)
{
	struct rlimit *r = &tg->rlim[RLIMIT_CPU];
	u64 soft, hard;

	if (r->rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	soft = r->rlim_cur >= TIME_NS_MAX / NSEC_PER_SEC ? TIME_NS_MAX : r->rlim_cur * NSEC_PER_SEC;
	hard = r->rlim_max >= TIME_NS_MAX / NSEC_PER_SEC ? TIME_NS_MAX : r->rlim_max * NSEC_PER_SEC;
	if (now >= hard) {
		signal_send_group(tg, SIGKILL, NULL);
		return UINT64_MAX;
	}
	if (!tg->xcpu_next_ns || tg->xcpu_next_ns < soft)
		tg->xcpu_next_ns = soft;
	if (now >= tg->xcpu_next_ns) {
		tg->xcpu_next_ns = now + NSEC_PER_SEC;
		signal_send_group(tg, SIGXCPU, NULL);
	}
	return MIN(tg->xcpu_next_ns, hard) - now;
}

static void cpu_sample(struct timer *tm)
{
	struct tgroup *tg = tgroup_get(container_of(tm, struct tgroup, cpu_sampler));
	struct guest_usage u;
	u64 left, now;

	usage_of_group(tg, &u);
	now = u.utime_ns + u.stime_ns;
	left = cpu_itimer_check(tg, &tg->itimer_virtual, u.utime_ns, SIGVTALRM);
	left = MIN(left, cpu_itimer_check(tg, &tg->itimer_prof, now, SIGPROF));
	left = MIN(left, cpu_limit_check(tg, now));
	left = MIN(left, posix_timers_sample(tg));
	if (left != UINT64_MAX && !tg->exiting) {
		if (now != tg->cpu_sampled_ns || !tg->cpu_period_ns)
			tg->cpu_period_ns = SAMPLE_MIN_NS;
		else
			tg->cpu_period_ns = MIN(tg->cpu_period_ns * 2, SAMPLE_MAX_NS);
		tg->cpu_sampled_ns = now;
		left /= MAX(1u, MIN(tg->nr_tasks, 64u));
		timer_arm(tm, deadline_in(MAX(left, tg->cpu_period_ns)));
	}
	tgroup_put(tg);
}

void cpu_sampler_update(struct tgroup *tg)
{
	bool limited = tg->rlim[RLIMIT_CPU].rlim_cur != RLIM_INFINITY;

	if (!limited && !tg->itimer_virtual.deadline_ns && !tg->itimer_prof.deadline_ns &&
		list_empty(&tg->posix_timers))
		return;
	tg->cpu_period_ns = 0;
	tg->cpu_sampler.fn = cpu_sample;
	timer_arm(&tg->cpu_sampler, deadline_in(SAMPLE_MIN_NS));
}

void itimers_exit(struct tgroup *tg)
{
	timer_cancel(&tg->itimer_real.timer);
	timer_cancel(&tg->cpu_sampler);
}

/* ---- calls ---- */

static struct itimer *itimer_of(struct tgroup *tg, int which)
{
	switch (which) {
	case ITIMER_REAL:
		return &tg->itimer_real;
	case ITIMER_VIRTUAL:
		return &tg->itimer_virtual;
	case ITIMER_PROF:
		return &tg->itimer_prof;
	default:
		return NULL;
	}
}

static u64 itimer_now(struct tgroup *tg, int which)
{
	struct guest_usage u;

	if (which == ITIMER_REAL)
		return os_clock_ns(OS_CLOCK_MONOTONIC);
	usage_of_group(tg, &u);
	return which == ITIMER_VIRTUAL ? u.utime_ns : u.utime_ns + u.stime_ns;
}

static void itimer_get(struct tgroup *tg, int which, struct itimerval *v)
{
	struct itimer *it = itimer_of(tg, which);
	u64 left = 0;

	if (it->deadline_ns) {
		u64 now = itimer_now(tg, which);

		left = it->deadline_ns > now ? it->deadline_ns - now : NSEC_PER_USEC;
		left = MAX(left, NSEC_PER_USEC);
	}
	v->it_interval = ns_timeval(it->interval_ns);
	v->it_value = ns_timeval(left);
}

static int itimer_set(struct tgroup *tg, int which, const struct itimerval *v)
{
	struct itimer *it = itimer_of(tg, which);
	u64 value = timeval_ns(&v->it_value);

	if (which == ITIMER_REAL)
		return real_set(tg, value, timeval_ns(&v->it_interval));
	it->interval_ns = timeval_ns(&v->it_interval);
	it->deadline_ns = value ? itimer_now(tg, which) + value : 0;
	cpu_sampler_update(tg);
	return 0;
}

SYSCALL_DEFINE2(getitimer, int, which, uaddr_t, uval)
{
	struct itimerval v;

	if (!itimer_of(current->tg, which))
		return -EINVAL;
	itimer_get(current->tg, which, &v);
	return copy_to_user(uval, &v, sizeof(v));
}

SYSCALL_DEFINE3(setitimer, int, which, uaddr_t, unew, uaddr_t, uold)
{
	struct itimerval new = {0}, old;
	int err;

	if (unew && copy_from_user(&new, unew, sizeof(new)) < 0)
		return -EFAULT;
	if (!itimer_of(current->tg, which))
		return -EINVAL;
	if (!timeval_valid(&new.it_value) || !timeval_valid(&new.it_interval))
		return -EINVAL;
	itimer_get(current->tg, which, &old);
	err = itimer_set(current->tg, which, &new);
	if (err < 0)
		return err;
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE1(alarm, u32, seconds)
{
	struct itimerval new = {.it_value.tv_sec = seconds}, old;
	long left;

	itimer_get(current->tg, ITIMER_REAL, &old);
	itimer_set(current->tg, ITIMER_REAL, &new);
	left = old.it_value.tv_sec;
	if (old.it_value.tv_usec >= 500000 || (!left && old.it_value.tv_usec))
		left++;
	return left;
}
