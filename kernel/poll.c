/*
 * select(2), pselect(2), poll(2), ppoll(2) over one engine: entries (file, wanted events) are asked
 * through their poll op; the first round also leaves waiters on the files' queues. Every entry
 * holds a reference to its file until the waiters are gone. A signal mask given with the call stays
 * in force until the call returns (signal_set_user_mask). Interrupted calls restart only when no
 * handler ran: poll by absolute deadline, the others with the remaining time they wrote back.
 */
#include "kernel/poll.h"

#include "fs/fdtable.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define WAITER_CHUNK 16
#define SELECT_IN (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR)
#define SELECT_OUT (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR)
#define SELECT_EX EPOLLPRI
#define SELECT_MAX_FDS (1024 * 1024)
#define POLL_NVAL 0x20u

struct poll_entry {
	struct file *file; /* NULL: nothing to ask */
	u32 events, revents;
	int index; /* of the caller's array or bit map */
};

struct waiter_chunk {
	struct waiter_chunk *next;
	unsigned nr;
	struct poll_waiter {
		struct waiter w;
		struct poller *poller;
		u32 events;
	} waiters[WAITER_CHUNK];
};

struct poller {
	struct poll_table pt;
	struct coro *co;
	u32 events; /* of the entry being queued */
	int error;
	struct waiter_chunk *chunks;
	struct waiter_chunk first;
};

u32 file_poll(struct file *f, struct poll_table *pt)
{
	return f->ops->poll ? f->ops->poll(f, pt) : POLL_ALWAYS_READY;
}

/* ---- the engine ---- */

static void poller_woken(struct waiter *w, u32 events)
{
	struct poll_waiter *pw = container_of(w, struct poll_waiter, w);

	if (!events || events & pw->events)
		sched_wake(pw->poller->co);
}

static int poller_queue(struct poll_table *pt, struct waitq *q)
{
	struct poller *p = container_of(pt, struct poller, pt);
	struct waiter_chunk *c = p->chunks;
	struct poll_waiter *pw;

	if (c->nr == WAITER_CHUNK) {
		c = malloc(sizeof(*c));
		if (!c)
			return p->error = -ENOMEM;
		c->nr = 0;
		c->next = p->chunks;
		p->chunks = c;
	}
	pw = &c->waiters[c->nr++];
	*pw = (struct poll_waiter){.w.fn = poller_woken, .poller = p, .events = p->events};
	waitq_add(q, &pw->w);
	return 0;
}

static void poller_init(struct poller *p)
{
	p->pt.queue = poller_queue;
	p->co = sched_self();
	p->error = 0;
	p->first.nr = 0;
	p->first.next = NULL;
	p->chunks = &p->first;
}

static void poller_fini(struct poller *p)
{
	while (p->chunks) {
		struct waiter_chunk *c = p->chunks;

		for (unsigned i = 0; i < c->nr; i++)
			waitq_del(&c->waiters[i].w);
		p->chunks = c->next;
		if (c != &p->first)
			free(c);
	}
}

/* Asks every entry; queues waiters while queue is set and nothing is ready. Entries ready. */
static int poll_scan(struct poller *p, struct poll_entry *e, unsigned nr, bool queue)
{
	int ready = 0;

	for (unsigned i = 0; i < nr; i++) {
		if (e[i].file) {
			p->events = e[i].events | EPOLLERR | EPOLLHUP;
			e[i].revents = file_poll(e[i].file, queue && !ready ? &p->pt : NULL);
			e[i].revents &= p->events;
		}
		ready += e[i].revents != 0;
	}
	return ready;
}

/* Entries ready, 0 at the deadline (0: do not sleep), -EINTR or -ENOMEM. Sleeps. */
static int poll_entries(struct poll_entry *e, unsigned nr, u64 deadline_ns)
{
	struct poller p;
	bool queue = deadline_ns != 0;
	bool last = !queue;
	int ret;

	poller_init(&p);
	for (;;) {
		ret = poll_scan(&p, e, nr, queue);
		queue = false;
		if (!ret)
			ret = p.error;
		if (!ret && signal_pending(current))
			ret = -EINTR;
		if (ret || last)
			break;
		ret = sched_sleep(WAIT_INTERRUPTIBLE, deadline_ns);
		last = ret == -ETIMEDOUT;
	}
	poller_fini(&p);
	return ret;
}

static void put_entries(struct poll_entry *e, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		if (e[i].file)
			file_put(e[i].file);
	}
	free(e);
}

/* ---- timeouts ---- */

/* Absolute deadline for a relative timeout; never 0 unless the timeout is. */
static u64 deadline_after(u64 sec, u64 nsec)
{
	u64 now;

	if (!sec && !nsec)
		return 0;
	now = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (sec > (UINT64_MAX - now - nsec) / NSEC_PER_SEC)
		return WAIT_FOREVER;
	return now + sec * NSEC_PER_SEC + nsec;
}

