/*
 * timerfd_create(2): a timer whose expirations are read. Deadlines are kept on the timer's own
 * clock and armed on the monotonic one; at the wake-up the own clock decides, so a clock set back
 * is noticed. A periodic timer is re-armed only when its expirations are taken or asked for (they
 * are counted then), so an unread short interval costs nothing.
 */
#include "fs/fdtable.h"
#include "fs/vfs.h"
#include "kernel/cred.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/timer.h"

#include <stdio.h>

#define ABI_TFD_TIMER_ABSTIME 1
#define ABI_TFD_TIMER_CANCEL_ON_SET 2
#define ABI_CAP_WAKE_ALARM 35

struct timerfd {
	struct timer timer;
	int clockid;
	enum os_clock clock;
	u64 deadline_ns; /* next expiration on clock; meaningful if active */
	u64 interval_ns;
	u64 ticks;   /* unread expirations */
	bool active; /* armed, or expired with an interval */
	u32 settime_flags;
	struct waitq wait;
};

static void timerfd_fire(struct timer *timer);

/* Arms the kernel timer for deadline_ns of our clock. */
static int timerfd_start(struct timerfd *t)
{
	u64 now = os_clock_ns(t->clock), mono = os_clock_ns(OS_CLOCK_MONOTONIC);
	u64 left = t->deadline_ns > now ? t->deadline_ns - now : 0;

	t->timer.fn = timerfd_fire;
	return timer_arm(&t->timer, left > UINT64_MAX - 1 - mono ? UINT64_MAX - 1 : mono + left);
}

static void timerfd_fire(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);

	if (os_clock_ns(t->clock) < t->deadline_ns) {
		timerfd_start(t);
		return;
	}
	t->ticks++;
	if (!t->interval_ns)
		t->active = false;
	waitq_wake(&t->wait, EPOLLIN);
}

/* Counts the periods that have passed since the timer fired and arms it for the next. */
static void timerfd_forward(struct timerfd *t)
{
	u64 now, periods;

	if (!t->active || timer_armed(&t->timer))
		return;
	now = os_clock_ns(t->clock);
	periods = now < t->deadline_ns ? 1 : (now - t->deadline_ns) / t->interval_ns + 1;
	t->ticks += periods - 1;
	t->deadline_ns += periods * t->interval_ns;
	timerfd_start(t);
}

static ssize_t timerfd_read(struct file *f, struct uio *to, u64 *pos)
{
	struct timerfd *t = f->priv;
	u64 ticks;

	if (to->left < sizeof(ticks))
		return -EINVAL;
	if (!t->ticks && f->flags & O_NONBLOCK)
		return -EAGAIN;
	if (!t->ticks && wait_event(&t->wait, t->ticks))
		return -ERESTARTSYS;
	timerfd_forward(t);
	ticks = t->ticks;
	t->ticks = 0;
	return uio_put(to, &ticks, sizeof(ticks)) == sizeof(ticks) ? (ssize_t)sizeof(ticks)
								   : -EFAULT;
}

static u32 timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->priv;

	poll_wait(pt, &t->wait);
	return t->ticks ? EPOLLIN : 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *t = f->priv;

	timer_cancel(&t->timer);
	free(t);
}

static struct timespec ns_timespec(u64 ns)
{
	return (struct timespec){.tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC};
}

static void timerfd_get(struct timerfd *t, struct itimerspec *out)
{
	u64 now, left = 0;

	timerfd_forward(t);
	if (t->active) {
		now = os_clock_ns(t->clock);
		left = t->deadline_ns > now ? t->deadline_ns - now : 1;
	}
	out->it_value = ns_timespec(left);
	out->it_interval = ns_timespec(t->interval_ns);
}

static int timerfd_fdinfo(struct file *f, char *buf, size_t size)
{
	struct timerfd *t = f->priv;
	u64 ticks = t->ticks;
	struct itimerspec its;

	timerfd_get(t, &its);
	return snprintf(buf, size,
		"clockid: %d\nticks: %llu\nsettime flags: 0%o\nit_value: (%lld, %lld)\n"
		"it_interval: (%lld, %lld)\n",
		t->clockid, (unsigned long long)ticks, t->settime_flags,
		(long long)its.it_value.tv_sec, (long long)its.it_value.tv_nsec,
		(long long)its.it_interval.tv_sec, (long long)its.it_interval.tv_nsec);
}

