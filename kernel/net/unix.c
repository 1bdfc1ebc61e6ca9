/*
 * AF_UNIX sockets: life cycle, peers, messages and their accounting; what is common to stream,
 * datagram and seqpacket. Names are in unix_bind.c, transfer in unix_stream.c and unix_dgram.c,
 * files in flight in unix_gc.c.
 *
 * Invariants: every message in a queue holds its sender and is charged to the sender's wmem;
 * a released sock is dead, has empty queues and no name; peer pointers hold references and may
 * point to a dead sock. unix(7).
 */
#include "kernel/net/unix.h"

#include "kernel/net/net_ns.h"

#include "kernel/charge.h"
#include "kernel/cred.h"
#include "kernel/lib/log.h"
#include "kernel/net/ctl.h"
#include "kernel/task.h"

#include <stdio.h>

static struct list_head all_socks = LIST_HEAD_INIT(all_socks);

/* ---- life cycle ---- */

static void unix_relay(struct waiter *w, u32 events)
{
	struct unix_sock *u = container_of(w, struct unix_sock, relay);

	waitq_del(w);
	sock_wake(&u->sk, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
}

int unix_create(int type, int protocol, struct sock **out)
{
	const struct sock_ops *ops;
	struct unix_sock *u;

	if (protocol && protocol != PF_UNIX)
		return -EPROTONOSUPPORT;
	switch (type) {
	case SOCK_STREAM:
		ops = &unix_stream_ops;
		break;
	case SOCK_RAW:
		type = SOCK_DGRAM;
		/* fall through */
	case SOCK_DGRAM:
		ops = &unix_dgram_ops;
		break;
	case SOCK_SEQPACKET:
		ops = &unix_seqpacket_ops;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	sock_init(&u->sk, ops, AF_UNIX, type, 0);
	list_init(&u->queue);
	list_init(&u->acceptq);
	list_init(&u->accept_link);
	list_init(&u->inflight_link);
	list_init(&u->gc_link);
	list_init(&u->relay.link);
	waitq_init(&u->peer_wait);
	u->relay.fn = unix_relay;
	u->backlog = net_ctl.max_dgram_qlen;
	list_add_tail(&u->all_link, &all_socks);
	*out = &u->sk;
	return 0;
}

void unix_set_peer(struct unix_sock *u, struct unix_sock *peer)
{
	struct unix_sock *old = u->peer;

	waitq_del(&u->relay);
	u->peer = peer;
	if (peer)
		sock_get(&peer->sk);
	if (old)
		sock_put(&old->sk);
}

void unix_set_peercred(struct unix_sock *u, struct cred *c, pid_t pid)
{
	struct cred *old = u->peer_cred;

	u->peer_cred = cred_get(c);
	u->peer_pid = pid;
	if (old)
		cred_put(old);
}

/* The other end of a connection learns that u is gone. */
static void release_peer(struct unix_sock *u, bool unread)
{
	struct unix_sock *p = u->peer;

	if (!p)
		return;
	waitq_del(&u->relay);
	if (u->sk.type != SOCK_DGRAM && !p->dead) {
		p->sk.shutdown = SOCK_SHUT_BOTH;
		if (unread)
			p->sk.err = ECONNRESET;
		sock_wake(&p->sk, UNIX_WAKE_ALL | (unread ? EPOLLERR : 0));
	}
	unix_set_peer(u, NULL);
}

void unix_release(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk), *child, *tmp;
	bool unread = u->embryo || !list_empty(&u->queue);
	struct list_head messages;

	if (u->dead)
		return;
	u->dead = true;
	sk->shutdown = SOCK_SHUT_BOTH;
	sk->state = SOCK_UNCONNECTED;
	unix_unbind(u);
	list_del(&u->all_link);
	waitq_wake(&u->peer_wait, UNIX_WAKE_ALL);
	release_peer(u, unread);
	list_for_each_entry_safe (child, tmp, &u->acceptq, accept_link) {
		list_del(&child->accept_link);
		unix_release(&child->sk);
		sock_put(&child->sk);
	}
	u->nr_accept = 0;
	list_init(&messages);
	list_splice_tail(&u->queue, &messages);
	u->nr_queued = 0;
	u->queued_len = 0;
	unix_purge(&messages);
	unix_gc_schedule();
}

void unix_destroy(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);

	BUG_ON(!u->dead || u->nr_inflight || u->wmem || u->name_hashed);
	unix_addr_put(u->addr);
	if (u->own_cred)
		cred_put(u->own_cred);
	if (u->peer_cred)
		cred_put(u->peer_cred);
	free(u);
}