static int timespec_deadline(uaddr_t uts, u64 *deadline_ns)
{
	struct timespec ts;

	*deadline_ns = WAIT_FOREVER;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*deadline_ns = deadline_after(ts.tv_sec, ts.tv_nsec);
	return 0;
}

static int timeval_deadline(uaddr_t utv, u64 *deadline_ns)
{
	struct timeval tv;

	*deadline_ns = WAIT_FOREVER;
	if (!utv)
		return 0;
	if (copy_from_user(&tv, utv, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_sec < 0 || tv.tv_usec < 0)
		return -EINVAL;
	*deadline_ns = deadline_after(
		tv.tv_sec + tv.tv_usec / 1000000, tv.tv_usec % 1000000 * NSEC_PER_USEC);
	return 0;
}

#define PERSONALITY_STICKY_TIMEOUTS 0x4000000u

/* Writes back what remains of a relative timeout; without that an interrupted call cannot restart.
 */
static long finish_timed(long ret, uaddr_t uts, u64 deadline_ns, bool timeval)
{
	struct timespec ts = {0, 0};
	u64 now;

	if (ret == -EINTR)
		ret = -ERESTARTNOHAND;
	if (!uts || deadline_ns == WAIT_FOREVER)
		return ret;
	if (current->personality & PERSONALITY_STICKY_TIMEOUTS)
		return ret == -ERESTARTNOHAND ? -EINTR : ret;
	now = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (deadline_ns > now) {
		ts.tv_sec = (deadline_ns - now) / NSEC_PER_SEC;
		ts.tv_nsec = (deadline_ns - now) % NSEC_PER_SEC;
	}
	if (timeval)
		ts.tv_nsec /= NSEC_PER_USEC; /* struct timeval has the same shape */
	if (copy_to_user(uts, &ts, sizeof(ts)) && ret == -ERESTARTNOHAND)
		ret = -EINTR;
	return ret;
}

/* ---- poll ---- */

static long do_poll(uaddr_t ufds, u32 nfds, u64 deadline_ns)
{
	struct pollfd *fds = NULL;
	struct poll_entry *e = NULL;
	long ret = -ENOMEM;

	if (nfds > task_rlimit(current, RLIMIT_NOFILE))
		return -EINVAL;
	if (nfds) {
		fds = malloc(nfds * sizeof(*fds));
		e = calloc(nfds, sizeof(*e));
		if (!fds || !e)
			goto out;
		ret = copy_from_user(fds, ufds, nfds * sizeof(*fds));
		if (ret)
			goto out;
	}
	for (u32 i = 0; i < nfds; i++) {
		e[i].events = (u16)fds[i].events;
		if (fds[i].fd < 0)
			continue;
		e[i].file = fd_file(fds[i].fd);
		if (!e[i].file)
			e[i].revents = POLL_NVAL;
	}
	ret = poll_entries(e, nfds, deadline_ns);
	for (u32 i = 0; i < nfds; i++)
		fds[i].revents = e[i].revents;
	if (ret >= 0 && nfds && copy_to_user(ufds, fds, nfds * sizeof(*fds)))
		ret = -EFAULT;
out:
	free(fds);
	if (e)
		put_entries(e, nfds);
	return ret;
}

SYSCALL_DEFINE3(poll, uaddr_t, fds, u32, nfds, int, timeout_ms)
{
	u64 deadline = WAIT_FOREVER;
	long ret;

	if (current->restart_deadline_ns)
		deadline = current->restart_deadline_ns;
	else if (timeout_ms >= 0)
		deadline = deadline_after(timeout_ms / 1000, timeout_ms % 1000 * NSEC_PER_MSEC);
	current->restart_deadline_ns = 0;
	ret = do_poll(fds, nfds, deadline);
	if (ret == -EINTR && deadline) {
		current->restart_deadline_ns = deadline;
		ret = -ERESTART_RESTARTBLOCK;
	}
	return ret;
}

SYSCALL_DEFINE5(ppoll, uaddr_t, fds, u32, nfds, uaddr_t, uts, uaddr_t, mask, size_t, sigsetsize)
{
	u64 deadline;
	long ret = timespec_deadline(uts, &deadline);

	if (!ret && mask)
		ret = signal_set_user_mask(mask, sigsetsize);
	if (ret)
		return ret;
	return finish_timed(do_poll(fds, nfds, deadline), uts, deadline, false);
}

/* ---- select ---- */

struct select_sets {
	size_t bytes;	   /* of one bit map */
	u8 *in, *out, *ex; /* as asked; NULL if not given */
	u8 *res_in, *res_out, *res_ex;
	u8 *mem;
};

static bool bit_test(const u8 *map, unsigned n)
{
	return map && map[n / 8] >> (n % 8) & 1;
}

static int sets_import(struct select_sets *s, unsigned n, const uaddr_t user[3])
{
	u8 **ask[3] = {&s->in, &s->out, &s->ex}, **res[3] = {&s->res_in, &s->res_out, &s->res_ex};

	s->bytes = ALIGN_UP((size_t)n, 64) / 8;
	s->in = s->out = s->ex = NULL;
	s->mem = calloc(6, s->bytes ? s->bytes : 8);
	if (!s->mem)
		return -ENOMEM;
	for (unsigned i = 0; i < 3; i++) {
		*res[i] = s->mem + (3 + i) * s->bytes;
		if (!user[i])
			continue;
		*ask[i] = s->mem + i * s->bytes;
		if (s->bytes && copy_from_user(*ask[i], user[i], s->bytes))
			return -EFAULT;
	}
	return 0;
}

static int sets_export(const struct select_sets *s, const uaddr_t user[3])
{
	const u8 *res[3] = {s->res_in, s->res_out, s->res_ex};

	for (unsigned i = 0; i < 3; i++) {
		if (user[i] && s->bytes && copy_to_user(user[i], res[i], s->bytes))
			return -EFAULT;
	}
	return 0;
}

/* One entry per descriptor that is in a set: their number, or -EBADF. */
static int sets_entries(const struct select_sets *s, unsigned n, struct poll_entry *e)
{
	unsigned nr = 0;

	for (unsigned fd = 0; fd < n; fd++) {
		u32 want = (bit_test(s->in, fd) ? SELECT_IN : 0) |
			   (bit_test(s->out, fd) ? SELECT_OUT : 0) |
			   (bit_test(s->ex, fd) ? SELECT_EX : 0);

		if (!want)
			continue;
		e[nr].index = fd;
		e[nr].events = want;
		e[nr].file = fd_file(fd);
		if (!e[nr++].file)
			return -EBADF;
	}
	return nr;
}

static int set_if(const u8 *ask, u8 *res, unsigned fd, bool on)
{
	if (!on || !bit_test(ask, fd))
		return 0;
	res[fd / 8] |= 1u << (fd % 8);
	return 1;
}

static long sets_result(struct select_sets *s, const struct poll_entry *e, unsigned nr)
{
	long bits = 0;

	for (unsigned i = 0; i < nr; i++) {
		bits += set_if(s->in, s->res_in, e[i].index, e[i].revents & SELECT_IN);
		bits += set_if(s->out, s->res_out, e[i].index, e[i].revents & SELECT_OUT);
		bits += set_if(s->ex, s->res_ex, e[i].index, e[i].revents & SELECT_EX);
	}
	return bits;
}

static long do_select(int n, uaddr_t in, uaddr_t out, uaddr_t ex, u64 deadline_ns)
{
	const uaddr_t user[3] = {in, out, ex};
	struct poll_entry *e = NULL;
	struct select_sets s;
	long ret;
	int nr;

	if (n < 0)
		return -EINVAL;
	n = MIN(n, SELECT_MAX_FDS);
	if ((unsigned)n > current->files->nr)
		n = current->files->nr;
	ret = sets_import(&s, n, user);
	if (ret)
		goto out;
	ret = -ENOMEM;
	e = calloc(n ? n : 1, sizeof(*e));
	if (!e)
		goto out;
	nr = sets_entries(&s, n, e);
	ret = nr < 0 ? nr : poll_entries(e, nr, deadline_ns);
	if (ret >= 0) {
		ret = sets_result(&s, e, nr);
		if (sets_export(&s, user))
			ret = -EFAULT;
	}
out:
	if (e)
		put_entries(e, n);
	free(s.mem);
	return ret;
}

SYSCALL_DEFINE5(select, int, n, uaddr_t, in, uaddr_t, out, uaddr_t, ex, uaddr_t, utv)
{
	u64 deadline;
	long ret = timeval_deadline(utv, &deadline);

	if (ret)
		return ret;
	return finish_timed(do_select(n, in, out, ex, deadline), utv, deadline, true);
}

SYSCALL_DEFINE6(
	pselect6, int, n, uaddr_t, in, uaddr_t, out, uaddr_t, ex, uaddr_t, uts, uaddr_t, sig)
{
	struct {
		uaddr_t mask;
		u64 size;
	} arg = {0, 0};
	u64 deadline;
	long ret;

	if (sig && copy_from_user(&arg, sig, sizeof(arg)))
		return -EFAULT;
	ret = timespec_deadline(uts, &deadline);
	if (!ret && arg.mask)
		ret = signal_set_user_mask(arg.mask, arg.size);
	if (ret)
		return ret;
	return finish_timed(do_select(n, in, out, ex, deadline), uts, deadline, false);
}
