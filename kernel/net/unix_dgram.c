/*
 * Datagram and seqpacket sockets of AF_UNIX: whole messages. A datagram goes to the named or
 * connected sock; its queue is limited in messages (backlog) for every sender but its own peer,
 * and in bytes by each sender's sndbuf. Seqpacket is the same transfer over a connection made by
 * unix_stream.c. unix(7), send(2), recv(2).
 */
#include "kernel/net/unix.h"

#include "kernel/cred.h"
#include "kernel/net/sock_filter.h"
#include "kernel/task.h"

static bool may_send(const struct unix_sock *u, const struct unix_sock *other)
{
	return !other->peer || other->peer == u;
}

static bool queue_full(const struct unix_sock *u)
{
	return u->nr_queued > u->backlog;
}

/* ---- connect ---- */

/* u leaves other: what other sent is dropped, and other learns of it by an error. */
static void dgram_disconnected(struct unix_sock *u, struct unix_sock *other)
{
	struct list_head messages;

	if (list_empty(&u->queue))
		return;
	list_init(&messages);
	list_splice_tail(&u->queue, &messages);
	u->nr_queued = 0;
	u->queued_len = 0;
	waitq_wake(&u->peer_wait, UNIX_WAKE_ALL);
	if (!other->dead && other->peer == u) {
		other->sk.err = ECONNRESET;
		sock_wake(&other->sk, EPOLLERR);
	}
	unix_purge(&messages);
}

static void dgram_set_peer(struct unix_sock *u, struct unix_sock *other)
{
	struct unix_sock *old = u->peer;

	if (old)
		sock_get(&old->sk);
	unix_set_peer(u, other);
	u->sk.state = other ? SOCK_CONNECTED : SOCK_UNCONNECTED;
	if (old) {
		if (old != other)
			dgram_disconnected(u, old);
		waitq_wake(&old->peer_wait, UNIX_WAKE_ALL);
		sock_put(&old->sk);
	}
	sock_wake(&u->sk, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
}

static int unix_dgram_connect(struct sock *sk, const struct sock_addr *a, u32 msg_flags)
{
	struct unix_sock *u = unix_sk(sk), *other;
	int err;

	if (a->len >= sizeof(sa_family_t) && a->sa.sa_family == AF_UNSPEC) {
		dgram_set_peer(u, NULL);
		return 0;
	}
	err = unix_check_addr(a);
	if (err < 0)
		return err;
	if (sk->passcred && !u->addr) {
		err = unix_autobind(u);
		if (err < 0)
			return err;
	}
	err = unix_find(a, sk->type, &other);
	if (err < 0)
		return err;
	if (other->dead)
		err = -ECONNREFUSED;
	else if (!may_send(u, other))
		err = -EPERM;
	else
		dgram_set_peer(u, other);
	sock_put(&other->sk);
	return err;
}

/* ---- sending ---- */

/* The peer of a connected sock turned out to be closed. */
static int peer_gone(struct unix_sock *u, struct unix_sock *other)
{
	if (u->sk.type == SOCK_SEQPACKET)
		return -EPIPE;
	if (u->peer == other)
		dgram_set_peer(u, NULL);
	return -ECONNREFUSED;
}

/* Where the message goes: a new reference in *out. */
static int destination(struct unix_sock *u, const struct sock_addr *name, struct unix_sock **out)
{
	if (name)
		return unix_find(name, u->sk.type, out);
	if (!u->peer)
		return -ENOTCONN;
	sock_get(&u->peer->sk);
	*out = u->peer;
	return 0;
}

/* Queues msg when the destination has room: 0 (msg is taken) or -errno. */
static int deliver(
	struct unix_sock *u, const struct sock_addr *name, struct unix_msg *msg, u64 deadline)
{
	struct unix_sock *other;
	u32 keep;
	int err;

	for (;;) {
		err = destination(u, name, &other);
		if (err < 0)
			return err;
		if (!may_send(u, other))
			err = -EPERM;
		else if (other->dead)
			err = name ? -ECONNREFUSED : peer_gone(u, other);
		else if (other->sk.shutdown & SOCK_SHUT_RD)
			err = -EPIPE;
		else if (other == u || other->peer == u || !queue_full(other))
			break;
		else
			err = sock_wait(&other->peer_wait, EPOLLOUT, deadline);
		sock_put(&other->sk);
		if (err < 0)
			return err;
	}
	keep = sock_filter_data(&other->sk, msg->data, msg->len);
	if (keep || !other->sk.filter) {
		msg->len = keep;
		unix_msg_queue(other, msg);
	} else { /* the sender does not notice */
		unix_msg_free(msg);
	}
	sock_put(&other->sk);
	return 0;
}

static int fill_message(struct unix_sock *u, struct sock_msg *m, struct scm *scm, u64 deadline,
	struct unix_msg **out)
{
	size_t len = m->uio->left;
	struct unix_msg *msg;
	int err;

	if (u->sk.passcred && !u->addr) {
		err = unix_autobind(u);
		if (err < 0)
			return err;
	}
	if (len > u->sk.sndbuf - 32)
		return -EMSGSIZE;
	err = unix_wait_sndbuf(u, deadline);
	if (err < 0)
		return err;
	msg = unix_msg_alloc(u, len);
	if (!msg)
		return -ENOMEM;
	err = len && uio_get(m->uio, msg->data, len) != (ssize_t)len ? -EFAULT : 0;
	if (!err)
		err = unix_msg_attach(msg, scm);
	if (err < 0)
		unix_msg_free(msg);
	else
		*out = msg;
	return err;
}

static ssize_t unix_dgram_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct unix_sock *u = unix_sk(sk);
	const struct sock_addr *name = m->name && m->name->len ? m->name : NULL;
	u64 deadline = sock_deadline(sk->sndtimeo_ns, m->flags);
	size_t len = m->uio->left;
	struct unix_msg *msg = NULL;
	struct scm scm;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = scm_send(m, &scm);
	if (err < 0)
		return err;
	if (scm.fds)
		err = unix_inflight_check();
	if (!err && name)
		err = unix_check_addr(name);
	else if (!err && !u->peer)
		err = -ENOTCONN;
	if (!err)
		err = fill_message(u, m, &scm, deadline, &msg);
	scm_fini(&scm);
	if (err < 0)
		return err;
	err = deliver(u, name, msg, deadline);
	if (err < 0) {
		unix_msg_free(msg);
		return err;
	}
	return (ssize_t)len;
}

