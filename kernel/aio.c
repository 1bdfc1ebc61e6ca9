/*
 * Asynchronous I/O: io_setup(2), io_submit(2), io_getevents(2), io_cancel(2), io_destroy(2).
 *
 * As with Linux and files that are not opened O_DIRECT, reads, writes and syncs are done by the
 * time io_submit returns; only polls (IOCB_CMD_POLL) stay. A context's name is the address of a
 * page in the guest's memory, for libaio looks there for a ring of events to read without a call.
 * Its magic number is missing, by which libaio knows to call: the events are kept here.
 */
#include "kernel/aio.h"

#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/eventfd.h"
#include "kernel/guest.h"
#include "kernel/os.h"
#include "kernel/poll.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"

#include <asm/unistd.h>
#include <sys/mman.h>

#define REQUESTS_MAX (0x10000000u / sizeof(struct abi_io_event))
#define IOCB_RESFD 1u
#define IOCB_IOPRIO 2u

enum { CMD_PREAD, CMD_PWRITE, CMD_FSYNC, CMD_FDSYNC, CMD_POLL = 5, CMD_PREADV = 7, CMD_PWRITEV };

struct abi_iocb {
	u64 data;
	u32 key, rw_flags;
	u16 opcode;
	s16 priority;
	u32 fd;
	u64 buf, len;
	s64 pos;
	u64 reserved;
	u32 flags, resfd;
};
static_assert(sizeof(struct abi_iocb) == 64, "struct iocb");

struct abi_io_event {
	u64 data, obj;
	s64 res, res2;
};

struct aio_ctx {
	struct list_head link; /* in its mm; list_init once destroyed */
	unsigned refs;
	bool dead;
	uaddr_t id;
	u32 max;		/* requests: events kept and polls that wait, together */
	u32 head, nr, nr_polls; /* events: the oldest, how many */
	struct list_head polls;
	struct waitq wait; /* for events */
	struct abi_io_event events[];
};

u32 aio_nr, aio_max_nr = 65536;

/* ---- contexts ---- */

static void ctx_put(struct aio_ctx *c)
{
	if (--c->refs)
		return;
	aio_nr -= c->max;
	free(c);
}

/* With a reference. */
static struct aio_ctx *ctx_find(u64 id)
{
	struct aio_ctx *c;

	list_for_each_entry (c, &current->mm->aio, link) {
		if (c->id != id)
			continue;
		c->refs++;
		return c;
	}
	return NULL;
}

static int ctx_create(u32 max, struct aio_ctx **out)
{
	struct aio_ctx *c;

	if (max > REQUESTS_MAX)
		return -EINVAL;
	if (max > aio_max_nr || aio_nr > aio_max_nr - max)
		return -EAGAIN;
	c = calloc(1, sizeof(*c) + max * sizeof(c->events[0]));
	if (!c)
		return -ENOMEM;
	c->refs = 1;
	c->max = max;
	aio_nr += max;
	list_init(&c->link);
	list_init(&c->polls);
	waitq_init(&c->wait);
	*out = c;
	return 0;
}

static void complete(struct aio_ctx *c, u64 data, u64 obj, s64 res, struct file *efd)
{
	if (!c->dead && c->nr < c->max) {
		c->events[(c->head + c->nr++) % c->max] = (struct abi_io_event){data, obj, res, 0};
		waitq_wake(&c->wait, 0);
	}
	if (efd)
		eventfd_signal(efd);
}

/* ---- polls ---- */

struct poll_waiter {
	struct waiter w;
	struct poll_waiter *next;
};

struct aio_poll {
	struct list_head link; /* in its context */
	struct aio_ctx *ctx;   /* a reference */
	struct file *file, *efd;
	u64 data, obj;
	u32 events;
	struct poll_waiter *waiters;
	struct deferred look;
	struct poll_table table;
	bool no_memory;
};

static void poll_free(struct aio_poll *p)
{
	while (p->waiters) {
		struct poll_waiter *w = p->waiters;

		p->waiters = w->next;
		waitq_del(&w->w);
		free(w);
	}
	list_del(&p->look.link);
	list_del(&p->link);
	p->ctx->nr_polls--;
	ctx_put(p->ctx);
	file_put(p->file);
	file_put(p->efd);
	free(p);
}

