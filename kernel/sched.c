/*
 * Coroutines: one per system call in flight, plus workers. Owns the run queue and the pool of idle
 * coroutines. The event loop calls kernel_run(); everything else happens on coroutines. A coroutine
 * gives up control only in sched_sleep() and sched_yield_now(), so kernel state changes under
 * nobody's feet elsewhere.
 */
#include "kernel/sched.h"

#include "kernel/guest.h"
#include "kernel/lib/log.h"
#include "kernel/meter.h"
#include "kernel/ns.h"
#include "kernel/os.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "kernel/timer.h"
#include "kernel/trace/trace.h"

struct coro {
	struct os_coro *os;
	struct task *task;
	void (*fn)(void *);
	void *arg;
	struct net_ns *net;    /* its current_net */
	struct list_head link; /* run queue or idle pool */
	struct timer timer;
	enum wait_mode mode;
	int result; /* of the sleep that ends */
	bool sleeping, queued;
};

#define IDLE_MAX 16

struct task *current;
static struct coro *running;
static struct list_head run_queue = LIST_HEAD_INIT(run_queue);
static struct list_head yielded = LIST_HEAD_INIT(yielded); /* go on once the loop has been asked */
static struct list_head held = LIST_HEAD_INIT(held);	   /* until kernel_release_held */
static struct list_head idle_pool = LIST_HEAD_INIT(idle_pool);
static unsigned nr_idle;

static void coro_main(void *arg)
{
	struct coro *co = arg;

	for (;;) {
		co->fn(co->arg);
		co->fn = NULL;
		os_coro_yield();
	}
}

static struct coro *coro_get(void)
{
	struct coro *co;

	if (!list_empty(&idle_pool)) {
		co = list_first(&idle_pool, struct coro, link);
		list_del(&co->link);
		nr_idle--;
		return co;
	}
	co = calloc(1, sizeof(*co));
	if (!co)
		return NULL;
	co->os = os_coro_create(coro_main, co);
	if (!co->os) {
		free(co);
		return NULL;
	}
	list_init(&co->link);
	return co;
}

static void coro_put(struct coro *co)
{
	if (co->task && co->task->coro == co)
		co->task->coro = NULL;
	co->task = NULL;
	if (nr_idle < IDLE_MAX) {
		list_add(&co->link, &idle_pool);
		nr_idle++;
		return;
	}
	os_coro_destroy(co->os);
	free(co);
}

static void coro_run(struct coro *co)
{
	struct net_ns *outer = current_net;

	running = co;
	current = co->task;
	current_net = co->net;
	os_coro_switch(co->os);
	running = NULL;
	current = NULL;
	co->net = current_net;
	current_net = outer;
	if (!co->fn)
		coro_put(co);
}

static void coro_enqueue(struct coro *co)
{
	if (co->queued)
		return;
	co->queued = true;
	list_add_tail(&co->link, &run_queue);
}

static struct coro *coro_prepare(struct task *t, void (*fn)(void *), void *arg)
{
	struct coro *co = coro_get();

	if (!co)
		return NULL;
	BUG_ON(t && t->coro);
	co->task = t;
	co->fn = fn;
	co->arg = arg;
	co->net = &init_net_ns;
	if (t)
		t->coro = co;
	return co;
}

int sched_start(struct task *t, void (*fn)(void *), void *arg)
{
	struct coro *co = coro_prepare(t, fn, arg);

	if (!co)
		return -ENOMEM;
	if (running)
		coro_enqueue(co);
	else
		coro_run(co);
	return 0;
}

int sched_start_queued(struct task *t, void (*fn)(void *), void *arg)
{
	struct coro *co = coro_prepare(t, fn, arg);

	if (!co)
		return -ENOMEM;
	coro_enqueue(co);
	return 0;
}

void sched_detach(void)
{
	if (running && running->task) {
		running->task->coro = NULL;
		running->task = NULL;
	}
	current = NULL;
}

static struct list_head deferred = LIST_HEAD_INIT(deferred);

void sched_defer(struct deferred *d)
{
	if (list_empty(&d->link))
		list_add_tail(&d->link, &deferred);
}

static void run_deferred(void)
{
	while (!list_empty(&deferred)) {
		struct deferred *d = list_first(&deferred, struct deferred, link);

		list_del(&d->link);
		d->fn(d);
	}
}

void kernel_run(void)
{
	for (run_deferred(); !list_empty(&run_queue); run_deferred()) {
		struct coro *co = list_first(&run_queue, struct coro, link);

		list_del(&co->link);
		co->queued = false;
		coro_run(co);
	}
}

void might_sleep(void)
{
	BUG_ON(!running);
}

struct coro *sched_self(void)
{
	return running;
}

