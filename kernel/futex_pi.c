/*
 * Priority-inheritance futexes. All other futexes are the host's, but these name their owner by
 * thread id in the futex word, and the host's ids are not the guest's. A lock without contention
 * never comes here. With contention the word has FUTEX_WAITERS, set atomically by a native
 * FUTEX_WAKE_OP; from then on guest code must call to lock or to unlock, so that the kernel alone
 * changes the word, and may read and write it in two steps. Waiters get the lock in order of
 * priority, then of arrival; the owner is not boosted, the host schedules. futex(2).
 */
#include "kernel/futex_pi.h"

#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"

#include <asm/unistd.h>
#include <linux/futex.h>
#include <sys/mman.h>

#define FUTEX_LOCK_PI2_ 13

struct key { /* of a futex word: private memory by address, shared by the file behind it */
	const struct mm *mm;
	u64 dev, ino, off;
};

struct pi_wait {
	struct list_head link;
	struct key key;
	struct task *task, *owner;
	bool granted, owner_died;
	struct waitq wait;
};

static struct list_head waiters = LIST_HEAD_INIT(waiters);

/* ---- keys ---- */

struct find_vma {
	uaddr_t addr;
	struct guest_vma vma;
	bool found;
};

static int match_vma(const struct guest_vma *v, void *arg)
{
	struct find_vma *f = arg;

	if (f->addr < v->start || f->addr >= v->end)
		return 0;
	f->vma = *v;
	f->found = true;
	return 1;
}

static int make_key(uaddr_t addr, bool private, struct key *key)
{
	struct find_vma f = {.addr = addr};

	if (addr & 3)
		return -EINVAL;
	*key = (struct key){.mm = current->mm, .off = addr};
	if (private)
		return 0;
	if (guest_for_each_vma(current, match_vma, &f) < 0 || !f.found)
		return -EFAULT;
	if (f.vma.shared && f.vma.ino)
		*key = (struct key){.dev = f.vma.dev,
			.ino = f.vma.ino,
			.off = f.vma.offset + (addr - f.vma.start)};
	return 0;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->mm == b->mm && a->dev == b->dev && a->ino == b->ino && a->off == b->off;
}

static int priority(const struct task *t)
{
	return t->sched_policy ? t->sched_priority : 0;
}

/* Who gets the lock next, *more: is somebody left after that? */
static struct pi_wait *next_waiter(const struct key *key, bool *more)
{
	struct pi_wait *w, *best = NULL;
	unsigned nr = 0;

	list_for_each_entry (w, &waiters, link) {
		if (!same_key(&w->key, key))
			continue;
		nr++;
		if (!best || priority(w->task) > priority(best->task))
			best = w;
	}
	*more = nr > 1;
	return best;
}

/* ---- the word ---- */

static u32 own_tid(const struct task *t)
{
	return (u32)pid_in_ns(task_pid_ns(t), t->tid);
}

/* Sets FUTEX_WAITERS, atomically with respect to guest code, and reads what is there then. */
static int claim_word(struct task *t, uaddr_t addr, u32 *word)
{
	const u32 or_waiters = (u32)(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT) << 28 |
			       (u32)FUTEX_OP_CMP_EQ << 24 | 31u << 12;
	long ret;

	if (guest_enter_stub(t) < 0)
		return -EINTR;
	ret = guest_order(t, __NR_futex, addr, FUTEX_WAKE_OP, 0, 0, addr, or_waiters);
	if (ret < 0)
		return (int)ret;
	return guest_read(t, word, addr, sizeof(*word));
}

static int put_word(struct task *t, uaddr_t addr, u32 word)
{
	return guest_write(t, addr, &word, sizeof(word));
}

/* The lock has a new owner. */
static void note_owner(const struct key *key, struct task *owner)
{
	struct pi_wait *w;

	list_for_each_entry (w, &waiters, link)
		if (same_key(&w->key, key))
			w->owner = owner;
}

/* The word is free: t takes it. Waiters keep their mark, as does a dead owner. */
static int take(struct task *t, uaddr_t addr, const struct key *key, u32 word)
{
	bool more;
	u32 mark = next_waiter(key, &more) ? FUTEX_WAITERS : 0;

	note_owner(key, t);
	return put_word(t, addr, own_tid(t) | mark | (word & FUTEX_OWNER_DIED));
}

/* ---- locking ---- */

static int lock_sleep(struct pi_wait *w, u64 deadline)
{
	int err;

	waitq_init(&w->wait);
	list_add_tail(&w->link, &waiters);
	err = wait_event_until(&w->wait, w->granted || w->owner_died, deadline);
	list_del(&w->link);
	if (err == 0)
		return 0;
	return err == -ETIMEDOUT ? -ETIMEDOUT : -ERESTARTNOINTR;
}