static void poll_end(struct aio_poll *p, u32 mask)
{
	complete(p->ctx, p->data, p->obj, mask, p->efd);
	poll_free(p);
}

/* Later than the wake-up, whose file may be in the middle of its work. */
static void poll_look(struct deferred *d)
{
	struct aio_poll *p = container_of(d, struct aio_poll, look);
	u32 mask = file_poll(p->file, NULL) & p->events;

	if (mask)
		poll_end(p, mask);
}

static void poll_woken(struct waiter *w, u32 events)
{
	struct aio_poll *p = w->priv;

	if (!events || (events & p->events))
		sched_defer(&p->look);
}

static int poll_queue(struct poll_table *pt, struct waitq *q)
{
	struct aio_poll *p = container_of(pt, struct aio_poll, table);
	struct poll_waiter *w = malloc(sizeof(*w));

	if (!w) {
		p->no_memory = true;
		return -ENOMEM;
	}
	*w = (struct poll_waiter){{.fn = poll_woken, .priv = p}, p->waiters};
	p->waiters = w;
	waitq_add(q, &w->w);
	return 0;
}

/* Takes over the references on f and efd if it succeeds. */
static int submit_poll(
	struct aio_ctx *c, const struct abi_iocb *io, u64 obj, struct file *f, struct file *efd)
{
	struct aio_poll *p;
	u32 mask;

	if ((u16)io->buf != io->buf || io->pos || io->len || io->rw_flags)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -EAGAIN;
	*p = (struct aio_poll){.ctx = c,
		.file = f,
		.efd = efd,
		.data = io->data,
		.obj = obj,
		.events = (u32)io->buf | EPOLLERR | EPOLLHUP,
		.look.fn = poll_look,
		.table.queue = poll_queue};
	list_init(&p->look.link);
	c->refs++;
	c->nr_polls++;
	list_add_tail(&p->link, &c->polls);
	mask = file_poll(f, &p->table) & p->events;
	if (!p->no_memory) {
		if (mask)
			poll_end(p, mask);
		return 0;
	}
	file_get(f);
	if (efd)
		file_get(efd);
	poll_free(p);
	return -ENOMEM;
}

/* ---- what is done at once ---- */

static bool is_write(u16 opcode)
{
	return opcode == CMD_PWRITE || opcode == CMD_PWRITEV;
}

/* 0: *res is the result to report. */
static int do_transfer(const struct abi_iocb *io, struct file *f, s64 *res)
{
	bool write = is_write(io->opcode);
	struct iovec *array = NULL;
	u64 pos = (u64)io->pos;
	struct uio u;
	int ret = 0;

	if (io->rw_flags)
		return -EOPNOTSUPP;
	if (write ? !FMODE_CAN_WRITE(f) : !FMODE_CAN_READ(f))
		return -EBADF;
	if (write ? !f->ops->write : !f->ops->read)
		return -EINVAL;
	if (io->pos < 0 && !f->ops->stream)
		return -EINVAL;
	if (io->opcode == CMD_PREADV || io->opcode == CMD_PWRITEV)
		ret = uio_user_vec(&u, io->buf, io->len, &array);
	else if (io->len > USER_ADDR_MAX || io->buf > USER_ADDR_MAX - io->len)
		ret = -EFAULT;
	else
		uio_user(&u, io->buf, io->len);
	if (ret < 0)
		return ret;
	*res = write ? file_write(f, &u, &pos) : file_read(f, &u, &pos);
	free(array);
	if (*res == -ERESTARTSYS)
		*res = -EINTR;
	return 0;
}

static int do_sync(const struct abi_iocb *io, struct file *f, s64 *res)
{
	if (io->buf || io->pos || io->len || io->rw_flags || !f->ops->fsync)
		return -EINVAL;
	*res = f->ops->fsync(f, io->opcode == CMD_FDSYNC);
	return 0;
}

