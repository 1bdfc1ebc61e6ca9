/*
 * Files in flight: files that messages in receive queues refer to (SCM_RIGHTS). Their number is
 * charged to the sender's user and limited by RLIMIT_NOFILE. A sock whose file has no reference
 * but from queues that nobody can reach any more would stay for ever; the collection here finds
 * such socks and drops the messages that hold them. It runs from a timer, so that freeing never
 * nests, and backs off when it is slow. unix(7), getrlimit(2).
 */
#include "kernel/net/unix.h"

#include "kernel/cred.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/timer.h"

/* ---- per-user accounting ---- */

struct uid_count {
	struct hnode node;
	u32 uid;
	u64 nr;
};
static struct htab uid_counts;

static struct uid_count *uid_count_find(u32 uid)
{
	struct hnode *n;

	for (n = htab_first(&uid_counts, hash_u64(uid)); n; n = htab_next(n)) {
		struct uid_count *c = container_of(n, struct uid_count, node);

		if (c->uid == uid)
			return c;
	}
	return NULL;
}

static int uid_count_add(u32 uid, u64 nr)
{
	struct uid_count *c = uid_count_find(uid);
	int err;

	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->uid = uid;
		err = htab_insert(&uid_counts, &c->node, hash_u64(uid));
		if (err < 0) {
			free(c);
			return err;
		}
	}
	c->nr += nr;
	return 0;
}

static void uid_count_sub(u32 uid, u64 nr)
{
	struct uid_count *c = uid_count_find(uid);

	BUG_ON(!c || c->nr < nr);
	c->nr -= nr;
	if (c->nr == 0) {
		htab_remove(&uid_counts, &c->node);
		free(c);
	}
}

int unix_inflight_check(void)
{
	const struct uid_count *c = uid_count_find(current->cred->uid);

	if (!c || c->nr <= task_rlimit(current, RLIMIT_NOFILE) || capable(CAP_SYS_RESOURCE) ||
		capable(CAP_SYS_ADMIN))
		return 0;
	return -ETOOMANYREFS;
}

/* ---- socks in flight ---- */

static struct list_head inflight_socks = LIST_HEAD_INIT(inflight_socks);

static struct unix_sock *unix_of_file(const struct file *f)
{
	struct sock *sk = sock_of_file(f);

	return sk && sk->family == AF_UNIX ? unix_sk(sk) : NULL;
}

int unix_inflight_add(const struct scm_fds *fds)
{
	int err = uid_count_add(fds->uid, fds->nr);

	if (err < 0)
		return err;
	for (unsigned i = 0; i < fds->nr; i++) {
		struct unix_sock *u = unix_of_file(fds->file[i]);

		if (u && u->nr_inflight++ == 0)
			list_add_tail(&u->inflight_link, &inflight_socks);
	}
	return 0;
}

void unix_inflight_del(const struct scm_fds *fds)
{
	uid_count_sub(fds->uid, fds->nr);
	for (unsigned i = 0; i < fds->nr; i++) {
		struct unix_sock *u = unix_of_file(fds->file[i]);

		if (u && --u->nr_inflight == 0)
			list_del(&u->inflight_link);
	}
}

/* Dropping a message may release a sock and so purge its queue: that is added to the list at work.
 */
void unix_purge(struct list_head *messages)
{
	static struct list_head pending = LIST_HEAD_INIT(pending);
	static bool running;

	list_splice_tail(messages, &pending);
	if (running)
		return;
	running = true;
	while (!list_empty(&pending)) {
		struct unix_msg *msg = list_first(&pending, struct unix_msg, link);

		list_del(&msg->link);
		unix_msg_free(msg);
	}
	running = false;
}

/* ---- collection ---- */

typedef void (*inner_fn)(struct unix_sock *inner, struct list_head *arg);

static void for_each_in_queue(struct unix_sock *u, inner_fn fn, struct list_head *arg)
{
	struct unix_msg *msg;

	list_for_each_entry (msg, &u->queue, link) {
		const struct scm_fds *fds = msg->scm.fds;

		for (unsigned i = 0; fds && i < fds->nr; i++) {
			struct unix_sock *inner = unix_of_file(fds->file[i]);

			if (inner && inner->gc_candidate)
				fn(inner, arg);
		}
	}
}

/* Candidates that queues of u, or of connections waiting at u, refer to; once per reference. */
static void for_each_inner(struct unix_sock *u, inner_fn fn, struct list_head *arg)
{
	struct unix_sock *child;

	for_each_in_queue(u, fn, arg);
	list_for_each_entry (child, &u->acceptq, accept_link)
		for_each_in_queue(child, fn, arg);
}

static void count_inner(struct unix_sock *inner, struct list_head *unused)
{
	inner->gc_refs--;
}

static void mark_live(struct unix_sock *u, struct list_head *live)
{
	u->gc_candidate = false;
	list_add_tail(&u->gc_link, live);
}

/* The messages of u that carry files go to the list: they are garbage with u. */
static void condemn_queue(struct unix_sock *u, struct list_head *garbage)
{
	struct unix_msg *msg, *tmp;

	list_for_each_entry_safe (msg, tmp, &u->queue, link) {
		if (!msg->scm.fds)
			continue;
		unix_msg_unqueue(u, msg);
		list_add_tail(&msg->link, garbage);
	}
}

static void unix_gc(void)
{
	struct list_head live = LIST_HEAD_INIT(live), garbage = LIST_HEAD_INIT(garbage);
	struct unix_sock *u, *child;

	list_for_each_entry (u, &inflight_socks, inflight_link) {
		u->gc_candidate = u->sk.file && u->sk.file->refs == u->nr_inflight;
		u->gc_refs = u->nr_inflight;
	}
	list_for_each_entry (u, &inflight_socks, inflight_link)
		if (u->gc_candidate)
			for_each_inner(u, count_inner, NULL);
	list_for_each_entry (u, &inflight_socks, inflight_link)
		if (u->gc_candidate && u->gc_refs > 0)
			mark_live(u, &live);
	while (!list_empty(&live)) {
		u = list_first(&live, struct unix_sock, gc_link);
		list_del(&u->gc_link);
		for_each_inner(u, mark_live, &live);
	}
	list_for_each_entry (u, &inflight_socks, inflight_link) {
		if (!u->gc_candidate)
			continue;
		u->gc_candidate = false;
		condemn_queue(u, &garbage);
		list_for_each_entry (child, &u->acceptq, accept_link)
			condemn_queue(child, &garbage);
	}
	unix_purge(&garbage);
}

static u64 gc_not_before_ns;

static void gc_timer_fn(struct timer *t)
{
	u64 start = os_clock_ns(OS_CLOCK_MONOTONIC), end;

	unix_gc();
	end = os_clock_ns(OS_CLOCK_MONOTONIC);
	gc_not_before_ns = end + 10 * (end - start);
}

static struct timer gc_timer = {.fn = gc_timer_fn};

void unix_gc_schedule(void)
{
	if (list_empty(&inflight_socks) || timer_armed(&gc_timer))
		return;
	timer_arm(&gc_timer, MAX(os_clock_ns(OS_CLOCK_MONOTONIC), gc_not_before_ns));
}
