/*
 * System V message queues. A message goes straight to the oldest receiver that wants it, else into
 * the queue; a sender without room sleeps and tries again when something has been taken. msgop(2),
 * msgctl(2).
 */
#include "fs/seq.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/ipc_show.h"
#include "kernel/pid_ns.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

struct msg {
	struct list_head link;
	s64 type;
	size_t len;
	char text[];
};

struct msg_queue {
	struct ipc_obj obj;
	struct list_head messages, receivers;
	u64 nr, bytes, max_bytes;
	time_t stime, rtime, ctime;
	pid_t lspid, lrpid;
	struct waitq senders; /* something was taken, or the limit changed */
};

struct msg_want { /* one msgrcv call; queued while it sleeps */
	struct list_head link;
	s64 type;
	size_t size;
	int flags;
	pid_t pid;
	struct msg *got;
	int error; /* ends the sleep without a message */
	struct waitq wait;
};

static struct msg_queue *queue_of(struct ipc_obj *o)
{
	return container_of(o, struct msg_queue, obj);
}

static void queue_put(struct msg_queue *q)
{
	if (!--q->obj.refs)
		free(q);
}

static int queue_create(struct ipc_ns *ns, u64 size, int flags, struct ipc_obj **out)
{
	struct msg_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	list_init(&q->messages);
	list_init(&q->receivers);
	waitq_init(&q->senders);
	q->max_bytes = (u64)MAX(ns->msgmnb, 0);
	q->ctime = ipc_now();
	*out = &q->obj;
	return 0;
}

static void queue_abandon(struct ipc_obj *o)
{
	free(queue_of(o));
}

SYSCALL_DEFINE2(msgget, int, key, int, flags)
{
	static const struct ipc_get_ops ops = {NULL, queue_create, queue_abandon};

	return ipc_get(IPC_KIND_MSG, key, flags, 0, &ops);
}

/* ---- which message ---- */

static bool type_matches(const struct msg_want *w, s64 type)
{
	if (w->type == 0)
		return true;
	if (w->type < 0)
		return type <= (w->type == INT64_MIN ? INT64_MAX : -w->type);
	return (type == w->type) != !!(w->flags & MSG_EXCEPT);
}

/* The first that matches; of several types (negative) the first of the lowest. */
static struct msg *find_msg(const struct msg_queue *q, const struct msg_want *w)
{
	struct msg *m, *best = NULL;
	s64 index = 0;

	list_for_each_entry (m, &q->messages, link) {
		if (w->flags & MSG_COPY) {
			if (index++ == w->type)
				return m;
			continue;
		}
		if (!type_matches(w, m->type) || (best && m->type >= best->type))
			continue;
		best = m;
		if (w->type >= 0)
			break;
	}
	return best;
}

static bool fits(const struct msg_want *w, const struct msg *m)
{
	return m->len <= w->size || (w->flags & MSG_NOERROR);
}

static void queue_count(struct msg_queue *q, const struct msg *m, bool in)
{
	u64 sign = in ? 1 : (u64)-1;

	q->nr += sign;
	q->bytes += sign * m->len;
	q->obj.ns->nr_messages += sign;
	q->obj.ns->msg_bytes += sign * m->len;
}

static void want_finish(struct msg_want *w, struct msg *m, int error)
{
	list_del(&w->link);
	w->got = m;
	w->error = error;
	waitq_wake(&w->wait, 0);
}

/* To a receiver that waits for it? One whose buffer is too small learns so, and is out. */
static bool hand_over(struct msg_queue *q, struct msg *m)
{
	struct msg_want *w, *tmp;

	list_for_each_entry_safe (w, tmp, &q->receivers, link) {
		if (!type_matches(w, m->type))
			continue;
		if (!fits(w, m)) {
			want_finish(w, NULL, -E2BIG);
			continue;
		}
		q->lrpid = w->pid;
		q->rtime = ipc_now();
		want_finish(w, m, 0);
		return true;
	}
	return false;
}

/* ---- msgsnd ---- */

static bool has_room(const struct msg_queue *q, const struct msg *m)
{
	return m->len + q->bytes <= q->max_bytes && q->nr + 1 <= q->max_bytes;
}

static int wait_for_room(struct msg_queue *q, const struct msg *m)
{
	int err;

	q->obj.refs++;
	err = wait_event(&q->senders, q->obj.removed || has_room(q, m));
	if (err < 0)
		err = -ERESTARTNOHAND;
	else if (q->obj.removed)
		err = -EIDRM;
	queue_put(q);
	return err;
}

