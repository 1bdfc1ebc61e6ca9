/*
 * Coroutines and sleeping. Each system call in flight runs on a coroutine of its own; there is one
 * per task at most, plus kernel workers. Control moves only at functions marked "sleeps".
 */
#ifndef SKIFF_KERNEL_SCHED_H
#define SKIFF_KERNEL_SCHED_H

#include "kernel/lib/list.h"

struct task;
struct coro;

extern struct task *current; /* whose call runs now; NULL in loop callbacks and workers */

/* Starts fn(arg) on a coroutine at once (from the loop) or as soon as the running one sleeps. */
int sched_start(struct task *t, void (*fn)(void *), void *arg);
/* The same, but never before the caller has returned to the loop or sleeps. */
int sched_start_queued(struct task *t, void (*fn)(void *), void *arg);
/* The running coroutine goes on without a task (its task is about to be freed). */
void sched_detach(void);
void might_sleep(void); /* BUG unless on a coroutine */

/* ---- deferred work: fn runs once, on the loop, when the running coroutine has gone to sleep or
 * ended. Must not sleep; may defer again. ---- */
struct deferred {
	struct list_head link; /* list_init before the first use */
	void (*fn)(struct deferred *d);
};
void sched_defer(struct deferred *d); /* harmless if it is queued already */

/* ---- wait queues ---- */
struct waitq {
	struct list_head waiters;
};

/* A waiter is called, on whatever context wakes the queue, with the poll events that woke it
 * (0 = unspecified). It must not sleep; it may remove itself. */
struct waiter {
	struct list_head link;
	void (*fn)(struct waiter *w, u32 events);
	void *priv;
	bool exclusive; /* waitq_wake_one stops after the first of these that does not decline */
};

#define WAITQ_INIT(q) \
	{ \
		LIST_HEAD_INIT((q).waiters) \
	}
static inline void waitq_init(struct waitq *q)
{
	list_init(&q->waiters);
}
void waitq_add(struct waitq *q, struct waiter *w);
void waitq_del(struct waiter *w); /* harmless if not queued */
/* All; of exclusive ones a single one if events says that something can be done, not that it ended.
 */
void waitq_wake(struct waitq *q, u32 events);
/* Last in the fn of an exclusive waiter: nobody was there to make use of the wake-up. */
void waitq_decline(void);
void waitq_wake_one(struct waitq *q, u32 events); /* non-exclusive ones and one exclusive */

#define WAIT_FOREVER UINT64_MAX
enum wait_mode {
	WAIT_KILLABLE,	      /* only a fatal signal ends it early */
	WAIT_INTERRUPTIBLE,   /* any deliverable signal does */
	WAIT_UNINTERRUPTIBLE, /* nothing does; only for waits whose end is certain */
};

/*
 * Sleep primitive: the caller has put a waiter whose fn is sched_wake_waiter on some queue (priv =
 * sched_self()), or knows who will call sched_wake. Returns 0 when woken, -EINTR for a signal
 * (translate to -ERESTARTSYS etc. yourself), -ETIMEDOUT past deadline_ns (OS_CLOCK_MONOTONIC).
 * Meanwhile the task's wchan is the name of the function that sleeps.
 */
int sched_sleep_in(const char *where, enum wait_mode mode, u64 deadline_ns);
#define sched_sleep(mode, deadline_ns) sched_sleep_in(__func__, mode, deadline_ns)
struct coro *sched_self(void);
void sched_wake(struct coro *co); /* idempotent; the coroutine runs from the loop */
void sched_wake_waiter(struct waiter *w, u32 events);
void sched_interrupt(struct task *t, bool fatal); /* a signal arrived: ends t's sleep */
/* Return addresses on the kernel stack of co, innermost first, for dumps. */
unsigned sched_backtrace(struct coro *co, uintptr_t *pcs, unsigned max);
void sched_yield_now(
	void); /* lets other coroutines and what the host has to say go first; sleeps */
/* The same, for long transfers to call after each SCHED_PIECE bytes; -EINTR: a fatal signal waits,
 * stop. Does nothing where one cannot sleep. */
#define SCHED_PIECE (1ul << 20)
int sched_pause(void);
static inline int sched_pause_after(size_t done, size_t last) /* last bytes made it done in all */
{
	return done / SCHED_PIECE != (done - last) / SCHED_PIECE ? sched_pause() : 0;
}

/* Sleeps on q until cond holds: 0, -EINTR, -ETIMEDOUT. cond is evaluated without sleeping. */
#define wait_event_mode(q, cond, mode, deadline_ns) \
	({ \
		struct waiter w_ = {.fn = sched_wake_waiter, .priv = sched_self()}; \
		int ret_ = 0; \
		might_sleep(); \
		waitq_add((q), &w_); \
		while (!(cond)) { \
			ret_ = sched_sleep((mode), (deadline_ns)); \
			if (ret_ < 0) \
				break; \
		} \
		if (ret_ < 0 && (cond)) \
			ret_ = 0; \
		waitq_del(&w_); \
		ret_; \
	})
#define wait_event(q, cond) wait_event_mode(q, cond, WAIT_INTERRUPTIBLE, WAIT_FOREVER)
#define wait_event_until(q, cond, deadline_ns) \
	wait_event_mode(q, cond, WAIT_INTERRUPTIBLE, deadline_ns)
#define wait_event_killable(q, cond) wait_event_mode(q, cond, WAIT_KILLABLE, WAIT_FOREVER)

#endif
