/*
 * POSIX message queues. A message goes straight to the oldest waiting receiver, else into the
 * queue, highest priority first; a receiver that makes room takes in the oldest waiting sender's
 * message. The first message into an empty queue that nobody waits at ends a registration by
 * mq_notify. mq_open(3) and relatives, mq_overview(7).
 */
#include "kernel/ipc/mqueue.h"

#include "fs/fdtable.h"
#include "kernel/ipc/ipc.h"
#include "kernel/net/netlink/netlink.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <stdio.h>

#define PRIORITIES 32768u
#define HARD_MSG_MAX 65536
#define HARD_MSGSIZE_MAX (16 << 20)
#define NOTIFY_COOKIE_LEN 32
#define NOTIFY_WOKENUP 1
#define NOTIFY_REMOVED 2
#define MESSAGE_COST 48 /* of each, as RLIMIT_MSGQUEUE counts it */

struct mq_msg {
	struct list_head link;
	size_t len;
	u32 priority;
	char text[];
};

struct mq_wait { /* a sender with its message, or a receiver who will be given one */
	struct list_head link;
	struct mq_msg *msg;
	bool done;
	struct waitq wait;
};

struct mqueue {
	s64 max_messages, max_size, nr;
	u64 bytes;		   /* queued */
	struct list_head messages; /* highest priority first, then oldest */
	struct list_head senders, receivers;
	struct waitq poll_wait;
	u32 owner_uid; /* who is charged */
	u64 charged;
	struct list_head link; /* in all_queues */
	struct tgroup *notify; /* a reference; NULL: none registered */
	struct sigevent event;
	struct nl_sock *thread; /* SIGEV_THREAD: who is sent the cookie; a reference */
	u8 cookie[NOTIFY_COOKIE_LEN];
};

static struct list_head all_queues = LIST_HEAD_INIT(all_queues);

/* ---- life ---- */

static u64 charged_to(u32 uid)
{
	struct mqueue *q;
	u64 sum = 0;

	list_for_each_entry (q, &all_queues, link)
		if (q->owner_uid == uid)
			sum += q->charged;
	return sum;
}

static int check_attr(const struct mq_limits *l, s64 maxmsg, s64 msgsize)
{
	bool free_hand = capable(CAP_SYS_RESOURCE);

	if (maxmsg <= 0 || msgsize <= 0)
		return -EINVAL;
	if (maxmsg > (free_hand ? HARD_MSG_MAX : l->msg_max) ||
		msgsize > (free_hand ? HARD_MSGSIZE_MAX : l->msgsize_max))
		return -EINVAL;
	return 0;
}

int mqueue_create(struct ipc_ns *ns, const struct abi_mq_attr *attr, struct mqueue **out)
{
	const struct mq_limits *l = &ns->mq;
	s64 maxmsg = attr ? attr->maxmsg : MIN(l->msg_default, l->msg_max);
	s64 msgsize = attr ? attr->msgsize : MIN(l->msgsize_default, l->msgsize_max);
	u64 cost = (u64)maxmsg * ((u64)msgsize + MESSAGE_COST) +
		   MIN((u64)maxmsg, (u64)PRIORITIES) * MESSAGE_COST;
	struct mqueue *q;
	int ret = attr ? check_attr(l, maxmsg, msgsize) : 0;

	if (ret < 0)
		return ret;
	if (charged_to(current->cred->uid) + cost > task_rlimit(current, RLIMIT_MSGQUEUE))
		return -EMFILE;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->max_messages = maxmsg;
	q->max_size = msgsize;
	q->owner_uid = current->cred->uid;
	q->charged = cost;
	list_init(&q->messages);
	list_init(&q->senders);
	list_init(&q->receivers);
	waitq_init(&q->poll_wait);
	list_add_tail(&q->link, &all_queues);
	*out = q;
	return 0;
}

/* The C library's helper thread reads the cookie from its socket; its last byte says why it came.
 */
static void send_cookie(struct mqueue *q, u8 why)
{
	q->cookie[NOTIFY_COOKIE_LEN - 1] = why;
	nl_tell(q->thread, q->cookie, sizeof(q->cookie));
	sock_put(&q->thread->sk);
	q->thread = NULL;
}

static void forget_notify(struct mqueue *q)
{
	if (q->thread)
		send_cookie(q, NOTIFY_REMOVED);
	if (q->notify)
		tgroup_put(q->notify);
	q->notify = NULL;
}

