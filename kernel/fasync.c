/*
 * O_ASYNC (fcntl(2), "Managing signals"). A file in this mode has waiters on its own poll queues;
 * being woken, they signal the owner that F_SETOWN named, if the one who named it might. With
 * F_SETSIG the siginfo tells the descriptor and the events; otherwise it is a bare SIGIO.
 */
#include "kernel/fasync.h"

#include "fs/vfs.h"
#include "kernel/pid.h"
#include "kernel/signal.h"

#define QUEUES_MAX 4

struct fasync {
	struct poll_table pt;
	struct file *file;
	int fd;
	unsigned nr;
	struct waiter waiters[QUEUES_MAX];
};

static int poll_code(u32 events)
{
	if (events & EPOLLMSG)
		return POLL_MSG;
	if (events & EPOLLIN)
		return POLL_IN;
	if (events & EPOLLPRI)
		return POLL_PRI;
	if (events & EPOLLOUT)
		return POLL_OUT;
	return events & EPOLLERR ? POLL_ERR : POLL_HUP;
}

static void make_info(const struct fasync *fa, u32 events, siginfo_t *info)
{
	siginfo_kernel(info, fa->file->owner_sig);
	info->si_code = poll_code(events);
	info->si_band = events;
	info->si_fd = fa->fd;
}

static bool may_signal(const struct file *f, const struct task *t)
{
	u32 euid = f->owner_euid, uid = f->owner_uid;

	return euid == 0 || euid == t->cred->suid || euid == t->cred->uid || uid == t->cred->suid ||
	       uid == t->cred->uid;
}

/* sig: SIGURG, or SIGIO, which F_SETSIG may replace by another with a siginfo. */
static void signal_process(
	const struct fasync *fa, struct tgroup *tg, struct task *t, int sig, u32 events)
{
	const struct file *f = fa->file;
	siginfo_t info;
	int err = -EAGAIN;

	if (!may_signal(f, t ? t : tgroup_task(tg)))
		return;
	if (f->owner_sig && sig == SIGIO) {
		make_info(fa, events, &info);
		err = t ? signal_send_task(t, f->owner_sig, &info)
			: signal_send_group(tg, f->owner_sig, &info);
	}
	if (err == 0)
		return;
	if (t)
		signal_send_task(t, sig, NULL);
	else
		signal_send_group(tg, sig, NULL);
}

static void signal_owner(const struct fasync *fa, int sig, u32 events)
{
	const struct file *f = fa->file;
	struct tgroup *tg;
	struct task *t;

	if (f->owner_type == F_OWNER_TID) {
		t = task_find(f->owner_id);
		if (t)
			signal_process(fa, t->tg, t, sig, events);
		return;
	}
	if (f->owner_type == F_OWNER_PID) {
		tg = tgroup_find(f->owner_id);
		if (tg && tgroup_task(tg))
			signal_process(fa, tg, NULL, sig, events);
		return;
	}
	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (tg->pgid == f->owner_id && tgroup_task(tg))
			signal_process(fa, tg, NULL, sig, events);
	}
}

void fasync_urgent(struct file *f)
{
	struct fasync fa = {.file = f};

	if (f->owner_id)
		signal_owner(&fa, SIGURG, 0);
}

void fasync_message(struct file *f, int fd)
{
	struct fasync fa = {.file = f, .fd = fd};

	if (f->owner_id)
		signal_owner(&fa, SIGIO, EPOLLIN | EPOLLRDNORM | EPOLLMSG);
}

void fasync_default_owner(struct file *f)
{
	if (f->owner_id)
		return;
	f->owner_uid = current->cred->uid;
	f->owner_euid = current->cred->euid;
	f->owner_type = F_OWNER_PID;
	f->owner_id = current->tg->pid;
}

static void woken(struct waiter *w, u32 events)
{
	struct fasync *fa = w->priv;
	u32 now = fa->file->ops->poll(fa->file, NULL);

	if (!events)
		events = now;
	if ((events & now) && fa->file->owner_id)
		signal_owner(fa, SIGIO, events & now);
}

static int queue(struct poll_table *pt, struct waitq *q)
{
	struct fasync *fa = container_of(pt, struct fasync, pt);
	struct waiter *w;

	if (fa->nr == QUEUES_MAX)
		return -ENOMEM;
	w = &fa->waiters[fa->nr++];
	w->fn = woken;
	w->priv = fa;
	waitq_add(q, w);
	return 0;
}

void fasync_file_gone(struct file *f)
{
	struct fasync *fa = f->async;

	f->async = NULL;
	if (!fa)
		return;
	for (unsigned i = 0; i < fa->nr; i++)
		waitq_del(&fa->waiters[i]);
	free(fa);
}

int fasync_set(struct file *f, int fd, bool on)
{
	struct fasync *fa;

	if (!on) {
		fasync_file_gone(f);
		return 0;
	}
	if (f->async) {
		f->async->fd = fd;
		return 0;
	}
	if (!f->ops->poll_notify || !f->ops->poll)
		return 0; /* never announces anything */
	fa = calloc(1, sizeof(*fa));
	if (!fa)
		return -ENOMEM;
	fa->file = f;
	fa->fd = fd;
	fa->pt.queue = queue;
	f->async = fa;
	f->ops->poll(f, &fa->pt);
	return 0;
}
