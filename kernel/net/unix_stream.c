/*
 * Stream sockets of AF_UNIX, and the connections that seqpacket sockets share with them. A write
 * becomes one message per UNIX_CHUNK bytes in the peer's queue; a read takes bytes across messages
 * but does not cross one that carried files, nor glue different credentials. A connection is made
 * by connect alone: the new end waits in the listener's acceptq, readable and writable, as an
 * embryo. unix(7), connect(2), accept(2).
 */
#include "kernel/net/ctl.h"
#include "kernel/net/unix.h"

#include "kernel/cred.h"
#include "kernel/task.h"

#define UNIX_CHUNK 65536u

/* ---- connections ---- */

int unix_listen(struct sock *sk, int backlog)
{
	struct unix_sock *u = unix_sk(sk);
	struct cred *old = u->own_cred;

	if (!u->addr || sk->state == SOCK_CONNECTED)
		return -EINVAL;
	u->backlog = MIN((u32)backlog, net_ctl.somaxconn); /* a negative one is large */
	sk->state = SOCK_LISTENING;
	u->own_cred = cred_get(current->cred);
	u->own_pid = current->tg->pid;
	if (old)
		cred_put(old);
	waitq_wake(&u->peer_wait, UNIX_WAKE_ALL);
	return 0;
}

/* Finds the listener and sleeps until its queue has room. */
static int find_listener(
	struct unix_sock *u, const struct sock_addr *a, u64 deadline, struct unix_sock **out)
{
	struct unix_sock *l;
	int err;

	for (;;) {
		err = unix_find(a, u->sk.type, &l);
		if (err < 0)
			return err;
		if (l->dead || l->sk.state != SOCK_LISTENING || (l->sk.shutdown & SOCK_SHUT_RD)) {
			err = -ECONNREFUSED;
			break;
		}
		if (l->nr_accept <= l->backlog) {
			*out = l;
			return 0;
		}
		err = sock_wait(&l->peer_wait, EPOLLOUT, deadline);
		if (err < 0)
			break;
		sock_put(&l->sk);
	}
	sock_put(&l->sk);
	return err;
}

static int make_embryo(struct unix_sock *l, struct unix_sock *u)
{
	struct sock *csk;
	struct unix_sock *c;
	int err = unix_create(u->sk.type, 0, &csk);

	if (err < 0)
		return err;
	c = unix_sk(csk);
	c->embryo = true;
	c->addr = l->addr;
	c->addr->refs++;
	if (l->path.dentry) {
		c->path = l->path;
		path_get(&c->path);
	}
	csk->passcred = l->sk.passcred;
	csk->state = u->sk.state = SOCK_CONNECTED;
	unix_set_peer(c, u);
	unix_set_peer(u, c);
	unix_set_peercred(c, current->cred, current->tg->pid);
	unix_set_peercred(u, l->own_cred, l->own_pid);
	list_add_tail(&c->accept_link, &l->acceptq);
	l->nr_accept++;
	sock_wake(&l->sk, EPOLLIN | EPOLLRDNORM);
	return 0;
}

int unix_stream_connect(struct sock *sk, const struct sock_addr *a, u32 msg_flags)
{
	struct unix_sock *u = unix_sk(sk), *l;
	int err = unix_check_addr(a);

	if (err < 0)
		return err;
	if (sk->passcred && !u->addr) {
		err = unix_autobind(u);
		if (err < 0)
			return err;
	}
	err = find_listener(u, a, sock_deadline(sk->sndtimeo_ns, msg_flags), &l);
	if (err < 0)
		return err;
	if (sk->state == SOCK_CONNECTED)
		err = -EISCONN;
	else if (sk->state == SOCK_LISTENING)
		err = -EINVAL;
	else
		err = make_embryo(l, u);
	sock_put(&l->sk);
	return err;
}