void mqueue_free(struct mqueue *q)
{
	while (!list_empty(&q->messages)) {
		struct mq_msg *m = list_first(&q->messages, struct mq_msg, link);

		list_del(&m->link);
		free(m);
	}
	forget_notify(q);
	list_del(&q->link);
	free(q);
}

/* ---- messages ---- */

static void tell(struct mqueue *q)
{
	siginfo_t info;

	if (q->thread)
		send_cookie(q, NOTIFY_WOKENUP);
	if (q->event.sigev_notify == SIGEV_SIGNAL && q->notify->state != TG_ZOMBIE) {
		memset(&info, 0, sizeof(info));
		info.si_signo = q->event.sigev_signo;
		info.si_code = SI_MESGQ;
		info.si_value = q->event.sigev_value;
		info.si_pid = current->tg->pid;
		info.si_uid = current->cred->uid;
		signal_send_group(q->notify, info.si_signo, &info);
	}
	forget_notify(q);
}

static void insert(struct mqueue *q, struct mq_msg *m)
{
	struct list_head *before = &q->messages;
	struct mq_msg *o;

	list_for_each_entry (o, &q->messages, link) {
		if (o->priority < m->priority) {
			before = &o->link;
			break;
		}
	}
	list_add_tail(&m->link, before);
	q->nr++;
	q->bytes += m->len;
	if (q->nr == 1 && q->notify)
		tell(q);
	waitq_wake(&q->poll_wait, EPOLLIN);
}

static void finish(struct mq_wait *w, struct mq_msg *m)
{
	list_del(&w->link);
	w->msg = m;
	w->done = true;
	waitq_wake(&w->wait, 0);
}

static struct mq_msg *take_first(struct mqueue *q)
{
	struct mq_msg *m = list_first(&q->messages, struct mq_msg, link);

	list_del(&m->link);
	q->nr--;
	q->bytes -= m->len;
	if (!list_empty(&q->senders)) {
		struct mq_wait *w = list_first(&q->senders, struct mq_wait, link);

		insert(q, w->msg);
		finish(w, NULL);
	}
	waitq_wake(&q->poll_wait, EPOLLOUT);
	return m;
}

static int wait_in(struct list_head *queue, struct mq_wait *w, u64 deadline)
{
	int err;

	waitq_init(&w->wait);
	list_add_tail(&w->link, queue);
	err = wait_event_until(&w->wait, w->done, deadline);
	if (err < 0)
		list_del(&w->link);
	return err == -EINTR ? -ERESTARTSYS : err;
}

/* Takes m over on success. */
static int queue_send(struct file *f, struct mq_msg *m, u64 deadline)
{
	struct mqueue *q = f->inode->priv;
	struct mq_wait w = {.msg = m};

	if (q->nr >= q->max_messages)
		return f->flags & O_NONBLOCK ? -EAGAIN : wait_in(&q->senders, &w, deadline);
	if (list_empty(&q->receivers))
		insert(q, m);
	else
		finish(list_first(&q->receivers, struct mq_wait, link), m);
	return 0;
}

static int queue_receive(struct file *f, struct mq_msg **out, u64 deadline)
{
	struct mqueue *q = f->inode->priv;
	struct mq_wait w = {.msg = NULL};
	int ret = 0;

	if (q->nr) {
		*out = take_first(q);
		return 0;
	}
	ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_in(&q->receivers, &w, deadline);
	*out = w.msg;
	return ret;
}

/* ---- calls ---- */

/* An open queue that allows mode, with a reference. NULL: -EBADF */
static struct file *queue_file(int fd, bool read, bool write)
{
	struct file *f = fd_file(fd);

	if (f && f->ops == &mqueue_fops && (!read || FMODE_CAN_READ(f)) &&
		(!write || FMODE_CAN_WRITE(f)))
		return f;
	if (f)
		file_put(f);
	return NULL;
}

