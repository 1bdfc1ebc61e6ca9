/*
 * Robust futex lists (get_robust_list(2)). The host cannot walk them: the futex words hold guest
 * tids. So a thread that dies with locks held does it from the stub: each word it owns gets
 * FUTEX_OWNER_DIED and one waiter is woken by a native FUTEX_WAKE. The usual empty list costs one
 * read of guest memory. The lists are hostile: bounded, and every address goes through guest_read.
 */
#include "kernel/robust.h"

#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/futex_pi.h"

#define NR_FUTEX 202
#define OP_WAKE 1
#define WAITERS 0x80000000u
#define OWNER_DIED 0x40000000u
#define TID_MASK 0x3fffffffu
#define LIST_LIMIT 2048

struct robust_head {
	uaddr_t next;
	s64 futex_offset;
	uaddr_t pending;
};

/* Has t a list with something on it that has not been walked? set_robust_list is native: the host
 * keeps the address. */
static bool read_head(struct task *t, struct robust_head *h, uaddr_t *list)
{
	*list = t->robust_walked ? 0 : guest_robust_list(t);
	return *list && guest_read(t, h, *list, sizeof(*h)) == 0 &&
	       (h->next != *list || h->pending);
}

bool robust_held(struct tgroup *tg)
{
	struct robust_head h;
	struct task *t;
	uaddr_t list;

	list_for_each_entry (t, &tg->tasks, tg_link) {
		if (read_head(t, &h, &list))
			return true;
	}
	return false;
}

/* self (in the stub) hands on the lock word at addr if tid owns it. */
static void hand_on(struct task *self, pid_t tid, uaddr_t addr, bool pi)
{
	u32 v;

	if (addr & 3 || guest_read(self, &v, addr, sizeof(v)) < 0 || (pid_t)(v & TID_MASK) != tid)
		return;
	if (pi) {
		futex_pi_owner_died(self, self->mm, addr);
		return;
	}
	v = (v & WAITERS) | OWNER_DIED;
	/* Woken in any case: a waiter may have announced itself since the read. */
	if (guest_write(self, addr, &v, sizeof(v)) == 0)
		guest_order(self, NR_FUTEX, addr, OP_WAKE, 1, 0, 0, 0);
}

static void walk(struct task *self, pid_t tid, uaddr_t list, const struct robust_head *h)
{
	uaddr_t entry = h->next & ~1ull, pending = h->pending & ~1ull; /* bit 0: PI */
	bool pi = h->next & 1;

	for (int n = 0; n < LIST_LIMIT && entry != list; n++) {
		uaddr_t next;

		if (guest_read(self, &next, entry, sizeof(next)) < 0)
			return;
		if (entry != pending)
			hand_on(self, tid, entry + (u64)h->futex_offset, pi);
		entry = next & ~1ull;
		pi = next & 1;
	}
	if (pending)
		hand_on(self, tid, pending + (u64)h->futex_offset, h->pending & 1);
}

long robust_exit_thread(struct task *t)
{
	struct robust_head h;
	uaddr_t list;

	if (!read_head(t, &h, &list))
		return 0;
	t->robust_walked = true;
	if (!guest_in_stub(t) && guest_enter_stub(t) < 0)
		return 0;
	walk(t, pid_in_ns(task_pid_ns(t), t->tid), list, &h);
	return -ERESTARTNOINTR;
}

void robust_exit_group(struct task *self)
{
	struct tgroup *tg = self->tg;
	struct robust_head h;

	if (!robust_held(tg) || (!guest_in_stub(self) && guest_enter_stub(self) < 0))
		return;
	/* The walk sleeps and the thread list may change: start over after each. */
	for (bool again = true; again;) {
		struct task *t;

		again = false;
		list_for_each_entry (t, &tg->tasks, tg_link) {
			uaddr_t list;

			if (!read_head(t, &h, &list))
				continue;
			t->robust_walked = true;
			walk(self, pid_in_ns(task_pid_ns(t), t->tid), list, &h);
			again = true;
			break;
		}
	}
}

SYSCALL_DEFINE3(get_robust_list, int, pid, uaddr_t, head, uaddr_t, len)
{
	struct task *t = pid ? task_find(pid_in(pid)) : current;

	if (!t)
		return -ESRCH;
	if (!trace_may_access(t, TRACE_READ_REAL))
		return -EPERM;
	if (put_user_u64(len, sizeof(struct robust_head)) < 0)
		return -EFAULT;
	return put_user_u64(head, guest_robust_list(t));
}
