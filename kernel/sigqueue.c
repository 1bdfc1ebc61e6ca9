/*
 * Queues of pending signals: allocation charged to the receiving user (RLIMIT_SIGPENDING), adding
 * with coalescing of the standard signals, taking off in the order of signal(7): synchronous
 * faults, then by number, each number in order of arrival. Called by signal.c and the timers only;
 * nothing here sleeps or wakes anybody.
 */
#include "kernel/sigqueue.h"

#include "kernel/lib/htab.h"
#include "kernel/task.h"

struct sig_user {
	struct hnode hash;
	u32 uid;
	unsigned nr; /* queued signals; the entry goes with the last */
};

static struct htab users;

static struct sig_user *user_find(u32 uid)
{
	struct hnode *n;

	for (n = htab_first(&users, hash_u64(uid)); n; n = htab_next(n)) {
		struct sig_user *u = container_of(n, struct sig_user, hash);

		if (u->uid == uid)
			return u;
	}
	return NULL;
}

static struct sig_user *user_charge(u32 uid)
{
	struct sig_user *u = user_find(uid);

	if (!u) {
		u = calloc(1, sizeof(*u));
		if (!u)
			return NULL;
		u->uid = uid;
		if (htab_insert(&users, &u->hash, hash_u64(uid)) < 0) {
			free(u);
			return NULL;
		}
	}
	u->nr++;
	return u;
}

static void user_uncharge(struct sig_user *u)
{
	if (--u->nr)
		return;
	htab_remove(&users, &u->hash);
	free(u);
}

unsigned sigqueue_user_count(u32 uid)
{
	struct sig_user *u = user_find(uid);

	return u ? u->nr : 0;
}

struct sigqueue *sigqueue_alloc(const struct task *t, bool override_limit)
{
	struct sigqueue *q;
	u32 uid = t->cred->uid;

	if (!override_limit && sigqueue_user_count(uid) >= task_rlimit(t, RLIMIT_SIGPENDING))
		return NULL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	list_init(&q->link);
	q->user = user_charge(uid);
	if (!q->user) {
		free(q);
		return NULL;
	}
	return q;
}

void sigqueue_free(struct sigqueue *q)
{
	user_uncharge(q->user);
	free(q);
}

void sigpending_init(struct sigpending *p)
{
	p->set = 0;
	list_init(&p->queue);
}

static void drop(struct sigqueue *q)
{
	siginfo_t scratch = q->info;

	list_del(&q->link);
	if (q->dequeued)
		q->dequeued(q, &scratch);
	else
		sigqueue_free(q);
}

void sigqueue_release(struct sigqueue *q)
{
	if (list_empty(&q->link))
		sigqueue_free(q);
	else
		q->dequeued = NULL; /* still delivered; the queue frees it */
}

void sigpending_remove(struct sigpending *p, sigmask_t set)
{
	struct sigqueue *q, *next;

	if (!(p->set & set))
		return;
	p->set &= ~set;
	list_for_each_entry_safe (q, next, &p->queue, link) {
		if (set & SIGBIT(q->info.si_signo))
			drop(q);
	}
}

void sigpending_flush(struct sigpending *p)
{
	sigpending_remove(p, ~0ull);
}

int sigpending_add(struct sigpending *p, const struct task *t, const siginfo_t *info)
{
	int sig = info->si_signo;
	bool realtime = sig >= 32, override = !realtime && info->si_code >= 0;
	struct sigqueue *q;

	if (!realtime && (p->set & SIGBIT(sig)))
		return 0;
	q = sig == SIGKILL ? NULL : sigqueue_alloc(t, override);
	if (q) {
		q->info = *info;
		list_add_tail(&q->link, &p->queue);
	} else if (realtime && info->si_code != SI_USER) {
		return -EAGAIN;
	}
	p->set |= SIGBIT(sig); /* without an entry the siginfo is lost, the signal is not */
	return 0;
}

static int first_signal(sigmask_t m)
{
	const sigmask_t sync = SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) |
			       SIGBIT(SIGFPE) | SIGBIT(SIGSYS);

	if (m & sync)
		m &= sync;
	return m ? __builtin_ctzll(m) + 1 : 0;
}

int sigpending_take(struct sigpending *p, sigmask_t set, siginfo_t *info)
{
	int sig = first_signal(p->set & set);
	struct sigqueue *q, *found = NULL;

	if (!sig)
		return 0;
	p->set &= ~SIGBIT(sig);
	list_for_each_entry (q, &p->queue, link) {
		if (q->info.si_signo != sig)
			continue;
		if (found) {
			p->set |= SIGBIT(sig); /* one more of its kind */
			break;
		}
		found = q;
	}
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = SI_USER;
	if (!found)
		return sig;
	*info = found->info;
	if (found->dequeued) {
		list_del(&found->link);
		found->dequeued(found, info);
	} else {
		drop(found);
	}
	return sig;
}