/* An absolute CLOCK_REALTIME time of the guest as a deadline. */
static int get_deadline(uaddr_t timeout, u64 *deadline)
{
	struct timespec ts;
	u64 at, now = os_clock_ns(OS_CLOCK_REALTIME);

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

static struct mq_msg *msg_from_user(uaddr_t text, u64 len, u32 priority, long *ret)
{
	struct mq_msg *m = malloc(sizeof(*m) + len);

	*ret = m ? copy_from_user(m->text, text, len) : -ENOMEM;
	if (*ret < 0) {
		free(m);
		return NULL;
	}
	m->len = len;
	m->priority = priority;
	return m;
}

SYSCALL_DEFINE5(mq_timedsend, int, fd, uaddr_t, text, u64, len, u32, priority, uaddr_t, timeout)
{
	struct mq_msg *m;
	struct file *f;
	u64 deadline;
	long ret = get_deadline(timeout, &deadline);

	if (ret < 0)
		return ret;
	if (priority >= PRIORITIES)
		return -EINVAL;
	f = queue_file(fd, false, true);
	if (!f)
		return -EBADF;
	ret = -EMSGSIZE;
	if (len <= (u64)((struct mqueue *)f->inode->priv)->max_size) {
		m = msg_from_user(text, len, priority, &ret);
		if (m)
			ret = queue_send(f, m, deadline);
		if (m && ret < 0)
			free(m);
	}
	file_put(f);
	return ret;
}

SYSCALL_DEFINE5(
	mq_timedreceive, int, fd, uaddr_t, text, u64, size, uaddr_t, upriority, uaddr_t, timeout)
{
	struct mq_msg *m;
	struct file *f;
	u64 deadline;
	long ret = get_deadline(timeout, &deadline);

	if (ret < 0)
		return ret;
	f = queue_file(fd, true, false);
	if (!f)
		return -EBADF;
	if (size < (u64)((struct mqueue *)f->inode->priv)->max_size)
		ret = -EMSGSIZE;
	else
		ret = queue_receive(f, &m, deadline);
	file_put(f);
	if (ret < 0)
		return ret;
	ret = (long)m->len;
	if ((upriority && put_user_u32(upriority, m->priority) < 0) ||
		copy_to_user(text, m->text, m->len) < 0)
		ret = -EFAULT;
	free(m);
	return ret;
}

static int check_event(const struct sigevent *ev)
{
	if (ev->sigev_notify != SIGEV_NONE && ev->sigev_notify != SIGEV_SIGNAL &&
		ev->sigev_notify != SIGEV_THREAD)
		return -EINVAL;
	if (ev->sigev_notify == SIGEV_SIGNAL && (ev->sigev_signo < 1 || ev->sigev_signo > ABI_NSIG))
		return -EINVAL;
	return 0;
}

/* sigev_signo is a netlink socket's descriptor then, and the value points to the cookie. */
static int thread_of_event(const struct sigevent *ev, u8 *cookie, struct nl_sock **out)
{
	struct file *f;
	int err;

	if (copy_from_user(cookie, (uaddr_t)ev->sigev_value.sival_ptr, NOTIFY_COOKIE_LEN) < 0)
		return -EFAULT;
	f = fd_file(ev->sigev_signo);
	if (!f)
		return -EBADF;
	err = nl_sock_of_file(f, out);
	file_put(f);
	return err;
}

static int notify_set(struct mqueue *q, const struct sigevent *ev)
{
	struct nl_sock *thread = NULL;
	u8 cookie[NOTIFY_COOKIE_LEN];
	int err;

	if (ev->sigev_notify == SIGEV_THREAD) {
		err = thread_of_event(ev, cookie, &thread);
		if (err < 0)
			return err;
	}
	if (q->notify) {
		if (thread)
			sock_put(&thread->sk);
		return -EBUSY;
	}
	if (thread)
		memcpy(q->cookie, cookie, sizeof(cookie));
	q->thread = thread;
	q->notify = tgroup_get(current->tg);
	q->event = *ev;
	return 0;
}

SYSCALL_DEFINE2(mq_notify, int, fd, uaddr_t, uev)
{
	struct sigevent ev;
	struct mqueue *q;
	struct file *f;
	int ret = 0;

	if (uev && copy_from_user(&ev, uev, sizeof(ev)) < 0)
		return -EFAULT;
	if (uev && (ret = check_event(&ev)) < 0)
		return ret;
	f = queue_file(fd, false, false);
	if (!f)
		return -EBADF;
	q = f->inode->priv;
	if (uev)
		ret = notify_set(q, &ev);
	else if (q->notify == current->tg)
		forget_notify(q);
	file_put(f);
	return ret;
}

SYSCALL_DEFINE3(mq_getsetattr, int, fd, uaddr_t, unew, uaddr_t, uold)
{
	struct abi_mq_attr new, old = {0};
	const struct mqueue *q;
	struct file *f;

	if (unew && copy_from_user(&new, unew, sizeof(new)) < 0)
		return -EFAULT;
	if (unew && (new.flags & ~(s64)O_NONBLOCK))
		return -EINVAL;
	f = queue_file(fd, false, false);
	if (!f)
		return -EBADF;
	q = f->inode->priv;
	old.flags = f->flags & O_NONBLOCK;
	old.maxmsg = q->max_messages;
	old.msgsize = q->max_size;
	old.curmsgs = q->nr;
	if (unew)
		f->flags = (f->flags & ~(u32)O_NONBLOCK) | (u32) new.flags;
	file_put(f);
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

static int open_mask(int flags)
{
	static const int masks[4] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, -1};

	return masks[flags & O_ACCMODE];
}

static int create_checked(
	const struct path *root, struct dentry *d, u32 mode, const struct abi_mq_attr *attr)
{
	int ret = inode_permission(root->dentry->inode, MAY_WRITE | MAY_EXEC);

	return ret < 0 ? ret : mqueue_make(root->dentry->inode, d, mode, attr);
}

static long open_named(const struct path *root, struct dentry *d, int flags, u32 mode,
	const struct abi_mq_attr *attr)
{
	struct path p = {root->mnt, d};
	struct file *f;
	int fd, ret = 0;

	if (!d->inode)
		ret = flags & O_CREAT ? create_checked(root, d, mode, attr) : -ENOENT;
	else if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		ret = -EEXIST;
	else
		ret = open_mask(flags) < 0 ? -EINVAL : inode_permission(d->inode, open_mask(flags));
	if (ret == 0)
		ret = file_open_path(&p, flags & (O_ACCMODE | O_NONBLOCK), &f);
	if (ret < 0)
		return ret;
	fd = fd_install(f, 0, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

static int check_name(const char *name)
{
	if (!*name)
		return -ENOENT;
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	return strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ? -EACCES : 0;
}

SYSCALL_DEFINE4(mq_open, uaddr_t, uname, int, flags, u32, mode, uaddr_t, uattr)
{
	struct abi_mq_attr attr;
	struct dentry *d;
	struct path root;
	char *name;
	long ret;

	if (uattr && copy_from_user(&attr, uattr, sizeof(attr)) < 0)
		return -EFAULT;
	ret = getname(uname, &name);
	if (ret < 0)
		return ret;
	ret = check_name(name);
	if (ret == 0)
		ret = mqueue_root(ipc_current_ns(), &root);
	if (ret == 0)
		ret = d_lookup(root.dentry, name, strlen(name), &d);
	if (ret == 0) {
		mode &= ~current->fs->umask & 0777;
		ret = open_named(&root, d, flags, mode, uattr ? &attr : NULL);
		d_put(d);
	}
	free(name);
	return ret;
}

SYSCALL_DEFINE1(mq_unlink, uaddr_t, uname)
{
	struct dentry *d;
	struct path root;
	char *name;
	long ret = getname(uname, &name);

	if (ret < 0)
		return ret;
	ret = check_name(name);
	if (ret == 0)
		ret = mqueue_root(ipc_current_ns(), &root);
	if (ret == 0)
		ret = d_lookup(root.dentry, name, strlen(name), &d);
	if (ret == 0) {
		ret = d->inode ? vfs_unlink(&root, d) : -ENOENT;
		d_put(d);
	}
	free(name);
	return ret;
}

/* ---- the file ---- */

static ssize_t mqueue_read(struct file *f, struct uio *to, u64 *pos)
{
	const struct mqueue *q = f->inode->priv;
	char text[80];
	int n = snprintf(text, sizeof(text),
		"QSIZE:%-10llu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
		(unsigned long long)q->bytes, q->notify ? q->event.sigev_notify : 0,
		q->notify && q->event.sigev_notify == SIGEV_SIGNAL ? q->event.sigev_signo : 0,
		q->notify ? q->notify->pid : 0);
	ssize_t done;

	if (*pos >= (u64)n)
		return 0;
	done = uio_put(to, text + *pos, MIN(to->left, (size_t)n - (size_t)*pos));
	if (done > 0)
		*pos += (u64)done;
	return done;
}

/* A process that closes any descriptor of the queue is not told any more. */
static int mqueue_flush(struct file *f)
{
	struct mqueue *q = f->inode->priv;

	if (current && q->notify == current->tg)
		forget_notify(q);
	return 0;
}

static u32 mqueue_poll(struct file *f, struct poll_table *pt)
{
	struct mqueue *q = f->inode->priv;

	poll_wait(pt, &q->poll_wait);
	return (q->nr ? EPOLLIN | EPOLLRDNORM : 0) |
	       (q->nr < q->max_messages ? EPOLLOUT | EPOLLWRNORM : 0);
}

const struct file_ops mqueue_fops = {
	.read = mqueue_read,
	.flush = mqueue_flush,
	.poll = mqueue_poll,
	.poll_notify = true,
};
