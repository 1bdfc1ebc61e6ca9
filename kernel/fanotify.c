/*
 * fanotify(7): groups, their queues, and permission events, in which whoever opens or reads a file
 * waits for the group's answer. An event keeps its path; reading it opens the file for the reader,
 * by a description that makes no events itself. Files are told by descriptors, not by handles
 * (FAN_REPORT_FID and its kin).
 */
#include "kernel/fanotify.h"

#include "fs/fdtable.h"
#include "fs/fsnotify.h"
#include "kernel/cred.h"
#include "kernel/pid_ns.h"
#include "kernel/pidfd.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <linux/fanotify.h>
#include <stdio.h>

#define PERM_EVENTS (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM)
#define CLASS_BITS (FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT)
#define INIT_FLAGS \
	(FAN_CLOEXEC | FAN_NONBLOCK | CLASS_BITS | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | \
		FAN_REPORT_TID | FAN_REPORT_PIDFD)
#define EVENT_FILE_FLAGS \
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_CLOEXEC | O_NOATIME | \
		0100000 /* O_LARGEFILE */)
#define ABI_FIONREAD 0x541b
#define MERGE_DEPTH 128u
#define INFO_PIDFD 4 /* FAN_EVENT_INFO_TYPE_PIDFD */

struct fan_group {
	struct list_head all_link; /* first, see fanotify_groups */
	struct list_head marks, events;
	struct list_head asked; /* permission events that have been read, not answered */
	unsigned nr_events;
	bool overflow;
	u32 flags, file_flags;
	struct waitq wait; /* readers */
};

struct fan_event {
	struct list_head link;
	u64 mask;
	struct path path;	 /* references; none in an overflow */
	pid_t tid;		 /* as the event says */
	struct tgroup *tg;	 /* whose it is, a reference */
	struct fan_answer *perm; /* of whom waits for it; NULL: nobody */
	int fd;			 /* by which it was asked */
};

struct fan_answer {   /* on the stack of who waits */
	u32 response; /* 0: not yet */
	struct fan_event *event;
	struct waitq wait;
};

u32 fanotify_max_queued = 16384, fanotify_max_groups = 128;
static struct list_head groups = LIST_HEAD_INIT(groups);
static unsigned nr_groups;
static const struct file_ops fanotify_ops;

struct list_head *fanotify_groups(void)
{
	return &groups;
}

struct fan_group *fanotify_group(const struct file *f)
{
	return f->ops == &fanotify_ops ? f->priv : NULL;
}

bool fanotify_wants_permission(const struct fan_group *g)
{
	return g->flags & CLASS_BITS;
}

struct list_head *fanotify_marks(struct fan_group *g)
{
	return &g->marks;
}

/* ---- the queue ---- */

static void event_free(struct fan_event *e)
{
	list_del(&e->link);
	if (e->path.dentry)
		path_put(&e->path);
	if (e->tg)
		tgroup_put(e->tg);
	free(e);
}

/* The first, out of the queue. */
static struct fan_event *take(struct fan_group *g)
{
	struct fan_event *e = list_first(&g->events, struct fan_event, link);

	list_del(&e->link);
	g->nr_events--;
	if (e->mask & FAN_Q_OVERFLOW)
		g->overflow = false;
	return e;
}

/* Events that nobody waits for join one of the same process and file, if it is among the last. */
static bool merge(struct fan_group *g, const struct path *p, pid_t tid, u64 mask)
{
	unsigned left = MERGE_DEPTH;

	for (struct list_head *l = g->events.prev; l != &g->events && left--; l = l->prev) {
		struct fan_event *e = list_entry(l, struct fan_event, link);

		if (!e->perm && e->path.dentry == p->dentry && e->path.mnt == p->mnt &&
			e->tid == tid) {
			e->mask |= mask;
			return true;
		}
	}
	return false;
}

static struct fan_event *event_new(struct fan_group *g, u64 mask)
{
	struct fan_event *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->mask = mask;
	e->fd = -1;
	list_add_tail(&e->link, &g->events);
	g->nr_events++;
	waitq_wake(&g->wait, EPOLLIN | EPOLLRDNORM);
	return e;
}

static struct fan_event *queue(
	struct fan_group *g, const struct path *p, u64 mask, struct fan_answer *perm)
{
	pid_t tid = g->flags & FAN_REPORT_TID ? current->tid : current->tg->pid;
	struct fan_event *e;

	if (!perm && merge(g, p, tid, mask))
		return NULL;
	if (g->nr_events >= fanotify_max_queued && !(g->flags & FAN_UNLIMITED_QUEUE) && !perm) {
		if (!g->overflow && event_new(g, FAN_Q_OVERFLOW))
			g->overflow = true;
		return NULL;
	}
	e = event_new(g, mask);
	if (!e)
		return NULL;
	e->path = *p;
	path_get(&e->path);
	e->tid = tid;
	e->tg = tgroup_get(current->tg);
	e->perm = perm;
	return e;
}

