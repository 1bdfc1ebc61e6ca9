/*
 * System V semaphores. An operation that cannot be done at once sleeps in its set's queue, in order
 * of arrival; whoever changes a semaphore then carries out, on their behalf, the queued operations
 * that have become possible: first those that wait for zero, then the others, oldest first. Values
 * to undo at a task's end hang between its undo list and the set. semop(2), semctl(2).
 */
#include "kernel/ipc/sem.h"

#include "fs/seq.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/ipc_show.h"
#include "kernel/pid_ns.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#define SEM_VALUE_MAX_ 32767
#define SEM_ADJUST_MAX 32767
#define WOULD_BLOCK 1

struct sem {
	int value;
	pid_t pid; /* of the last operation */
};

struct sem_set {
	struct ipc_obj obj;
	time_t otime, ctime;
	unsigned nr;
	struct list_head pending; /* struct sem_wait */
	struct list_head undos;	  /* struct sem_undo.set_link */
	struct sem sems[];
};

struct sem_undo {
	struct list_head set_link, list_link;
	struct sem_set *set;
	int16_t adjust[];
};

struct sem_undo_list {
	unsigned refs;		/* tasks */
	struct list_head undos; /* struct sem_undo.list_link */
};

/* One semop call; queued while it sleeps. */
struct sem_wait {
	struct list_head link;
	const struct sembuf *ops;
	unsigned nr;
	bool alters;
	struct sem_undo *undo;
	pid_t pid;
	const struct sembuf *blocking; /* the operation it stands at */
	int result;		       /* WOULD_BLOCK while queued */
	struct waitq wait;
};

static struct sem_set *set_of(struct ipc_obj *o)
{
	return container_of(o, struct sem_set, obj);
}

static void set_put(struct sem_set *s)
{
	if (!--s->obj.refs)
		free(s);
}

/* ---- semget ---- */

static int set_check(const struct ipc_obj *o, u64 nr)
{
	return nr > container_of(o, struct sem_set, obj)->nr ? -EINVAL : 0;
}

static int set_create(struct ipc_ns *ns, u64 nr, int flags, struct ipc_obj **out)
{
	struct sem_set *s;

	if (!nr)
		return -EINVAL;
	if (ns->nr_sems + nr > (u64)MAX(ns->sem[1], 0))
		return -ENOSPC;
	s = calloc(1, sizeof(*s) + nr * sizeof(s->sems[0]));
	if (!s)
		return -ENOMEM;
	s->nr = (unsigned)nr;
	s->ctime = ipc_now();
	list_init(&s->pending);
	list_init(&s->undos);
	ns->nr_sems += nr;
	*out = &s->obj;
	return 0;
}

static void set_abandon(struct ipc_obj *o)
{
	ipc_current_ns()->nr_sems -= set_of(o)->nr;
	free(set_of(o));
}

SYSCALL_DEFINE3(semget, int, key, int, nr, int, flags)
{
	static const struct ipc_get_ops ops = {set_check, set_create, set_abandon};

	if (nr < 0 || nr > ipc_current_ns()->sem[0])
		return -EINVAL;
	return ipc_get(IPC_KIND_SEM, key, flags, (u64)nr, &ops);
}

/* ---- one operation ---- */

static int op_apply(struct sem_set *s, const struct sembuf *op, struct sem_undo *undo)
{
	int *value = &s->sems[op->sem_num].value, result = *value + op->sem_op;

	if ((!op->sem_op && *value) || result < 0)
		return op->sem_flg & IPC_NOWAIT ? -EAGAIN : WOULD_BLOCK;
	if (result > SEM_VALUE_MAX_)
		return -ERANGE;
	if (op->sem_flg & SEM_UNDO) {
		int adjust = undo->adjust[op->sem_num] - op->sem_op;

		if (adjust < -SEM_ADJUST_MAX - 1 || adjust > SEM_ADJUST_MAX)
			return -ERANGE;
		undo->adjust[op->sem_num] = (int16_t)adjust;
	}
	*value = result;
	return 0;
}

/* All of w's operations or none: 0, WOULD_BLOCK, -errno. */
static int wait_try(struct sem_set *s, struct sem_wait *w)
{
	unsigned i;
	int ret = 0;

	for (i = 0; i < w->nr && ret == 0; i++) {
		w->blocking = &w->ops[i];
		ret = op_apply(s, &w->ops[i], w->undo);
	}
	if (ret) {
		for (i--; i-- > 0;) {
			const struct sembuf *op = &w->ops[i];

			s->sems[op->sem_num].value -= op->sem_op;
			if (op->sem_flg & SEM_UNDO)
				w->undo->adjust[op->sem_num] += op->sem_op;
		}
		return ret;
	}
	for (i = 0; i < w->nr; i++)
		s->sems[w->ops[i].sem_num].pid = w->pid;
	return 0;
}

