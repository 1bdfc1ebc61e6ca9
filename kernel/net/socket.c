/*
 * Sockets of any family: creation through the family table, references, the file in front of a
 * sock, and the sleeping rules shared by all of them. Called by sys_net.c and by the VFS through
 * sock_file_ops. A family is one file with one struct sock_family; adding it is a line in
 * families[]. A sock lives until its last reference goes; it is released (closed) once, when its
 * file or, for one that was never accepted, its listener goes. socket(2), socket(7).
 */
#include "kernel/net/socket.h"

#include "kernel/lib/log.h"
#include "kernel/net/ctl.h"
#include "kernel/net/ifioctl.h"
#include "kernel/net/net_ns.h"
#include "kernel/net/sock_filter.h"
#include "kernel/ns.h"
#include "kernel/os.h"
#include "kernel/task.h"

#include <stdio.h>

static const struct sock_family *const families[] = {
	&unix_family,
	&inet_family,
	&inet6_family,
	&netlink_family,
	&packet_family,
};

unsigned nr_open_socks;

int sock_create(int family, int type, int protocol, struct sock **out)
{
	net_set(nsset_current()->net);
	if (family < 0 || family >= ABI_AF_MAX)
		return -EAFNOSUPPORT;
	if (type < 0 || type >= ABI_SOCK_TYPE_MAX)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i]->family == family) {
			int err = families[i]->create(type, protocol, out);

			trace(TRACE_NET, "socket: family %d, type %d, protocol %d: %d", family,
				type, protocol, err);
			return err;
		}
	trace(TRACE_NET, "socket: no address family %d", family);
	return -EAFNOSUPPORT;
}

void sock_init(struct sock *sk, const struct sock_ops *ops, int family, int type, int protocol)
{
	static u64 next_ino = 1000;

	sk->refs = 1;
	sk->net = current_net;
	ns_get(&sk->net->ns);
	sk->ops = ops;
	sk->family = family;
	sk->type = type;
	sk->protocol = protocol;
	sk->ino = next_ino++;
	sk->sndbuf = net_ctl.wmem_default;
	sk->rcvbuf = net_ctl.rmem_default;
	sk->rcvlowat = 1;
	sk->peek_off = -1;
	sk->rcvtimeo_ns = sk->sndtimeo_ns = WAIT_FOREVER;
	waitq_init(&sk->wait);
}

void sock_enter(struct sock *sk)
{
	net_set(sk->net);
}

struct sock *sock_get(struct sock *sk)
{
	sk->refs++;
	return sk;
}

void sock_put(struct sock *sk)
{
	BUG_ON(sk->refs == 0);
	if (--sk->refs == 0) {
		struct net_ns *net = sk->net;

		sock_filter_free(sk);
		sk->ops->destroy(sk);
		ns_put(&net->ns);
	}
}

int sock_open_file(struct sock *sk, u32 flags, struct file **out)
{
	char name[32];
	int err;

	snprintf(name, sizeof(name), "socket:[%llu]", (unsigned long long)sk->ino);
	err = file_anon(name, &sock_file_ops, sk, O_RDWR | flags, S_IFSOCK | 0777, out);
	if (err < 0) {
		sk->ops->release(sk);
		sock_put(sk);
		return err;
	}
	sk->file = *out;
	nr_open_socks++;
	(*out)->inode->ino = sk->ino;
	return 0;
}

/* ---- sleeping ---- */

struct sock_waiter {
	struct waiter w;
	u32 events;
};

static void sock_waiter_fn(struct waiter *w, u32 events)
{
	const struct sock_waiter *sw = container_of(w, struct sock_waiter, w);

	if (!events || (events & sw->events))
		sched_wake_waiter(w, events);
}

u64 sock_deadline(u64 timeout_ns, u32 msg_flags)
{
	if (msg_flags & MSG_DONTWAIT)
		return 0;
	return timeout_ns == WAIT_FOREVER ? WAIT_FOREVER
					  : os_clock_ns(OS_CLOCK_MONOTONIC) + timeout_ns;
}

int sock_wait(struct waitq *q, u32 events, u64 deadline_ns)
{
	struct sock_waiter sw = {
		.w = {.fn = sock_waiter_fn, .priv = sched_self()},
		.events = events | EPOLLERR | EPOLLHUP,
	};
	int err;

	if (deadline_ns == 0)
		return -EAGAIN;
	might_sleep();
	waitq_add(q, &sw.w);
	err = sched_sleep(WAIT_INTERRUPTIBLE, deadline_ns);
	waitq_del(&sw.w);
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	if (err == -EINTR)
		return deadline_ns == WAIT_FOREVER ? -ERESTARTSYS : -EINTR;
	return err;
}

