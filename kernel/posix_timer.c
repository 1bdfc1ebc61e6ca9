/*
 * POSIX timers: timer_create(2), timer_settime(2), timer_getoverrun(2). A timer owns one queue
 * entry for its signal. It is armed again when that signal is taken, not when it expires, so that
 * short intervals cost nothing while nobody looks; what was missed meanwhile is the overrun count.
 * A timer on CLOCK_REALTIME does not follow later steps of the wall clock.
 */
#include "kernel/posix_timer.h"

#include "kernel/itimer.h"
#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/sigqueue.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

#define IGNORED_MIN_NS NSEC_PER_MSEC
#define DELAYTIMER_MAX_ INT_MAX

struct posix_timer {
	struct list_head link; /* tgroup.posix_timers */
	struct tgroup *tg;
	int id;
	s32 clockid; /* as the guest named it */
	struct clock_ref clock;
	int notify;	    /* SIGEV_* */
	pid_t tid;	    /* SIGEV_THREAD_ID */
	struct timer timer; /* unused for CPU-time clocks */
	u64 deadline_ns;    /* on its clock (host clocks: OS_CLOCK_MONOTONIC); 0: disarmed */
	u64 interval_ns;
	int overrun;	    /* of the signal taken last */
	struct sigqueue *q; /* NULL for SIGEV_NONE */
};

struct abi_sigevent {
	u64 value;
	s32 signo, notify;
	s32 tid;
	u8 pad[44];
};
static_assert(sizeof(struct abi_sigevent) == 64, "struct sigevent");

#define SIGEV_THREAD_ID_FLAG 4

static struct posix_timer *timer_find(int id)
{
	struct posix_timer *pt;

	list_for_each_entry (pt, &current->tg->posix_timers, link) {
		if (pt->id == id)
			return pt;
	}
	return NULL;
}

static bool is_cpu(const struct posix_timer *pt)
{
	return pt->clock.kind != CLOCK_OF_HOST;
}

static u64 timer_now(const struct posix_timer *pt)
{
	u64 now = 0;

	if (!is_cpu(pt))
		return os_clock_ns(OS_CLOCK_MONOTONIC);
	clock_ref_now(&pt->clock, &now);
	return now;
}

static void arm(struct posix_timer *pt)
{
	if (!pt->deadline_ns)
		timer_cancel(&pt->timer);
	else if (is_cpu(pt))
		cpu_sampler_update(pt->tg);
	else
		timer_arm(&pt->timer, pt->deadline_ns);
}

/* Moves an expired deadline past now by whole intervals; how many were skipped beyond the first. */
static u64 advance(struct posix_timer *pt, u64 now)
{
	u64 missed = 0;

	if (!pt->interval_ns) {
		pt->deadline_ns = 0;
		return 0;
	}
	if (now > pt->deadline_ns)
		missed = (now - pt->deadline_ns) / pt->interval_ns;
	pt->deadline_ns += (missed + 1) * pt->interval_ns;
	return missed;
}

/* The signal is being taken: count what was missed, go on. */
static void timer_dequeued(struct sigqueue *q, siginfo_t *info)
{
	struct posix_timer *pt = q->priv;

	u64 now = timer_now(pt);

	pt->overrun = 0;
	if (pt->deadline_ns && pt->deadline_ns <= now) {
		u64 missed = advance(pt, now);

		pt->overrun = (int)MIN(missed, (u64)DELAYTIMER_MAX_);
		arm(pt);
	}
	info->si_overrun = pt->overrun;
}

static void fire(struct posix_timer *pt)
{
	struct task *t = NULL;
	int ret = -EAGAIN;

	if (pt->notify & SIGEV_THREAD_ID_FLAG) {
		t = task_find(pt->tid);
		if (t && t->tg != pt->tg)
			t = NULL;
	}
	if (pt->q && (t || !(pt->notify & SIGEV_THREAD_ID_FLAG)))
		ret = signal_send_queue(pt->q, t, pt->tg);
	if (ret == 0) {
		if (!pt->interval_ns)
			pt->deadline_ns = 0;
		return; /* timer_dequeued goes on */
	}
	advance(pt, timer_now(pt));
	if (pt->deadline_ns && pt->notify != SIGEV_NONE)
		pt->deadline_ns = MAX(pt->deadline_ns, timer_now(pt) + IGNORED_MIN_NS);
	if (pt->notify != SIGEV_NONE)
		arm(pt);
}