/* As submit_poll. */
static int submit_file(
	struct aio_ctx *c, const struct abi_iocb *io, u64 obj, struct file *f, struct file *efd)
{
	s64 res;
	int ret;

	switch (io->opcode) {
	case CMD_POLL:
		return submit_poll(c, io, obj, f, efd);
	case CMD_PREAD:
	case CMD_PWRITE:
	case CMD_PREADV:
	case CMD_PWRITEV:
		ret = do_transfer(io, f, &res);
		break;
	case CMD_FSYNC:
	case CMD_FDSYNC:
		ret = do_sync(io, f, &res);
		break;
	default:
		return -EINVAL;
	}
	if (ret < 0)
		return ret;
	complete(c, io->data, obj, res, efd);
	file_put(f);
	file_put(efd);
	return 0;
}

static int get_eventfd(const struct abi_iocb *io, struct file **out)
{
	struct file *f;

	*out = NULL;
	if (!(io->flags & IOCB_RESFD))
		return 0;
	f = fd_file((int)io->resfd);
	if (!f)
		return -EBADF;
	if (!file_is_eventfd(f)) {
		file_put(f);
		return -EINVAL;
	}
	*out = f;
	return 0;
}

static int submit_one(struct aio_ctx *c, uaddr_t uiocb)
{
	struct file *f, *efd;
	struct abi_iocb io;
	int ret;

	if (copy_from_user(&io, uiocb, sizeof(io)))
		return -EFAULT;
	if (io.reserved || (io.flags & ~(IOCB_RESFD | IOCB_IOPRIO)) || (s64)io.len < 0)
		return -EINVAL;
	if (c->nr + c->nr_polls >= c->max)
		return -EAGAIN;
	f = fd_file((int)io.fd);
	if (!f)
		return -EBADF;
	ret = get_eventfd(&io, &efd);
	if (ret == 0 && put_user_u32(uiocb + offsetof(struct abi_iocb, key), 0))
		ret = -EFAULT;
	if (ret == 0)
		ret = submit_file(c, &io, uiocb, f, efd);
	if (ret < 0) {
		file_put(f);
		file_put(efd);
	}
	return ret;
}

/* ---- the calls ---- */

SYSCALL_DEFINE2(io_setup, u32, nr, uaddr_t, uctx)
{
	struct aio_ctx *c;
	u64 id;
	long ret;

	if (copy_from_user(&id, uctx, sizeof(id)))
		return -EFAULT;
	if (id || !nr)
		return -EINVAL;
	ret = ctx_create(nr, &c);
	if (ret < 0)
		return ret;
	ret = guest_order(current, __NR_mmap, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0);
	if (ret < 0) {
		ctx_put(c);
		return ret;
	}
	c->id = (uaddr_t)ret;
	if (put_user_u64(uctx, c->id)) {
		guest_order(current, __NR_munmap, c->id, PAGE_SIZE, 0, 0, 0, 0);
		ctx_put(c);
		return -EFAULT;
	}
	list_add_tail(&c->link, &current->mm->aio);
	return 0;
}

static void ctx_end(struct aio_ctx *c)
{
	c->dead = true;
	while (!list_empty(&c->polls))
		poll_free(list_first(&c->polls, struct aio_poll, link));
	list_del(&c->link);
	waitq_wake(&c->wait, 0);
	ctx_put(c);
}

void aio_mm_release(struct mm *mm)
{
	while (!list_empty(&mm->aio))
		ctx_end(list_first(&mm->aio, struct aio_ctx, link));
}

SYSCALL_DEFINE1(io_destroy, u64, id)
{
	struct aio_ctx *c = ctx_find(id);

	if (!c)
		return -EINVAL;
	ctx_end(c);
	guest_order(current, __NR_munmap, c->id, PAGE_SIZE, 0, 0, 0, 0);
	ctx_put(c);
	return 0;
}