static void wait_finish(struct sem_wait *w, int result)
{
	list_del(&w->link);
	w->result = result;
	waitq_wake(&w->wait, 0);
}

/* Tries what is queued, of one sort; true if something was changed by it. */
static bool set_scan(struct sem_set *s, bool alters)
{
	struct sem_wait *w, *tmp;

	list_for_each_entry_safe (w, tmp, &s->pending, link) {
		int ret = w->alters == alters ? wait_try(s, w) : WOULD_BLOCK;

		if (ret == WOULD_BLOCK)
			continue;
		if (ret == 0)
			s->otime = ipc_now();
		wait_finish(w, ret);
		if (ret == 0 && alters)
			return true;
	}
	return false;
}

/* Values have changed. */
static void set_changed(struct sem_set *s)
{
	do
		set_scan(s, false);
	while (set_scan(s, true));
}

/* ---- undo ---- */

static struct sem_undo_list *undo_list(struct task *t)
{
	if (!t->sem_undo) {
		t->sem_undo = calloc(1, sizeof(*t->sem_undo));
		if (!t->sem_undo)
			return NULL;
		t->sem_undo->refs = 1;
		list_init(&t->sem_undo->undos);
	}
	return t->sem_undo;
}

static struct sem_undo *undo_get(struct sem_set *s)
{
	struct sem_undo_list *l = undo_list(current);
	struct sem_undo *u;

	if (!l)
		return NULL;
	list_for_each_entry (u, &l->undos, list_link)
		if (u->set == s)
			return u;
	u = calloc(1, sizeof(*u) + s->nr * sizeof(u->adjust[0]));
	if (!u)
		return NULL;
	u->set = s;
	list_add_tail(&u->set_link, &s->undos);
	list_add_tail(&u->list_link, &l->undos);
	return u;
}

static void undo_free(struct sem_undo *u)
{
	list_del(&u->set_link);
	list_del(&u->list_link);
	free(u);
}

static void undo_apply(const struct sem_undo *u, pid_t pid)
{
	struct sem_set *s = u->set;
	bool changed = false;

	for (unsigned i = 0; i < s->nr; i++) {
		int value = s->sems[i].value + u->adjust[i];

		if (!u->adjust[i])
			continue;
		s->sems[i].value = MIN(MAX(value, 0), SEM_VALUE_MAX_);
		s->sems[i].pid = pid;
		changed = true;
	}
	if (!changed)
		return;
	s->otime = ipc_now();
	set_changed(s);
}

int sem_undo_share(struct task *child, struct task *parent)
{
	child->sem_undo = undo_list(parent);
	if (!child->sem_undo)
		return -ENOMEM;
	child->sem_undo->refs++;
	return 0;
}

void sem_undo_exit(struct task *t)
{
	struct sem_undo_list *l = t->sem_undo;

	t->sem_undo = NULL;
	if (!l || --l->refs)
		return;
	while (!list_empty(&l->undos)) {
		struct sem_undo *u = list_first(&l->undos, struct sem_undo, list_link);

		undo_apply(u, t->tg->pid);
		undo_free(u);
	}
	free(l);
}

/* ---- semop ---- */

static int wait_check(struct sem_set *s, struct sem_wait *w)
{
	bool undo = false;
	int ret;

	for (unsigned i = 0; i < w->nr; i++) {
		if (w->ops[i].sem_num >= s->nr)
			return -EFBIG;
		w->alters |= w->ops[i].sem_op != 0;
		undo |= (w->ops[i].sem_flg & SEM_UNDO) != 0;
	}
	ret = ipc_permission(&s->obj, w->alters ? 0222 : 0444);
	if (ret == 0 && undo && !(w->undo = undo_get(s)))
		ret = -ENOMEM;
	return ret;
}

static int wait_sleep(struct sem_set *s, struct sem_wait *w, u64 deadline)
{
	int err;

	list_add_tail(&w->link, &s->pending);
	s->obj.refs++;
	err = wait_event_until(&w->wait, w->result != WOULD_BLOCK, deadline);
	if (err < 0)
		list_del(&w->link);
	set_put(s);
	if (err < 0)
		return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
	return w->result;
}