/* ---- messages ---- */

struct unix_msg *unix_msg_alloc(struct unix_sock *from, size_t len)
{
	u32 size = (u32)ALIGN_UP(sizeof(struct unix_msg) + len + 16, 64);
	struct unix_msg *msg;

	if (mem_charge(&mem_charges.buffers, size) < 0)
		return NULL;
	msg = malloc(sizeof(*msg) + len);
	if (!msg) {
		mem_charges.buffers -= size;
		return NULL;
	}
	memset(msg, 0, sizeof(*msg));
	list_init(&msg->link);
	msg->len = (u32)len;
	msg->truesize = size;
	msg->from = from;
	sock_get(&from->sk);
	from->wmem += msg->truesize;
	return msg;
}

void unix_msg_free(struct unix_msg *msg)
{
	struct unix_sock *from = msg->from;

	from->wmem -= msg->truesize;
	mem_charges.buffers -= msg->truesize;
	if (!from->dead && from->wmem * 4 <= from->sk.sndbuf && !list_empty(&from->sk.wait.waiters))
		sock_wake(&from->sk, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (msg->scm.fds)
		unix_inflight_del(msg->scm.fds);
	scm_fini(&msg->scm);
	sock_put(&from->sk);
	free(msg);
}

int unix_msg_attach(struct unix_msg *msg, struct scm *scm)
{
	if (scm->fds) {
		int err = unix_inflight_add(scm->fds);

		if (err < 0)
			return err;
	}
	msg->scm = *scm;
	scm->fds = NULL;
	return 0;
}

void unix_msg_detach_fds(struct unix_msg *msg, struct scm *to)
{
	if (!msg->scm.fds)
		return;
	unix_inflight_del(msg->scm.fds);
	to->fds = msg->scm.fds;
	msg->scm.fds = NULL;
}

void unix_msg_queue(struct unix_sock *to, struct unix_msg *msg)
{
	list_add_tail(&msg->link, &to->queue);
	to->nr_queued++;
	to->queued_len += msg->len;
	sock_wake(&to->sk, EPOLLIN | EPOLLRDNORM | EPOLLRDBAND);
}

void unix_msg_unqueue(struct unix_sock *to, struct unix_msg *msg)
{
	bool was_full = to->nr_queued > to->backlog;

	list_del(&msg->link);
	to->nr_queued--;
	to->queued_len -= msg->len - msg->off;
	if (was_full || !list_empty(&to->peer_wait.waiters))
		waitq_wake(&to->peer_wait, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
}

void unix_copy_addr(struct sock_addr *out, const struct unix_sock *u)
{
	if (!out || !u->addr)
		return;
	out->len = u->addr->len;
	memcpy(out->bytes, &u->addr->un, u->addr->len);
}

int unix_copy_scm(const struct scm *from, struct scm *to)
{
	*to = *from;
	if (!from->fds)
		return 0;
	to->fds = malloc(sizeof(*to->fds) + from->fds->nr * sizeof(to->fds->file[0]));
	if (!to->fds)
		return -ENOMEM;
	to->fds->nr = from->fds->nr;
	to->fds->uid = from->fds->uid;
	for (unsigned i = 0; i < from->fds->nr; i++)
		to->fds->file[i] = file_get(from->fds->file[i]);
	return 0;
}

int unix_wait_sndbuf(struct unix_sock *u, u64 deadline_ns)
{
	struct sock *sk = &u->sk;

	for (;;) {
		int err;

		if (sk->err)
			return sock_take_error(sk);
		if (sk->shutdown & SOCK_SHUT_WR)
			return -EPIPE;
		if (u->wmem < sk->sndbuf)
			return 0;
		err = sock_wait(&sk->wait, EPOLLOUT, deadline_ns);
		if (err < 0)
			return err;
	}
}

struct unix_msg *unix_peek_at(struct unix_sock *u, size_t *skip)
{
	struct unix_msg *msg;

	list_for_each_entry (msg, &u->queue, link) {
		size_t n = msg->len - msg->off;

		if (*skip < n || (n == 0 && *skip == 0))
			return msg;
		*skip -= n;
	}
	return NULL;
}

/* ---- small operations ---- */

int unix_getname(struct sock *sk, struct sock_addr *out, bool peer)
{
	struct unix_sock *u = unix_sk(sk);

	if (peer) {
		u = u->peer;
		if (!u)
			return -ENOTCONN;
	}
	out->len = sizeof(sa_family_t);
	out->sa.sa_family = AF_UNIX;
	unix_copy_addr(out, u);
	return 0;
}

int unix_pair(struct sock *sa, struct sock *sb)
{
	struct unix_sock *a = unix_sk(sa), *b = unix_sk(sb);

	unix_set_peer(a, b);
	unix_set_peer(b, a);
	unix_set_peercred(a, current->cred, current->tg->pid);
	unix_set_peercred(b, current->cred, current->tg->pid);
	a->own_pid = b->own_pid = current->tg->pid;
	sa->state = sb->state = SOCK_CONNECTED;
	return 0;
}

int unix_shutdown(struct sock *sk, int how)
{
	struct unix_sock *u = unix_sk(sk), *p = u->peer;
	u32 mode;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	mode = (u32)how + 1; /* SHUT_RD 0, SHUT_WR 1, SHUT_RDWR 2: bits 1, 2, 3 */
	sk->shutdown |= mode;
	sock_wake(sk, UNIX_WAKE_ALL);
	if (p && sk->type != SOCK_DGRAM) {
		if (mode & SOCK_SHUT_RD)
			p->sk.shutdown |= SOCK_SHUT_WR;
		if (mode & SOCK_SHUT_WR)
			p->sk.shutdown |= SOCK_SHUT_RD;
		if (p->sk.shutdown == SOCK_SHUT_BOTH)
			sock_wake(&p->sk, UNIX_WAKE_ALL);
		else
			sock_wake(&p->sk, UNIX_WAKE_ALL & ~EPOLLHUP);
	}
	waitq_wake(&u->peer_wait, UNIX_WAKE_ALL);
	return 0;
}

long unix_ioctl(struct sock *sk, u32 cmd, uaddr_t arg)
{
	struct unix_sock *u = unix_sk(sk);
	size_t n;

	switch (cmd) {
	case SIOCINQ: /* = FIONREAD */
		if (sk->state == SOCK_LISTENING)
			return -EINVAL;
		n = u->queued_len;
		if (sk->type == SOCK_DGRAM)
			n = list_empty(&u->queue)
				    ? 0
				    : list_first(&u->queue, struct unix_msg, link)->len;
		break;
	case SIOCOUTQ: /* = TIOCOUTQ */
		n = u->wmem;
		break;
	default:
		return -ENOTTY;
	}
	return put_user_u32(arg, (u32)n);
}

const struct cred *unix_peercred(struct sock *sk, pid_t *pid)
{
	struct unix_sock *u = unix_sk(sk);

	if (sk->state == SOCK_LISTENING) {
		*pid = u->own_pid;
		return u->own_cred;
	}
	*pid = u->peer_pid;
	return u->peer_cred;
}

/* ---- /proc/net/unix ---- */

static void printable_name(const struct unix_addr *a, char *buf, size_t size)
{
	size_t len = a->len - offsetof(struct sockaddr_un, sun_path), i;

	if (a->un.sun_path[0])
		len--; /* the NUL of a pathname */
	len = MIN(len, size - 1);
	for (i = 0; i < len; i++)
		buf[i] = a->un.sun_path[i] ? a->un.sun_path[i] : '@';
	buf[i] = '\0';
}

int unix_for_each(int (*fn)(const struct unix_info *info, void *arg), void *arg)
{
	struct unix_sock *u;
	char name[sizeof(u->addr->un.sun_path) + 2];
	int err = 0;

	list_for_each_entry (u, &all_socks, all_link) {
		struct unix_info info = {
			.sock = u,
			.refs = u->sk.refs,
			.flags = u->sk.state == SOCK_LISTENING ? ABI_SO_ACCEPTCON : 0,
			.type = u->sk.type,
			.state = u->sk.state == SOCK_CONNECTED ? 3
				 : u->embryo		       ? 2
							       : 1,
			.ino = u->embryo ? 0 : u->sk.ino,
		};

		if (u->sk.net != current_net)
			continue;
		if (u->addr) {
			printable_name(u->addr, name, sizeof(name));
			info.name = name;
		}
		err = fn(&info, arg);
		if (err)
			break;
	}
	return err;
}

int unix_info_format(const struct unix_info *info, char *buf, size_t size)
{
	if (!info)
		return snprintf(
			buf, size, "Num       RefCount Protocol Flags    Type St Inode Path");
	return snprintf(buf, size, "%016x: %08X %08X %08X %04X %02X %5llu%s%s", 0, info->refs, 0,
		info->flags, (unsigned)info->type, (unsigned)info->state,
		(unsigned long long)info->ino, info->name ? " " : "", info->name ? info->name : "");
}

const struct sock_family unix_family = {
	.family = AF_UNIX,
	.create = unix_create,
};