static void timer_expired(struct timer *tm)
{
	fire(container_of(tm, struct posix_timer, timer));
}

u64 posix_timers_sample(struct tgroup *tg)
{
	struct posix_timer *pt, *next;
	u64 least = UINT64_MAX;

	list_for_each_entry_safe (pt, next, &tg->posix_timers, link) {
		u64 now;

		if (!is_cpu(pt) || !pt->deadline_ns || (pt->q && !list_empty(&pt->q->link)))
			continue;
		now = timer_now(pt);
		if (now >= pt->deadline_ns) {
			fire(pt);
			now = timer_now(pt);
		}
		if (pt->deadline_ns > now)
			least = MIN(least, pt->deadline_ns - now);
	}
	return least;
}

static void timer_destroy(struct posix_timer *pt)
{
	timer_cancel(&pt->timer);
	list_del(&pt->link);
	if (pt->q)
		sigqueue_release(pt->q);
	free(pt);
}

void posix_timers_exit(struct tgroup *tg)
{
	while (!list_empty(&tg->posix_timers))
		timer_destroy(list_first(&tg->posix_timers, struct posix_timer, link));
}

/* ---- calls ---- */

static int check_event(const struct abi_sigevent *ev)
{
	struct task *t;

	switch (ev->notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL | SIGEV_THREAD_ID_FLAG:
		t = task_find(pid_in(ev->tid));
		if (!t || t->tg != current->tg)
			return -EINVAL;
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		break;
	default:
		return -EINVAL;
	}
	return ev->signo < 1 || ev->signo > ABI_NSIG ? -EINVAL : 0;
}

static int attach_signal(struct posix_timer *pt, const struct abi_sigevent *ev)
{
	siginfo_t *info;

	if (ev->notify == SIGEV_NONE)
		return 0;
	pt->q = sigqueue_alloc(current, false);
	if (!pt->q)
		return -EAGAIN;
	pt->q->dequeued = timer_dequeued;
	pt->q->priv = pt;
	info = &pt->q->info;
	info->si_signo = ev->signo;
	info->si_code = SI_TIMER;
	info->si_timerid = pt->id;
	info->si_value.sival_ptr = (void *)(uintptr_t)ev->value;
	return 0;
}

static int new_timer_id(struct tgroup *tg)
{
	do {
		tg->next_timer_id &= INT_MAX;
	} while (timer_find(tg->next_timer_id) && tg->next_timer_id++ >= 0);
	return tg->next_timer_id++;
}

void posix_timers_for_each(const struct tgroup *tg,
	void (*fn)(const struct posix_timer_info *info, void *arg), void *arg)
{
	const struct posix_timer *pt;

	list_for_each_entry (pt, &tg->posix_timers, link) {
		struct posix_timer_info info = {.id = pt->id,
			.clockid = pt->clockid,
			.notify = pt->notify,
			.tid = pt->notify & SIGEV_THREAD_ID_FLAG ? pt->tid : 0};

		if (pt->q) {
			info.signo = pt->q->info.si_signo;
			info.value = (u64)(uintptr_t)pt->q->info.si_value.sival_ptr;
		}
		fn(&info, arg);
	}
}