static void coro_timeout(struct timer *tm)
{
	struct coro *co = container_of(tm, struct coro, timer);

	if (!co->sleeping)
		return;
	co->sleeping = false;
	co->result = -ETIMEDOUT;
	coro_enqueue(co);
}

static bool wait_interrupted(const struct task *t, enum wait_mode mode)
{
	if (!t)
		return false;
	if (mode == WAIT_INTERRUPTIBLE)
		return signal_pending(t);
	return mode == WAIT_KILLABLE && signal_fatal_pending(t);
}

int sched_sleep_in(const char *where, enum wait_mode mode, u64 deadline_ns)
{
	struct coro *co = running;
	struct task *t;

	might_sleep();
	t = co->task;
	if (wait_interrupted(t, mode))
		return -EINTR;
	if (deadline_ns != WAIT_FOREVER) {
		if (deadline_ns <= os_clock_ns(OS_CLOCK_MONOTONIC))
			return -ETIMEDOUT;
		co->timer.fn = coro_timeout;
		if (timer_arm(&co->timer, deadline_ns) < 0)
			return -ETIMEDOUT;
	}
	co->mode = mode;
	co->result = 0;
	co->sleeping = true;
	if (t) {
		t->state = mode == WAIT_INTERRUPTIBLE ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE;
		t->wchan = where;
		if (t->calltrace)
			calltrace_sleeps(t);
	}
	trace(TRACE_SCHED, "sleeps in %s", where);
	os_coro_yield();
	trace(TRACE_SCHED, "goes on in %s: %d", where, co->result);
	if (t) {
		t->wchan = NULL;
		if (t->state != TASK_DEAD)
			t->state = TASK_RUNNING;
	}
	timer_cancel(&co->timer);
	return co->result;
}

void sched_wake(struct coro *co)
{
	if (!co || !co->sleeping)
		return;
	co->sleeping = false;
	co->result = 0;
	coro_enqueue(co);
	if (co->task && co->mode == WAIT_INTERRUPTIBLE && guest_hold(co->task)) {
		list_del(&co->link);
		list_add_tail(&co->link, &held);
	}
}

bool kernel_held(void)
{
	return !list_empty(&held);
}

void kernel_release_held(void)
{
	list_splice_tail(&held, &run_queue);
}

void sched_wake_waiter(struct waiter *w, u32 events)
{
	sched_wake(w->priv);
}

void sched_interrupt(struct task *t, bool fatal)
{
	struct coro *co = t->coro;

	if (!co || !co->sleeping || co->mode == WAIT_UNINTERRUPTIBLE)
		return;
	if (co->mode == WAIT_KILLABLE && !fatal)
		return;
	co->sleeping = false;
	co->result = -EINTR;
	coro_enqueue(co);
}

unsigned sched_backtrace(struct coro *co, uintptr_t *pcs, unsigned max)
{
	return os_coro_backtrace(co->os, pcs, max);
}

void sched_yield_now(void)
{
	might_sleep();
	if (current)
		meter_process_filled(current->tg);
	if (!running->queued) {
		running->queued = true;
		list_add_tail(&running->link, &yielded);
	}
	os_coro_yield();
}

bool kernel_yielded(void)
{
	return !list_empty(&yielded);
}

void kernel_run_yielded(void)
{
	kernel_release_held();
	list_splice_tail(&yielded, &run_queue);
	kernel_run();
}

int sched_pause(void)
{
	if (!running)
		return 0;
	sched_yield_now();
	return current && signal_fatal_pending(current) ? -EINTR : 0;
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	list_add_tail(&w->link, &q->waiters);
}

void waitq_del(struct waiter *w)
{
	list_del(&w->link);
}

static bool declined;

void waitq_decline(void)
{
	declined = true;
}

/*
 * A waiter's fn may remove itself or others, so the walk takes each entry off a private list and
 * puts it back before calling it.
 */
static void waitq_wake_nr(struct waitq *q, u32 events, int nr_exclusive)
{
	struct list_head todo;

	list_init(&todo);
	list_splice_tail(&q->waiters, &todo);
	while (!list_empty(&todo)) {
		struct waiter *w = list_first(&todo, struct waiter, link);
		bool exclusive = w->exclusive;

		list_del(&w->link);
		list_add_tail(&w->link, &q->waiters);
		if (exclusive && nr_exclusive == 0)
			continue;
		if (!exclusive || nr_exclusive < 0) {
			w->fn(w, events);
			continue;
		}
		declined = false;
		w->fn(w, events);
		nr_exclusive -= !declined;
		declined = false;
	}
}

void waitq_wake(struct waitq *q, u32 events)
{
	bool all = !events || (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP));

	if (!list_empty(&q->waiters))
		waitq_wake_nr(q, events, all ? -1 : 1);
}

void waitq_wake_one(struct waitq *q, u32 events)
{
	if (!list_empty(&q->waiters))
		waitq_wake_nr(q, events, 1);
}
