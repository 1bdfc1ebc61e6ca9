/*
 * Listeners of seccomp filters: a call with the verdict USER_NOTIF sleeps until a supervisor that
 * holds the listener's descriptor has received and answered it. A call that ends early by a signal
 * takes its notification back. seccomp_unotify(2).
 */
#include "fs/fdtable.h"
#include "kernel/pid_ns.h"
#include "kernel/seccomp.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

#include <linux/ioctl.h>
#include "kernel/os.h"

#ifndef SECCOMP_IOCTL_NOTIF_ADDFD
#error "linux/seccomp.h is too old"
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND 2u
#endif

enum stage { WAITING, RECEIVED, ANSWERED };

struct request { /* on the stack of the call that sleeps */
	struct list_head link;
	u64 id;
	enum stage stage;
	struct task *task;
	const struct seccomp_data *data;
	bool go_on;
	long result;
	struct waitq wait;
};

struct seccomp_notify {
	bool closed, orphaned;
	u64 next_id;
	struct list_head requests;
	struct waitq wait; /* receivers and pollers */
	unsigned refs;	   /* the file's, the filter's */
};

static void notify_put(struct seccomp_notify *n)
{
	if (!--n->refs)
		free(n);
}

void seccomp_notify_orphan(struct seccomp_notify *n)
{
	n->orphaned = true;
	waitq_wake(&n->wait, EPOLLHUP);
	notify_put(n);
}

static void answer(struct request *r, long result, bool go_on)
{
	r->stage = ANSWERED;
	r->result = result;
	r->go_on = go_on;
	waitq_wake(&r->wait, 0);
}

bool seccomp_notify_ask(struct seccomp_filter *f, const struct seccomp_data *d, long *ret)
{
	struct seccomp_notify *n = f->notify;
	struct request r = {.task = current, .data = d};
	int err;

	if (n->closed)
		return false;
	r.id = ++n->next_id;
	waitq_init(&r.wait);
	list_add_tail(&r.link, &n->requests);
	n->refs++;
	waitq_wake(&n->wait, EPOLLIN);
	err = wait_event(&r.wait, r.stage == ANSWERED);
	list_del(&r.link);
	notify_put(n);
	*ret = err < 0 ? -ERESTARTSYS : r.result;
	return err == 0 && r.go_on;
}

static struct request *find(struct seccomp_notify *n, u64 id, enum stage stage)
{
	struct request *r;

	list_for_each_entry (r, &n->requests, link)
		if (r->id == id && r->stage == stage)
			return r;
	return NULL;
}

static struct request *first_waiting(struct seccomp_notify *n)
{
	struct request *r;

	list_for_each_entry (r, &n->requests, link)
		if (r->stage == WAITING)
			return r;
	return NULL;
}

static long receive(struct seccomp_notify *n, uaddr_t dst)
{
	struct seccomp_notif out;
	struct request *r;

	if (copy_from_user(&out, dst, sizeof(out)) < 0)
		return -EFAULT;
	for (size_t i = 0; i < sizeof(out); i++)
		if (((const u8 *)&out)[i])
			return -EINVAL;
	if (wait_event(&n->wait, n->orphaned || first_waiting(n)) < 0)
		return -ERESTARTSYS;
	r = first_waiting(n);
	if (!r)
		return -ENOENT;
	out.id = r->id;
	out.pid = (u32)pid_out(r->task->tid);
	out.data = *r->data;
	if (copy_to_user(dst, &out, sizeof(out)) < 0)
		return -EFAULT;
	r->stage = RECEIVED;
	waitq_wake(&n->wait, EPOLLOUT);
	return 0;
}

static long reply(struct seccomp_notify *n, uaddr_t src)
{
	struct seccomp_notif_resp in;
	struct request *r;
	bool go_on;

	if (copy_from_user(&in, src, sizeof(in)) < 0)
		return -EFAULT;
	go_on = in.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if ((in.flags & ~SECCOMP_USER_NOTIF_FLAG_CONTINUE) || (go_on && (in.error || in.val)))
		return -EINVAL;
	r = find(n, in.id, RECEIVED);
	if (!r)
		return find(n, in.id, WAITING) ? -EINPROGRESS : -ENOENT;
	answer(r, in.error ? in.error : in.val, go_on);
	return 0;
}