/* One look at the word: 0 locked, 1 w->owner has it, -errno. */
static int lock_once(struct task *t, uaddr_t addr, struct pi_wait *w)
{
	u32 word, owner;
	int ret = claim_word(t, addr, &word);

	if (ret < 0)
		return ret;
	owner = word & FUTEX_TID_MASK;
	if (!owner)
		return take(t, addr, &w->key, word);
	if (owner == own_tid(t))
		return -EDEADLK;
	w->owner = task_find(pid_in((pid_t)owner));
	if (w->owner)
		return 1;
	if (w->owner_died)
		word |= FUTEX_OWNER_DIED;
	return word & FUTEX_OWNER_DIED ? take(t, addr, &w->key, word) : -ESRCH;
}

static long lock(uaddr_t addr, bool private, bool try, u64 deadline)
{
	struct pi_wait w = {.task = current};
	int ret = make_key(addr, private, &w.key);

	while (ret == 0) {
		ret = lock_once(current, addr, &w);
		if (ret <= 0)
			return ret;
		if (try)
			return -EAGAIN;
		w.owner_died = false;
		ret = lock_sleep(&w, deadline);
		if (w.granted)
			return 0;
	}
	return ret;
}

/* Its waiters look again. */
void futex_pi_exit(const struct task *t)
{
	struct pi_wait *w;

	list_for_each_entry (w, &waiters, link) {
		if (w->owner != t)
			continue;
		w->owner = NULL;
		w->owner_died = true;
		waitq_wake(&w->wait, 0);
	}
}

/* Gives the lock to the next waiter; its id goes into the word by the one who lets go. */
static int hand_on(struct task *t, uaddr_t addr, const struct key *key, u32 keep)
{
	bool more;
	struct pi_wait *w = next_waiter(key, &more);
	u32 word = w ? own_tid(w->task) | (more ? FUTEX_WAITERS : 0) : 0;
	int ret = put_word(t, addr, word | keep);

	if (ret == 0 && w) {
		w->key = (struct key){0}; /* not to be found again */
		w->granted = true;
		note_owner(key, w->task);
		waitq_wake(&w->wait, 0);
	}
	return ret;
}

static long unlock(uaddr_t addr, bool private)
{
	struct key key;
	u32 word;
	int ret = make_key(addr, private, &key);

	if (ret == 0)
		ret = guest_read(current, &word, addr, sizeof(word));
	if (ret < 0)
		return ret;
	if ((word & FUTEX_TID_MASK) != own_tid(current))
		return -EPERM;
	ret = claim_word(current, addr, &word);
	return ret < 0 ? ret : hand_on(current, addr, &key, 0);
}

void futex_pi_owner_died(struct task *self, const struct mm *mm, uaddr_t addr)
{
	struct find_vma f = {.addr = addr};
	struct key shared, private = {.mm = mm, .off = addr};
	bool more;

	if (guest_for_each_vma(self, match_vma, &f) >= 0 && f.found && f.vma.shared && f.vma.ino) {
		shared = (struct key){.dev = f.vma.dev,
			.ino = f.vma.ino,
			.off = f.vma.offset + (addr - f.vma.start)};
		if (next_waiter(&shared, &more)) {
			hand_on(self, addr, &shared, FUTEX_OWNER_DIED);
			return;
		}
	}
	hand_on(self, addr, &private, FUTEX_OWNER_DIED);
}

/* ---- the call: only these operations come to the kernel ---- */

static int lock_deadline(uaddr_t timeout, bool monotonic, u64 *deadline)
{
	u64 now = os_clock_ns(monotonic ? OS_CLOCK_MONOTONIC : OS_CLOCK_REALTIME), at;
	struct timespec ts;

	*deadline = WAIT_FOREVER;
	if (!timeout)
		return 0;
	if (copy_from_user(&ts, timeout, sizeof(ts)) < 0)
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	at = timespec_ns(&ts);
	*deadline = deadline_in(at > now ? at - now : 0);
	return 0;
}

SYSCALL_DEFINE4(futex, uaddr_t, addr, u32, op, u32, value, uaddr_t, timeout)
{
	bool private = op & FUTEX_PRIVATE_FLAG;
	u64 deadline;
	int ret;

	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2_:
		ret = lock_deadline(timeout,
			(op & FUTEX_CMD_MASK) == FUTEX_LOCK_PI2_ && !(op & FUTEX_CLOCK_REALTIME),
			&deadline);
		return ret < 0 ? ret : lock(addr, private, false, deadline);
	case FUTEX_TRYLOCK_PI:
		return lock(addr, private, true, WAIT_FOREVER);
	case FUTEX_UNLOCK_PI:
		return unlock(addr, private);
	default:
		return -ENOSYS;
	}
}