static int do_semop(int id, const struct sembuf *ops, unsigned nr, u64 deadline)
{
	struct ipc_obj *o = ipc_find(IPC_KIND_SEM, id);
	struct sem_wait w = {.ops = ops, .nr = nr, .pid = current->tg->pid, .result = WOULD_BLOCK};
	struct sem_set *s;
	int ret;

	if (!o)
		return -EINVAL;
	s = set_of(o);
	ret = wait_check(s, &w);
	if (ret < 0)
		return ret;
	waitq_init(&w.wait);
	ret = wait_try(s, &w);
	if (ret == WOULD_BLOCK)
		return wait_sleep(s, &w, deadline);
	if (ret == 0) {
		s->otime = ipc_now();
		if (w.alters)
			set_changed(s);
	}
	return ret;
}

static long semop_until(int id, uaddr_t uops, u64 nr, u64 deadline)
{
	struct sembuf few[8], *ops = few;
	long ret;

	if (!nr || id < 0)
		return -EINVAL;
	if (nr > (u64)MAX(ipc_current_ns()->sem[2], 0))
		return -E2BIG;
	if (nr > ARRAY_SIZE(few) && !(ops = calloc(nr, sizeof(*ops))))
		return -ENOMEM;
	ret = copy_from_user(ops, uops, nr * sizeof(*ops));
	if (ret == 0)
		ret = do_semop(id, ops, (unsigned)nr, deadline);
	if (ops != few)
		free(ops);
	return ret;
}

SYSCALL_DEFINE3(semop, int, id, uaddr_t, ops, u32, nr)
{
	return semop_until(id, ops, nr, WAIT_FOREVER);
}

SYSCALL_DEFINE4(semtimedop, int, id, uaddr_t, ops, u32, nr, uaddr_t, timeout)
{
	struct timespec ts;

	if (!timeout)
		return semop_until(id, ops, nr, WAIT_FOREVER);
	if (copy_from_user(&ts, timeout, sizeof(ts)) < 0)
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	return semop_until(id, ops, nr, deadline_in(timespec_ns(&ts)));
}

/* ---- semctl ---- */

static long sem_stat(int id, int cmd, uaddr_t buf)
{
	bool index = cmd != IPC_STAT;
	struct ipc_obj *o = index ? ipc_find_slot(IPC_KIND_SEM, id) : ipc_find(IPC_KIND_SEM, id);
	struct semid_ds ds = {.sem_nsems = 0};
	int ret;

	if (!o)
		return -EINVAL;
	ret = cmd == SEM_STAT_ANY ? 0 : ipc_permission(o, 0444);
	if (ret < 0)
		return ret;
	ipc_to_perm(o, &ds.sem_perm);
	ds.sem_otime = set_of(o)->otime;
	ds.sem_ctime = set_of(o)->ctime;
	ds.sem_nsems = set_of(o)->nr;
	ret = copy_to_user(buf, &ds, sizeof(ds));
	return ret < 0 ? ret : index ? o->id : 0;
}

static long sem_info(int cmd, uaddr_t buf)
{
	const struct ipc_ns *ns = ipc_current_ns();
	struct seminfo si = {
		.semmap = ns->sem[1],
		.semmni = ns->sem[3],
		.semmns = ns->sem[1],
		.semmnu = ns->sem[1],
		.semmsl = ns->sem[0],
		.semopm = ns->sem[2],
		.semume = ns->sem[2],
		.semusz = 20,
		.semvmx = SEM_VALUE_MAX_,
		.semaem = SEM_ADJUST_MAX,
	};
	int ret;

	if (cmd == SEM_INFO) {
		si.semusz = (int)ns->tables[IPC_KIND_SEM].nr;
		si.semaem = (int)ns->nr_sems;
	}
	ret = copy_to_user(buf, &si, sizeof(si));
	return ret < 0 ? ret : ipc_max_slot(IPC_KIND_SEM);
}

static void clear_adjustments(struct sem_set *s, unsigned from, unsigned to)
{
	struct sem_undo *u;

	list_for_each_entry (u, &s->undos, set_link)
		memset(&u->adjust[from], 0, (to - from) * sizeof(u->adjust[0]));
}

static long set_one(struct sem_set *s, unsigned i, int value)
{
	if (value < 0 || value > SEM_VALUE_MAX_)
		return -ERANGE;
	clear_adjustments(s, i, i + 1);
	s->sems[i].value = value;
	s->sems[i].pid = current->tg->pid;
	s->ctime = ipc_now();
	set_changed(s);
	return 0;
}

static long get_all(const struct sem_set *s, uaddr_t buf)
{
	u16 *values = calloc(s->nr, sizeof(*values));
	long ret;

	if (!values)
		return -ENOMEM;
	for (unsigned i = 0; i < s->nr; i++)
		values[i] = (u16)s->sems[i].value;
	ret = copy_to_user(buf, values, s->nr * sizeof(*values));
	free(values);
	return ret;
}