static long id_valid(struct seccomp_notify *n, uaddr_t src)
{
	u64 id;

	if (copy_from_user(&id, src, sizeof(id)) < 0)
		return -EFAULT;
	return find(n, id, RECEIVED) ? 0 : -ENOENT;
}

static int fd_into(struct task *t, struct file *f, const struct seccomp_notif_addfd *a)
{
	struct files *own = current->files, *theirs = files_get(t->files);
	bool cloexec = a->newfd_flags & O_CLOEXEC;
	int fd;

	current->files = theirs;
	fd = a->flags & SECCOMP_ADDFD_FLAG_SETFD ? fd_install_at((int)a->newfd, f, cloexec)
						 : fd_install(f, 0, cloexec);
	current->files = own;
	files_put(theirs);
	return fd;
}

/* A copy of one of the supervisor's descriptors for the caller; with SEND also the answer. */
static long add_fd(struct seccomp_notify *n, uaddr_t src)
{
	struct seccomp_notif_addfd a;
	struct request *r;
	struct file *f;
	int fd;

	if (copy_from_user(&a, src, sizeof(a)) < 0)
		return -EFAULT;
	if ((a.newfd_flags & ~(u32)O_CLOEXEC) ||
		(a.flags & ~(u32)(SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND)) ||
		(a.newfd && !(a.flags & SECCOMP_ADDFD_FLAG_SETFD)))
		return -EINVAL;
	f = fd_file_raw((int)a.srcfd);
	if (!f)
		return -EBADF;
	r = find(n, a.id, RECEIVED);
	fd = r && r->task->files      ? fd_into(r->task, f, &a)
	     : find(n, a.id, WAITING) ? -EINPROGRESS
				      : -ENOENT;
	if (fd < 0)
		file_put(f);
	else if (a.flags & SECCOMP_ADDFD_FLAG_SEND)
		answer(r, fd, false);
	return fd;
}

static long notify_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	struct seccomp_notify *n = f->priv;

	switch (cmd) {
	case SECCOMP_IOCTL_NOTIF_RECV:
		return receive(n, arg);
	case SECCOMP_IOCTL_NOTIF_SEND:
		return reply(n, arg);
	case SECCOMP_IOCTL_NOTIF_ID_VALID:
		return id_valid(n, arg);
	case SECCOMP_IOCTL_NOTIF_ADDFD:
		return add_fd(n, arg);
	default:
		return -EINVAL;
	}
}

static u32 notify_poll(struct file *f, struct poll_table *pt)
{
	struct seccomp_notify *n = f->priv;
	struct request *r;
	u32 ev = n->orphaned ? EPOLLHUP : 0;

	poll_wait(pt, &n->wait);
	list_for_each_entry (r, &n->requests, link)
		ev |= r->stage == WAITING    ? EPOLLIN | EPOLLRDNORM
		      : r->stage == RECEIVED ? EPOLLOUT | EPOLLWRNORM
					     : 0;
	return ev;
}

static void notify_release(struct file *f)
{
	struct seccomp_notify *n = f->priv;
	struct request *r;

	n->closed = true;
	list_for_each_entry (r, &n->requests, link)
		if (r->stage != ANSWERED)
			answer(r, -ENOSYS, false);
	notify_put(n);
}

static const struct file_ops notify_fops = {
	.release = notify_release,
	.poll = notify_poll,
	.ioctl = notify_ioctl,
	.stream = true,
	.poll_notify = true,
};

int seccomp_notify_install(struct seccomp_filter *f)
{
	struct seccomp_notify *n = calloc(1, sizeof(*n));
	struct file *file;
	int fd;

	if (!n)
		return -ENOMEM;
	n->refs = 1;
	os_random(&n->next_id, sizeof(n->next_id));
	list_init(&n->requests);
	waitq_init(&n->wait);
	fd = file_anon("anon_inode:seccomp notify", &notify_fops, n, O_RDWR, 0600, &file);
	if (fd < 0) {
		free(n);
		return fd;
	}
	fd = fd_install(file, 0, true);
	if (fd < 0) {
		file_put(file);
		return fd;
	}
	n->refs++;
	f->notify = n;
	return fd;
}