int unix_accept(struct sock *sk, u32 msg_flags, struct sock **out)
{
	struct unix_sock *u = unix_sk(sk), *c;
	u64 deadline = sock_deadline(sk->rcvtimeo_ns, msg_flags);
	int err;

	while (sk->state == SOCK_LISTENING && list_empty(&u->acceptq) &&
		!(sk->shutdown & SOCK_SHUT_RD)) {
		err = sock_wait(&sk->wait, EPOLLIN, deadline);
		if (err < 0)
			return err;
	}
	if (sk->state != SOCK_LISTENING || list_empty(&u->acceptq))
		return -EINVAL;
	c = list_first(&u->acceptq, struct unix_sock, accept_link);
	list_del(&c->accept_link);
	u->nr_accept--;
	c->embryo = false;
	*out = &c->sk;
	waitq_wake(&u->peer_wait, EPOLLOUT);
	return 0;
}

/* ---- sending ---- */

static void raise_sigpipe(const struct sock_msg *m)
{
	siginfo_t info;

	if (m->flags & MSG_NOSIGNAL)
		return;
	siginfo_user(&info, SIGPIPE);
	signal_send_task(current, SIGPIPE, &info);
}

/* Queues the next piece: bytes sent, or -errno. */
static ssize_t send_piece(struct unix_sock *u, struct sock_msg *m, struct scm *scm, u64 deadline)
{
	struct unix_msg *msg;
	ssize_t n;
	int err = unix_wait_sndbuf(u, deadline);

	if (err < 0)
		return err;
	if (!u->peer || u->peer->dead || (u->peer->sk.shutdown & SOCK_SHUT_RD))
		return -EPIPE;
	msg = unix_msg_alloc(u, MIN(m->uio->left, (size_t)MIN(UNIX_CHUNK, u->sk.sndbuf)));
	if (!msg)
		return -ENOMEM;
	n = uio_get(m->uio, msg->data, msg->len);
	if (n <= 0) {
		unix_msg_free(msg);
		return n ? n : -EFAULT;
	}
	msg->len = (u32)n;
	err = unix_msg_attach(msg, scm);
	if (err < 0) {
		unix_msg_free(msg);
		return err;
	}
	unix_msg_queue(u->peer, msg);
	return n;
}

static ssize_t unix_stream_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct unix_sock *u = unix_sk(sk);
	u64 deadline = sock_deadline(sk->sndtimeo_ns, m->flags);
	ssize_t sent = 0, n = 0;
	struct scm scm;
	int err;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = scm_send(m, &scm);
	if (err < 0)
		return err;
	if (scm.fds)
		n = unix_inflight_check();
	if (n == 0 && m->name && m->name->len)
		n = sk->state == SOCK_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	else if (n == 0 && !u->peer)
		n = -ENOTCONN;
	else if (n == 0 && (sk->shutdown & SOCK_SHUT_WR))
		n = -EPIPE;
	while (n >= 0 && m->uio->left) {
		n = send_piece(u, m, &scm, deadline);
		if (n > 0)
			sent += n;
	}
	scm_fini(&scm);
	if (sent)
		return sent;
	if (n == -EPIPE)
		raise_sigpipe(m);
	return n;
}

/* ---- receiving ---- */

struct stream_read {
	struct unix_sock *u;
	struct sock_msg *m;
	struct scm scm;
	bool have_scm, peek;
	size_t skip; /* bytes of the queue to look past (peek) */
	size_t copied, target;
	u64 deadline;
};

/* Nothing to take: 1 to look again, 0 for the end of the stream, or -errno. */
static int stream_wait(struct stream_read *r)
{
	struct sock *sk = &r->u->sk;
	int err;

	if (sk->err)
		return sock_take_error(sk);
	if (sk->shutdown & SOCK_SHUT_RD)
		return 0;
	err = sock_wait(&sk->wait, EPOLLIN | EPOLLRDHUP, r->deadline);
	return err < 0 ? err : 1;
}

static bool same_cred(const struct scm *a, const struct scm *b)
{
	return a->cred.pid == b->cred.pid && a->cred.uid == b->cred.uid &&
	       a->cred.gid == b->cred.gid;
}