static long set_all(struct sem_set *s, uaddr_t buf)
{
	u16 *values = calloc(s->nr, sizeof(*values));
	long ret = values ? copy_from_user(values, buf, s->nr * sizeof(*values)) : -ENOMEM;

	for (unsigned i = 0; ret == 0 && i < s->nr; i++)
		if (values[i] > SEM_VALUE_MAX_)
			ret = -ERANGE;
	for (unsigned i = 0; ret == 0 && i < s->nr; i++) {
		s->sems[i].value = values[i];
		s->sems[i].pid = current->tg->pid;
	}
	if (ret == 0) {
		clear_adjustments(s, 0, s->nr);
		s->ctime = ipc_now();
		set_changed(s);
	}
	free(values);
	return ret;
}

static long count_waiters(const struct sem_set *s, unsigned i, bool zero)
{
	const struct sem_wait *w;
	long n = 0;

	list_for_each_entry (w, &s->pending, link)
		n += w->blocking->sem_num == i && (w->blocking->sem_op == 0) == zero;
	return n;
}

static void set_remove(struct sem_set *s)
{
	while (!list_empty(&s->undos))
		undo_free(list_first(&s->undos, struct sem_undo, set_link));
	while (!list_empty(&s->pending))
		wait_finish(list_first(&s->pending, struct sem_wait, link), -EIDRM);
	s->obj.ns->nr_sems -= s->nr;
	ipc_unlink(&s->obj);
	set_put(s);
}

static long set_change(struct sem_set *s, int cmd, uaddr_t buf)
{
	struct semid_ds ds;
	int ret = ipc_owner(&s->obj);

	if (cmd == IPC_SET && copy_from_user(&ds, buf, sizeof(ds)) < 0)
		return -EFAULT;
	if (ret < 0)
		return ret;
	if (cmd == IPC_RMID) {
		set_remove(s);
		return 0;
	}
	ret = ipc_set(&s->obj, &ds.sem_perm);
	if (ret == 0)
		s->ctime = ipc_now();
	return ret;
}

static long sem_values(struct sem_set *s, unsigned i, int cmd, u64 arg)
{
	bool set = cmd == SETVAL || cmd == SETALL;
	int ret;

	if (cmd == SETVAL && ((int)arg < 0 || (int)arg > SEM_VALUE_MAX_))
		return -ERANGE;
	ret = ipc_permission(&s->obj, set ? 0222 : 0444);
	if (ret < 0)
		return ret;
	if (cmd == GETALL || cmd == SETALL)
		return set ? set_all(s, arg) : get_all(s, arg);
	if (i >= s->nr)
		return -EINVAL;
	switch (cmd) {
	case GETVAL:
		return s->sems[i].value;
	case GETPID:
		return pid_out(s->sems[i].pid);
	case GETNCNT:
	case GETZCNT:
		return count_waiters(s, i, cmd == GETZCNT);
	default:
		return set_one(s, i, (int)arg);
	}
}

SYSCALL_DEFINE4(semctl, int, id, int, num, int, cmd, u64, arg)
{
	struct ipc_obj *o;

	if (id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case SEM_INFO:
		return sem_info(cmd, arg);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return sem_stat(id, cmd, arg);
	case IPC_SET:
	case IPC_RMID:
		o = ipc_find(IPC_KIND_SEM, id);
		return o ? set_change(set_of(o), cmd, arg) : -EINVAL;
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
	case GETALL:
	case SETVAL:
	case SETALL:
		o = ipc_find(IPC_KIND_SEM, id);
		return o ? sem_values(set_of(o), (unsigned)num, cmd, arg) : -EINVAL;
	default:
		return -EINVAL;
	}
}

int sem_show(struct seq *s)
{
	struct ipc_obj *o;
	unsigned slot = 0;

	seq_puts(s, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime"
		    "      ctime\n");
	while ((o = ipc_next(ipc_current_ns(), IPC_KIND_SEM, &slot)))
		seq_printf(s, "%10d %10d  %4o %10u %5u %5u %5u %5u %10lld %10lld\n", o->key, o->id,
			o->mode, set_of(o)->nr, uid_out(o->uid), gid_out(o->gid), uid_out(o->cuid),
			gid_out(o->cgid), (long long)set_of(o)->otime, (long long)set_of(o)->ctime);
	return 0;
}

void sem_destroy(struct ipc_obj *o)
{
	set_remove(set_of(o));
}