SYSCALL_DEFINE3(timer_create, s32, clockid, uaddr_t, uev, uaddr_t, uid)
{
	struct abi_sigevent ev = {.signo = SIGALRM, .notify = SIGEV_SIGNAL};
	struct posix_timer *pt;
	struct clock_ref clock;
	int err;

	if (uev && copy_from_user(&ev, uev, sizeof(ev)) < 0)
		return -EFAULT;
	err = clock_ref_parse(clockid, &clock);
	if (err < 0 || clockid == CLOCK_MONOTONIC_RAW || clockid == CLOCK_REALTIME_COARSE ||
		clockid == CLOCK_MONOTONIC_COARSE)
		return err < 0 ? err : -EOPNOTSUPP;
	err = check_event(&ev);
	if (err < 0)
		return err;
	pt = calloc(1, sizeof(*pt));
	if (!pt)
		return -EAGAIN;
	pt->tg = current->tg;
	pt->clockid = clockid;
	pt->clock = clock;
	if (clock.kind == CLOCK_OF_PROCESS && !clock.id)
		pt->clock.id = current->tg->pid;
	if (clock.kind == CLOCK_OF_THREAD && !clock.id)
		pt->clock.id = current->tid;
	pt->notify = ev.notify;
	pt->tid = pid_in(ev.tid);
	pt->timer.fn = timer_expired;
	pt->id = new_timer_id(current->tg);
	if (!uev)
		ev.value = pt->id;
	err = attach_signal(pt, &ev);
	if (err == 0 && put_user_u32(uid, pt->id) < 0)
		err = -EFAULT;
	list_init(&pt->link);
	if (err < 0) {
		timer_destroy(pt);
		return err;
	}
	list_add_tail(&pt->link, &current->tg->posix_timers);
	return 0;
}

static void timer_get(struct posix_timer *pt, struct itimerspec *its)
{
	u64 now = timer_now(pt), left = 0;

	/* Expired periods of a timer whose signal nobody has taken, or that sends none, count on.
	 */
	if (pt->deadline_ns && pt->deadline_ns <= now && pt->interval_ns)
		left = pt->interval_ns - (now - pt->deadline_ns) % pt->interval_ns;
	else if (pt->deadline_ns && pt->deadline_ns > now)
		left = pt->deadline_ns - now;
	else if (pt->deadline_ns && pt->notify != SIGEV_NONE)
		left = 1;
	its->it_interval = ns_timespec(pt->interval_ns);
	its->it_value = ns_timespec(left);
}

/* A start value as a deadline on what timer_now shows. */
static u64 timer_deadline(const struct posix_timer *pt, u64 value, bool absolute)
{
	u64 now = timer_now(pt), clock_now;

	if (!absolute)
		return value >= TIME_NS_MAX - now ? TIME_NS_MAX : now + value;
	if (is_cpu(pt))
		return value;
	clock_now = os_clock_ns(pt->clock.host_clock);
	if (value <= clock_now) /* every interval since then has expired, too */
		return clock_now - value >= now ? 1 : now - (clock_now - value);
	return value - clock_now >= TIME_NS_MAX - now ? TIME_NS_MAX : now + (value - clock_now);
}

SYSCALL_DEFINE4(timer_settime, int, id, int, flags, uaddr_t, unew, uaddr_t, uold)
{
	struct itimerspec new, old;
	struct posix_timer *pt;

	if (!unew)
		return -EINVAL;
	if (copy_from_user(&new, unew, sizeof(new)) < 0)
		return -EFAULT;
	if (!timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
		return -EINVAL;
	pt = timer_find(id);
	if (!pt)
		return -EINVAL;
	timer_get(pt, &old);
	timer_cancel(&pt->timer);
	pt->interval_ns = timespec_ns(&new.it_interval);
	pt->deadline_ns = 0;
	pt->overrun = 0;
	if (timespec_ns(&new.it_value)) {
		pt->deadline_ns =
			timer_deadline(pt, timespec_ns(&new.it_value), flags & TIMER_ABSTIME);
		if (pt->notify != SIGEV_NONE)
			arm(pt);
	}
	if (uold && copy_to_user(uold, &old, sizeof(old)) < 0)
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE2(timer_gettime, int, id, uaddr_t, uval)
{
	struct posix_timer *pt = timer_find(id);
	struct itimerspec its;

	if (!pt)
		return -EINVAL;
	timer_get(pt, &its);
	return copy_to_user(uval, &its, sizeof(its));
}

SYSCALL_DEFINE1(timer_getoverrun, int, id)
{
	struct posix_timer *pt = timer_find(id);

	return pt ? pt->overrun : -EINVAL;
}

SYSCALL_DEFINE1(timer_delete, int, id)
{
	struct posix_timer *pt = timer_find(id);

	if (!pt)
		return -EINVAL;
	timer_destroy(pt);
	return 0;
}