static int msg_send(int id, struct msg *m, int flags)
{
	struct ipc_obj *o = ipc_find(IPC_KIND_MSG, id);
	struct msg_queue *q;
	int ret;

	if (!o)
		return -EINVAL;
	q = queue_of(o);
	ret = ipc_permission(o, 0222);
	if (ret == 0 && !has_room(q, m))
		ret = flags & IPC_NOWAIT ? -EAGAIN : wait_for_room(q, m);
	if (ret < 0)
		return ret;
	q->lspid = current->tg->pid;
	q->stime = ipc_now();
	if (hand_over(q, m))
		return 0;
	list_add_tail(&m->link, &q->messages);
	queue_count(q, m, true);
	return 0;
}

SYSCALL_DEFINE4(msgsnd, int, id, uaddr_t, buf, u64, len, int, flags)
{
	struct msg *m;
	s64 type;
	int ret;

	if (copy_from_user(&type, buf, sizeof(type)) < 0)
		return -EFAULT;
	if (id < 0 || type < 1 || (s64)len < 0 || len > (u64)MAX(ipc_current_ns()->msgmax, 0))
		return -EINVAL;
	m = malloc(sizeof(*m) + len);
	if (!m)
		return -ENOMEM;
	m->type = type;
	m->len = len;
	ret = copy_from_user(m->text, buf + sizeof(type), len);
	if (ret == 0)
		ret = msg_send(id, m, flags);
	if (ret < 0)
		free(m);
	return ret;
}

/* ---- msgrcv ---- */

static struct msg *msg_copy(const struct msg *from)
{
	struct msg *m = malloc(sizeof(*m) + from->len);

	if (m)
		memcpy(m, from, sizeof(*m) + from->len);
	return m;
}

/* Takes m, which fits, off the queue. */
static void msg_take(struct msg_queue *q, struct msg *m)
{
	list_del(&m->link);
	queue_count(q, m, false);
	q->rtime = ipc_now();
	q->lrpid = current->tg->pid;
	waitq_wake(&q->senders, 0);
}

static int wait_for_msg(struct msg_queue *q, struct msg_want *w)
{
	int err;

	waitq_init(&w->wait);
	list_add_tail(&w->link, &q->receivers);
	q->obj.refs++;
	err = wait_event(&w->wait, w->got || w->error);
	if (err < 0)
		list_del(&w->link);
	queue_put(q);
	return err < 0 ? -ERESTARTNOHAND : w->error;
}

/* On success the message is w->got, owned. */
static int msg_receive(int id, struct msg_want *w)
{
	struct ipc_obj *o = ipc_find(IPC_KIND_MSG, id);
	struct msg_queue *q;
	struct msg *m;
	int ret;

	if (!o)
		return -EINVAL;
	q = queue_of(o);
	ret = ipc_permission(o, 0444);
	if (ret < 0)
		return ret;
	m = find_msg(q, w);
	if (!m)
		return w->flags & IPC_NOWAIT ? -ENOMSG : wait_for_msg(q, w);
	if (!fits(w, m))
		return -E2BIG;
	w->got = m;
	if (!(w->flags & MSG_COPY))
		msg_take(q, m);
	else if (!(w->got = msg_copy(m)))
		return -ENOMEM;
	return 0;
}

SYSCALL_DEFINE5(msgrcv, int, id, uaddr_t, buf, u64, size, s64, type, int, flags)
{
	struct msg_want w = {.type = type, .size = size, .flags = flags, .pid = current->tg->pid};
	size_t len;
	long ret;

	if (id < 0 || (s64)size < 0)
		return -EINVAL;
	if ((flags & MSG_COPY) && ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT)))
		return -EINVAL;
	ret = msg_receive(id, &w);
	if (ret < 0)
		return ret;
	len = MIN(w.got->len, size);
	ret = copy_to_user(buf, &w.got->type, sizeof(w.got->type));
	if (ret == 0)
		ret = copy_to_user(buf + sizeof(w.got->type), w.got->text, len);
	free(w.got);
	return ret < 0 ? ret : (long)len;
}

/* ---- msgctl ---- */

