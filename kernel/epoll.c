/*
 * epoll(7). An instance (struct epoll) has items, one per registered (file, descriptor). An item
 * leaves waiters on its file's queues; being woken puts it on the instance's ready list, and
 * epoll_wait asks the files there again, so a stale entry only costs a question. Level-triggered
 * items stay on the list while they are ready. Items hold no reference to their file: the file
 * layer calls epoll_file_gone. Nesting is a directed graph without cycles and at most MAX_NESTS
 * deep; one wake-up passes each instance once, so its cost is linear in the graph.
 */
#include "kernel/epoll.h"

#include "fs/fdtable.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <stdio.h>

#define MAX_NESTS 5
#define PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EXCLUSIVE_OK (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLEXCLUSIVE)
#define SEND_BATCH 64

struct epoll {
	struct file *file; /* ours; no reference */
	struct htab items;
	struct list_head item_list; /* by age, for fdinfo and release */
	struct list_head ready;
	struct waitq wait;	/* epoll_wait callers */
	struct waitq poll_wait; /* pollers of the epoll file itself */
	u64 wake_pass;		/* the wake-up that last came through */
	u64 walk;		/* the nesting walk that last came through, ... */
	int depth;		/* ... and what it found */
};

struct ep_waiter {
	struct waiter w;
	struct epitem *item;
	struct ep_waiter *next;
};

struct epitem {
	struct hnode hash;
	struct list_head link, file_link, ready;
	struct epoll *ep;
	struct file *file;
	int fd;
	u32 events; /* with ERR and HUP; only PRIVATE_BITS left: disarmed (EPOLLONESHOT) */
	u64 data;
	struct ep_waiter *waiters;
	struct ep_waiter first; /* storage of the first of them */
	bool first_used;
};

struct ep_table {
	struct poll_table pt;
	struct epitem *item;
	int error;
};

static const struct file_ops epoll_ops;
static u64 wake_pass, walk_nr;
static unsigned wake_depth;

static struct epoll *epoll_of(const struct file *f)
{
	return f->ops == &epoll_ops ? f->priv : NULL;
}

/* ---- readiness ---- */

static void epoll_wake(struct epoll *ep)
{
	waitq_wake_one(&ep->wait, EPOLLIN);
	if (ep->wake_pass == wake_pass)
		return;
	ep->wake_pass = wake_pass;
	waitq_wake(&ep->poll_wait, EPOLLIN | EPOLLRDNORM);
}

static void item_mark_ready(struct epitem *it)
{
	if (list_empty(&it->ready))
		list_add_tail(&it->ready, &it->ep->ready);
}

static void item_woken(struct waiter *w, u32 events)
{
	struct epitem *it = container_of(w, struct ep_waiter, w)->item;
	bool awaited = !list_empty(&it->ep->wait.waiters);

	if (!(it->events & ~PRIVATE_BITS) || (events && !(events & it->events))) {
		waitq_decline();
		return;
	}
	if (!wake_depth++)
		wake_pass++;
	item_mark_ready(it);
	epoll_wake(it->ep);
	wake_depth--;
	if (!awaited)
		waitq_decline();
}

static int item_queue(struct poll_table *pt, struct waitq *q)
{
	struct ep_table *t = container_of(pt, struct ep_table, pt);
	struct epitem *it = t->item;
	struct ep_waiter *w = &it->first;

	if (it->first_used)
		w = malloc(sizeof(*w));
	if (!w)
		return t->error = -ENOMEM;
	it->first_used = true;
	*w = (struct ep_waiter){.w.fn = item_woken, .item = it, .next = it->waiters};
	w->w.exclusive = it->events & EPOLLEXCLUSIVE;
	it->waiters = w;
	waitq_add(q, &w->w);
	return 0;
}

static u32 item_poll(struct epitem *it, struct poll_table *pt)
{
	return file_poll(it->file, pt) & it->events & ~PRIVATE_BITS;
}

/* ---- items ---- */

static u64 item_hash(const struct file *f, int fd)
{
	return hash_u64((uintptr_t)f ^ ((u64)fd << 40));
}

static struct epitem *item_find(struct epoll *ep, const struct file *f, int fd)
{
	struct hnode *n;

	for (n = htab_first(&ep->items, item_hash(f, fd)); n; n = htab_next(n)) {
		struct epitem *it = container_of(n, struct epitem, hash);

		if (it->file == f && it->fd == fd)
			return it;
	}
	return NULL;
}