/* ---- what the file layer reports ---- */

/* Waits for the group's answer: 0 or -EPERM. Only SIGKILL ends the wait otherwise. */
static int ask(struct fan_group *g, const struct path *p, u64 mask)
{
	struct fan_answer a = {.response = 0};
	int ret;

	waitq_init(&a.wait);
	a.event = queue(g, p, mask, &a);
	if (!a.event)
		return -ENOMEM;
	ret = wait_event_killable(&a.wait, a.response);
	if (ret < 0) { /* nobody waits any more: it is still told */
		if (a.event)
			a.event->perm = NULL;
		return ret;
	}
	return a.response & FAN_DENY ? -EPERM : 0;
}

/* The event is answered and gone. */
static void answer(struct fan_event *e, u32 response)
{
	struct fan_answer *a = e->perm;

	if (a) {
		a->response = response;
		a->event = NULL;
		waitq_wake(&a->wait, 0);
	}
	event_free(e);
}

/* The next group that wants to be asked, and is not among those asked already. */
static struct fan_group *next_to_ask(
	const struct path *p, u64 mask, struct fan_group *const *asked, unsigned nr)
{
	struct fan_group *g;

	list_for_each_entry (g, &groups, all_link) {
		unsigned i = 0;

		while (i < nr && asked[i] != g)
			i++;
		if (i == nr && fanotify_match(g, p, mask))
			return g;
	}
	return NULL;
}

/* Groups may come and go while one is asked. */
static int ask_all(const struct path *p, u64 mask)
{
	struct fan_group *asked[16], *g;
	unsigned nr = 0;
	int ret = 0;

	while (ret == 0 && nr < ARRAY_SIZE(asked) && (g = next_to_ask(p, mask, asked, nr))) {
		asked[nr++] = g;
		ret = ask(g, p, fanotify_match(g, p, mask));
	}
	return ret;
}

static int hook(const struct path *p, u64 mask)
{
	struct fan_group *g;

	if (!current || !p->dentry->inode)
		return 0;
	if (mask & PERM_EVENTS)
		return ask_all(p, mask);
	list_for_each_entry (g, &groups, all_link) {
		u64 wanted = fanotify_match(g, p, mask);

		if (wanted)
			queue(g, p, wanted, NULL);
	}
	return 0;
}

void fanotify_hook_on(bool on)
{
	fanotify_hook = on ? hook : NULL;
}

/* ---- reading ---- */

struct fan_record {
	struct fanotify_event_metadata head;
	struct { /* struct fanotify_event_info_pidfd */
		u8 type, pad;
		u16 len;
		s32 pidfd;
	} pidfd;
};

static size_t record_size(const struct fan_group *g)
{
	return sizeof(struct fanotify_event_metadata) +
	       (g->flags & FAN_REPORT_PIDFD ? sizeof(((struct fan_record *)0)->pidfd) : 0);
}

static int open_for_reader(const struct fan_group *g, const struct path *p)
{
	struct file *f;
	int fd, ret = mount_readonly(p->mnt) && (g->file_flags & O_ACCMODE) != O_RDONLY
			      ? -EROFS
			      : file_open_path(p, (int)g->file_flags, &f);

	if (ret < 0)
		return ret;
	f->no_notify = true;
	fd = fd_install(f, 0, g->file_flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static int pidfd_for_reader(const struct fan_event *e)
{
	if (!e->tg || e->tg->state == TG_ZOMBIE)
		return FAN_NOPIDFD;
	return pidfd_install(e->tg, 0);
}

static ssize_t give(struct fan_group *g, struct fan_event *e, struct uio *to)
{
	struct fan_record r = {.head = {.event_len = (u32)record_size(g),
				       .vers = FANOTIFY_METADATA_VERSION,
				       .metadata_len = sizeof(r.head),
				       .mask = e->mask,
				       .fd = FAN_NOFD,
				       .pid = e->tid ? pid_out(e->tid) : 0}};
	ssize_t n;

	if (e->path.dentry) {
		r.head.fd = open_for_reader(g, &e->path);
		if (r.head.fd < 0)
			return r.head.fd;
	}
	if (g->flags & FAN_REPORT_PIDFD) {
		r.pidfd.type = INFO_PIDFD;
		r.pidfd.len = sizeof(r.pidfd);
		r.pidfd.pidfd = e->mask & FAN_Q_OVERFLOW ? FAN_NOPIDFD : pidfd_for_reader(e);
		if (r.pidfd.pidfd < 0 && r.pidfd.pidfd != FAN_NOPIDFD)
			r.pidfd.pidfd = FAN_EPIDFD;
	}
	e->fd = r.head.fd;
	n = uio_put(to, &r, record_size(g));
	if (n == (ssize_t)record_size(g))
		return n;
	if (r.head.fd >= 0)
		fd_close(r.head.fd);
	if (r.pidfd.pidfd >= 0 && (g->flags & FAN_REPORT_PIDFD))
		fd_close(r.pidfd.pidfd);
	return -EFAULT;
}

static ssize_t fanotify_read(struct file *f, struct uio *to, u64 *pos)
{
	struct fan_group *g = f->priv;
	ssize_t total = 0;

	if (to->left < record_size(g))
		return -EINVAL;
	if (list_empty(&g->events)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&g->wait, !list_empty(&g->events)))
			return -ERESTARTSYS;
	}
	while (!list_empty(&g->events) && to->left >= record_size(g)) {
		struct fan_event *e = take(g);
		ssize_t n = give(g, e, to);

		if (n >= 0 && e->perm)
			list_add_tail(&e->link, &g->asked);
		else
			answer(e, FAN_DENY);
		if (n < 0)
			return total ? total : n;
		total += n;
	}
	return total;
}