SYSCALL_DEFINE3(io_submit, u64, id, s64, nr, uaddr_t, uiocbs)
{
	struct aio_ctx *c;
	long ret = 0;
	s64 done = 0;

	if (nr < 0)
		return -EINVAL;
	c = ctx_find(id);
	if (!c)
		return -EINVAL;
	while (done < nr && done < c->max && !c->dead) {
		u64 uiocb;

		ret = -EFAULT;
		if (!copy_from_user(&uiocb, uiocbs + (u64)done * sizeof(u64), sizeof(u64)))
			ret = submit_one(c, uiocb);
		if (ret < 0)
			break;
		done++;
	}
	ctx_put(c);
	return done ? done : ret;
}

/* Events to dst, at most max: how many, or -EFAULT for the first. */
static long take(struct aio_ctx *c, uaddr_t dst, s64 max)
{
	s64 n = 0;

	while (n < max && c->nr) {
		struct abi_io_event e = c->events[c->head];

		if (copy_to_user(dst + (u64)n * sizeof(e), &e, sizeof(e)))
			return n ? n : -EFAULT;
		c->head = (c->head + 1) % c->max;
		c->nr--;
		n++;
	}
	return n;
}

/* -EINTR: a signal came before any event. */
static long get_events(u64 id, s64 min, s64 max, uaddr_t dst, u64 deadline)
{
	struct aio_ctx *c = ctx_find(id);
	long n, done = 0;
	int err = 0;

	if (!c)
		return -EINVAL;
	if (min < 0 || min > max) {
		ctx_put(c);
		return -EINVAL;
	}
	for (;;) {
		n = take(c, dst + (u64)done * sizeof(struct abi_io_event), max - done);
		done += MAX(n, 0l);
		if (n < 0 || done >= min || err || c->dead)
			break;
		err = deadline ? wait_event_until(&c->wait, c->nr || c->dead, deadline)
			       : -ETIMEDOUT;
	}
	if (!done && c->dead)
		n = -EINVAL;
	else if (!done && err == -EINTR)
		n = -EINTR;
	ctx_put(c);
	return done ? done : MIN(n, 0l);
}

static int get_deadline(uaddr_t uts, u64 *deadline)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	struct timespec ts;

	*deadline = WAIT_FOREVER;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_nsec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (ts.tv_sec < 0 || (!ts.tv_sec && !ts.tv_nsec))
		*deadline = 0;
	else if ((u64)ts.tv_sec < (WAIT_FOREVER - now) / NSEC_PER_SEC - 1)
		*deadline = now + (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	return 0;
}

SYSCALL_DEFINE5(io_getevents, u64, id, s64, min, s64, max, uaddr_t, dst, uaddr_t, uts)
{
	u64 deadline;
	int ret = get_deadline(uts, &deadline);

	return ret < 0 ? ret : get_events(id, min, max, dst, deadline);
}

SYSCALL_DEFINE6(
	io_pgetevents, u64, id, s64, min, s64, max, uaddr_t, dst, uaddr_t, uts, uaddr_t, usig)
{
	struct {
		u64 mask, size;
	} sig = {0, 0};
	u64 deadline;
	long ret = get_deadline(uts, &deadline);

	if (ret == 0 && usig && copy_from_user(&sig, usig, sizeof(sig)))
		ret = -EFAULT;
	if (ret == 0 && sig.mask)
		ret = signal_set_user_mask(sig.mask, sig.size);
	if (ret < 0)
		return ret;
	ret = get_events(id, min, max, dst, deadline);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

/* Only polls can be: all else has completed. The event tells of it. */
SYSCALL_DEFINE3(io_cancel, u64, id, uaddr_t, uiocb, uaddr_t, uevent)
{
	struct aio_ctx *c;
	struct aio_poll *p;
	long ret = -EINVAL;
	u32 key;

	if (copy_from_user(&key, uiocb + offsetof(struct abi_iocb, key), sizeof(key)))
		return -EFAULT;
	c = key ? NULL : ctx_find(id);
	if (!c)
		return -EINVAL;
	list_for_each_entry (p, &c->polls, link) {
		if (p->obj != uiocb)
			continue;
		poll_end(p, 0);
		ret = -EINPROGRESS;
		break;
	}
	ctx_put(c);
	return ret;
}