static void item_free(struct epitem *it)
{
	while (it->waiters) {
		struct ep_waiter *w = it->waiters;

		waitq_del(&w->w);
		it->waiters = w->next;
		if (w != &it->first)
			free(w);
	}
	list_del(&it->ready);
	list_del(&it->link);
	list_del(&it->file_link);
	htab_remove(&it->ep->items, &it->hash);
	free(it);
}

void epoll_file_gone(struct file *f)
{
	while (!list_empty(&f->epitems))
		item_free(list_first(&f->epitems, struct epitem, file_link));
}

int epoll_target(const struct file *f, int fd, unsigned toff, const struct file **out)
{
	const struct epoll *ep = epoll_of(f);
	struct epitem *it;

	if (!ep)
		return -EINVAL;
	list_for_each_entry (it, &ep->item_list, link) {
		if (it->fd != fd || toff--)
			continue;
		*out = it->file;
		return 0;
	}
	return -ENOENT;
}

/* ---- nesting ---- */

/* Length of the longest chain of instances below (watched by) ep, itself included; -1 if target is
 * among them. Remembers per walk, so that shared branches are walked once. */
static int depth_below(struct epoll *ep, const struct epoll *target, int level)
{
	struct epitem *it;
	int depth = 1;

	if (ep == target || level > MAX_NESTS)
		return -1;
	if (ep->walk == walk_nr)
		return ep->depth;
	list_for_each_entry (it, &ep->item_list, link) {
		struct epoll *child = epoll_of(it->file);
		int d = child ? depth_below(child, target, level + 1) : 0;

		if (d < 0)
			return -1;
		depth = MAX(depth, d + 1);
	}
	ep->walk = walk_nr;
	ep->depth = depth;
	return depth;
}

static int depth_above(struct epoll *ep)
{
	struct epitem *it;
	int depth = 1;

	if (ep->walk == walk_nr)
		return ep->depth;
	list_for_each_entry (it, &ep->file->epitems, file_link)
		depth = MAX(depth, depth_above(it->ep) + 1);
	ep->walk = walk_nr;
	ep->depth = depth;
	return depth;
}

static int check_nesting(struct epoll *ep, struct epoll *child)
{
	int below, above;

	walk_nr++;
	below = depth_below(child, ep, 1);
	walk_nr++;
	above = depth_above(ep);
	return below < 0 || above + below > MAX_NESTS ? -ELOOP : 0;
}

/* ---- epoll_ctl ---- */

static int item_arm(struct epitem *it)
{
	u32 ready = item_poll(it, NULL);

	if (ready) {
		item_mark_ready(it);
		wake_pass++;
		epoll_wake(it->ep);
	}
	return 0;
}

static int epoll_add(struct epoll *ep, struct file *f, int fd, const struct epoll_event *ev)
{
	struct ep_table t = {.pt.queue = item_queue};
	struct epitem *it;
	int ret;

	if (item_find(ep, f, fd))
		return -EEXIST;
	if (epoll_of(f)) {
		ret = check_nesting(ep, epoll_of(f));
		if (ret)
			return ret;
	}
	it = calloc(1, sizeof(*it));
	if (!it)
		return -ENOMEM;
	it->ep = ep;
	it->file = f;
	it->fd = fd;
	it->events = ev->events;
	it->data = ev->data.u64;
	list_init(&it->ready);
	if (htab_insert(&ep->items, &it->hash, item_hash(f, fd))) {
		free(it);
		return -ENOMEM;
	}
	list_add_tail(&it->link, &ep->item_list);
	list_add_tail(&it->file_link, &f->epitems);
	t.item = it;
	file_poll(f, &t.pt);
	if (t.error) {
		item_free(it);
		return t.error;
	}
	return item_arm(it);
}