/* Takes what msg still has, or looks at it: 1 to go on, 0 to stop, or -errno. */
static int stream_take(struct stream_read *r, struct unix_msg *msg)
{
	struct sock_msg *m = r->m;
	ssize_t n;

	if (r->have_scm && r->u->sk.passcred && !same_cred(&r->scm, &msg->scm))
		return 0;
	n = uio_put(m->uio, msg->data + msg->off + r->skip, msg->len - msg->off - r->skip);
	if (n < 0)
		return (int)n;
	if (!r->have_scm) {
		r->scm.cred = msg->scm.cred;
		r->scm.has_cred = msg->scm.has_cred;
		r->have_scm = true;
		if (m->name)
			unix_copy_addr(m->name, msg->from);
	}
	r->copied += (size_t)n;
	if (r->peek) {
		r->skip += (size_t)n;
		if (!msg->scm.fds)
			return 1;
		return unix_copy_scm(&msg->scm, &r->scm);
	}
	msg->off += (u32)n;
	r->u->queued_len -= (size_t)n;
	unix_msg_detach_fds(msg, &r->scm);
	if (msg->off < msg->len)
		return 0;
	unix_msg_unqueue(r->u, msg);
	unix_msg_free(msg);
	return r->scm.fds ? 0 : 1;
}

static int stream_step(struct stream_read *r)
{
	struct unix_msg *msg;
	size_t skip = r->skip;
	int err;

	msg = r->peek			 ? unix_peek_at(r->u, &skip)
	      : list_empty(&r->u->queue) ? NULL
					 : list_first(&r->u->queue, struct unix_msg, link);
	if (!msg) {
		if (r->copied >= r->target || (r->peek && r->copied))
			return 0;
		return stream_wait(r);
	}
	if (r->peek) {
		size_t before = r->skip - skip; /* bytes in front of msg */

		r->skip = skip;
		err = stream_take(r, msg);
		r->skip += before;
		return err;
	}
	return stream_take(r, msg);
}

static ssize_t unix_stream_recvmsg(struct sock *sk, struct sock_msg *m)
{
	struct stream_read r = {
		.u = unix_sk(sk),
		.m = m,
		.peek = m->flags & MSG_PEEK,
		.deadline = sock_deadline(sk->rcvtimeo_ns, m->flags),
	};
	size_t want = m->uio->left;
	int err = 1;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (sk->state != SOCK_CONNECTED)
		return -EINVAL;
	r.target = m->flags & MSG_WAITALL ? want : MIN((size_t)sk->rcvlowat, want);
	r.target = MAX(r.target, (size_t)1);
	if (r.peek && sk->peek_off >= 0)
		r.skip = (size_t)sk->peek_off;
	do
		err = stream_step(&r);
	while (err > 0 && m->uio->left);
	if (sk->peek_off >= 0) {
		if (r.peek)
			sk->peek_off += (int)r.copied;
		else
			sk->peek_off = MAX(sk->peek_off - (int)r.copied, 0);
	}
	if (r.have_scm) {
		int scm_err = scm_recv(sk, m, &r.scm, false);

		if (scm_err < 0 && !r.copied)
			return scm_err;
	}
	return r.copied ? (ssize_t)r.copied : err < 0 ? err : 0;
}

/* ---- readiness ---- */

u32 unix_stream_poll(struct sock *sk, struct poll_table *pt)
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
	if (!list_empty(&u->queue) || !list_empty(&u->acceptq))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (sk->state == SOCK_UNCONNECTED)
		mask |= EPOLLHUP;
	if (sk->state != SOCK_LISTENING && unix_writable(u))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}

const struct sock_ops unix_stream_ops = {
	.release = unix_release,
	.destroy = unix_destroy,
	.pair = unix_pair,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.sendmsg = unix_stream_sendmsg,
	.recvmsg = unix_stream_recvmsg,
	.poll = unix_stream_poll,
	.shutdown = unix_shutdown,
	.ioctl = unix_ioctl,
	.peercred = unix_peercred,
};