void sock_wake(struct sock *sk, u32 events)
{
	waitq_wake(&sk->wait, events);
}

int sock_take_error(struct sock *sk)
{
	int err = sk->err;

	sk->err = 0;
	return -err;
}

ssize_t sock_sendmsg(struct sock *sk, struct sock_msg *m)
{
	return sk->ops->sendmsg ? sk->ops->sendmsg(sk, m) : -EOPNOTSUPP;
}

ssize_t sock_recvmsg(struct sock *sk, struct sock_msg *m)
{
	if (m->name)
		m->name->len = 0;
	return sk->ops->recvmsg ? sk->ops->recvmsg(sk, m) : -EOPNOTSUPP;
}

int sock_put_cmsg(struct sock_msg *m, int level, int type, const void *data, size_t len)
{
	struct cmsghdr h = {.cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};
	size_t room = m->ucontrol_left, space = MIN(CMSG_SPACE(len), room);
	int err;

	if (!m->ucontrol || room < sizeof(h)) {
		m->out_flags |= MSG_CTRUNC;
		return 0;
	}
	if (room < h.cmsg_len) {
		m->out_flags |= MSG_CTRUNC;
		h.cmsg_len = room;
	}
	err = copy_to_user(m->ucontrol, &h, sizeof(h));
	if (!err)
		err = copy_to_user(m->ucontrol + sizeof(h), data, h.cmsg_len - sizeof(h));
	if (err < 0)
		return err;
	m->ucontrol += space;
	m->ucontrol_left -= space;
	return 0;
}

/* ---- the file in front of a sock ---- */

static u32 sock_io_flags(const struct file *file)
{
	return file->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

static ssize_t sock_file_read(struct file *file, struct uio *to, u64 *pos)
{
	struct sock_msg m = {.uio = to, .flags = sock_io_flags(file)};

	if (!to->left)
		return 0;
	sock_enter(file->priv);
	return sock_recvmsg(file->priv, &m);
}

static ssize_t sock_file_write(struct file *file, struct uio *from, u64 *pos)
{
	struct sock *sk = file->priv;
	struct sock_msg m = {.uio = from, .flags = sock_io_flags(file)};

	sock_enter(sk);
	if (sk->type == SOCK_SEQPACKET)
		m.flags |= MSG_EOR;
	return sock_sendmsg(sk, &m);
}

static u32 sock_file_poll(struct file *file, struct poll_table *pt)
{
	struct sock *sk = file->priv;

	return sk->ops->poll ? sk->ops->poll(sk, pt) : POLL_ALWAYS_READY;
}

static long sock_file_ioctl(struct file *file, u32 cmd, uaddr_t arg)
{
	struct sock *sk = file->priv;

	long ret;

	sock_enter(sk);
	ret = sk->ops->ioctl ? sk->ops->ioctl(sk, cmd, arg) : -ENOTTY;

	return ret == -ENOTTY ? netdev_ioctl(cmd, arg) : ret;
}

static int sock_file_mmap_hfd(struct file *file, bool shared_write, u64 *off)
{
	struct sock *sk = file->priv;

	if (!sk->ops->mmap_hfd)
		return -ENODEV;
	return *off ? -EINVAL : sk->ops->mmap_hfd(sk, shared_write);
}

/* SO_LINGER makes close(2) wait; release, which may come from elsewhere, cannot. */
static int sock_file_flush(struct file *file)
{
	struct sock *sk = file->priv;

	if (file->refs == 1 && sk->ops->linger) {
		sock_enter(sk);
		sk->ops->linger(sk);
	}
	return 0;
}

static void sock_file_release(struct file *file)
{
	struct net_ns *outer = current_net;
	struct sock *sk = file->priv;

	sk->file = NULL;
	nr_open_socks--;
	sock_enter(sk);
	sk->ops->release(sk);
	net_set(outer);
	sock_put(sk);
}

const struct file_ops sock_file_ops = {
	.release = sock_file_release,
	.flush = sock_file_flush,
	.read = sock_file_read,
	.write = sock_file_write,
	.poll = sock_file_poll,
	.ioctl = sock_file_ioctl,
	.mmap_hfd = sock_file_mmap_hfd,
	.stream = true,
	.poll_notify = true,
};