/* ---- answering ---- */

static ssize_t fanotify_write(struct file *f, struct uio *from, u64 *pos)
{
	struct fan_group *g = f->priv;
	struct fanotify_response r;
	struct fan_event *e;

	if (from->left < sizeof(r))
		return -EINVAL;
	if (uio_get(from, &r, sizeof(r)) != sizeof(r))
		return -EFAULT;
	if (r.response != FAN_ALLOW && r.response != FAN_DENY)
		return -EINVAL;
	if (r.fd < 0)
		return -EINVAL;
	list_for_each_entry (e, &g->asked, link)
		if (e->fd == r.fd) {
			answer(e, r.response);
			return sizeof(r);
		}
	return -ENOENT;
}

static u32 fanotify_poll(struct file *f, struct poll_table *pt)
{
	struct fan_group *g = f->priv;

	poll_wait(pt, &g->wait);
	return list_empty(&g->events) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static long fanotify_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	struct fan_group *g = f->priv;

	return cmd == ABI_FIONREAD ? put_user_u32(arg, (u32)(g->nr_events * record_size(g)))
				   : -ENOTTY;
}

/* Who still waits may go on. */
static void fanotify_release(struct file *f)
{
	struct fan_group *g = f->priv;

	fanotify_marks_end(g);
	while (!list_empty(&g->events))
		answer(list_first(&g->events, struct fan_event, link), FAN_ALLOW);
	while (!list_empty(&g->asked))
		answer(list_first(&g->asked, struct fan_event, link), FAN_ALLOW);
	list_del(&g->all_link);
	nr_groups--;
	free(g);
}

static int fanotify_fdinfo(struct file *f, char *buf, size_t size)
{
	struct fan_group *g = f->priv;
	int n = snprintf(buf, size, "fanotify flags:%x event-flags:%x\n", g->flags, g->file_flags);

	if (n < 0 || (size_t)n >= size)
		return 0;
	return n + (int)fanotify_show_marks(g, buf + n, size - (size_t)n);
}

static const struct file_ops fanotify_ops = {
	.release = fanotify_release,
	.read = fanotify_read,
	.write = fanotify_write,
	.poll = fanotify_poll,
	.ioctl = fanotify_ioctl,
	.show_fdinfo = fanotify_fdinfo,
	.stream = true,
	.poll_notify = true,
};

/* ---- fanotify_init ---- */

static int check_flags(u32 flags, u32 file_flags)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & ~(u32)INIT_FLAGS || (flags & CLASS_BITS) == CLASS_BITS)
		return -EINVAL;
	if ((flags & FAN_REPORT_PIDFD) && (flags & FAN_REPORT_TID))
		return -EINVAL;
	if (file_flags & ~(u32)EVENT_FILE_FLAGS || (file_flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return nr_groups >= fanotify_max_groups ? -EMFILE : 0;
}

SYSCALL_DEFINE2(fanotify_init, u32, flags, u32, file_flags)
{
	struct fan_group *g;
	struct file *f;
	int ret = check_flags(flags, file_flags);

	if (ret < 0)
		return ret;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	list_init(&g->marks);
	list_init(&g->events);
	list_init(&g->asked);
	waitq_init(&g->wait);
	g->flags = flags;
	g->file_flags = file_flags;
	ret = file_anon("anon_inode:[fanotify]", &fanotify_ops, g,
		O_RDWR | (flags & FAN_NONBLOCK ? O_NONBLOCK : 0), 0600, &f);
	if (ret < 0) {
		free(g);
		return ret;
	}
	list_add_tail(&g->all_link, &groups);
	nr_groups++;
	ret = fd_install(f, 0, flags & FAN_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}