static ssize_t unix_seqpacket_sendmsg(struct sock *sk, struct sock_msg *m)
{
	if (sk->err)
		return sock_take_error(sk);
	if (sk->state != SOCK_CONNECTED)
		return -ENOTCONN;
	m->name = NULL;
	return unix_dgram_sendmsg(sk, m);
}

/* ---- receiving ---- */

/* Sleeps until there is a message to take: 1, 0 for the end, or -errno. */
static int wait_message(
	struct sock *sk, struct sock_msg *m, u64 deadline, size_t *skip, struct unix_msg **out)
{
	struct unix_sock *u = unix_sk(sk);
	int err;

	for (;;) {
		size_t at = *skip;

		if (sk->err)
			return sock_take_error(sk);
		*out = unix_peek_at(u, &at);
		if (*out) {
			*skip = at;
			return 1;
		}
		if (sk->shutdown & SOCK_SHUT_RD) {
			bool eof = sk->type == SOCK_SEQPACKET || deadline;

			return eof ? 0 : -EAGAIN;
		}
		err = sock_wait(&sk->wait, EPOLLIN | EPOLLRDHUP, deadline);
		if (err < 0)
			return err;
	}
}

static ssize_t unix_dgram_recvmsg(struct sock *sk, struct sock_msg *m)
{
	struct unix_sock *u = unix_sk(sk);
	bool peek = m->flags & MSG_PEEK;
	size_t skip = peek && sk->peek_off > 0 ? (size_t)sk->peek_off : 0, len, n;
	struct unix_msg *msg;
	struct scm scm = {0};
	ssize_t ret;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = wait_message(sk, m, sock_deadline(sk->rcvtimeo_ns, m->flags), &skip, &msg);
	if (err <= 0)
		return err;
	if (!peek)
		unix_msg_unqueue(u, msg);
	if (m->name)
		unix_copy_addr(m->name, msg->from);
	len = msg->len - skip;
	n = MIN(len, m->uio->left);
	if (n < len)
		m->out_flags |= MSG_TRUNC;
	ret = n ? uio_put(m->uio, msg->data + skip, n) : 0;
	if (ret >= 0 && (size_t)ret < n)
		ret = -EFAULT;
	if (peek) {
		err = unix_copy_scm(&msg->scm, &scm);
	} else {
		scm = msg->scm;
		scm.fds = NULL;
		unix_msg_detach_fds(msg, &scm);
		unix_msg_free(msg);
		err = 0;
	}
	if (ret >= 0 && sk->peek_off >= 0)
		sk->peek_off = peek ? sk->peek_off + (int)n : MAX(sk->peek_off - (int)len, 0);
	if (ret >= 0 && !err)
		err = scm_recv(sk, m, &scm, false);
	scm_fini(&scm);
	if (ret < 0)
		return ret;
	if (err < 0)
		return err;
	return (ssize_t)(m->flags & MSG_TRUNC ? len : n);
}

static ssize_t unix_seqpacket_recvmsg(struct sock *sk, struct sock_msg *m)
{
	if (sk->state != SOCK_CONNECTED)
		return -ENOTCONN;
	return unix_dgram_recvmsg(sk, m);
}

/* ---- readiness ---- */

/* Whether a send to the peer would not wait; if it would, its queue tells u when it has room. */
static bool peer_has_room(struct unix_sock *u)
{
	struct unix_sock *p = u->peer;

	if (!p || p->dead || p == u || p->peer == u || !queue_full(p))
		return true;
	waitq_del(&u->relay);
	waitq_add(&p->peer_wait, &u->relay);
	return false;
}

static u32 unix_dgram_poll(struct sock *sk, struct poll_table *pt)
{
	struct unix_sock *u = unix_sk(sk);
	u32 mask = 0;

	poll_wait(pt, &sk->wait);
	if (sk->err)
		mask |= EPOLLERR;
	if (sk->shutdown == SOCK_SHUT_BOTH)
		mask |= EPOLLHUP;
	if (sk->shutdown & SOCK_SHUT_RD)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (!list_empty(&u->queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (unix_writable(u) && peer_has_room(u))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}

const struct sock_ops unix_dgram_ops = {
	.release = unix_release,
	.destroy = unix_destroy,
	.pair = unix_pair,
	.bind = unix_bind,
	.connect = unix_dgram_connect,
	.getname = unix_getname,
	.sendmsg = unix_dgram_sendmsg,
	.recvmsg = unix_dgram_recvmsg,
	.poll = unix_dgram_poll,
	.shutdown = unix_shutdown,
	.ioctl = unix_ioctl,
	.peercred = unix_peercred,
};

const struct sock_ops unix_seqpacket_ops = {
	.release = unix_release,
	.destroy = unix_destroy,
	.pair = unix_pair,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.sendmsg = unix_seqpacket_sendmsg,
	.recvmsg = unix_seqpacket_recvmsg,
	.poll = unix_stream_poll,
	.shutdown = unix_shutdown,
	.ioctl = unix_ioctl,
	.peercred = unix_peercred,
};