static int epoll_mod(struct epoll *ep, struct file *f, int fd, const struct epoll_event *ev)
{
	struct epitem *it = item_find(ep, f, fd);

	if (!it)
		return -ENOENT;
	if ((it->events | ev->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	it->events = ev->events;
	it->data = ev->data.u64;
	return item_arm(it);
}

static int epoll_del(struct epoll *ep, struct file *f, int fd)
{
	struct epitem *it = item_find(ep, f, fd);

	if (!it)
		return -ENOENT;
	item_free(it);
	return 0;
}

static long do_epoll_ctl(struct file *epf, int op, struct file *f, int fd, struct epoll_event *ev)
{
	struct epoll *ep = epoll_of(epf);

	if (!f->ops->poll || !f->ops->poll_notify)
		return -EPERM;
	if (!ep || f == epf)
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && ev->events & EPOLLEXCLUSIVE) {
		if (op == EPOLL_CTL_MOD || epoll_of(f) ||
			ev->events & ~(EXCLUSIVE_OK | EPOLLWAKEUP))
			return -EINVAL;
	}
	ev->events &= ~EPOLLWAKEUP; /* there is no suspend to hold off */
	ev->events |= EPOLLERR | EPOLLHUP;
	switch (op) {
	case EPOLL_CTL_ADD:
		return epoll_add(ep, f, fd, ev);
	case EPOLL_CTL_MOD:
		return epoll_mod(ep, f, fd, ev);
	case EPOLL_CTL_DEL:
		return epoll_del(ep, f, fd);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE4(epoll_ctl, int, epfd, int, op, int, fd, uaddr_t, uev)
{
	struct epoll_event ev = {.events = 0};
	struct file *epf, *f;
	long ret = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&ev, uev, sizeof(ev)))
		return -EFAULT;
	epf = fd_file(epfd);
	f = fd_file(fd);
	if (epf && f)
		ret = do_epoll_ctl(epf, op, f, fd, &ev);
	if (f)
		file_put(f);
	if (epf)
		file_put(epf);
	return ret;
}

/* ---- epoll_wait ---- */

/* Takes events off the ready list into out; level-triggered items go back to its end. */
static int collect(struct epoll *ep, struct epoll_event *out, int max, struct epitem **from)
{
	struct list_head pass;
	int n = 0;

	list_init(&pass);
	list_splice_tail(&ep->ready, &pass);
	while (n < max && !list_empty(&pass)) {
		struct epitem *it = list_first(&pass, struct epitem, ready);
		u32 events;

		list_del(&it->ready);
		events = item_poll(it, NULL);
		if (!events)
			continue;
		from[n] = it;
		out[n++] = (struct epoll_event){.events = events, .data.u64 = it->data};
		if (it->events & EPOLLONESHOT)
			it->events &= PRIVATE_BITS;
		else if (!(it->events & EPOLLET))
			list_add_tail(&it->ready, &ep->ready);
	}
	list_splice_tail(&ep->ready, &pass); /* those not reached come first next time */
	list_splice_tail(&pass, &ep->ready);
	return n;
}

static int send_batch(
	struct epoll *ep, uaddr_t uev, int max, struct epoll_event *ev, struct epitem **from)
{
	int n = collect(ep, ev, max, from);

	if (n && copy_to_user(uev, ev, n * sizeof(ev[0]))) {
		for (int i = 0; i < n; i++)
			item_mark_ready(from[i]);
		return -EFAULT;
	}
	return n;
}

/* All that is ready, up to max. Out of memory, a part of it: more comes with the next call. */
static int send_events(struct epoll *ep, uaddr_t uev, int max)
{
	struct epoll_event few[SEND_BATCH], *ev = NULL;
	struct epitem *few_from[SEND_BATCH], **from = NULL;
	const struct list_head *l = ep->ready.next;
	int n = 0, ret;

	for (; l != &ep->ready && n < max; l = l->next)
		n++;
	if (n > SEND_BATCH) {
		ev = calloc(n, sizeof(*ev));
		from = calloc(n, sizeof(struct epitem *));
	}
	if (ev && from)
		ret = send_batch(ep, uev, n, ev, from);
	else
		ret = send_batch(ep, uev, MIN(n, SEND_BATCH), few, few_from);
	free(ev);
	free(from);
	return ret;
}

/* Sleeps until something is on the ready list: 0, -EINTR, -ETIMEDOUT. */
static int ready_wait(struct epoll *ep, u64 deadline_ns)
{
	struct waiter w = {.fn = sched_wake_waiter, .priv = sched_self(), .exclusive = true};
	int ret = 0;

	waitq_add(&ep->wait, &w);
	while (list_empty(&ep->ready) && !ret)
		ret = sched_sleep(WAIT_INTERRUPTIBLE, deadline_ns);
	waitq_del(&w);
	return list_empty(&ep->ready) ? ret : 0;
}

static long do_epoll_wait(int epfd, uaddr_t uev, int max, u64 deadline_ns)
{
	struct file *f;
	struct epoll *ep;
	long ret = -EINVAL;

	if (max <= 0 || (size_t)max > INT_MAX / sizeof(struct epoll_event))
		return -EINVAL;
	f = fd_file(epfd);
	if (!f)
		return -EBADF;
	ep = epoll_of(f);
	if (!ep)
		goto out;
	for (;;) {
		int wait;

		ret = list_empty(&ep->ready) ? 0 : send_events(ep, uev, max);
		if (ret || !deadline_ns)
			break;
		wait = ready_wait(ep, deadline_ns);
		if (wait == -EINTR) {
			ret = -EINTR;
			break;
		}
		if (wait == -ETIMEDOUT)
			deadline_ns = 0;
	}
	if (!list_empty(&ep->ready)) /* whoever waits beside us takes the rest */
		waitq_wake_one(&ep->wait, EPOLLIN);
out:
	file_put(f);
	return ret;
}

static u64 ms_deadline(int ms)
{
	if (ms <= 0)
		return ms ? WAIT_FOREVER : 0;
	return os_clock_ns(OS_CLOCK_MONOTONIC) + ms * NSEC_PER_MSEC;
}

SYSCALL_DEFINE4(epoll_wait, int, epfd, uaddr_t, events, int, max, int, timeout_ms)
{
	return do_epoll_wait(epfd, events, max, ms_deadline(timeout_ms));
}

SYSCALL_DEFINE6(epoll_pwait, int, epfd, uaddr_t, events, int, max, int, timeout_ms, uaddr_t, mask,
	size_t, sigsetsize)
{
	int ret = mask ? signal_set_user_mask(mask, sigsetsize) : 0;

	return ret ? ret : do_epoll_wait(epfd, events, max, ms_deadline(timeout_ms));
}

SYSCALL_DEFINE6(epoll_pwait2, int, epfd, uaddr_t, events, int, max, uaddr_t, uts, uaddr_t, mask,
	size_t, sigsetsize)
{
	u64 deadline = WAIT_FOREVER, now;
	struct timespec ts;
	int ret;

	if (uts) {
		if (copy_from_user(&ts, uts, sizeof(ts)))
			return -EFAULT;
		if (ts.tv_sec < 0 || ts.tv_nsec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		now = os_clock_ns(OS_CLOCK_MONOTONIC);
		if (!ts.tv_sec && !ts.tv_nsec)
			deadline = 0;
		else if ((u64)ts.tv_sec < (WAIT_FOREVER - now) / NSEC_PER_SEC - 1)
			deadline = now + ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	}
	ret = mask ? signal_set_user_mask(mask, sigsetsize) : 0;
	return ret ? ret : do_epoll_wait(epfd, events, max, deadline);
}

/* ---- the epoll file ---- */

static u32 epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->priv;
	struct epitem *it, *tmp;

	poll_wait(pt, &ep->poll_wait);
	list_for_each_entry_safe (it, tmp, &ep->ready, ready) {
		if (item_poll(it, NULL))
			return EPOLLIN | EPOLLRDNORM;
		list_del(&it->ready);
	}
	return 0;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->priv;

	while (!list_empty(&ep->item_list))
		item_free(list_first(&ep->item_list, struct epitem, link));
	htab_fini(&ep->items);
	free(ep);
}

static int epoll_fdinfo(struct file *f, char *buf, size_t size)
{
	struct epoll *ep = f->priv;
	struct epitem *it;
	size_t len = 0;

	list_for_each_entry (it, &ep->item_list, link) {
		int n = snprintf(buf + len, size - len,
			"tfd: %8d events: %8x data: %16llx  pos:%lli ino:%llx sdev:%llx\n", it->fd,
			it->events, (unsigned long long)it->data, (long long)it->file->pos,
			(unsigned long long)it->file->inode->ino,
			(unsigned long long)(it->file->inode->sb ? it->file->inode->sb->dev : 0));

		if (n < 0 || (size_t)n >= size - len)
			break;
		len += n;
	}
	return len;
}

static const struct file_ops epoll_ops = {
	.release = epoll_release,
	.poll = epoll_poll,
	.show_fdinfo = epoll_fdinfo,
	.stream = true,
	.poll_notify = true,
};

static long do_epoll_create(int flags)
{
	struct epoll *ep;
	int fd, ret;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = calloc(1, sizeof(*ep));
	if (!ep)
		return -ENOMEM;
	list_init(&ep->item_list);
	list_init(&ep->ready);
	waitq_init(&ep->wait);
	waitq_init(&ep->poll_wait);
	ret = file_anon("anon_inode:[eventpoll]", &epoll_ops, ep, O_RDWR, 0600, &ep->file);
	if (ret) {
		free(ep);
		return ret;
	}
	fd = fd_install(ep->file, 0, flags & EPOLL_CLOEXEC);
	if (fd < 0)
		file_put(ep->file);
	return fd;
}

SYSCALL_DEFINE1(epoll_create, int, size)
{
	return size > 0 ? do_epoll_create(0) : -EINVAL;
}

SYSCALL_DEFINE1(epoll_create1, int, flags)
{
	return do_epoll_create(flags);
}