static const struct file_ops timerfd_ops = {
	.release = timerfd_release,
	.read = timerfd_read,
	.poll = timerfd_poll,
	.show_fdinfo = timerfd_fdinfo,
	.stream = true,
	.poll_notify = true,
};

static int clock_of(int clockid, enum os_clock *out)
{
	switch (clockid) {
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		if (!capable(ABI_CAP_WAKE_ALARM))
			return -EPERM;
		*out = clockid == CLOCK_REALTIME_ALARM ? OS_CLOCK_REALTIME : OS_CLOCK_BOOTTIME;
		return 0;
	case CLOCK_REALTIME:
		*out = OS_CLOCK_REALTIME;
		return 0;
	case CLOCK_MONOTONIC:
		*out = OS_CLOCK_MONOTONIC;
		return 0;
	case CLOCK_BOOTTIME:
		*out = OS_CLOCK_BOOTTIME;
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(timerfd_create, int, clockid, u32, flags)
{
	struct timerfd *t;
	struct file *f;
	enum os_clock clock;
	int ret;

	if (flags & ~(u32)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	ret = clock_of(clockid, &clock);
	if (ret)
		return ret;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->clockid = clockid;
	t->clock = clock;
	waitq_init(&t->wait);
	ret = file_anon(
		"anon_inode:[timerfd]", &timerfd_ops, t, O_RDWR | (flags & O_NONBLOCK), 0600, &f);
	if (ret) {
		free(t);
		return ret;
	}
	ret = fd_install(f, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}

static int timespec_ns(const struct timespec *ts, u64 *ns)
{
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || (u64)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*ns = (u64)ts->tv_sec < INT64_MAX / NSEC_PER_SEC ? ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec
							 : (u64)INT64_MAX;
	return 0;
}

static int timerfd_set(struct timerfd *t, u32 flags, u64 value_ns, u64 interval_ns)
{
	timer_cancel(&t->timer);
	t->settime_flags = flags;
	t->ticks = 0;
	t->interval_ns = interval_ns;
	t->active = value_ns != 0;
	if (!t->active)
		return 0;
	t->deadline_ns = value_ns;
	if (!(flags & ABI_TFD_TIMER_ABSTIME))
		t->deadline_ns += os_clock_ns(t->clock);
	return timerfd_start(t);
}

static long do_settime(struct file *f, u32 flags, uaddr_t unew, uaddr_t uold)
{
	struct timerfd *t = f->ops == &timerfd_ops ? f->priv : NULL;
	struct itimerspec its, old;
	u64 value_ns, interval_ns;
	int ret;

	if (copy_from_user(&its, unew, sizeof(its)))
		return -EFAULT;
	if (flags & ~(ABI_TFD_TIMER_ABSTIME | ABI_TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	if (timespec_ns(&its.it_value, &value_ns) || timespec_ns(&its.it_interval, &interval_ns))
		return -EINVAL;
	if (!t)
		return -EINVAL;
	timerfd_get(t, &old);
	ret = timerfd_set(t, flags, value_ns, interval_ns);
	if (!ret && uold && copy_to_user(uold, &old, sizeof(old)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE4(timerfd_settime, int, fd, u32, flags, uaddr_t, unew, uaddr_t, uold)
{
	struct file *f = fd_file(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = do_settime(f, flags, unew, uold);
	file_put(f);
	return ret;
}

SYSCALL_DEFINE2(timerfd_gettime, int, fd, uaddr_t, ucur)
{
	struct file *f = fd_file(fd);
	struct itimerspec its;
	long ret = -EINVAL;

	if (!f)
		return -EBADF;
	if (f->ops == &timerfd_ops) {
		timerfd_get(f->priv, &its);
		ret = copy_to_user(ucur, &its, sizeof(its));
	}
	file_put(f);
	return ret;
}