static long msg_stat(int id, int cmd, uaddr_t buf)
{
	bool index = cmd != IPC_STAT;
	struct ipc_obj *o = index ? ipc_find_slot(IPC_KIND_MSG, id) : ipc_find(IPC_KIND_MSG, id);
	struct msqid_ds ds = {.msg_qnum = 0};
	const struct msg_queue *q;
	int ret;

	if (!o)
		return -EINVAL;
	ret = cmd == MSG_STAT_ANY ? 0 : ipc_permission(o, 0444);
	if (ret < 0)
		return ret;
	q = queue_of(o);
	ipc_to_perm(o, &ds.msg_perm);
	ds.msg_stime = q->stime;
	ds.msg_rtime = q->rtime;
	ds.msg_ctime = q->ctime;
	ds.__msg_cbytes = q->bytes;
	ds.msg_qnum = q->nr;
	ds.msg_qbytes = q->max_bytes;
	ds.msg_lspid = pid_out(q->lspid);
	ds.msg_lrpid = pid_out(q->lrpid);
	ret = copy_to_user(buf, &ds, sizeof(ds));
	return ret < 0 ? ret : index ? o->id : 0;
}

static long msg_info(int cmd, uaddr_t buf)
{
	const struct ipc_ns *ns = ipc_current_ns();
	struct msginfo mi = {
		.msgpool = (int)((s64)ns->msgmni * ns->msgmnb / 1024),
		.msgmap = ns->msgmnb,
		.msgmax = ns->msgmax,
		.msgmnb = ns->msgmnb,
		.msgmni = ns->msgmni,
		.msgssz = 16,
		.msgtql = ns->msgmnb,
		.msgseg = 0xffff,
	};
	int ret;

	if (cmd == MSG_INFO) {
		mi.msgpool = (int)ns->tables[IPC_KIND_MSG].nr;
		mi.msgmap = (int)ns->nr_messages;
		mi.msgtql = (int)ns->msg_bytes;
	}
	ret = copy_to_user(buf, &mi, sizeof(mi));
	return ret < 0 ? ret : ipc_max_slot(IPC_KIND_MSG);
}

static void queue_remove(struct msg_queue *q)
{
	while (!list_empty(&q->receivers))
		want_finish(list_first(&q->receivers, struct msg_want, link), NULL, -EIDRM);
	while (!list_empty(&q->messages)) {
		struct msg *m = list_first(&q->messages, struct msg, link);

		list_del(&m->link);
		queue_count(q, m, false);
		free(m);
	}
	ipc_unlink(&q->obj);
	waitq_wake(&q->senders, 0);
	queue_put(q);
}

static int queue_set(struct msg_queue *q, const struct msqid_ds *ds)
{
	int ret;

	if (ds->msg_qbytes > (u64)MAX(q->obj.ns->msgmnb, 0) && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	ret = ipc_set(&q->obj, &ds->msg_perm);
	if (ret < 0)
		return ret;
	q->max_bytes = ds->msg_qbytes;
	q->ctime = ipc_now();
	waitq_wake(&q->senders, 0);
	return 0;
}

static long queue_change(struct msg_queue *q, int cmd, uaddr_t buf)
{
	struct msqid_ds ds;
	int ret = ipc_owner(&q->obj);

	if (cmd == IPC_SET && copy_from_user(&ds, buf, sizeof(ds)) < 0)
		return -EFAULT;
	if (ret < 0)
		return ret;
	if (cmd == IPC_SET)
		return queue_set(q, &ds);
	queue_remove(q);
	return 0;
}

SYSCALL_DEFINE3(msgctl, int, id, int, cmd, uaddr_t, buf)
{
	struct ipc_obj *o;

	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		return msg_info(cmd, buf);
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		return msg_stat(id, cmd, buf);
	case IPC_SET:
	case IPC_RMID:
		o = ipc_find(IPC_KIND_MSG, id);
		return o ? queue_change(queue_of(o), cmd, buf) : -EINVAL;
	default:
		return -EINVAL;
	}
}

int msg_show(struct seq *s)
{
	struct ipc_obj *o;
	unsigned slot = 0;

	seq_puts(s,
		"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid"
		"  cgid      stime      rtime      ctime\n");
	while ((o = ipc_next(ipc_current_ns(), IPC_KIND_MSG, &slot))) {
		const struct msg_queue *q = queue_of(o);

		seq_printf(s,
			"%10d %10d  %4o  %10llu %10llu %5u %5u %5u %5u %5u %5u %10lld %10lld "
			"%10lld\n",
			o->key, o->id, o->mode, (unsigned long long)q->bytes,
			(unsigned long long)q->nr, pid_out(q->lspid), pid_out(q->lrpid),
			uid_out(o->uid), gid_out(o->gid), uid_out(o->cuid), gid_out(o->cgid),
			(long long)q->stime, (long long)q->rtime, (long long)q->ctime);
	}
	return 0;
}

void msg_destroy(struct ipc_obj *o)
{
	queue_remove(queue_of(o));
}
